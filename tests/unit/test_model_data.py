"""What the label files and the folders teach the model."""

import csv
import re

import numpy as np
import pytest

from infra.local.template import ROOT
from model.data import SHOES, fashion_pixels, photo_target, read_labels
from photo_library.photo import TYPES

LABELS = ROOT / "model" / "labels"


def test_every_shoe_photograph_is_labelled_once() -> None:
    with (LABELS / "shoes.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len({row["picture"] for row in rows}) == 357
    assert {row["label"] for row in rows} == {"Sandal", "Sneaker", "Ankle-boot", "unclear"}
    assert all(re.fullmatch(r"[0-9a-f-]{36}\.jpg", row["picture"]) for row in rows)


def test_corrections_are_read_beside_the_shoes() -> None:
    with (LABELS / "corrections.csv").open(newline="") as lines:
        corrected = {row["picture"]: row["label"] for row in csv.DictReader(lines)}
    assert set(corrected.values()) <= {*TYPES, "none", "skip"}
    assert read_labels(LABELS).items() >= corrected.items()
    assert not read_labels(LABELS, corrections=False).keys() & corrected.keys()


@pytest.mark.parametrize(
    ("folder", "label", "expected"),
    [
        ("pants", None, {TYPES.index("Trouser"): 1.0}),
        ("longsleeve", "Coat", {TYPES.index("Coat"): 1.0}),
        ("shoes", "Sandal", {TYPES.index("Sandal"): 1.0}),
        ("shoes", "unclear", {5: -1.0, 7: -1.0, 9: -1.0, 10: 1.0}),
        ("shoes", None, {5: -1.0, 7: -1.0, 9: -1.0, 10: 1.0}),
        ("hoodie", None, {TYPES.index("Pullover"): 1.0, TYPES.index("Coat"): -1.0}),
        ("hoodie", "Coat", {TYPES.index("Coat"): 1.0}),
        ("hat", None, {}),
        ("shirt", "none", {}),
        ("shirt", "skip", dict.fromkeys(range(10), -1.0)),
    ],
)
def test_a_photograph_teaches_what_its_folder_and_its_label_say(
    folder: str, label: str | None, expected: dict[int, float]
) -> None:
    target = photo_target(folder, label)
    assert {index: pytest.approx(value) for index, value in expected.items()} == {
        int(index): float(target[index]) for index in np.nonzero(target)[0]
    }


def test_a_label_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="unclear"):
        photo_target("shirt", "unclear")


def test_shoes_are_the_three_types_of_shoes() -> None:
    assert [TYPES[index] for index in SHOES] == ["Sandal", "Sneaker", "Ankle-boot"]


def test_fashion_mnist_pictures_become_what_the_function_makes_of_their_files() -> None:
    import io

    from PIL import Image

    from classify.image import decode

    image = np.random.default_rng(3).integers(0, 256, (28, 28), np.uint8)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    np.testing.assert_array_equal(fashion_pixels(image[None], 64)[0], decode(file.getvalue()).pixels((64, 64), 3))
