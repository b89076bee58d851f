"""Makes the SavedModel that the function runs: everything inside, nothing to initialise.

averaged weights -> folded network -> temperature fitted on images not trained on -> frozen graph -> OUT/

The graph has no variables and no functions: its operations are named `pixels`, `probabilities` and `embedding`,
so that a client of TensorFlow's C API can feed and fetch them by those names. Large kernels are stored as 8-bit whole
numbers with a step for each output channel, small ones as 16-bit floats: a quarter of the file. Each run makes 32-bit
floats of them, in less than a millisecond, and computes with those.
"""

# ruff: noqa: E402
import argparse
import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from model.environment import before_keras

before_keras("tensorflow")

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from model import data
from model.network import EMBEDDING_SIZE, folded, network
from photo_library.photo import TYPES

Floats = NDArray[np.float32]

LABELS = Path(__file__).parent / "labels"
TEMPERATURES = np.geomspace(0.3, 3.0, 400)
SMALLEST_PACKED, SMALLEST_COUNTED = 1024, 20_000
"""Constants with fewer numbers stay 32-bit (biases), or become 16-bit floats: the first layers, and those that filter
each channel by itself, lose accuracy as whole numbers and are small."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="ema.weights.h5 of train.py")
    parser.add_argument("--data", type=Path, help="folder with clothing-dataset-small/ and keras/")
    parser.add_argument("--out", type=Path, required=True, help="folder that gets manifest.json and saved_model/")
    parser.add_argument("--version", help="(default: a digest of the weights)")
    parser.add_argument("--size", type=int, default=128, help="side of the input in pixels")
    return parser.parse_args()


def logits_of(model: keras.Model, pixels: NDArray[np.uint8]) -> Floats:
    """[N, 10] logits, the mean of the picture's and its mirror image's."""
    both = (pixels, pixels[:, :, ::-1])
    views = [model.predict(view.astype(np.float32), batch_size=64, verbose=0)[0] for view in both]
    return np.asarray((views[0] + views[1]) / 2, np.float32)


def negative_log_likelihood(logits: Floats, targets: Floats, temperature: float) -> float:
    """The mean loss of train.py at a temperature; logits [N, 10], targets [N, 11]."""
    scaled = logits / temperature
    log_p = scaled - np.log(np.exp(scaled - scaled.max(1, keepdims=True)).sum(1, keepdims=True))
    log_p = log_p - scaled.max(1, keepdims=True)
    together = np.log(np.exp(log_p[:, list(data.SHOES)]).sum(1))
    return float(-((targets[:, :10] * log_p).sum(1) + targets[:, 10] * together).mean())


def fitted_temperature(sets: list[tuple[Floats, Floats]]) -> float:
    """The one temperature with the least mean loss, every set counting alike (arXiv:1706.04599)."""
    losses = [np.mean([negative_log_likelihood(*pair, t) for pair in sets]) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def calibration_sets(model: keras.Model, folder: Path | None, size: int) -> list[tuple[Floats, Floats]]:
    """(logits, targets) of the Fashion-MNIST development images and, where there are any, validation photographs."""
    _, (images, labels) = data.load_fashion_mnist()
    targets = np.eye(11, dtype=np.float32)[labels]
    sets = [(logits_of(model, data.fashion_pixels(images, size)), targets)]
    root = None if folder is None else folder / "clothing-dataset-small" / "validation"
    if root is not None and root.is_dir():
        photos = data.garments(data.load_photos(root, size))
        said = data.read_labels(LABELS)
        rows = [data.photo_target(f, said.get(n)) for n, f in zip(photos.names, photos.folders, strict=True)]
        sets.append((logits_of(model, photos.pixels), np.stack(rows)))
    return sets


def serving_function(model: keras.Model, size: int, temperature: float) -> tf.types.experimental.ConcreteFunction:
    """pixels uint8 [N, size, size, 3] -> probabilities [N, 10], embedding [N, 128]; a mirrored view is averaged in."""

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8, name="pixels")])
    def serve(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        views = tf.cast(pixels, tf.float32)
        logits, embedding = model(tf.concat([views, tf.reverse(views, [2])], 0))
        straight, mirrored = tf.split(logits, 2)
        probabilities = tf.nn.softmax((straight + mirrored) / (2 * temperature))
        straight, mirrored = tf.split(embedding, 2)
        return {
            "probabilities": tf.identity(probabilities, "probabilities"),
            "embedding": tf.math.l2_normalize(straight + mirrored, 1, name="unit"),
        }

    return serve.get_concrete_function()


def packed(graph: tf.compat.v1.GraphDef) -> tf.compat.v1.GraphDef:
    """The same graph without its placeholder, its large constants packed; what uses them finds them by their names."""
    smaller = tf.compat.v1.GraphDef()
    smaller.CopyFrom(graph)
    del smaller.node[:]
    for node in graph.node:
        if node.op == "Placeholder":
            continue
        is_float = node.op == "Const" and node.attr["dtype"].type == tf.float32.as_datatype_enum
        value: Any = tf.make_ndarray(node.attr["value"].tensor) if is_float else np.zeros(0)
        smaller.node.extend([node] if value.size < SMALLEST_PACKED else unpacking(node.name, value))
    return smaller


def unpacking(name: str, value: Floats) -> Iterable[Any]:
    """Nodes, the last of this name, that make the constant from what is stored of it."""
    with tf.Graph().as_default() as graph:
        if value.size < SMALLEST_COUNTED or value.shape[-1] == 1:
            tf.cast(tf.constant(value.astype(np.float16), name=f"{name}/packed"), tf.float32, name=name)
        else:
            numbers, steps = in_steps(value)
            counted = tf.cast(tf.constant(numbers, name=f"{name}/packed"), tf.float32, name=f"{name}/counted")
            tf.multiply(counted, tf.constant(steps, name=f"{name}/steps"), name=name)
    nodes: Iterable[Any] = graph.as_graph_def().node
    return nodes


def in_steps(kernel: Floats) -> tuple[NDArray[np.int8], Floats]:
    """A kernel [..., channels] as whole numbers from -127 to 127, and the step [channels] that each one counts in."""
    steps = np.maximum(np.abs(kernel).max(tuple(range(kernel.ndim - 1))), 1e-12) / 127
    return np.round(kernel / steps).astype(np.int8), steps.astype(np.float32)


def frozen_graph(function: tf.types.experimental.ConcreteFunction) -> tf.Graph:
    """The function's body with its variables as constants, its outputs named as the manifest names them."""
    frozen = convert_variables_to_constants_v2(function)
    definition = packed(frozen.graph.as_graph_def())
    outputs = dict(zip(sorted(function.structured_outputs), (t.name for t in frozen.outputs), strict=True))
    graph = tf.Graph()
    with graph.as_default():
        names = list(outputs)
        shape = function.structured_input_signature[0][0].shape
        pixels = tf.compat.v1.placeholder(tf.uint8, shape, name="pixels")
        wanted = [outputs[name] for name in names]
        found = tf.graph_util.import_graph_def(definition, {"pixels:0": pixels}, wanted, name="model")
        for name, tensor in zip(names, found, strict=True):
            tf.identity(tensor, name)
    return graph


