"""How a function of the classify image starts: Python modules are imported in one thread, while another loads
TensorFlow's libraries and the model (in C).
"""

import gc
import os
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING

from classify.tensorflow_library import library

if TYPE_CHECKING:
    from classify.saved_model import SavedModel


def begin(background: Executor, model_dir: Path) -> "Future[SavedModel]":
    """Have the model opened in the background, and leave garbage alone until `finish`."""
    # Objects made at the start stay: collecting garbage among them took a tenth of the start.
    gc.disable()
    # NumPy's worker threads, which nothing here uses, would keep the second core busy from its import on.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return background.submit(_open_model, model_dir)


def finish(background: Executor) -> None:
    """End what `begin` began. What is submitted already is still done."""
    background.shutdown(wait=False)
    gc.freeze()
    gc.enable()


def _open_model(folder: Path) -> "SavedModel":
    library()  # loads while NumPy is imported
    from classify.saved_model import open_model  # noqa: PLC0415

    return open_model(folder)
