"""What classify gets from TensorFlow's C API, compared with TensorFlow's own Python package."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classify.image import decode
from classify.saved_model import Pixels, SavedModel
from infra.local.template import ROOT

# In a process of its own, because the function never imports TensorFlow; one for all tests, because that takes long.
SCRIPT = """
import numpy, sys, tensorflow as tf
from model import unpack
bundled, pixels_file, answers_file, tiny, weights = sys.argv[1:]

serve = tf.saved_model.load(bundled).signatures["serving_default"]
pixels = numpy.load(pixels_file)
pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
answers = serve(pixels=tf.constant(pixels))
numpy.savez(answers_file, **{name: value.numpy() for name, value in answers.items()})

def answer(pixels):
    return {
        "embedding": tf.fill([tf.shape(pixels)[0], 8], 0.5),
        "probabilities": tf.fill([tf.shape(pixels)[0], 10], 0.1),
    }
module = tf.Module()
given = tf.TensorSpec([None, 32, 32, 3], tf.uint8, name="pixels")
module.serve = tf.function(answer, input_signature=[given])
tf.saved_model.save(module, tiny, signatures=module.serve.get_concrete_function())
sys.argv = ["unpack", "--model", "model", "--out", weights]
unpack.main()
"""


@pytest.fixture(scope="module")
def pixels(model: SavedModel, samples: list[Path]) -> Pixels:
    """The sample photos, and noise."""
    drawings = [decode(sample.read_bytes()).pixels(model.size, model.channels) for sample in samples]
    noise = np.random.default_rng(1).integers(0, 256, (32, *model.size, model.channels), np.uint8)
    return np.concatenate([drawings, noise])


@pytest.fixture(scope="module")
def written_by_tensorflow(tmp_path_factory: pytest.TempPathFactory, pixels: Pixels) -> Path:
    """A folder with the bundled model's answers to `pixels`, another SavedModel, and the bundled one's weights."""
    folder = tmp_path_factory.mktemp("tensorflow")
    np.save(folder / "pixels.npy", pixels)
    files = [folder / name for name in ("pixels.npy", "answers.npz", "saved_model", "weights.npz")]
    command = [sys.executable, "-c", SCRIPT, str(ROOT / "model" / "saved_model"), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def tiny_model(written_by_tensorflow: Path) -> SavedModel:
    """A SavedModel that does next to nothing: 32 × 32 pixels, the same probability for every type."""
    manifest = json.loads((ROOT / "model" / "manifest.json").read_text())
    manifest["input"] |= {"name": "serving_default_pixels:0", "size": [32, 32], "channels": 3}
    # Nothing is stateful.
    manifest["outputs"] = {"embedding": "PartitionedCall:0", "probabilities": "PartitionedCall:1"}
    (written_by_tensorflow / "manifest.json").write_text(json.dumps(manifest))
    return SavedModel(written_by_tensorflow)


def test_probabilities_and_embeddings_are_those_that_tensorflow_gives(
    model: SavedModel, pixels: Pixels, written_by_tensorflow: Path
) -> None:
    expected = np.load(written_by_tensorflow / "answers.npz")
    predictions = model.run(pixels)
    np.testing.assert_allclose(predictions.probabilities, expected["probabilities"], atol=1e-5)
    np.testing.assert_allclose(predictions.embeddings, expected["embedding"], atol=1e-5)
    assert predictions.embeddings.shape == (len(pixels), 128)
    np.testing.assert_allclose(np.linalg.norm(predictions.embeddings, axis=1), 1, atol=1e-5)


def test_a_model_need_not_say_where_the_garment_is(tiny_model: SavedModel) -> None:
    assert tiny_model.run(np.zeros((2, 32, 32, 3), np.uint8)).garments is None


def test_thousands_of_predictions_leave_no_memory_behind(tiny_model: SavedModel) -> None:
    pixels = np.zeros((16, 32, 32, 3), np.uint8)
    for _ in range(500):
        tiny_model.run(pixels)
    before = resident_bytes()
    for _ in range(4000):
        tiny_model.run(pixels)
    # A leak of every answer would be 4.6 MB, of every input 197 MB.
    assert resident_bytes() - before < 1_000_000


def test_weights_to_train_on_are_those_of_the_garment_network_alone(written_by_tensorflow: Path) -> None:
    weights = np.load(written_by_tensorflow / "weights.npz")
    assert weights["logits.kernel"].shape == (128, 10)
    assert "classes.kernel" not in weights.files
    assert "garment.kernel" not in weights.files


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
