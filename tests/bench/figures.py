"""The figures: what each is a ratio of, what it must reach, and what a million photos cost."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One ratio: what it compares, and what is asked of it. Where `more` is true, more is better."""

    what: str
    must: float
    aim: float
    more: bool

    def reached(self, ratio: float) -> bool:
        """Whether a ratio is as good as it must be."""
        return ratio >= self.must if self.more else ratio <= self.must


FIGURES: Mapping[str, Figure] = {
    "cold_start": Figure("classify: process start to first answer, plain / ours", 5, 8, more=True),
    "describe_start": Figure("describe: process start to first answer, describe / classify", 1, 0.8, more=False),
    "memory": Figure("classify: peak memory, ours / plain", 0.7, 0.5, more=False),
    "photo": Figure("one 12-megapixel JPEG, warm, plain / ours", 5, 8, more=True),
    "limit_share": Figure("batches of ten: photos a second and core, ours / decode and forward alone", 0.6, 0.8, True),
    "batch": Figure("batches of ten: photos a second and core, ours / plain", 8, 15, more=True),
    "search_start": Figure("search: process start to first answer, ours / imports alone", 1.3, 0.8, more=False),
    "image_size": Figure("image: installed size, ours / plain", 0.55, 0.45, more=False),
    "search_growth": Figure("search over MongoDB: p99 at the most photos / at a hundredth of them", 2, 1, more=False),
}


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The ratio of two medians, each over the runs of one side."""
    return statistics.median(above) / statistics.median(below)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that this percentage of the values does not exceed (the nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


# us-east-1, in dollars: https://aws.amazon.com/lambda/pricing/ and the pages of SQS, S3, API Gateway and Rekognition.
GB_SECOND = 0.0000166667
LAMBDA_REQUESTS, SQS_REQUESTS, API_REQUESTS, S3_PUTS, S3_GETS = 0.20, 0.40, 1.00, 5.00, 0.40  # a million of them
REKOGNITION = 1000.0  # a million images, DetectLabels, in its first tier
BATCH = 10


def dollars_per_million(seconds_a_photo: float, memory_mb: int, puts: int = 1) -> dict[str, float]:
    """What a million photos in batches of ten cost; `seconds_a_photo` is the function's running time, as billed.

    `puts` is how often a photo is stored: once, and once more as a thumbnail where there are any.
    SQS counts a message in, and a tenth each of receiving and deleting a batch. The stores, S3's storage, logs and
    whatever is free at first are left out.
    """
    costs = {
        "Lambda": 1e6 * seconds_a_photo * memory_mb / 1024 * GB_SECOND + LAMBDA_REQUESTS / BATCH,
        "SQS": SQS_REQUESTS * (1 + 2 / BATCH),
        "S3": puts * S3_PUTS + S3_GETS,
    }
    return costs | {"together": sum(costs.values()), "Rekognition DetectLabels": REKOGNITION}
