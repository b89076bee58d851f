"""The describe function, which answers `POST /classify`: its composition and its handler.

It comes from the classify image, but reaches no store, and has no permission to: a picture comes with the request. As
in app.py, a start opens the model in one thread while another imports Python modules.
"""

# ruff: noqa: E402 -- the model is opened while the rest is imported
import gc
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from classify.tensorflow_library import library
from photo_library.settings import read_describe_settings

gc.disable()  # as in app.py
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in app.py

_SETTINGS = read_describe_settings(os.environ)
_background = ThreadPoolExecutor(1)


def _open_model() -> "SavedModel":
    library()  # loads while NumPy is imported
    from classify.saved_model import open_model  # noqa: PLC0415

    return open_model(_SETTINGS.model_dir)


_model = _background.submit(_open_model)

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from classify.describe import describe
from classify.image import decode
from photo_library.metrics import StageTimes

if TYPE_CHECKING:
    from classify.saved_model import SavedModel

logger = Logger(service="describe")
_metrics = Metrics(service="describe")
_times = StageTimes()
_opened_model = _model.result()
_opened_model.timer = _times.timer("ModelTime")
_decode = _times.timed("DecodeTime", decode)
_background.shutdown(wait=False)
gc.freeze()
gc.enable()


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    answer = describe(event, _opened_model, _SETTINGS.min_probability, _decode)
    _times.publish(_metrics)
    logger.info("answered", route=event.get("routeKey"), status=answer["statusCode"])  # nothing about the picture
    return answer
