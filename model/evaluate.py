"""Measures the model with the code that serves it, on one core, on pictures that it was not trained on.

SavedModel ─┬▶ Fashion-MNIST's second part
            ├▶ photographs at home: seven folders, shoes by name, what is none of the ten, colours, likeness
            ├▶ pictures of a shop: is the article found, does it beat what could be worn in its place, colours
            ├▶ street photographs kept back: precision and recall of each type
            └▶ drawings, pictures of things                                   ─▶ OUT/evaluation.json and pictures

A photograph of shoes is right with any of the three shoe types, unless somebody labelled it; photographs in an
outlier folder have no right type and are counted only by how many of them get one all the same.
"""

# ruff: noqa: E402
import argparse
import csv
import io
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from model.environment import before_keras

before_keras("tensorflow")

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from classify.colors import COLOR_SIZE, garment_colors
from classify.image import Picture, decode
from classify.saved_model import Pixels, Predictions, SavedModel
from infra.samples.drawing import SAMPLES, draw_samples
from model import cutouts, data
from model.looks import alike_at_home, looks, shares_of_colors
from photo_library.errors import PhotoRejected
from photo_library.photo import COLORS, TYPES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LABELS = Path(__file__).parent / "labels"
EMOJI = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
BINS = 15
CONFIDENT = 0.5
"""The probability from which a type counts as given, as the search's default threshold does."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with manifest.json and saved_model/")
    parser.add_argument("--data", type=Path, help="folder with clothing-dataset-small/, shop/, street/ and keras/")
    parser.add_argument("--photos", type=Path, help="folder of labelled photographs (default: DATA's validation part)")
    parser.add_argument("--outliers", type=Path, help="folder with pictures of what is no garment")
    parser.add_argument("--emoji", type=Path, default=EMOJI, help="a font of coloured emoji (default: Debian's)")
    parser.add_argument("--out", type=Path, default=Path("build/evaluation"), help="JSON and PNG files")
    return parser.parse_args()


def looked_at(model: SavedModel, pixels: NDArray[np.uint8]) -> Predictions:
    """What the model says of uint8 [N, S, S, 3]."""
    parts = [model.run(pixels[start : start + 32]) for start in range(0, len(pixels), 32)]
    garments = [part.garments for part in parts if part.garments is not None]
    return Predictions(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.embeddings for part in parts]),
        np.concatenate(garments) if garments else None,
    )


def predicted(model: SavedModel, pixels: NDArray[np.uint8]) -> Floats:
    """Probabilities [N, 10] of uint8 [N, S, S, 3]."""
    return looked_at(model, pixels).probabilities.astype(float)


def calibration_bins(confidence: Floats, right: Bools) -> list[dict[str, float]]:
    """Reliability in BINS bins of equal width: how many, how sure on average, how often right."""
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = [(place, places == place) for place in range(BINS) if (places == place).any()]
    return [
        {
            "from": place / BINS,
            "count": int(rows.sum()),
            "confidence": float(confidence[rows].mean()),
            "accuracy": float(right[rows].mean()),
        }
        for place, rows in filled
    ]


def calibration_error(bins: list[dict[str, float]]) -> float:
    """The expected calibration error: Σ count |confidence - accuracy| / N (arXiv:1706.04599)."""
    total = sum(b["count"] for b in bins)
    return sum(b["count"] * abs(b["confidence"] - b["accuracy"]) for b in bins) / total


def per_type(truth: Ints, answer: Ints) -> dict[str, dict[str, float | int | None]]:
    """Precision and recall of each type with the number of its images."""
    table: dict[str, dict[str, float | int | None]] = {}
    for index, name in enumerate(TYPES):
        hits = int(((truth == index) & (answer == index)).sum())
        images, answers = int((truth == index).sum()), int((answer == index).sum())
        table[name] = {
            "images": images,
            "precision": hits / answers if answers else None,
            "recall": hits / images if images else None,
        }
    return table


def confusion(truth: Ints, answer: Ints) -> Ints:
    """[10, 10] counts, a row for each true type, a column for each answer."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (truth, answer), 1)
    return counts


def accuracy_interval(hits: int, total: int) -> list[float]:
    """The 95 % Wilson interval of a share."""
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * np.sqrt(share * (1 - share) / total + z * z / (4 * total**2))
    return [float(middle - half), float(middle + half)]


