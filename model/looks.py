"""How alike the photos are that `GET /search?like=` finds, on labelled pictures: by embeddings alone, and by looks."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.colors import color_shares
from classify.saved_model import Floats, Pixels, Predictions
from photo_library.likeness import joined
from photo_library.photo import COLORS

Bools = NDArray[np.bool_]


def shares_of_colors(pixels: Iterable[Pixels], seen: Predictions) -> Floats:
    """How much of each picture's garment has each colour [N, colours]; `seen` is what the model said of them."""
    places = [None] * len(seen.embeddings) if seen.garments is None else list(seen.garments)
    return np.stack([color_shares(picture, place) for picture, place in zip(pixels, places, strict=True)])


def looks(seen: Predictions, shares: Floats, types: Sequence[str]) -> Floats:
    """The pictures' looks [N, numbers], as a library stores them."""
    vectors = [
        joined(embedding.tolist(), colors.tolist(), dict(zip(types, probabilities.tolist(), strict=True)))
        for embedding, colors, probabilities in zip(seen.embeddings, shares, seen.probabilities, strict=True)
    ]
    return np.stack([np.frombuffer(vector, np.int8) for vector in vectors]).astype(np.float32)


def alike_at_home(seen: Predictions, shares: Floats, folders: Sequence[str], types: Sequence[str]) -> dict[str, Any]:
    """Of the ten most alike to each photo, the share with its folder, its first colour, and both.

    The first colour is the one that the function names, not a person: it tells whether likeness respects what a search
    by colour finds.
    """
    labels, first = np.array(folders), np.array(COLORS)[shares.argmax(1)]
    ways = {"by_embedding": seen.embeddings, "by_look": looks(seen, shares, types)}
    return {"images": len(labels)} | {name: _shares_of_ten(rows, labels, first) for name, rows in ways.items()}


def _shares_of_ten(rows: Floats, labels: NDArray[np.str_], colors: NDArray[np.str_]) -> dict[str, float]:
    products = rows @ rows.T
    np.fill_diagonal(products, -np.inf)
    nearest = np.argsort(-products, axis=1, kind="stable")[:, :10]
    same_label: Bools = labels[nearest] == labels[:, None]
    same_color: Bools = colors[nearest] == colors[:, None]
    both = same_label & same_color
    return {
        "same_label": float(same_label.mean()),
        "same_first_color": float(same_color.mean()),
        "both": float(both.mean()),
    }
