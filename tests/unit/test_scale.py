"""The arithmetic of docs/scale.md: results follow from its own inputs, which docs/performance.md names as well."""

import math
import re
from collections.abc import Sequence

import pytest

from infra.local.template import ROOT, Template
from reconcile.run import PAGE
from tests.bench.figures import (
    API_REQUESTS,
    BATCH,
    GB_SECOND,
    LAMBDA_REQUESTS,
    S3_GETS,
    S3_PUTS,
    SQS_REQUESTS,
    dollars_per_million,
)

PERFORMANCE = " ".join((ROOT / "docs" / "performance.md").read_text().split())
TEXT = (ROOT / "docs" / "scale.md").read_text()
FLAT = " ".join(TEXT.split())
RATES = (1, 100, 1_000)
SIZES = (10**6, 10**7, 10**8, 10**9)
# Each row's first cell, without what stands in brackets, and the others.
ROWS = {
    re.sub(r" \(.*\)|[`*]", "", cells[0]): cells[1:]
    for line in TEXT.splitlines()
    if line.startswith("| ") and (cells := line.strip("| ").split(" | "))
}
UNITS = {"million": 1e6, "billion": 1e9, "GB": 1e9, "TB": 1e12, "min": 60, "h": 3600, "days": 86400}
UNITS |= {"ms": 1e-3, "kB": 1e3, "MB": 1e6, "months": 730 * 3600}
HOURS_A_MONTH = 730
MEMORY_GB = Template().properties("ClassifyFunction")["MemorySize"] / 1024


def number(text: str) -> float:
    """The first number of a text, with its unit, thousands and millions understood."""
    return _number(text)[0]


def _number(text: str) -> tuple[float, float]:
    """The number, and how far the exact one may be away: half of its last digit that says something."""
    found = re.search(r"\$?([\d,]*\d(?:\.\d+)?) ?([a-zA-Z]+)?", text)
    assert found, text
    digits, unit = found[1].replace(",", ""), UNITS.get(found[2], 1.0)
    whole = digits.rstrip("0") if "." not in digits else digits
    step = 10.0 ** (len(digits) - len(whole)) if "." not in digits else 10.0 ** -len(digits.partition(".")[2])
    value = float(digits)
    return value * unit, (min(step / 2, value * 0.03) if step > 1 else step / 2) * unit


def row(label: str) -> list[str]:
    """The cells of the one row that begins so."""
    (found,) = [name for name in ROWS if name.startswith(label)]
    return ROWS[found]


def rounds_to(exact: float, text: str) -> bool:
    printed, slack = _number(text)
    return abs(exact - printed) <= slack * 1.0001


MS_A_PHOTO = number(row("processor time in classify")[0])
WAITING = number(row("waiting in classify")[0])
A_BATCH = BATCH * MS_A_PHOTO + WAITING
A_SECOND = BATCH / A_BATCH  # photos that a function does
ALONE = MS_A_PHOTO + WAITING
BUSY = [rate * (ALONE if rate == 1 else A_BATCH / BATCH) for rate in RATES]  # functions
CONNECTIONS = [max(10, math.ceil(1.5 * busy)) for busy in BUSY]
SPARE = [most * A_SECOND - rate for most, rate in zip(CONNECTIONS, RATES, strict=True)]
IN_BATCHES = dollars_per_million(A_BATCH / BATCH, round(MEMORY_GB * 1024), puts=2)
ONE_BY_ONE = {
    "Lambda": 1e6 * ALONE * MEMORY_GB * GB_SECOND + LAMBDA_REQUESTS,
    "SQS": 3 * SQS_REQUESTS,
    "S3": 2 * S3_PUTS + S3_GETS,
}
ONE_BY_ONE["together"] = sum(ONE_BY_ONE.values())


def test_pictures_to_search_with_cost_what_their_time_and_requests_do() -> None:
    template = Template()
    found = re.search(r"takes describe (\d+) ms .*? a million cost (\$\S+): Lambda (\S+) and (\S+) .*? API (\S+)", FLAT)
    assert found
    milliseconds, together, running, requests, api = found.groups()
    assert f"one 12-megapixel JPEG, warm, bytes to probabilities | {milliseconds} ms |" in PERFORMANCE
    memory_gb = template.properties("DescribeFunction")["MemorySize"] / 1024
    prices = 1e6 * number(milliseconds) / 1000 * memory_gb * GB_SECOND, LAMBDA_REQUESTS, API_REQUESTS
    assert all(map(rounds_to, (*prices, sum(prices)), (running, requests, api, together.rstrip(":"))))
    most = template.parameters["PicturesPerSecond"]
    month = re.search(r"Five a second, .*? are (\d+ million) and (\$\d+)", FLAT)
    assert month
    assert most == 5
    pictures = most * 3600 * HOURS_A_MONTH
    assert rounds_to(pictures, month[1])
    assert rounds_to(pictures / 1e6 * sum(prices), month[2])


