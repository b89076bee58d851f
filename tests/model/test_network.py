"""The network that is trained and the one that is served give the same answers; packed kernels nearly so."""

import json
import subprocess
import sys
from typing import Any

import pytest

from infra.local.template import ROOT

SCRIPT = """
import json, sys
from model.environment import before_keras
before_keras("tensorflow")
import keras, numpy as np
from model import export
from model.network import EMBEDDING_SIZE, STAGES, folded, imagenet_names, imagenet_network, load_served, network

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
halved = export.between(folded(trained), sys.argv[1], 0.5).get_layer("logits").get_weights()[0]
halfway = float(np.abs(halved * 2 - serving.get_layer("logits").get_weights()[0]).max())
difference = np.asarray(begun - served)
classes = imagenet_network(serving=True)
articles = export.articles_network()
for layer in (layer for layer in classes.layers if layer.weights):
    articles.get_layer(layer.name).set_weights(layer.get_weights())
kernel = random.normal(size=(1280, 1)) / 100
articles.get_layer("garment").set_weights([kernel, np.zeros(1)])
lower = np.asarray(articles(pixels))[:, 0]
features = keras.Model(classes.input, classes.get_layer("classes").input)(pixels)
h = 1 / (1 + np.exp(-np.asarray(features) @ kernel[:, 0]))
answers = np.exp(np.asarray(classes(pixels)))
chosen = sum(export.ARTICLES.values(), ())
g = answers[:, list(chosen)].sum(1) / answers.sum(1)
expected = 3 * (1 - h) * np.log(1 - g) + np.log(h + 0.02) / 2
x = random.normal(size=4000)
y = (random.uniform(size=4000) < 1 / (1 + np.exp(-(0.5 * x - 1)))).astype(float)
kernel = random.normal(size=(3, 3, 8, 16)).astype(np.float32)
numbers, steps = export.in_steps(kernel)
print(json.dumps({
    "logits": float(np.abs(logits - served).max()),
    "embedding": float(np.abs(embedding - served_embedding).max()),
    "parts": float(np.abs(parts - served_parts).max()),
    "parts_shape": list(served_parts.shape),
    "lower": float(np.abs(lower - expected).max()),
    "articles": sorted(chosen),
    "begun_embedding": float(np.abs(begun_embedding - served_embedding).max()),
    "halfway": halfway,
    "begun_logits": float(np.abs(difference).max()),
    "line": export.fitted_line(x, y, np.full(4000, 1 / 4000)),
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


def test_weights_can_go_back_towards_those_the_training_began_with(figures: dict[str, float]) -> None:
    assert figures["halfway"] < 1e-6


def test_types_are_less_likely_where_imagenets_network_sees_no_garment(figures: dict[str, float]) -> None:
    assert figures["lower"] < 1e-4


def test_articles_are_classes_of_imagenet_and_no_garments(figures: dict[str, Any]) -> None:
    articles = figures["articles"]
    assert len(set(articles)) == len(articles) > 50
    assert articles[0] >= 0
    assert articles[-1] < 1000
    garments = {414, 465, 474, 502, 514, 568, 601, 608, 610, 617, 630, 636, 655, 689, 735, 748, 770, 774, 834, 841, 869}
    assert garments.isdisjoint(articles)


def test_calibration_finds_the_line_that_made_the_answers(figures: dict[str, Any]) -> None:
    assert figures["line"] == [pytest.approx(0.5, abs=0.1), pytest.approx(-1, abs=0.1)]


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