def measured(probabilities: Floats, truth: Ints, right: Bools) -> dict[str, object]:
    """The figures that both data sets share; `right` may be kinder than `truth` (unclear shoes)."""
    confidence, answer = probabilities.max(1), probabilities.argmax(1)
    bins = calibration_bins(confidence, right)
    return {
        "images": len(right),
        "accuracy": float(right.mean()),
        "accuracy_95": accuracy_interval(int(right.sum()), len(right)),
        "calibration_error": calibration_error(bins),
        "mean_confidence": float(confidence.mean()),
        "right_and_confident": float((confidence[right] >= CONFIDENT).mean()),
        "per_type": per_type(truth, answer),
        "confusion": confusion(truth, answer).tolist(),
        "reliability": bins,
    }


def photo_truth(photos: data.Photos, labels: dict[str, str], answer: Ints) -> Ints:
    """The right type of each garment photograph [N]; for unclear shoes the answer itself when it is a shoe type,
    otherwise Sneaker, so that a wrong answer shows as a confusion with shoes."""
    truth = []
    for name, folder, given in zip(photos.names, photos.folders, answer, strict=True):
        target = data.photo_target(folder, labels.get(name))
        unclear = target[10] == 1
        truth.append((given if given in data.SHOES else data.SHOES[1]) if unclear else target[:10].argmax())
    return np.array(truth, np.int64)


def without_shoe_labels(labels: dict[str, str], photos: data.Photos) -> dict[str, str]:
    """Labels with which any of the three types is right for everything in the shoe folder."""
    shoes = {n for n, f in zip(photos.names, photos.folders, strict=True) if f == data.SHOE_FOLDER}
    return {name: label for name, label in labels.items() if name not in shoes or label in ("none", "skip")}


Said = tuple[Floats, Floats]
"""Probabilities [N, 10] and what is known: 1, 0 or -1, [N, 11]."""


def evaluated_photos(model: SavedModel, root: Path, size: int) -> tuple[dict[str, object], Said]:
    """Every figure that photographs give: the seven folders, clear shoes by name, and the outliers.

    The folders are taken at their word here: corrections of wrong labels are not applied to what is measured.
    """
    photos = data.load_photos(root, size)
    probabilities = predicted(model, photos.pixels)
    labels = {n: t for n, t in data.read_labels(LABELS, corrections=False).items() if n in set(photos.names)}
    outlier = np.array([folder in data.OUTLIER_FOLDERS for folder in photos.folders])
    kept = data.subset(photos, list(~outlier))
    garment = probabilities[~outlier]
    answer = garment.argmax(1)
    truth = photo_truth(kept, without_shoe_labels(labels, kept), answer)
    result = measured(garment, truth, answer == truth)
    clear = np.array([labels.get(name) in TYPES for name in kept.names])
    if clear.any():
        named = photo_truth(kept, labels, answer)[clear]
        result["clear_shoes"] = {
            "images": int(clear.sum()),
            "accuracy": float((named == answer[clear]).mean()),
            "per_type": {TYPES[i]: per_type(named, answer[clear])[TYPES[i]] for i in data.SHOES},
        }
    if outlier.any():
        result["outliers"] = outlier_figures(
            probabilities[outlier], [f for f in photos.folders if f in data.OUTLIER_FOLDERS]
        )
    result["mistakes"] = mistakes(kept, garment, truth)
    targets = [data.photo_target(f, labels.get(n)) for n, f in zip(photos.names, photos.folders, strict=True)]
    return result, (probabilities, np.stack(targets))


@dataclass(frozen=True)
class ColorLabel:
    """What a person saw on a photograph: each main colour, a doubtful one by all the names it may have, and others."""

    path: Path
    main: list[set[str]]
    also: set[str]


def read_color_labels(root: Path) -> list[ColorLabel]:
    """The labelled photographs below `root`; those that are not there are left out."""
    with (LABELS / "colors.csv").open(newline="") as lines:
        labels = [
            ColorLabel(
                root / row["folder"] / row["picture"],
                [set(names.split("/")) for names in row["main"].split()],
                set(row["also"].split()),
            )
            for row in csv.DictReader(lines)
        ]
    return [label for label in labels if label.path.exists()]


