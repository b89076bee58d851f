"""The bundled model as a Keras file, for the plain way: the same network with the same weights.

    python -m tests.bench.keras_model MODEL_FOLDER FILE

So what differs between the two ways is the way, never the network. The weights are those in the SavedModel; a mirror
image's answers are averaged in, and calibrated, as there.
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

from model.export import DIRECTION, SHARPEST, with_features
from model.network import HEAD, network


def main() -> None:
    """Write the file."""
    folder, file = Path(sys.argv[1]), Path(sys.argv[2])
    manifest = json.loads((folder / "manifest.json").read_text())
    keras_model(folder, manifest["input"]["size"], manifest["training"]).save(file)


def keras_model(folder: Path, size: list[int], training: dict[str, Any]) -> keras.Model:
    """Pixels 0-255 [N, height, width, 3] -> probabilities [N, 10]."""
    inner = with_features(network(serving=True))
    constants = saved_constants(folder / "saved_model" / "saved_model.pb")
    for layer in (layer for layer in inner.layers if layer.weights):
        layer.set_weights([constant_of(constants, layer.name, weight.shape) for weight in layer.weights])
    pixels = keras.Input((*size, 3))
    straight, mirrored = inner(pixels), inner(pixels[:, :, ::-1])
    logits, features = (keras.layers.Average()([straight[output], mirrored[output]]) for output in (0, 3))
    sharpness = keras.layers.Dense(1, name="sharpness")
    sharp = keras.ops.exp(keras.ops.clip(sharpness(features), -SHARPEST, SHARPEST))
    direction = constant_of(constants, DIRECTION, (HEAD,))
    sharpness.set_weights([direction[:, None], np.array([training["sharpness"]], np.float32)])
    calibrated = keras.layers.Rescaling(training["factors"], training["terms"])(logits)
    return keras.Model(pixels, keras.layers.Activation("sigmoid")(calibrated * sharp))


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
