"""The describe function, which answers `POST /classify`: its composition and its handler.

It comes from the classify image, but reaches no store, and has no permission to: a picture comes with the request.
During a cold start the model is opened while the rest is imported (start.py).
"""

# ruff: noqa: E402 -- the model is opened while the rest is imported
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from classify.start import begin, finish
from photo_library.settings import read_describe_settings

_SETTINGS = read_describe_settings(os.environ)
_background = ThreadPoolExecutor(1)
_model = begin(_background, _SETTINGS.model_dir)

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from classify.describe import describe
from classify.image import decode
from photo_library.metrics import StageTimes

logger = Logger(service="describe")
_metrics = Metrics(service="describe")
_times = StageTimes()
_opened_model = _model.result()
_opened_model.timer = _times.timer("ModelTime")
_decode = _times.timed("DecodeTime", decode)
finish(_background)


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    answer = describe(event, _opened_model, _SETTINGS.min_probability, _decode)
    _times.publish(_metrics)
    logger.info("answered", route=event.get("routeKey"), status=answer["statusCode"])  # nothing about the picture
    return answer
