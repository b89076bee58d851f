"""The network that is trained and the one that is served give the same answers; packed kernels nearly so."""

import json
import subprocess
import sys
from typing import Any

import pytest

from infra.local.template import ROOT

# Half a minute of TensorFlow for what only training and export use.
pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from model.environment import before_keras
before_keras("tensorflow")
import keras, numpy as np
from model import export
from model.network import folded, imagenet_names, load_served, network

keras.config.set_image_data_format("channels_last")
keras.utils.set_random_seed(1)
trained = network()
random = np.random.default_rng(1)
for layer in trained.layers:
    if "normalization" in layer.name:
        layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
serving = folded(trained)
pixels = random.uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
(logits, embedding, parts), (served, served_embedding, served_parts) = trained(pixels), serving(pixels)
again = network()
weights = {}
for layer in serving.layers:
    if layer.weights and not layer.name.startswith("parts"):
        weights[f"{layer.name}.kernel"], weights[f"{layer.name}.bias"] = layer.get_weights()
load_served(again, weights, pixels)
begun, begun_embedding, _ = again(pixels)
np.savez(sys.argv[1], **{name: np.zeros_like(weight) for name, weight in weights.items()})
mixed = export.mixed(folded(trained), [(sys.argv[1], 0.25), (sys.argv[1], 0.25)]).get_layer("logits").get_weights()[0]
halfway = float(np.abs(mixed * 2 - serving.get_layer("logits").get_weights()[0]).max())
difference = np.asarray(begun - served)

# Pictures of which the second half is answered twice as surely as it should be, which some features tell.
x = random.normal(size=(2000, 10))
sure = np.repeat([1, 2], 1000)
targets = (random.uniform(size=x.shape) < 1 / (1 + np.exp(-(0.5 * x - 1)))).astype(np.float32)
targets[:, 3] = -1
features = random.normal(size=(2000, export.HEAD)) * 0.1
features[:, :600] += sure[:, None]
doubled = (0.5 * x - 1) * sure[:, None]
found = export.calibrated([(doubled, features, targets)], (1,))
calibrated = found.logits(doubled.astype(np.float32), features.astype(np.float32)).numpy()
apart = np.abs(calibrated - (0.5 * x - 1))[:, [0, 1, 2, 4, 5, 6, 7, 8, 9]].mean()
# Without a feature that tells, nothing can be as good.
blind = export.calibrated([(doubled, features * 0, targets)], (1,))
blind = blind.logits(doubled.astype(np.float32), np.zeros_like(features, np.float32)).numpy()
further = np.abs(blind - (0.5 * x - 1))[:, [0, 1, 2, 4, 5, 6, 7, 8, 9]].mean()
kernel = random.normal(size=(3, 3, 8, 16)).astype(np.float32)
numbers, steps = export.in_steps(kernel)
print(json.dumps({
    "logits": float(np.abs(logits - served).max()),
    "embedding": float(np.abs(embedding - served_embedding).max()),
    "parts": float(np.abs(parts - served_parts).max()),
    "parts_shape": list(served_parts.shape),
    "begun_embedding": float(np.abs(begun_embedding - served_embedding).max()),
    "halfway": halfway,
    "begun_logits": float(np.abs(difference).max()),
    "apart": float(apart),
    "further": float(further),
    "unknown": [float(found.factors[3]), float(found.terms[3])],
    "length": float(np.linalg.norm(served_embedding, axis=1).max()),
    "shape": list(served_embedding.shape),
    "numbers": serving.count_params(),
    "error": float((np.abs(numbers * steps - kernel) / steps).max()),
    "steps": list(steps.shape),
    "names": [imagenet_names(name) for name in ("stem", "head", "block0_depthwise", "block3_project")],
}))
"""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    # In a process of its own: importing TensorFlow is what the function never does.
    start = tmp_path_factory.mktemp("network") / "start.npz"
    answer = subprocess.run([sys.executable, "-c", SCRIPT, str(start)], check=True, capture_output=True, text=True)
    printed: dict[str, object] = json.loads(answer.stdout.splitlines()[-1])
    return printed


def test_the_served_network_answers_as_the_trained_one(figures: dict[str, float]) -> None:
    assert figures["logits"] < 1e-3
    assert figures["embedding"] < 1e-4


def test_a_place_is_eight_pixels_and_shows_one_of_seven_parts(figures: dict[str, Any]) -> None:
    assert figures["parts"] < 1e-3
    assert figures["parts_shape"] == [2, 8, 8, 7]


def test_a_training_begins_with_what_the_served_network_answers(figures: dict[str, float]) -> None:
    assert figures["begun_embedding"] < 1e-3
    assert figures["begun_logits"] < 1e-2


def test_weights_are_mixed_with_those_of_other_trainings(figures: dict[str, float]) -> None:
    assert figures["halfway"] < 1e-6


def test_calibration_learns_which_pictures_it_may_be_sure_of(figures: dict[str, Any]) -> None:
    assert figures["apart"] < 0.12
    assert figures["further"] > 2 * figures["apart"]


def test_a_type_of_which_nothing_is_known_is_not_calibrated(figures: dict[str, Any]) -> None:
    assert figures["unknown"] == [pytest.approx(1, abs=0.01), pytest.approx(0, abs=0.01)]


def test_an_embedding_has_128_numbers_and_unit_length(figures: dict[str, object]) -> None:
    assert figures["shape"] == [2, 128]
    assert figures["length"] == pytest.approx(1, abs=1e-5)


def test_the_model_card_counts_the_networks_numbers(figures: dict[str, int]) -> None:
    assert f"{figures['numbers']:,}" in (ROOT / "model" / "README.md").read_text()


def test_packed_kernels_are_off_by_half_a_step_at_most(figures: dict[str, Any]) -> None:
    assert 0.4 < figures["error"] <= 0.5001
    assert figures["steps"] == [16]


def test_imagenets_names_of_the_layers_are_those_of_the_weights_file(figures: dict[str, object]) -> None:
    assert figures["names"] == [
        ["_conv_stem", "_bn0"],
        ["_conv_head", "_bn1"],
        ["_blocks.0._depthwise_conv", "_blocks.0._bn1"],
        ["_blocks.3._project_conv", "_blocks.3._bn2"],
    ]
