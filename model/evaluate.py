"""Measures the model on labelled photographs and on Fashion-MNIST, with the code that serves it, on one core.

SavedModel, PHOTOS/<folder>/*.jpg, Fashion-MNIST's second part -> OUT/evaluation.json and pictures

A photograph of shoes is right with any of the three shoe types, unless somebody labelled it; photographs in an
outlier folder have no right type and are counted only by how many of them get one all the same.
"""

# ruff: noqa: E402
import argparse
import csv
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from model.environment import before_keras

before_keras("tensorflow")

import matplotlib
import numpy as np
from numpy.typing import NDArray

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.figure import Figure

from classify.colors import garment_colors
from classify.image import decode
from classify.saved_model import SavedModel
from model import data
from photo_library.errors import PhotoRejected
from photo_library.photo import TYPES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LABELS = Path(__file__).parent / "labels"
BINS = 15
CONFIDENT = 0.5
"""The probability from which a type counts as given, as the search's default threshold does."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with manifest.json and saved_model/")
    parser.add_argument("--data", type=Path, help="folder with clothing-dataset-small/ and keras/")
    parser.add_argument("--photos", type=Path, help="folder of labelled photographs (default: DATA's validation part)")
    parser.add_argument("--outliers", type=Path, help="folder with pictures of what is no garment")
    parser.add_argument("--out", type=Path, default=Path("build/evaluation"), help="JSON and PNG files")
    return parser.parse_args()


def predicted(model: SavedModel, pixels: NDArray[np.uint8]) -> Floats:
    """Probabilities [N, 10] of uint8 [N, S, S, 3]."""
    parts = [pixels[start : start + 32] for start in range(0, len(pixels), 32)]
    return np.concatenate([model.run(part).probabilities for part in parts]).astype(float)


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


def evaluated_photos(model: SavedModel, root: Path, size: int) -> dict[str, object]:
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
    return result


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


def evaluated_colors(root: Path) -> dict[str, object]:
    """How right the garments' colours are that the function measures; nothing where no photograph is labelled."""
    labels = read_color_labels(root)
    answers = [garment_colors(decode(label.path.read_bytes()).image) for label in labels]
    return color_figures(labels, answers) if labels else {}


def evaluated_related(model: SavedModel, root: Path, size: int) -> dict[str, object]:
    """Of the ten photographs most related to each, the share that lies in its folder, by what they are compared."""
    photos = data.load_photos(root, size)
    parts = [model.run(photos.pixels[start : start + 32]) for start in range(0, len(photos.pixels), 32)]
    probabilities, embeddings = (np.concatenate(several) for several in zip(*parts, strict=True))
    directions = probabilities / np.linalg.norm(probabilities, axis=1, keepdims=True)
    return {
        "images": len(photos.names),
        "by_embedding": same_label(embeddings, photos.folders),
        "by_types_cosine": same_label(directions, photos.folders),
        "by_types_product": same_label(probabilities, photos.folders),
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


def evaluated_fashion(model: SavedModel, size: int) -> dict[str, object]:
    """The figures on Fashion-MNIST's second part, each picture prepared as if it were a PNG file."""
    _, (images, labels) = data.load_fashion_mnist()
    probabilities = predicted(model, data.fashion_pixels(images, size))
    truth = labels.astype(np.int64)
    return measured(probabilities, truth, probabilities.argmax(1) == truth)


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
    figure, axes = pyplot.subplots(1, len(results), figsize=(5 * len(results), 4.5), squeeze=False)
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
    figure, axis = pyplot.subplots(figsize=(6.5, 6))
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


def finish(figure: Figure, path: Path) -> None:
    """Writes and closes a figure."""
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main() -> None:
    """Evaluates from the command line."""
    options = arguments()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])  # TensorFlow takes as many threads as cores
    options.out.mkdir(parents=True, exist_ok=True)
    model = SavedModel(options.model)
    size = model.size[0]
    photos = options.photos or (options.data and options.data / "clothing-dataset-small" / "validation")
    results = {"Fashion-MNIST": evaluated_fashion(model, size)}
    if photos is not None and photos.is_dir():
        results["photographs"] = evaluated_photos(model, photos, size)
        results["photographs"]["colors"] = evaluated_colors(photos)
        results["photographs"]["ten_most_related_with_the_same_label"] = evaluated_related(model, photos, size)
    else:
        print("no folder of photographs: they are skipped")
    draw_reliability(results, options.out / "reliability.png")
    for name, result in results.items():
        draw_confusion(name, result, options.out / f"confusion-{name.lower()}.png")
    disk = sum(path.stat().st_size for path in (options.model / "saved_model").rglob("*") if path.is_file())
    report = {"model": model.version, "bytes_on_disk": disk, "latency": latency(model, size), **results}
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