def color_figures(labels: list[ColorLabel], answers: list[tuple[str, ...]]) -> dict[str, object]:
    """How often the first colour named is a main one, how many main ones are named, how many names are wrong."""
    pairs = list(zip(labels, answers, strict=True))
    found = [any(name in main for name in names) for label, names in pairs for main in label.main]
    wrong = [name not in label.also.union(*label.main) for label, names in pairs for name in names]
    first = [any(names[0] in main for main in label.main) for label, names in pairs]
    return {
        "images": len(pairs),
        "first_is_main": float(np.mean(first)),
        "main_found": float(np.mean(found)),
        "names_wrong": float(np.mean(wrong)),
        "names_an_image": len(wrong) / len(pairs),
    }


def colors_named(
    model: SavedModel, pictures: list[Picture], pixels: Pixels, seen: Predictions
) -> list[tuple[str, ...]]:
    """The colours that the function names on pictures, of which the model saw `pixels` and said what `seen` is."""
    places = [None] * len(pictures) if seen.garments is None else list(seen.garments)
    colored = pixels if model.channels == 3 else [picture.pixels(COLOR_SIZE, 3) for picture in pictures]
    return [garment_colors(picture, place) for picture, place in zip(colored, places, strict=True)]


def evaluated_colors(model: SavedModel, root: Path) -> dict[str, object]:
    """How right the garments' colours are that the function measures; nothing where no photograph is labelled."""
    labels = read_color_labels(root)
    if not labels:
        return {}
    pictures = [decode(label.path.read_bytes()) for label in labels]
    pixels = np.stack([picture.pixels(model.size, model.channels) for picture in pictures])
    return color_figures(labels, colors_named(model, pictures, pixels, looked_at(model, pixels)))


def evaluated_related(model: SavedModel, root: Path, size: int) -> dict[str, object]:
    """Of the ten photographs most related to each, the share that lies in its folder, by what they are compared."""
    photos = data.load_photos(root, size)
    seen = looked_at(model, photos.pixels)
    probabilities, embeddings = seen.probabilities, seen.embeddings
    directions = probabilities / np.linalg.norm(probabilities, axis=1, keepdims=True)
    return {
        "images": len(photos.names),
        "by_embedding": same_label(embeddings, photos.folders),
        "by_types_cosine": same_label(directions, photos.folders),
        "by_types_product": same_label(probabilities, photos.folders),
        "with_colors": alike_at_home(seen, shares_of_colors(photos.pixels, seen), photos.folders, model.types),
    }


def same_label(vectors: NDArray[np.floating[Any]], labels: list[str], count: int = 10) -> float:
    """Of the `count` others with the highest dot product with each row, the share with the row's label."""
    products = vectors @ vectors.T
    np.fill_diagonal(products, -np.inf)
    nearest = np.argsort(-products, axis=1, kind="stable")[:, :count]
    names = np.array(labels)
    return float((names[nearest] == names[:, None]).mean())


def evaluated_outliers(model: SavedModel, root: Path) -> dict[str, object]:
    """How many pictures of what is no garment, in any folder below `root`, get a type all the same."""
    pixels, folders = [], []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        try:
            pixels.append(decode(path.read_bytes()).pixels(model.size, model.channels))
        except PhotoRejected:
            continue
        folders.append(str(path.parent.relative_to(root)))
    return outlier_figures(predicted(model, np.stack(pixels)), folders)


def outlier_figures(probabilities: Floats, folders: list[str]) -> dict[str, object]:
    """How many photographs of none of the ten types get a type all the same, in all and by folder."""
    given = probabilities.max(1) >= CONFIDENT
    rows = {name: np.array([folder == name for folder in folders]) for name in sorted(set(folders))}
    return {
        "images": len(given),
        "given_a_type": float(given.mean()),
        "by_folder": {
            name: {"images": int(r.sum()), "given_a_type": float(given[r].mean())} for name, r in rows.items()
        },
    }


