"""What must be settled before Keras is imported, since it reads its settings from the environment then, once."""

import argparse
import os
import sys
from pathlib import Path


def before_keras(backend: str) -> None:
    """Chooses Keras's backend, and the data folder that `--data` names as the place of its data sets."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--data", type=Path)
    folder = parser.parse_known_args(sys.argv[1:])[0].data
    if folder is not None and (folder / "keras").is_dir():
        os.environ["KERAS_HOME"] = str(folder / "keras")
