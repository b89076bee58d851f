"""The baseline: the TensorFlow tutorial's network, trained on Fashion-MNIST and exported as a SavedModel.

    python -m model.baseline --out FOLDER [--data FOLDER] [--epochs N]

Flatten, Dense 128 with relu, Dense 10; adam; pixels divided by 255; 10 epochs. It is what the library grew out of,
kept so that anyone can measure the bundled model against it: the folder it writes is read like the bundled one.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

from model.environment import before_keras

before_keras("tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from model.export import signature_of  # noqa: E402
from photo_library.photo import TYPES  # noqa: E402

SEED = 20


def main() -> None:
    """Train, evaluate on the test images, export."""
    parser = argparse.ArgumentParser(prog="python -m model.baseline", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with keras/datasets/fashion-mnist; default: it is downloaded")
    parser.add_argument("--out", type=Path, required=True, help="where to write saved_model/ and manifest.json")
    parser.add_argument("--epochs", type=int, default=10, help="default: %(default)s")
    arguments = parser.parse_args()
    keras.utils.set_random_seed(SEED)
    (images, labels), (test_images, test_labels) = keras.datasets.fashion_mnist.load_data()
    network = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    network.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    network.fit(images / 255.0, labels, epochs=arguments.epochs, verbose=1 if sys.stdout.isatty() else 2)
    _, accuracy = network.evaluate(test_images / 255.0, test_labels, verbose=0)
    print(f"right on {accuracy:.1%} of {len(test_images):,} test images")
    export(network, arguments.out, f"tutorial-{arguments.epochs}")


def export(network: keras.Model, folder: Path, version: str) -> None:
    """Write `folder`/saved_model and `folder`/manifest.json; what was there is replaced.

    `network` maps pixels scaled to 0-1, [N, height, width] (grey), to logits [N, 10]; scaling and softmax go inside.
    The embedding is what its last layer sees, at unit length.
    """
    height, width = network.input_shape[1:3]
    module = tf.Module()
    module.network = both = keras.Model(network.inputs, [network.output, network.layers[-1].input])

    def serve(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        logits, seen = both(tf.cast(pixels, tf.float32) / 255.0, training=False)
        return {"probabilities": tf.nn.softmax(logits), "embedding": tf.math.l2_normalize(seen, axis=1)}

    module.serve = tf.function(serve, input_signature=[tf.TensorSpec([None, height, width], tf.uint8, name="pixels")])
    shutil.rmtree(folder / "saved_model", ignore_errors=True)
    tf.saved_model.save(module, str(folder / "saved_model"), signatures={"serving_default": module.serve})
    signature = signature_of(folder / "saved_model")
    manifest = {
        "version": version,
        "types": TYPES,
        "input": {"name": signature.inputs["pixels"].name, "size": [height, width], "channels": 1},
        "outputs": {name: output.name for name, output in signature.outputs.items()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