SHOP_TYPES = {
    "Tshirts": "T-shirt",
    "Shirts": "Shirt",
    **dict.fromkeys(("Jeans", "Trousers", "Track Pants"), "Trouser"),
    **dict.fromkeys(("Sweaters", "Sweatshirts"), "Pullover"),
    "Dresses": "Dress",
    "Jackets": "Coat",
    **dict.fromkeys(("Sandals", "Flip Flops"), "Sandal"),
    **dict.fromkeys(("Casual Shoes", "Sports Shoes"), "Sneaker"),
    **dict.fromkeys(
        ("Handbags", "Backpacks", "Clutches", "Laptop Bag", "Duffel Bag", "Messenger Bag"),
        "Bag",
    ),
}
SHOP_NONE = (
    "Watches",
    "Sunglasses",
    "Belts",
    "Ties",
    "Socks",
    "Wallets",
    "Perfume and Body Mist",
    "Cufflinks",
    "Caps",
    "Deodorant",
    "Umbrellas",
)
UPPER = tuple(TYPES.index(name) for name in ("T-shirt", "Pullover", "Dress", "Coat", "Shirt"))
KINDS = (UPPER, data.SHOES)
"""Types that are worn in each other's place."""
SHOP_COLORS = {
    **{
        name: name.lower()
        for name in ["Black", "Blue", "White", "Grey", "Red", "Brown", "Green", "Purple", "Pink", "Yellow", "Orange"]
    },
    "Navy Blue": "blue black",
    "Maroon": "red purple brown",
    "Burgundy": "red purple brown",
    "Beige": "brown white yellow",
    "Cream": "white yellow brown",
    "Off White": "white",
    "Olive": "green brown",
    "Khaki": "brown green",
    "Tan": "brown orange",
    "Silver": "grey white",
    "Steel": "grey",
    "Metallic": "grey",
    "Charcoal": "grey black",
    "Grey Melange": "grey",
    "Gold": "yellow brown",
    "Copper": "brown orange",
    "Bronze": "brown",
    "Coffee Brown": "brown",
    "Mushroom Brown": "brown grey",
    "Rust": "brown orange red",
    "Lavender": "purple",
    "Mauve": "purple pink",
    "Magenta": "pink purple",
    "Rose": "pink",
    "Peach": "pink orange",
    "Nude": "pink brown",
    "Skin": "pink brown",
    "Mustard": "yellow brown orange",
    "Turquoise Blue": "blue green",
    "Teal": "blue green",
    "Sea Green": "green blue",
    "Lime Green": "green yellow",
    "Fluorescent Green": "green yellow",
}
"""The colours of COLORS that each of the shop's names may stand for; others, such as Multi, stand for none."""


def shop_figures(probabilities: Floats, articles: list[str]) -> dict[str, object]:
    """How many of the shop's articles are found at 0.5, and how many beat what could be worn in their place."""
    rows = [row for row, article in enumerate(articles) if article in SHOP_TYPES]
    truth = np.array([TYPES.index(SHOP_TYPES[articles[row]]) for row in rows], np.int64)
    given = probabilities[rows]
    found = given[np.arange(len(rows)), truth] >= CONFIDENT
    kinds = [next((kind for kind in KINDS if true in kind), (true,)) for true in truth]
    confidence = np.array([values[list(kind)].max() for values, kind in zip(given, kinds, strict=True)])
    answer = np.array([kind[int(values[list(kind)].argmax())] for values, kind in zip(given, kinds, strict=True)])
    rivals = np.array([len(kind) > 1 for kind in kinds])
    none = np.array([article in SHOP_NONE for article in articles])
    bins = calibration_bins(confidence, answer == truth)
    by_type = {TYPES[index]: found[truth == index] for index in sorted(set(truth.tolist()))}
    return {
        "images": len(rows),
        "found": float(found.mean()),
        "found_95": accuracy_interval(int(found.sum()), len(found)),
        "mean_of_types_found": float(np.mean([share.mean() for share in by_type.values()])),
        "right_within_kind": float((answer == truth).mean()),
        "right_within_kind_95": accuracy_interval(int((answer == truth).sum()), len(truth)),
        "right_within_kind_with_rivals": float((answer == truth)[rivals].mean()),
        "found_by_type": {
            name: {"images": len(share), "found": float(share.mean())} for name, share in by_type.items()
        },
        "answers_of_shirts": {
            TYPES[index]: int((answer[truth == TYPES.index("Shirt")] == index).sum()) for index in UPPER
        },
        "calibration_error": calibration_error(bins),
        "reliability": bins,
        "confusion": confusion(truth, answer).tolist(),
        "accuracy": float((answer == truth).mean()),
        "none": outlier_figures(probabilities[none], [a for a, is_none in zip(articles, none, strict=True) if is_none]),
    }