def saved(graph: tf.Graph, folder: Path) -> dict[str, object]:
    """Writes the SavedModel; the manifest's `input` and `outputs`, read back from its serving signature."""
    shutil.rmtree(folder, ignore_errors=True)
    pixels = graph.get_tensor_by_name("pixels:0")
    outputs = {name: graph.get_tensor_by_name(name + ":0") for name in ("probabilities", "embedding")}
    with tf.compat.v1.Session(graph=graph) as session:
        v1 = tf.compat.v1.saved_model
        signature = v1.predict_signature_def({"pixels": pixels}, outputs)
        builder = v1.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()
    written = signature_of(folder)
    return {
        "input": {
            "name": written.inputs["pixels"].name,
            "size": [int(side) for side in pixels.shape[1:3]],
            "channels": 3,
            "dtype": "uint8",
        },
        "outputs": {name: written.outputs[name].name for name in sorted(written.outputs, reverse=True)},
    }


def signature_of(folder: Path) -> tf.compat.v1.MetaGraphDef:
    """The serving signature in a SavedModel's file."""
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return model.meta_graphs[0].signature_def["serving_default"]


def main() -> None:
    """Exports from the command line."""
    options = arguments()
    keras.config.set_image_data_format("channels_last")
    trained = network()
    trained.load_weights(options.weights)
    model = folded(trained)
    temperature = fitted_temperature(calibration_sets(model, options.data, options.size))
    digest = hashlib.sha256(options.weights.read_bytes()).hexdigest()[:12]
    places = saved(frozen_graph(serving_function(model, options.size, temperature)), options.out / "saved_model")
    manifest = {"version": options.version or digest, "types": list(TYPES), **places}
    manifest["training"] = {
        "temperature": round(temperature, 4),
        "embedding_size": EMBEDDING_SIZE,
        "weights": digest,
    }
    (options.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    size = sum(path.stat().st_size for path in (options.out / "saved_model").rglob("*") if path.is_file())
    print(f"{options.out}: {size / 1e6:.2f} MB, temperature {temperature:.3f}")


if __name__ == "__main__":
    main()
