"""Makes the SavedModel that the function runs: everything inside, nothing to initialise.

averaged weights -> folded network -> calibrated on images that were not trained on -> frozen graph -> OUT/

The graph has no variables and no functions: its operations are named `pixels`, `probabilities`, `embedding` and
`garment`, so that a client of TensorFlow's C API can feed and fetch them by those names. Large kernels are stored as
8-bit whole numbers with a step for each output channel, small ones as 16-bit floats: a quarter of the file. Each run
makes 32-bit floats of them, in less than a millisecond, and computes with those.
"""

# ruff: noqa: E402
import argparse
import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.environment import before_keras

before_keras("tensorflow")

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from model import cutouts, data, drawings
from model.network import EMBEDDING_SIZE, HEAD, folded, network
from photo_library.photo import TYPES

Floats = NDArray[np.float32]

LABELS = Path(__file__).parent / "labels"
CUTOUT_GROUND = 255
TYPES_OF_PARTS = [
    [index for index, name in enumerate(TYPES) if cutouts.PART_OF_TYPE[name] == part] for part in cutouts.PARTS[2:6]
]
"""The types that are worn as top, bottom, shoes and bag."""
DRAWINGS, DRAWINGS_SEED = 12, 101
PLACE = 8
"""Pixels of a side for each place of `garment`."""
OUTPUTS = ("probabilities", "embedding", "garment")
DIRECTION = "direction"
"""What the graph calls that of its calibration."""
LEAST_WEIGHT = 0.05
"""What a part of the body counts for at least where the garment is looked for, when no type is found there."""
SMALLEST_PACKED, SMALLEST_COUNTED = 1024, 20_000
"""Constants with fewer numbers stay 32-bit (biases), or become 16-bit floats: the first layers, and those that filter
each channel by itself, lose accuracy as whole numbers and are small."""
SETS_COUNT = (2.0, 0.5, 4.0, 2.0, 0.5, 2.0)
"""How much each of `development_sets` counts in the calibration."""
STEPS, RATE, SMALL, SHARPEST = 800, 0.03, 10.0, 2.0
"""The calibration's steps and the rate of the first, how much the sum of the squares of its direction counts beside the
loss, and the logarithm of how much sharper or duller it may make an answer."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="ema.weights.h5 of train.py")
    parser.add_argument("--data", type=Path, help="folder with clothing-dataset-small/ and keras/")
    parser.add_argument("--out", type=Path, required=True, help="folder that gets manifest.json and saved_model/")
    parser.add_argument(
        "--mix",
        nargs=2,
        action="append",
        default=[],
        metavar=("FILE", "SHARE"),
        help="weights from model.unpack to mix in with this share; may be given several times",
    )
    parser.add_argument("--version", help="(default: a digest of the weights and the calibration)")
    parser.add_argument("--size", type=int, default=160, help="side of the input in pixels")
    return parser.parse_args()


@dataclass(frozen=True)
class Calibration:
    """What makes probabilities of logits: sigmoid((logit factors + terms) exp(features direction + sharpness)).

    A factor and a term for each type [10]; and how sure the model may be of a picture like this one, which its features
    [1280] tell: surer of a photograph at home than of somebody on the street.
    """

    factors: Floats
    terms: Floats
    direction: Floats
    sharpness: float

    @classmethod
    def none(cls) -> "Calibration":
        """The one that changes nothing."""
        return cls(np.ones(10, np.float32), np.zeros(10, np.float32), np.zeros(HEAD, np.float32), 0.0)

    def logits(self, logits: Any, features: Any) -> Any:
        """Calibrated logits [N, 10] of logits and features [N, 1280]; tensors."""
        sharpness = tf.linalg.matvec(features, self.direction) + self.sharpness
        return (logits * self.factors + self.terms) * tf.exp(tf.clip_by_value(sharpness, -SHARPEST, SHARPEST))[:, None]


def with_features(model: keras.Model) -> keras.Model:
    """The served network that answers with its features [N, 1280] as well."""
    return keras.Model(model.input, [*model.outputs, model.get_layer("likeness").input])


def mean_of_views(of_both: tf.Tensor) -> tf.Tensor:
    """The mean of what two views of each picture gave, one after the other."""
    straight, mirrored = tf.split(of_both, 2)
    return (straight + mirrored) / 2


def answers_of(model: keras.Model, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """[N, 10] logits and [N, 1280] features of both views, not calibrated yet."""

    @tf.function
    def answers(pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        views = tf.cast(pixels, tf.float32)
        logits, _, _, features = model(tf.concat([views, tf.reverse(views, [2])], 0))
        return mean_of_views(logits), mean_of_views(features)

    parts = [answers(pixels[start : start + 32]) for start in range(0, len(pixels), 32)]
    logits, features = (np.concatenate(column) for column in zip(*parts, strict=True))
    return logits, features


Labelled = tuple[NDArray[np.uint8], Floats]


def labelled(pictures: cutouts.Cutouts, size: int, on_white: bool) -> Labelled:
    """Pixels [N, size, size, 3] and targets [N, 11] of pictures as they are, or of those that are cut out, on white."""
    rows = (
        np.flatnonzero(pictures.cut) if on_white else np.flatnonzero([" only " not in name for name in pictures.names])
    )
    made = []
    for row in rows:
        pixels = pictures.pixels[row]
        if on_white:
            cover = pixels[..., 3:] / np.float32(255)
            pixels = (pixels[..., :3] * cover + CUTOUT_GROUND * (1 - cover)).round().astype(np.uint8)
        made.append(np.asarray(Image.fromarray(pixels[..., :3]).resize((size, size), Image.Resampling.BILINEAR)))
    return np.stack(made), np.asarray(pictures.targets[rows], np.float32)


def development_sets(folder: Path | None, size: int) -> list[Labelled]:
    """What the calibration is fitted on, none of it trained on: every third of Fashion-MNIST's development part;
    drawings; where they are, photographs at home and on the street, as they are and cut out."""
    _, (images, labels) = data.load_fashion_mnist()
    sets = [(data.fashion_pixels(images[::3], size), np.eye(11, dtype=np.float32)[labels[::3]])]
    sets.append(labelled(drawings.drawings(DRAWINGS, DRAWINGS_SEED), size, on_white=True))
    if folder is not None and (folder / "street").is_dir():
        known = data.read_labels(LABELS, corrections=False)
        home = cutouts.home([folder / "clothing-dataset-small" / "validation"], known)
        street = cutouts.street(folder / "street", development=True)
        sets += [labelled(pictures, size, on_white) for pictures in (home, street) for on_white in (False, True)]
    return sets


def calibrated(sets: list[tuple[Floats, Floats, Floats]], counts: Iterable[float]) -> Calibration:
    """The calibration that makes the targets of these (logits, features, targets) most likely: Platt scaling, type by
    type, and a temperature that depends on the picture. Every set counts as `counts` says, whatever its size."""
    logits, features, targets = (np.concatenate(column).astype(np.float32) for column in zip(*sets, strict=True))
    targets = targets[:, :10].clip(0)
    known = [(of[:, :10] >= 0).astype(np.float32) for _, _, of in sets]
    weight = np.concatenate([count * these / these.sum(0).clip(1) for count, these in zip(counts, known, strict=True)])
    middle, spread = features.mean(0), features.std(0) + 0.05
    alike = (features - middle) / spread
    numbers = [tf.Variable(value, dtype=tf.float32) for value in vars(Calibration.none()).values()]
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, STEPS))

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            each = tf.nn.sigmoid_cross_entropy_with_logits(targets, Calibration(*numbers).logits(logits, alike))
            loss = tf.reduce_sum(each * weight) + SMALL * tf.reduce_sum(numbers[2] ** 2)
        optimizer.apply(tape.gradient(loss, numbers), numbers)

    for _ in range(STEPS):
        step()
    factors, terms, direction, sharpness = (number.numpy() for number in numbers)
    direction /= spread
    return Calibration(factors, terms, direction, float(sharpness - middle @ direction))


def serving_function(model: keras.Model, size: int, calibration: Calibration) -> tf.types.experimental.ConcreteFunction:
    """pixels uint8 [N, size, size, 3] -> probabilities [N, 10], embedding [N, 128], garment [N, size / 8, size / 8].

    A mirrored view is averaged in. `garment` says how much of each place is the garment that the types speak of: what
    the place shows, each part weighed by the most probable type that is worn there.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8, name="pixels")])
    def serve(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        views = tf.cast(pixels, tf.float32)
        named = replace(calibration, direction=tf.constant(calibration.direction, name=f"{DIRECTION}/numbers"))
        logits, embedding, parts, features = model(tf.concat([views, tf.reverse(views, [2])], 0))
        probabilities = tf.sigmoid(named.logits(mean_of_views(logits), mean_of_views(features)))
        unit = tf.math.l2_normalize(mean_of_views(embedding), 1, name="unit")
        straight, mirrored = tf.split(parts, 2)
        shown = tf.nn.softmax((straight + tf.reverse(mirrored, [2])) / 2)
        worn = tf.stack(
            [LEAST_WEIGHT + tf.reduce_max(tf.gather(probabilities, types, axis=1), 1) for types in TYPES_OF_PARTS], 1
        )
        garment = tf.einsum("nhwp,np->nhw", shown[..., 2 : 2 + len(TYPES_OF_PARTS)], worn) / (1 + LEAST_WEIGHT)
        return {
            "probabilities": tf.identity(probabilities, "probabilities"),
            "embedding": unit,
            "garment": tf.identity(garment, "garment"),
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
    outputs = {name: graph.get_tensor_by_name(name + ":0") for name in OUTPUTS}
    with tf.compat.v1.Session(graph=graph) as session:
        v1 = tf.compat.v1.saved_model
        signature = v1.predict_signature_def({"pixels": pixels}, outputs)
        builder = v1.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()
    signature = signature_of(folder)
    return {
        "input": {
            "name": signature.inputs["pixels"].name,
            "size": [int(side) for side in pixels.shape[1:3]],
            "channels": 3,
            "dtype": "uint8",
        },
        "outputs": {name: signature.outputs[name].name for name in OUTPUTS},
    }


def signature_of(folder: Path) -> tf.compat.v1.MetaGraphDef:
    """The serving signature in a SavedModel's file."""
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return model.meta_graphs[0].signature_def["serving_default"]


def mixed(model: keras.Model, others: list[tuple[Path, float]]) -> keras.Model:
    """The served network with a mean of weights: these shares of other trainings', and the rest of its own.

    What was learned before is forgotten less, and most of what is new is kept (arXiv:2109.01903). Layers that another
    training did not have stay as they are.
    """
    own = 1 - sum(share for _, share in others)
    layers = {layer.name: [own * weight for weight in layer.get_weights()] for layer in model.layers if layer.weights}
    for path, share in others:
        with np.load(path) as weights:
            for name, values in layers.items():
                there = f"{name}.kernel" in weights
                other = (weights[f"{name}.kernel"], weights[f"{name}.bias"]) if there else None
                for index, mine in enumerate(model.get_layer(name).get_weights()):
                    values[index] = values[index] + share * (other[index] if other else mine)
    for name, values in layers.items():
        model.get_layer(name).set_weights(values)
    return model


def written(model: keras.Model, out: Path, version: str, size: int, calibration: Calibration) -> None:
    """Writes OUT/saved_model and OUT/manifest.json."""
    places = saved(frozen_graph(serving_function(model, size, calibration)), out / "saved_model")
    manifest = {"version": version, "types": list(TYPES), **places}
    manifest["garment_size"] = [size // PLACE, size // PLACE]
    manifest["training"] = {
        "factors": [round(float(value), 4) for value in calibration.factors],
        "terms": [round(float(value), 4) for value in calibration.terms],
        "sharpness": round(calibration.sharpness, 4),
        "embedding_size": EMBEDDING_SIZE,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def digest_of(model: keras.Model, calibration: Calibration) -> str:
    """Twelve digits that change with any number that the answers depend on."""
    numbers = [*model.get_weights(), *map(np.asarray, vars(calibration).values())]
    return hashlib.sha256(b"".join(array.tobytes() for array in numbers)).hexdigest()[:12]


def main() -> None:
    """Exports from the command line."""
    options = arguments()
    keras.config.set_image_data_format("channels_last")
    trained = network()
    trained.load_weights(options.weights)
    model = with_features(mixed(folded(trained), [(Path(path), float(share)) for path, share in options.mix]))
    sets = [(*answers_of(model, pixels), targets) for pixels, targets in development_sets(options.data, options.size)]
    calibration = calibrated(sets, SETS_COUNT)
    written(model, options.out, options.version or digest_of(model, calibration), options.size, calibration)
    size = sum(path.stat().st_size for path in (options.out / "saved_model").rglob("*") if path.is_file())
    factors, terms = calibration.factors.round(2), calibration.terms.round(2)
    print(f"{options.out}: {size / 1e6:.2f} MB, factors {factors}, terms {terms}, {calibration.sharpness:.2f}")


if __name__ == "__main__":
    main()
