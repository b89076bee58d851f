"""Reads the weights out of a SavedModel that export.py wrote, so that a training can begin with them.

    python -m model.unpack --model FOLDER --out FILE.npz

FOLDER/saved_model -> FILE.npz: `<layer>.kernel` and `<layer>.bias` of each layer, as 32-bit floats.
"""

import argparse
from pathlib import Path
from typing import Any

from model.environment import before_keras

before_keras("tensorflow")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

READ = "ReadVariableOp/resource"
"""How the names of the constants end that were variables."""


def unpacked(folder: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """The weights of FOLDER's graph, whole numbers and 16-bit floats turned into 32-bit floats as each run does."""
    outputs = {}
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        for operation in session.graph.get_operations():
            if operation.name.endswith(READ):
                _, _, layer, part, *_ = operation.name.split("/")
                kind = "bias" if part in ("Reshape", "BiasAdd") else "kernel"
                outputs[f"{layer.rpartition('_')[0]}.{kind}"] = operation.outputs[0]
        weights: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = session.run(outputs)
    return weights


def main() -> None:
    """Unpacks from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with saved_model/")
    parser.add_argument("--out", type=Path, required=True, help="the .npz file to write")
    options = parser.parse_args()
    arrays: dict[str, Any] = unpacked(options.model / "saved_model")
    np.savez(options.out, **arrays)


if __name__ == "__main__":
    main()
