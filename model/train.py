"""Train the tutorial's network on Fashion-MNIST and export it as the bundled SavedModel.

    python -m model.train [--data FOLDER] [--out FOLDER] [--epochs N]

The recipe is the TensorFlow tutorial's: Flatten, Dense 128 with relu, Dense 10; adam; pixels divided by 255;
10 epochs. It is kept as the baseline that a better model is measured against.
"""

import argparse
import os
import sys
from pathlib import Path

SEED = 20


def main() -> None:
    """Train, evaluate on the test images, export."""
    parser = argparse.ArgumentParser(prog="python -m model.train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--data", type=Path, help="folder with keras/datasets/fashion-mnist; default: Keras downloads it"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where to write (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=10, help="default: %(default)s")
    arguments = parser.parse_args()
    if arguments.data:
        home = arguments.data / "keras"
        if not (home / "datasets").is_dir():
            parser.error(f"--data: {home}/datasets does not exist; it must hold fashion-mnist/")
        os.environ["KERAS_HOME"] = str(home.resolve())
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

    import keras  # noqa: PLC0415 # reads KERAS_HOME when imported

    from model.export import export  # noqa: PLC0415 # imports TensorFlow

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
    version = f"tutorial-{arguments.epochs}"
    export(network, arguments.out, version)
    print(f"wrote {arguments.out / 'saved_model'} and {arguments.out / 'manifest.json'} (version {version})")


if __name__ == "__main__":
    main()
