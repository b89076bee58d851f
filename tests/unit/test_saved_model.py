import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from classify.image import decode
from classify.saved_model import Pixels, SavedModel
from infra.local.template import ROOT
from infra.samples.drawing import SAMPLES
from model.predict import predict
from photo_library.errors import ModelError
from photo_library.photo import TYPES


def some_pixels(model: SavedModel, count: int) -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (count, *model.size, model.channels), np.uint8)


def test_tensorflows_python_package_is_never_imported() -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom classify.saved_model import SavedModel\n"
        "model = SavedModel(Path('model'))\n"
        "print(model.version, [name for name in sys.modules if name.split('.')[0] in ('tensorflow', 'keras')])"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert answer.stdout.strip().endswith("[]")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which pages are there")
def test_what_only_loading_touched_of_the_libraries_is_given_back() -> None:
    script = (
        "from pathlib import Path\nfrom classify.tensorflow_library import library\nlibrary()\n"
        "print([line.split()[1] for line in Path('/proc/self/status').open() if line.startswith('RssFile')][0])"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert int(answer.stdout) < 100_000  # kilobytes; it would be 250,000


def test_types_are_the_ten_and_each_probability_stands_for_itself(model: SavedModel) -> None:
    assert model.types == TYPES
    probabilities = model.run(some_pixels(model, 5)).probabilities
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert (probabilities.sum(axis=1) < 0.5).all()  # noise shows no garment


def test_the_garment_is_where_it_was_drawn(model: SavedModel, samples: list[Path]) -> None:
    shirt = next(sample for sample in samples if sample.name == "shirt.jpg")
    (garment,) = model.run(decode(shirt.read_bytes()).pixels(model.size, 3)[None]).garments  # type: ignore[misc]
    assert garment.shape == (model.size[0] // 8, model.size[1] // 8)
    rows, columns = garment.shape
    assert garment[rows // 3 : 2 * rows // 3, columns * 2 // 5 : columns * 3 // 5].mean() > 0.5
    assert garment[:, [0, -1]].mean() < 0.1


def test_a_photo_gets_the_same_probabilities_alone_and_in_a_batch(model: SavedModel) -> None:
    pixels = some_pixels(model, 7)
    alone = [model.run(pixels[index : index + 1]) for index in range(7)]
    for together, one_by_one in zip(model.run(pixels), zip(*alone, strict=True), strict=True):
        np.testing.assert_allclose(together, np.concatenate(one_by_one), atol=1e-6)  # type: ignore[arg-type]


def test_several_threads_may_run_it(model: SavedModel) -> None:
    pixels = some_pixels(model, 2)
    expected = model.run(pixels)
    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(model.run, [pixels] * 40):
            np.testing.assert_array_equal(answer.probabilities, expected.probabilities)
            np.testing.assert_array_equal(answer.embeddings, expected.embeddings)


def test_pixels_of_another_shape_or_kind_are_refused(model: SavedModel) -> None:
    height, width = model.size
    for wrong in (
        np.zeros((1, height, width + 1, model.channels), np.uint8),
        np.zeros((1, height, width, model.channels), np.float32),
        np.zeros((height, width), np.uint8),
    ):
        with pytest.raises(ModelError, match="uint8"):
            model.run(wrong)  # type: ignore[arg-type]


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json"):
        SavedModel(tmp_path)


def test_what_tensorflow_reports_is_raised(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text((ROOT / "model" / "manifest.json").read_text())
    with pytest.raises(ModelError, match="saved_model"):
        SavedModel(tmp_path)


def test_a_manifest_that_names_an_unknown_operation_is_refused(tmp_path: Path) -> None:
    manifest = json.loads((ROOT / "model" / "manifest.json").read_text())
    manifest["input"]["name"] = "nonsense:0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "saved_model").symlink_to(ROOT / "model" / "saved_model")
    with pytest.raises(ModelError, match="nonsense"):
        SavedModel(tmp_path)


# The small figure in T-shirt, trousers and sneakers gets no type: the card tells of it.
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.xfail(strict=True)) if name == "outfit.png" else name for name in SAMPLES],
)
def test_a_drawing_has_the_types_that_it_shows_and_no_others(model: SavedModel, samples: list[Path], name: str) -> None:
    drawing = next(sample for sample in samples if sample.name == name)
    types = predict(model, drawing.read_bytes())
    assert {type_name for type_name, probability in types.items() if probability >= 0.5} == set(SAMPLES[name])


def test_the_bundled_model_is_small() -> None:
    files = (ROOT / "model" / "saved_model").rglob("*")
    assert sum(file.stat().st_size for file in files if file.is_file()) <= 10_000_000


def test_it_can_be_closed() -> None:
    SavedModel(ROOT / "model").close()