def test_both_pages_name_the_same_costs() -> None:
    assert f"| batches of ten: processor time a photo | {MS_A_PHOTO * 1000:.0f} ms |" in PERFORMANCE
    lambda_, sqs, s3 = (float(one) for one in re.findall(r"(?:Lambda|SQS|S3 requests) (\d+\.\d\d)", PERFORMANCE)[:3])
    total = float(re.findall(r"in batches of ten cost \$([\d.]+)", PERFORMANCE)[0])
    assert total == pytest.approx(lambda_ + sqs + s3)
    assert sqs == pytest.approx(IN_BATCHES["SQS"])
    assert s3 == pytest.approx(IN_BATCHES["S3"])
    # The measured time has fractions of the millisecond that the page names.
    waiting_left_out = dollars_per_million(MS_A_PHOTO, round(MEMORY_GB * 1024), puts=2)
    assert lambda_ == pytest.approx(waiting_left_out["Lambda"], abs=0.5 / 1000 * 1e6 * MEMORY_GB * GB_SECOND)
    assert f"the ${total:.2f} in [performance](performance.md) leaves waiting out" in FLAT


def test_a_million_photos_cost_what_the_price_lists_make() -> None:
    for words, costs in (("in batches of ten", IN_BATCHES), ("one by one", ONE_BY_ONE)):
        total, lambda_, sqs, s3 = (f"{costs[name]:.2f}" for name in ("together", "Lambda", "SQS", "S3"))
        assert f"${total} {words}: Lambda {lambda_}, SQS {sqs}, S3 {s3}" in FLAT


def test_what_a_photo_takes_adds_up() -> None:
    total, *parts = re.findall(r"\d+(?= bytes|,|$)", row("index entries")[0].replace("'", ""))
    assert int(total) == sum(map(int, parts))
    assert f"10 × {MS_A_PHOTO * 1000:.0f} + {WAITING * 1000:.0f} = {A_BATCH * 1000:.0f} ms" in FLAT
    a_function = f"one function processes **{A_SECOND:.1f} photos a second**"
    assert f"{A_BATCH / BATCH * 1000:.0f} ms a photo, and {a_function}" in FLAT
    assert f"A photo that arrives alone takes {ALONE * 1000:.0f} ms" in FLAT


BY_RATE: dict[str, Sequence[float]] = {
    "photos a month": [rate * HOURS_A_MONTH * 3600 for rate in RATES],
    "functions running": BUSY,
    "StoreConnections": CONNECTIONS,
    "classify's connections to MongoDB": [4 * most for most in CONNECTIONS],
    "search's connections": [2 * 50 * 0.1] * 3,
    "events in progress": [BUSY[0], *(BATCH * busy for busy in BUSY[1:])],
    "events waiting after an hour": [3600 * rate for rate in RATES],
    "of them in the dead-letter queue": [1800 * rate for rate in RATES],
    "time to process the other half": [1800 * rate / spare for rate, spare in zip(RATES, SPARE, strict=True)],
    "time to redrive": [1800 * rate / 500 for rate in RATES],
    "time to process everything": [3600 * rate / spare for rate, spare in zip(RATES, SPARE, strict=True)],
    "MongoDB: documents written": [2 * rate for rate in RATES],
    "TigerGraph: requests": [1, *(rate / BATCH for rate in RATES[1:])],
    "Lambda, SQS and S3 requests a month": [
        rate * HOURS_A_MONTH * 3600 / 1e6 * (ONE_BY_ONE if rate == 1 else IN_BATCHES)["together"] for rate in RATES
    ],
}


@pytest.mark.parametrize("label", BY_RATE)
def test_a_row_by_uploads_is_what_the_inputs_make(label: str) -> None:
    cells = row(label)
    assert all(map(rounds_to, BY_RATE[label], cells)), [*zip(BY_RATE[label], cells, strict=True)]