def shop_color_figures(names: list[tuple[str, ...]], articles: list[str], colors: list[str]) -> dict[str, object]:
    """How often the shop's colour is among those named, and how many are named."""
    kept = [row for row, color in enumerate(colors) if color in SHOP_COLORS and articles[row] not in SHOP_NONE]
    right = np.array([bool({*names[row]} & {*SHOP_COLORS[colors[row]].split()}) for row in kept])
    by_article = {
        a: [r for r, row in zip(right, kept, strict=True) if articles[row] == a] for a in ("Shirts", "Tshirts")
    }
    return {
        "images": len(kept),
        "right": float(right.mean()),
        "right_95": accuracy_interval(int(right.sum()), len(right)),
        "names_an_image": float(np.mean([len(names[row]) for row in kept])),
        "by_article": {name: float(np.mean(several)) for name, several in by_article.items() if several},
    }


@dataclass(frozen=True)
class Shop:
    """The shop's pictures, what it says of them, and what the model says."""

    pictures: list[Picture]
    articles: list[str]
    colors: list[str]
    pixels: Pixels
    seen: Predictions


def looked_at_shop(model: SavedModel, root: Path) -> Shop:
    """Every picture of the shop, seen by the model."""
    labels: dict[str, dict[str, str]] = json.loads((root / "labels.json").read_text())
    pictures = [decode((root / name).read_bytes()) for name in labels]
    pixels = np.stack([picture.pixels(model.size, model.channels) for picture in pictures])
    articles, colors = ([label[name] for label in labels.values()] for name in ("article", "colour"))
    return Shop(pictures, articles, colors, pixels, looked_at(model, pixels))


def evaluated_shop(model: SavedModel, root: Path) -> dict[str, object]:
    """Every figure that the shop's pictures give."""
    shop = looked_at_shop(model, root)
    names = colors_named(model, shop.pictures, shop.pixels, shop.seen)
    return shop_figures(shop.seen.probabilities.astype(float), shop.articles) | {
        "colors": shop_color_figures(names, shop.articles, shop.colors),
        "ten_most_alike": alike_in_shop(model, shop),
    }


def alike_in_shop(model: SavedModel, shop: Shop) -> dict[str, dict[str, float]]:
    """The ten most alike to each article, by embeddings alone and by looks."""
    shown = [SHOP_TYPES.get(article) for article in shop.articles]
    colored = shop.pixels
    if model.channels != 3:
        colored = np.stack([picture.pixels(COLOR_SIZE, 3) for picture in shop.pictures])
    vectors = looks(shop.seen, shares_of_colors(colored, shop.seen), model.types)
    return {
        "by_embedding": alike_figures(shop.seen.embeddings, shown, shop.colors),
        "by_look": alike_figures(vectors, shown, shop.colors),
    }


def alike_figures(
    embeddings: NDArray[np.floating[Any]], types: list[str | None], colors: list[str], count: int = 10
) -> dict[str, float]:
    """Of the `count` articles most alike to each, the share with its type, with a colour in common, and with both;
    beside, what a choice at random would give. Only articles of the ten types, and of a known colour, are compared."""
    rows = [row for row, name in enumerate(types) if name and colors[row] in SHOP_COLORS]
    products = embeddings[rows] @ embeddings[rows].T
    np.fill_diagonal(products, -np.inf)
    nearest = np.argsort(-products, axis=1, kind="stable")[:, :count]
    shown = np.array([types[row] for row in rows])
    named = np.array([[color in SHOP_COLORS[colors[row]].split() for color in COLORS] for row in rows])
    same_type = shown[:, None] == shown
    same_color = (named[:, None] & named).any(2)
    others = ~np.eye(len(rows), dtype=bool)

    def share(same: Bools) -> tuple[float, float]:
        return float(np.take_along_axis(same, nearest, 1).mean()), float(same[others].mean())

    (of_type, chance_type), (of_color, chance_color) = share(same_type), share(same_color)
    both, chance_both = share(same_type & same_color)
    return {
        "images": len(rows),
        "same_type": of_type,
        "same_color": of_color,
        "both": both,
        "same_type_by_chance": chance_type,
        "same_color_by_chance": chance_color,
        "both_by_chance": chance_both,
    }


