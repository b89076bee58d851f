"""The bundled model as a Keras file, for the plain way: the same network with the same weights.

    python -m tests.bench.keras_model MODEL_FOLDER FILE

So what differs between the two ways is the way, never the network. The weights are those in the SavedModel; a mirror
image's logits are averaged in, and ImageNet's network lowers them, as there.
"""

# ruff: noqa: E402
import json
import re
import sys
from pathlib import Path
from typing import Any

from model.environment import before_keras

before_keras("tensorflow")

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from model.export import articles_network
from model.network import IMAGENET, network


def main() -> None:
    """Write the file."""
    folder, file = Path(sys.argv[1]), Path(sys.argv[2])
    manifest = json.loads((folder / "manifest.json").read_text())
    training = manifest["training"]
    keras_model(folder, manifest["input"]["size"], training["factors"], training["terms"]).save(file)


def keras_model(folder: Path, size: list[int], factors: list[float], terms: list[float]) -> keras.Model:
    """Pixels 0-255 [N, height, width, 3] -> probabilities [N, 10]."""
    inner, articles = network(serving=True), articles_network()
    constants = saved_constants(folder / "saved_model" / "saved_model.pb")
    for model in (inner, articles):
        own = {name: value for name, value in constants.items() if (f"/{IMAGENET}" in name) == (model is articles)}
        for layer in (layer for layer in model.layers if layer.weights):
            layer.set_weights([constant_of(own, layer.name, weight.shape) for weight in layer.weights])
    pixels = keras.Input((*size, 3))
    straight, mirrored = inner(pixels)[0], inner(pixels[:, :, ::-1])[0]
    logits = keras.layers.Average()([straight, mirrored]) + articles(pixels)
    calibrated = keras.layers.Rescaling(factors, terms)(logits)
    return keras.Model(pixels, keras.layers.Activation("sigmoid")(calibrated))


def saved_constants(file: Path) -> dict[str, Any]:
    """The weights in a SavedModel's graph, by the names of their operations; those that are packed unpacked."""
    definition = saved_model_pb2.SavedModel.FromString(file.read_bytes()).meta_graphs[0].graph_def
    names = {node.name for node in definition.node}
    wanted = [
        node.name
        for node in definition.node
        if (node.op == "Const" and not node.name.endswith("/steps")) or f"{node.name}/packed" in names
    ]
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        tf.import_graph_def(definition, name="")
        values = session.run([f"{name}:0" for name in wanted])
    return {name: value for name, value in zip(wanted, values, strict=True) if value.dtype == np.float32}


def constant_of(constants: dict[str, Any], layer: str, shape: tuple[int, ...]) -> Any:
    """The constant of this shape that belongs to a layer; the graph numbers layers, as in `stem_1`."""
    pattern = re.compile(rf"(^|/){layer}(_\d+)?/")
    (found,) = (value for name, value in constants.items() if pattern.search(name) and value.shape == tuple(shape))
    return np.asarray(found, np.float32)


if __name__ == "__main__":
    main()
