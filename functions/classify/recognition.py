"""What pictures show: the one way from a decoded picture to its types, colours and embedding.

Uploads, `POST /classify` and `python -m model.predict` all use it.

    decode ─▶ model_input ─▶ recognized: one run of the model for all pictures
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from classify.colors import COLOR_SIZE, color_shares, main_colors
from classify.image import Picture
from classify.saved_model import Pixels, SavedModel
from photo_library.likeness import joined


@dataclass(frozen=True)
class ModelInput:
    """All that is needed of a picture to recognise what it shows: ten whole pictures would be too large to keep."""

    pixels: Pixels  # the model's input
    color_pixels: Pixels  # what its colours are taken from; the same, unless the model's input is grey


class Recognized(NamedTuple):
    """What a picture shows."""

    types: dict[str, float]  # with their probabilities, the most probable first
    colors: tuple[str, ...]
    embedding: tuple[float, ...]
    look: bytes  # the vector of a likeness.Look


def model_input(picture: Picture, model: SavedModel) -> ModelInput:
    """The picture as the model takes it."""
    pixels = picture.pixels(model.size, model.channels)
    return ModelInput(pixels, pixels if model.channels == 3 else picture.pixels(COLOR_SIZE, 3))


def recognized(inputs: Sequence[ModelInput], model: SavedModel, min_probability: float = 0.0) -> list[Recognized]:
    """What each picture shows, by one run of the model; types below `min_probability` are left out."""
    if not inputs:
        return []
    predictions = model.run(np.stack([one.pixels for one in inputs]))
    garments = [None] * len(inputs) if predictions.garments is None else list(predictions.garments)
    shares = [color_shares(one.color_pixels, garment) for one, garment in zip(inputs, garments, strict=True)]
    return [
        Recognized(
            types=top_types(model.types, probabilities, min_probability),
            colors=main_colors(colors),
            embedding=tuple(embedding.tolist()),
            look=joined(
                embedding.tolist(), colors.tolist(), dict(zip(model.types, probabilities.tolist(), strict=True))
            ),
        )
        for probabilities, embedding, colors in zip(
            predictions.probabilities, predictions.embeddings, shares, strict=True
        )
    ]


def top_types(
    types: Sequence[str], probabilities: Iterable[np.float32], min_probability: float = 0.0
) -> dict[str, float]:
    """One photo's types, most probable first, each at least `min_probability`.

    Rounded to four decimals here, once, so that both stores hold and compare the same number.
    """
    rounded = {name: round(float(value), 4) for name, value in zip(types, probabilities, strict=True)}
    ranked = sorted(rounded.items(), key=lambda pair: -pair[1])
    return {name: value for name, value in ranked if value >= min_probability}
