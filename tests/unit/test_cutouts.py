"""What street photographs and drawings teach the model, on cases small enough to work out by hand."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from model.cutouts import PARTS, UNKNOWN, kept, opened, street, street_target, things, united
from model.drawings import GARMENTS, NO_GARMENTS, drawing, drawings
from photo_library.photo import TYPES


def known(target: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(TYPES, target, strict=False) if value}


def test_a_tag_teaches_its_type_and_a_doubtful_one_that_nothing_is_known() -> None:
    assert known(street_target({"jeans": 1.0, "blouse": 1.0, "skin": 1.0})) == {"Trouser": 1, "Shirt": 1}
    assert known(street_target({"heels": 1.0, "cardigan": 1.0})) == dict.fromkeys(
        ("Sandal", "Sneaker", "Ankle-boot", "Pullover", "Coat"), -1
    )
    assert known(street_target({"coat": 1.0, "cape": 1.0})) == {"Coat": 1}


def test_what_a_crop_has_little_of_is_absent_and_what_it_has_some_of_unknown() -> None:
    assert known(street_target({"jeans": 0.1, "coat": 0.3, "bag": 0.6})) == {"Coat": -1, "Bag": 1}
    assert known(street_target({"jeans": -1.0})) == {"Trouser": -1}  # too few pixels to be sure of


def test_a_photograph_in_several_folders_shows_the_types_of_all() -> None:
    targets = np.zeros((3, 11), np.float32)
    targets[0, TYPES.index("Shirt")] = targets[1, TYPES.index("Trouser")] = targets[2, TYPES.index("Bag")] = 1
    together = united(targets, np.array(["a.jpg", "a.jpg", "b.jpg"]))
    assert known(together[0]) == known(together[1]) == {"Trouser": 1, "Shirt": 1}
    assert known(together[2]) == {"Bag": 1}


@pytest.fixture
def street_folder(tmp_path: Path) -> Path:
    """Two photographs: a person in a red shirt and blue jeans, with a mask; and one without."""
    tags = ["null", "jeans", "shirt", "skin"]
    mask = np.zeros((400, 260), np.uint8)
    mask[20:60, 110:150], mask[60:180, 90:170], mask[180:380, 95:165] = 3, 2, 1
    colors = np.array([[200, 200, 190], [30, 40, 120], [180, 20, 30], [220, 170, 140]], np.uint8)
    (tmp_path / "photos").mkdir()
    (tmp_path / "masks").mkdir()
    for number in (1, 10, 12):
        Image.fromarray(colors[mask]).save(tmp_path / "photos" / f"{number:04}.jpg", quality=95)
    Image.fromarray(mask).save(tmp_path / "masks" / "0001.png")
    labels = {"tags": ["jeans", "shirt"], "boxes": {"jeans": {}, "shirt": {}}}
    (tmp_path / "labels.json").write_text(
        json.dumps({"0001.jpg": labels, "0010.jpg": {"tags": ["jeans"]}, "0012.jpg": {"tags": ["jeans"]}})
    )
    (tmp_path / "tags.json").write_text(json.dumps(tags))
    return tmp_path


def test_a_person_is_cut_out_whole_and_in_parts_each_with_what_it_shows(street_folder: Path) -> None:
    found = street(street_folder, development=False, size=64)
    shown = {str(name): known(target) for name, target in zip(found.names, found.targets, strict=True)}
    assert shown["0001.jpg whole"] == shown["0001.jpg person"] == {"Trouser": 1, "Shirt": 1}
    assert shown["0001.jpg lower"] == {"Trouser": 1}
    assert shown["0001.jpg only jeans"] == {"Trouser": 1}
    assert shown["0001.jpg only shirt"] == shown["0001.jpg torso"] == {"Shirt": 1}
    assert shown["0012.jpg whole"] == {"Trouser": 1}
    alone = list(found.names).index("0001.jpg only shirt")
    middle = found.pixels[alone, 32, 32]
    assert middle[3] == 255
    assert middle[0] > 150 > middle[2]
    assert found.parts[alone, 32, 32] == PARTS.index("top")
    assert found.cut.tolist() == ["0001" in name for name in found.names]
    assert set(found.parts[list(found.names).index("0012.jpg whole")].ravel()) == {UNKNOWN}


def test_every_tenth_street_photograph_is_kept_back(street_folder: Path) -> None:
    assert set(street(street_folder, development=True, size=32).names) == {"0010.jpg whole"}


def test_pictures_whose_names_say_garment_are_no_outliers(tmp_path: Path) -> None:
    for name in ("apple.png", "red-shirt.png", "policeman.png"):
        Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    found = things(tmp_path, 16)
    assert found.names.tolist() == ["apple.png"]
    assert not found.targets.any()


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    made = drawings(1, seed=3, size=32)
    kept(made, tmp_path / "drawings")
    read = opened(tmp_path / "drawings")
    np.testing.assert_array_equal(read.pixels, made.pixels)
    assert read.names.tolist() == made.names.tolist()


@pytest.mark.parametrize("kind", [*GARMENTS.values(), *NO_GARMENTS], ids=lambda kind: kind.__name__)
def test_a_drawing_stands_on_nothing_and_is_the_same_for_the_same_seed(kind: object) -> None:
    first, again = (np.asarray(drawing(Random(5), kind, 64)) for _ in range(2))  # type: ignore[arg-type]
    np.testing.assert_array_equal(first, again)
    assert first[0, 0, 3] == 0
    assert 0.03 < (first[..., 3] > 127).mean() < 0.9


def test_a_drawing_teaches_its_type_and_where_it_is() -> None:
    found = drawings(3, seed=1, size=32)
    assert len(found.names) == 10 * 3 + len(NO_GARMENTS)
    row = found.names.tolist().index("Bag 0")
    assert known(found.targets[row]) == {"Bag": 1}
    assert set(found.parts[row].ravel()) == {0, PARTS.index("bag")}
