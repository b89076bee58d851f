"""Makes the SavedModel that the function runs: everything inside, nothing to initialise.

averaged weights -> folded network -> each type calibrated on images not trained on -> frozen graph -> OUT/

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

from classify.saved_model import SavedModel
from model import cutouts, data, drawings
from model.network import EMBEDDING_SIZE, IMAGENET, folded, imagenet_network, network
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
LEAST_WEIGHT = 0.05
"""What a part of the body counts for at least where the garment is looked for, when no type is found there."""
SMALLEST_PACKED, SMALLEST_COUNTED = 1024, 20_000
"""Constants with fewer numbers stay 32-bit (biases), or become 16-bit floats: the first layers, and those that filter
each channel by itself, lose accuracy as whole numbers and are small."""

ARTICLES = {
    "timepieces and instruments": (409, 530, 531, 604, 635, 826, 892),
    "glasses": (633, 836, 837),
    "ties": (451, 457, 906),
    "jewellery and buckles": (464, 488, 584, 679),
    "wallets and paper": (446, 549, 893),
    "cosmetics and medicine": (551, 585, 629, 631, 711, 720, 838),
    "bottles and packets": (440, 692, 737, 804, 898, 907),
    "umbrellas": (879,),
    "hats, socks and mittens": (433, 452, 496, 515, 518, 560, 658, 667, 715, 793, 796, 806),
    "telephones and players": (487, 590, 605),
    "pens and brushes": (418, 563, 696, 749),
    "small tools": (473, 499, 512, 587, 596, 623, 626, 677, 772, 783, 784, 813, 844, 902, 910),
}
"""ImageNet's classes, by number, of what is sold and worn beside garments, or is as small. Few pictures of such things
may be trained on; ImageNet's network has seen thousands of each."""
ARTICLE_WEIGHT, GARMENT_WEIGHT = 3.0, 0.5
"""How much the sight of an article counts, and that of no garment: see `articles_network`."""
SUREST = 0.98
"""How sure either may be: a picture that is clearly a garment otherwise stays one."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="ema.weights.h5 of train.py")
    parser.add_argument("--data", type=Path, help="folder with clothing-dataset-small/ and keras/")
    parser.add_argument("--out", type=Path, required=True, help="folder that gets manifest.json and saved_model/")
    parser.add_argument("--imagenet", type=Path, required=True, help="the .npz file of imagenet.py")
    parser.add_argument("--start", type=Path, help="weights that the training began with, to go back towards")
    parser.add_argument("--share", type=float, default=0.75, help="how far to go from --start to --weights (0.75)")
    parser.add_argument("--version", help="(default: a digest of the weights)")
    parser.add_argument("--size", type=int, default=128, help="side of the input in pixels")
    return parser.parse_args()


def logits_of(model: SavedModel, pixels: NDArray[np.uint8]) -> Floats:
    """[N, 10] logits of a SavedModel that is not calibrated yet."""
    parts = [model.run(pixels[start : start + 32]).probabilities for start in range(0, len(pixels), 32)]
    probabilities = np.concatenate(parts).clip(1e-7, 1 - 1e-7)
    return np.asarray(np.log(probabilities / (1 - probabilities)), np.float32)


Networks = tuple[keras.Model, keras.Model]
"""The garment network as it is served, and the network of the articles."""
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
        said = data.read_labels(LABELS, corrections=False)
        home = cutouts.home([folder / "clothing-dataset-small" / "validation"], said)
        street = cutouts.street(folder / "street", development=True)
        sets += [labelled(pictures, size, on_white) for pictures in (home, street) for on_white in (False, True)]
    return sets


def calibrated(sets: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """For each type a factor and a term [10] that make its logits [N, 10] most likely (Platt scaling), every set
    counting alike. Targets [N, 11], of which -1 is unknown."""
    factors, terms = np.ones(10, np.float32), np.zeros(10, np.float32)
    for index in range(10):
        known = [(logits[t[:, index] >= 0, index], t[t[:, index] >= 0, index]) for logits, t in sets]
        x = np.concatenate([logits for logits, _ in known]).astype(float)
        y = np.concatenate([targets for _, targets in known]).astype(float)
        weight = np.concatenate([np.full(len(logits), 1 / max(len(logits), 1)) for logits, _ in known])
        factors[index], terms[index] = fitted_line(x, y, weight / weight.sum())
    return factors, terms


def fitted_line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float]:
    """The factor and the term with which sigmoid(factor x + term) is the most likely probability of y: Newton's method,
    held near (1, 0) by a thousandth of the weight."""
    line, held = np.array([1.0, 0.0]), 1e-3
    both = np.stack([x, np.ones_like(x)])
    for _ in range(50):
        p = 1 / (1 + np.exp(-line @ both))
        slope = both @ (weight * (p - y)) + held * (line - [1, 0])
        bend = (both * (weight * p * (1 - p))) @ both.T + held * np.eye(2)
        step = np.linalg.solve(bend, slope)
        line = line - step * min(1.0, 1.0 / float(np.abs(step).max() + 1e-9))
    return float(line[0]), float(line[1])


def articles_network() -> keras.Model:
    """Pixels -> by how much the logits of all types are lower, [N, 1], since ImageNet's network sees no garment.

    With h, how likely its features show a garment, and g, how likely an article: 3 (1 - h) log(1 - g) + log(h) / 2.
    """
    classes = imagenet_network(serving=True)
    garment = keras.layers.Dense(1, activation="sigmoid", name="garment")
    h = garment(classes.get_layer("classes").input)
    chosen = [number for numbers in ARTICLES.values() for number in numbers]
    shown = keras.ops.take(keras.ops.softmax(classes.output), chosen, axis=1)
    g = keras.ops.minimum(keras.ops.sum(shown, axis=1, keepdims=True), SUREST)
    lower = ARTICLE_WEIGHT * (1 - h) * keras.ops.log1p(-g) + GARMENT_WEIGHT * keras.ops.log(h + 1 - SUREST)
    return keras.Model(classes.input, lower, name=IMAGENET)


def serving_function(
    model: keras.Model, articles: keras.Model, size: int, *, factors: Floats, terms: Floats
) -> tf.types.experimental.ConcreteFunction:
    """pixels uint8 [N, size, size, 3] -> probabilities [N, 10], embedding [N, 128], garment [N, size / 8, size / 8].

    A mirrored view is averaged in; where ImageNet's network sees no garment, all types are less likely. `garment` says
    how much of each place is the garment that the types speak of: what the place shows, each part weighed by the most
    probable type that is worn there.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8, name="pixels")])
    def serve(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        views = tf.cast(pixels, tf.float32)
        logits, embedding, parts = model(tf.concat([views, tf.reverse(views, [2])], 0))
        straight, mirrored = tf.split(logits, 2)
        of_types = (straight + mirrored) / 2 + articles(views)
        probabilities = tf.sigmoid(of_types * factors + terms)
        straight, mirrored = tf.split(embedding, 2)
        unit = tf.math.l2_normalize(straight + mirrored, 1, name="unit")
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


def between(model: keras.Model, start: Path, share: float) -> keras.Model:
    """The served network with weights on the way from those the training began with (0) to its own (1).

    What was learned before is forgotten less, and most of what is new is kept (arXiv:2109.01903).
    """
    with np.load(start) as weights:
        for layer in (layer for layer in model.layers if f"{layer.name}.kernel" in weights):
            before = (weights[f"{layer.name}.kernel"], weights[f"{layer.name}.bias"])
            after = layer.get_weights()
            layer.set_weights([share * new + (1 - share) * old for new, old in zip(after, before, strict=True)])
    return model


def written(networks: Networks, out: Path, version: str, size: int, *, factors: Floats, terms: Floats) -> None:
    """Writes OUT/saved_model and OUT/manifest.json."""
    function = serving_function(*networks, size, factors=factors, terms=terms)
    places = saved(frozen_graph(function), out / "saved_model")
    manifest = {"version": version, "types": list(TYPES), **places}
    manifest["garment_size"] = [size // PLACE, size // PLACE]
    manifest["training"] = {
        "factors": [round(float(value), 4) for value in factors],
        "terms": [round(float(value), 4) for value in terms],
        "embedding_size": EMBEDDING_SIZE,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def main() -> None:
    """Exports from the command line: as it is, then calibrated by what that answers, rounding and all."""
    options = arguments()
    keras.config.set_image_data_format("channels_last")
    trained = network()
    trained.load_weights(options.weights)
    model = folded(trained)
    if options.start is not None:
        model = between(model, options.start, options.share)
    articles = articles_network()
    with np.load(options.imagenet) as arrays:
        for layer in (layer for layer in articles.layers if layer.weights):
            layer.set_weights([arrays[f"{layer.name}.kernel"], arrays[f"{layer.name}.bias"]])
    networks = (model, articles)
    digest = options.version or hashlib.sha256(options.weights.read_bytes()).hexdigest()[:12]
    written(
        networks, options.out, digest, options.size, factors=np.ones(10, np.float32), terms=np.zeros(10, np.float32)
    )
    plain = SavedModel(options.out)
    sets = [(logits_of(plain, pixels), targets) for pixels, targets in development_sets(options.data, options.size)]
    plain.close()
    factors, terms = calibrated(sets)
    written(networks, options.out, digest, options.size, factors=factors, terms=terms)
    size = sum(path.stat().st_size for path in (options.out / "saved_model").rglob("*") if path.is_file())
    print(f"{options.out}: {size / 1e6:.2f} MB, factors {factors.round(2)}, terms {terms.round(2)}")


if __name__ == "__main__":
    main()
