"""Export a trained network as the SavedModel that the function runs, with its manifest.

The SavedModel has one signature, takes the picture's bytes as they are (uint8) and answers with probabilities:
scaling and softmax are inside. Its weights are constants of the graph, so that opening it restores nothing.
The manifest says how to call it, because the function does so through TensorFlow's C API, which knows operations
rather than signatures.
"""

import json
import shutil
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from photo_library.photos import TYPES


def export(network: keras.Model, folder: Path, version: str) -> None:
    """Write `folder`/saved_model and `folder`/manifest.json; what was there is replaced.

    `network` maps pixels scaled to 0–1, [N, height, width] (grey), to logits [N, 10].
    """
    height, width = network.input_shape[1:3]

    @tf.function(input_signature=[tf.TensorSpec([None, height, width], tf.uint8, name="pixels")])
    def probabilities(pixels: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(network(tf.cast(pixels, tf.float32) / 255.0, training=False))

    frozen = convert_variables_to_constants_v2(probabilities.get_concrete_function())
    module = tf.Module()
    module.serve = tf.function(
        lambda pixels: {"probabilities": frozen(pixels)[0]},
        input_signature=[tf.TensorSpec([None, height, width], tf.uint8, name="pixels")],
    )
    saved_model = folder / "saved_model"
    shutil.rmtree(saved_model, ignore_errors=True)
    tf.saved_model.save(module, str(saved_model), signatures={"serving_default": module.serve})
    inputs, outputs = _operations(saved_model)
    manifest = {
        "version": version,
        "types": TYPES,
        "input": {"name": inputs["pixels"], "size": [height, width], "channels": 1},
        "outputs": outputs,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def _operations(saved_model: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The graph's operations behind the signature, as "operation:index", read back from what was written."""
    bundle = SavedModel.FromString((saved_model / "saved_model.pb").read_bytes())
    signature = bundle.meta_graphs[0].signature_def["serving_default"]
    return (
        {name: info.name for name, info in signature.inputs.items()},
        {name: info.name for name, info in signature.outputs.items()},
    )