def test_the_page_and_the_template_have_the_same_defaults() -> None:
    settings = Template().properties("ApiStage")["DefaultRouteSettings"]
    assert f"`RequestsPerSecond` {settings['ThrottlingRateLimit']} and" in TEXT
    assert f"{settings['ThrottlingBurstLimit']} at one moment (`RequestBurst`)" in FLAT
    assert f"{settings['ThrottlingBurstLimit'] * 4} connections" in FLAT
    most = Template().properties("ClassifyFunction")["Events"]["Ingest"]["Properties"]["ScalingConfig"]
    assert f"{most['MaximumConcurrency']}: up to {most['MaximumConcurrency'] * A_SECOND:.0f} a second" in TEXT
    assert f"| {most['MaximumConcurrency'] * A_SECOND:.0f} uploads a second |" in TEXT


DOCUMENT, ON_DISK = (number(one) for one in row("document in MongoDB")[0].replace("kB", "").split(";"))
INDEXES = number(row("index entries")[0])
OBJECT, THUMBNAIL = number(row("object in the bucket")[0]), number(row("thumbnail")[0])
PAGE_S = sum(float(times) * float(ms) / 1000 for times, ms in ((3, 4.4), (2, 100), (1, 50)))
COMPARED_A_RUN = 540 / PAGE_S * PAGE  # photos that a run of reconcile gets to


def s3_dollars(photos: int) -> float:
    """Photos and thumbnails for a month, by the page's own prices."""
    prices = re.search(r"\$(\d+) a TB and month for the first (\d+) TB, \$(\d+) for the next (\d+) and \$(\d+)", FLAT)
    assert prices
    first, most, second, next_, rest = map(int, prices.groups())
    stored = photos * (OBJECT + THUMBNAIL) / 1e12
    return min(stored, most) * first + min(max(stored - most, 0), next_) * second + max(stored - most - next_, 0) * rest


BY_SIZE: dict[str, Sequence[float]] = {
    "documents on disk": [size * ON_DISK for size in SIZES],
    "indexes": [size * INDEXES for size in SIZES],
    "needed in memory": [size * (INDEXES + ON_DISK / 10) for size in SIZES],
    "of that, cache": [number(cell.rpartition(", ")[2]) / 4 for cell in row("Atlas tier")[:1]]
    + [number(cell[cell.index(", ") :]) / 2 for cell in row("Atlas tier")[1:]],
    "TigerGraph's memory": [size * number(row("memory in TigerGraph")[0]) for size in SIZES],
    "a month, at $1 an hour for 16 GB": [number(one) / 16e9 * HOURS_A_MONTH for one in row("TigerGraph workspace")],
    "photos and thumbnails in S3": [s3_dollars(size) for size in SIZES],
    "import from a bucket": [size * 0.3 / 40 for size in SIZES],
}


@pytest.mark.parametrize("label", BY_SIZE)
def test_a_row_by_photos_is_what_the_inputs_make(label: str) -> None:
    cells = row(label)
    assert all(map(rounds_to, BY_SIZE[label], cells)), [*zip(BY_SIZE[label], cells, strict=True)]


def test_the_caches_hold_what_is_needed() -> None:
    for needed, cache in zip(row("needed in memory"), row("of that, cache"), strict=True):
        assert number(needed) < number(cache)


def test_reconciles_walks_take_as_many_runs() -> None:
    listed = "(catalog three times 4.4 ms: M; S3's listings of photos and of thumbnails 100 ms each, graph 50 ms: A)"
    assert f"Reconcile takes {PAGE_S:.3f} s for {PAGE} photos {listed}" in FLAT
    assert rounds_to(COMPARED_A_RUN, re.findall(r"In nine minutes an hour it sees ([\d,]+)", FLAT)[0])
    hours, *others = row("one pass of reconcile")
    assert number(hours) == math.ceil(SIZES[0] / COMPARED_A_RUN) * 3600
    assert number(others[0]) == math.ceil(SIZES[1] / COMPARED_A_RUN) * 3600
    assert all(rounds_to(size / COMPARED_A_RUN * 3600, cell) for size, cell in zip(SIZES[2:], others[1:], strict=True))


def test_the_sums_are_of_the_rows() -> None:
    def together(rate: int, size: int) -> float:
        stored = (ROWS["a month"], row("a month, at $1"), row("photos and thumbnails in S3"))
        return number(row("Lambda, SQS and S3")[rate]) + sum(number(cells[size]) for cells in stored)

    sums = re.findall(r"cost about (\$[\d,]+) a month.* for (\$[\d,]+)\. A .*?: (\$[\d,]+)\. A .*?: (\$[\d,]+),", FLAT)
    small, without_graph, middle, large = sums[0]
    assert rounds_to(together(0, 0), small)
    assert rounds_to(together(0, 0) - number(row("a month, at $1")[0]), without_graph)
    assert rounds_to(together(1, 2), middle)
    assert rounds_to(together(2, 3), large)