def average_precision(scores: Floats, truth: Bools) -> float:
    """The mean, over what is true, of the precision among all that score as high."""
    order = np.argsort(-scores, kind="stable")
    hits = truth[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def several_figures(probabilities: Floats, targets: Floats) -> dict[str, object]:
    """Average precision, precision and recall at 0.5, for pictures that show several types.

    targets [N, ≥ 10]: 1 and 0, and -1 for what is not known, which counts for nothing.
    """
    known, shown = targets[:, :10] >= 0, targets[:, :10] == 1
    given = probabilities >= CONFIDENT
    hits, answers, there = (given & shown).sum(0), (given & known).sum(0), shown.sum(0)
    precisions = {
        name: average_precision(probabilities[known[:, i], i], shown[known[:, i], i])
        for i, name in enumerate(TYPES)
        if there[i]
    }
    return {
        "images": len(probabilities),
        "mean_average_precision": float(np.mean(list(precisions.values()))),
        "precision": float(hits.sum() / max(answers.sum(), 1)),
        "recall": float(hits.sum() / max(there.sum(), 1)),
        "per_type": {
            name: {
                "images": int(there[i]),
                "average_precision": precisions.get(name),
                "precision": float(hits[i] / answers[i]) if answers[i] else None,
                "recall": float(hits[i] / there[i]) if there[i] else None,
            }
            for i, name in enumerate(TYPES)
        },
    }


def evaluated_street(model: SavedModel, root: Path) -> tuple[dict[str, object], Said]:
    """The figures on the street photographs kept back for development."""
    labels: dict[str, dict[str, list[str]]] = json.loads((root / "labels.json").read_text())
    names = [name for name in sorted(labels) if int(Path(name).stem) % cutouts.DEVELOPMENT == 0]
    pixels = [decode((root / "photos" / name).read_bytes()).pixels(model.size, model.channels) for name in names]
    targets = np.stack([cutouts.street_target(dict.fromkeys(labels[name]["tags"], 1.0)) for name in names]).astype(
        float
    )
    probabilities = predicted(model, np.stack(pixels))
    return several_figures(probabilities, targets), (probabilities, targets)


EMOJI_TYPES = {
    "👕": "T-shirt",
    "🎽": "T-shirt",
    "👖": "Trouser",
    "👗": "Dress",
    "🧥": "Coat",
    "🥼": "Coat",
    "👚": "Shirt",
    "👡": "Sandal",
    "🩴": "Sandal",
    "👟": "Sneaker",
    "👜": "Bag",
    "👝": "Bag",
    "🎒": "Bag",
    "🛍": "Bag",
    "👢": "Ankle-boot",
    "🥾": "Ankle-boot",
    "⌚": None,
    "👓": None,
    "🕶": None,
    "👔": None,
    "🧦": None,
    "🧣": None,
    "☂": None,
    "🎩": None,
    "🧢": None,
    "🩳": None,
    "💍": None,
    "🧴": None,
}
"""What emoji show. A blouse is given as Shirt; 👔 is a necktie, with a collar in some fonts."""
EMOJI_SIDE, EMOJI_GROUNDS = 109, ("white", "#d8e4f0")


def emoji_drawings(font: Path) -> list[tuple[str, Picture, str | None]]:
    """(emoji and ground, its picture, its type) of a font's drawings, on two grounds."""
    face = ImageFont.truetype(str(font), EMOJI_SIDE)
    found = []
    for text, name in EMOJI_TYPES.items():
        layer = Image.new("RGBA", (160, 160))
        ImageDraw.Draw(layer).text((12, 16), text, font=face, embedded_color=True)
        if layer.getbbox() is None:
            continue
        for ground in EMOJI_GROUNDS:
            whole = Image.new("RGB", layer.size, ground)
            whole.paste(layer, mask=layer.getchannel("A"))
            file = io.BytesIO()
            whole.save(file, "PNG")
            found.append((f"{text} {ground}", decode(file.getvalue()), name))
    return found


def evaluated_drawings(model: SavedModel, font: Path) -> dict[str, object]:
    """How many of the garments that emoji and the demo's samples show are found; how many other things are typed."""
    drawings = emoji_drawings(font) if font.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        for path in draw_samples(Path(folder)):
            picture = decode(path.read_bytes())
            drawings += [(path.name, picture, name) for name in SAMPLES[path.name] or (None,)]
    pixels = np.stack([picture.pixels(model.size, model.channels) for _, picture, _ in drawings])
    probabilities = predicted(model, pixels)
    garments = {
        f"{label}, {name}": float(values[TYPES.index(name)])
        for (label, _, name), values in zip(drawings, probabilities, strict=True)
        if name
    }
    others = {
        label: float(values.max()) for (label, _, name), values in zip(drawings, probabilities, strict=True) if not name
    }
    return {
        "garments": len(garments),
        "found": float(np.mean([value >= CONFIDENT for value in garments.values()])),
        "not_found": {label: round(value, 3) for label, value in garments.items() if value < CONFIDENT},
        "others": len(others),
        "given_a_type": float(np.mean([value >= CONFIDENT for value in others.values()])) if others else None,
        "typed": {label: round(value, 3) for label, value in others.items() if value >= CONFIDENT},
    }


def draw_reliability_of_types(sets: Mapping[str, Said], path: Path) -> None:
    """For each type, how often it is shown against how probable it is said to be; a line for each set of pictures."""
    figure = new_figure(15, 6.4)
    axes = figure.subplots(2, 5, sharex=True, sharey=True)
    for index, (axis, name) in enumerate(zip(axes.flat, TYPES, strict=True)):
        axis.plot([0, 1], [0, 1], color="black", linewidth=0.8)
        for label, (probabilities, targets) in sets.items():
            known = targets[:, index] >= 0
            bins = calibration_bins(probabilities[known, index], targets[known, index] == 1)
            bins = [one for one in bins if one["count"] >= 5]
            axis.plot(
                [one["confidence"] for one in bins], [one["accuracy"] for one in bins], "o-", markersize=3, label=label
            )
        axis.set_title(name)
    axes.flat[0].legend(fontsize=7)
    for axis in axes[1]:
        axis.set_xlabel("probability")
    for axis in axes[:, 0]:
        axis.set_ylabel("share that shows it")
    finish(figure, path)


def mistakes(photos: data.Photos, probabilities: Floats, truth: Ints) -> list[dict[str, object]]:
    """Wrong answers, the surest first."""
    answer, confidence = probabilities.argmax(1), probabilities.max(1)
    wrong = [row for row in np.argsort(-confidence) if answer[row] != truth[row]]
    return [
        {
            "picture": photos.names[row],
            "folder": photos.folders[row],
            "answer": TYPES[answer[row]],
            "probability": round(float(confidence[row]), 4),
        }
        for row in wrong
    ]


def evaluated_fashion(model: SavedModel, size: int) -> tuple[dict[str, object], Said]:
    """The figures on Fashion-MNIST's second part, each picture prepared as if it were a PNG file."""
    _, (images, labels) = data.load_fashion_mnist()
    probabilities = predicted(model, data.fashion_pixels(images, size))
    truth = labels.astype(np.int64)
    return measured(probabilities, truth, probabilities.argmax(1) == truth), (probabilities, np.eye(11)[truth])


def latency(model: SavedModel, size: int) -> dict[str, float]:
    """Milliseconds of one photo's forward pass, of 200 after 20 to warm up."""
    pixels = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    times = []
    for _ in range(220):
        started = time.perf_counter()
        model.run(pixels)
        times.append((time.perf_counter() - started) * 1000)
    return {
        "median_ms": float(np.median(times[20:])),
        "p90_ms": float(np.quantile(times[20:], 0.9)),
        "runs": 200,
    }


def draw_reliability(results: dict[str, dict[str, object]], path: Path) -> None:
    """Accuracy against confidence, the bars' width being the bin's and their shade the number of images."""
    figure = new_figure(5 * len(results), 4.5)
    axes = figure.subplots(1, len(results), squeeze=False)
    for axis, (name, result) in zip(axes[0], results.items(), strict=True):
        bins = calibration_bins_of(result)
        most = max(b["count"] for b in bins)
        for b in bins:
            shade = 0.25 + 0.75 * np.sqrt(b["count"] / most)
            axis.bar(
                b["from"],
                b["accuracy"],
                1 / BINS,
                align="edge",
                color="#2c6fbb",
                alpha=shade,
                edgecolor="white",
            )
            axis.text(b["from"] + 0.5 / BINS, 0.02, str(int(b["count"])), ha="center", fontsize=6)
        axis.plot([0, 1], [0, 1], color="black", linewidth=1)
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability", ylabel="share right")
        axis.set_title(f"{name}: {result['images']} images, error {result['calibration_error']:.1%}")
    finish(figure, path)


def calibration_bins_of(result: dict[str, object]) -> list[dict[str, float]]:
    """The reliability bins of a result."""
    return cast(list[dict[str, float]], result["reliability"])


def draw_confusion(name: str, result: dict[str, object], path: Path) -> None:
    """The confusion matrix, shaded by the share of the row."""
    counts = np.array(result["confusion"])
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = new_figure(6.5, 6)
    axis = figure.subplots()
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if shares[row, column] > 0.5 else "black"
        axis.text(column, row, str(counts[row, column]), ha="center", va="center", color=color, fontsize=8)
    axis.set_xticks(range(10), TYPES, rotation=45, ha="right")
    axis.set_yticks(range(10), TYPES)
    axis.set(
        xlabel="answer",
        ylabel="truth",
        title=f"{name}: {result['accuracy']:.1%} of {result['images']} images",
    )
    finish(figure, path)


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure; its size is in inches. Only here is Matplotlib needed, which takes a second to import."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    return Figure(figsize=(width, height))


def finish(figure: "Figure", path: Path) -> None:
    """Writes a figure."""
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def disk_bytes(folder: Path) -> int:
    """What the SavedModel's files take."""
    return sum(path.stat().st_size for path in (folder / "saved_model").rglob("*") if path.is_file())


def main() -> None:
    """Evaluates from the command line."""
    options = arguments()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])  # TensorFlow takes as many threads as cores
    options.out.mkdir(parents=True, exist_ok=True)
    model = SavedModel(options.model)
    size = model.size[0]
    photos = options.photos or (options.data and options.data / "clothing-dataset-small" / "validation")
    results, answers = {}, {}
    results["Fashion-MNIST"], answers["Fashion-MNIST"] = evaluated_fashion(model, size)
    if photos is not None and photos.is_dir():
        results["photographs"], answers["photographs"] = evaluated_photos(model, photos, size)
        results["photographs"]["colors"] = evaluated_colors(model, photos)
        results["photographs"]["ten_most_related_with_the_same_label"] = evaluated_related(model, photos, size)
    else:
        print("no folder of photographs: they are skipped")
    shop, street = ((options.data / name if options.data else None) for name in ("shop", "street"))
    if shop is not None and shop.is_dir():
        results["shop"] = evaluated_shop(model, shop)
    draw_reliability(results, options.out / "reliability.png")
    for name, result in results.items():
        draw_confusion(name, result, options.out / f"confusion-{name.lower()}.png")
    report = {
        "model": model.version,
        "bytes_on_disk": disk_bytes(options.model),
        "latency": latency(model, size),
        **results,
    }
    if street is not None and street.is_dir():
        report["street"], answers["street"] = evaluated_street(model, street)
    draw_reliability_of_types(answers, options.out / "reliability-of-types.png")
    report["drawings"] = evaluated_drawings(model, options.emoji)
    if options.outliers is not None:
        report["outliers"] = evaluated_outliers(model, options.outliers)
    (options.out / "evaluation.json").write_text(json.dumps(report, indent=1) + "\n")
    print(summary(report))


def summary(report: dict[str, object]) -> str:
    """The figures without their tables, as JSON."""
    tables = {"per_type", "confusion", "reliability", "mistakes"}
    short = {
        key: {k: v for k, v in value.items() if k not in tables} if isinstance(value, dict) else value
        for key, value in report.items()
    }
    return json.dumps(short, indent=1)


if __name__ == "__main__":
    main()
