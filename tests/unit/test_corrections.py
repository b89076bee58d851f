from pathlib import Path

import numpy as np
import pytest

from infra.ops.corrections import export
from model.data import load_photos, photo_target
from photo_library.photo import TYPES, Photo
from tests.support.examples import a_photo, a_picture
from tests.support.fakes import FakeCatalog


@pytest.fixture
def catalog() -> FakeCatalog:
    catalog = FakeCatalog()
    corrected = [a_photo(f"uploads/{name}.png", types={name: 1.0}, types_source="person") for name in TYPES]
    none = a_photo("uploads/none.png", types={}, types_source="person")
    gone = a_photo("uploads/gone.png", types={"Bag": 1.0}, types_source="person")
    others = [a_photo("uploads/model.png"), a_photo("uploads/bad.png", status="rejected", types={}, reason="empty")]
    catalog.write([*corrected, none, gone, *others])
    return catalog


def fetch(photo: Photo) -> bytes | None:
    return None if photo.key == "uploads/gone.png" else a_picture(color=(len(photo.key), 0, 0), size=(4, 4))


def test_training_reads_manual_corrections_as_they_were_made(catalog: FakeCatalog, tmp_path: Path) -> None:
    messages: list[str] = []
    assert export(catalog, fetch, tmp_path, messages.append, page_size=3) == len(TYPES) + 1
    photos = load_photos(tmp_path, 4)
    folder_of = dict(zip(photos.names, photos.folders, strict=True))
    assert len(folder_of) == len(TYPES) + 1
    for photo in catalog.photos.values():
        if f"{photo.id}.jpg" not in folder_of:
            continue
        target = photo_target(folder_of[f"{photo.id}.jpg"], None)
        expected = [photo.types.get(name, 0.0) for name in TYPES]
        assert np.allclose(target, [*expected, 0])
    assert len(messages) == 5


def test_run_again_it_writes_what_people_say_now(catalog: FakeCatalog, tmp_path: Path) -> None:
    export(catalog, fetch, tmp_path, lambda _: None)
    (tmp_path / "notes.txt").write_text("kept")
    catalog.photos.clear()
    catalog.write([a_photo("uploads/Bag.png", types={"Coat": 1.0}, types_source="person")])
    assert export(catalog, fetch, tmp_path, lambda _: None) == 1
    assert {path.parent.name for path in tmp_path.rglob("*.jpg")} == {"outwear"}
    assert (tmp_path / "notes.txt").exists()


def test_a_picture_of_several_types_is_an_example_of_each(tmp_path: Path) -> None:
    catalog = FakeCatalog()
    outfit = a_photo("uploads/outfit.png", types={"Shirt": 1.0, "Trouser": 1.0}, types_source="person")
    catalog.write([outfit])
    assert export(catalog, fetch, tmp_path, lambda _: None) == 1
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.jpg")} == {
        f"shirt/{outfit.id}.jpg",
        f"pants/{outfit.id}.jpg",
    }
