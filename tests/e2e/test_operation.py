"""What can be seen of a running deployment: every metric that an alarm or the dashboard shows is emitted."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import requests

from tests.support.sam import Tree, dashboard_metrics, deployed, translated
from tests.support.site import Site, wait_for

NAMESPACE = "photo-library-local"


class Metric(NamedTuple):
    namespace: str
    name: str
    dimensions: frozenset[str]


def function(*names: str) -> set[Metric]:
    return {Metric("AWS/Lambda", name, frozenset({"FunctionName"})) for name in names}


# What AWS's own services publish, with the dimensions that find it. On https://docs.aws.amazon.com:
# lambda/latest/dg/monitoring-metrics-types.html, apigateway/latest/developerguide/http-api-metrics.html,
# AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
OF_AWS = {
    *function("Duration", "Errors", "Invocations", "Throttles"),
    *(
        Metric("AWS/SQS", name, frozenset({"QueueName"}))
        for name in ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
    ),
    *(Metric("AWS/ApiGateway", name, frozenset({"ApiId"})) for name in ("Count", "4xx", "5xx")),
}


@pytest.fixture(scope="module")
def template() -> Tree:
    return translated()


@pytest.fixture(scope="module")
def emitted(site: Site, shirt: bytes) -> set[tuple[str, str, str]]:
    """(metric, dimension, value) for all that the functions' logs say after a bit of everything has happened."""
    photo = site.photo(site.put("operation/shirt.jpg", shirt))
    site.photo(site.put("operation/text.jpg", b"no picture"))
    assert requests.post(f"{site.cloud.api_url}/classify", shirt, timeout=30).ok
    wait_for(lambda: photo["id"] in site.found_by("Shirt"))
    site.delete("operation/shirt.jpg")
    wait_for(lambda: site.get(f"/photos/{photo['id']}").status_code == 404)
    site.cloud.functions["ReconcileFunction"].invoke({})
    return set(_metrics(site))


def _metrics(site: Site) -> Iterator[tuple[str, str, str]]:
    for line in _lines(site):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == NAMESPACE
            for metric in directive["Metrics"]:
                for dimensions in directive["Dimensions"]:
                    assert line[metric["Name"]] is not None
                    yield from ((metric["Name"], name, line[name]) for name in dimensions)


def _lines(site: Site) -> Iterator[dict[str, Any]]:
    for log in site.cloud.logs.glob("*Function.log"):
        yield from (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))


def alarms(template: Tree) -> dict[str, Tree]:
    resources = deployed(template).items()
    return {name: one["Properties"] for name, one in resources if one["Type"] == "AWS::CloudWatch::Alarm"}


def test_every_alarms_metric_is_emitted(template: Tree, emitted: set[tuple[str, str, str]]) -> None:
    for name, alarm in alarms(template).items():
        dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
        if alarm["Namespace"] == {"Ref": "AWS::StackName"}:
            assert {(alarm["MetricName"], *one) for one in dimensions.items()} <= emitted, name
        else:
            assert Metric(alarm["Namespace"], alarm["MetricName"], frozenset(dimensions)) in OF_AWS, name


def test_everything_on_the_dashboard_is_emitted(template: Tree, emitted: set[tuple[str, str, str]]) -> None:
    shown = dashboard_metrics(template)
    assert len(shown) > 20
    for namespace, name, dimension, value in shown:
        if namespace == "${AWS::StackName}":
            assert (name, dimension, value) in emitted, name
        else:
            assert Metric(namespace, name, frozenset({dimension})) in OF_AWS, name


def test_what_is_promised_is_measured(emitted: set[tuple[str, str, str]]) -> None:
    assert {
        ("PhotosClassified", "service", "classify"),
        ("PhotosRejected", "reason", "unsupported_format"),
        ("GraphLag", "service", "classify"),
        ("DegradedSearches", "service", "search"),
        *(
            (f"{stage}Time", "service", "classify")
            for stage in ("Fetch", "Decode", "Thumbnail", "Model", "Catalog", "TypeGraph")
        ),
        *((stage, "service", "search") for stage in ("CatalogTime", "TypeGraphTime")),
    } <= emitted


def test_a_log_tells_what_became_of_a_photo(site: Site, emitted: set[tuple[str, str, str]]) -> None:
    del emitted  # it is there by now
    photo = site.photo(site.put("operation/text.jpg", b"no picture either"))
    told = [line["photos"][photo["id"]] for line in _lines(site) if photo["id"] in line.get("photos", {})]
    assert told[-1] == "unsupported_format"
    asked = [line for line in _lines(site) if line.get("photo_id") == photo["id"]]
    assert {line["route"] for line in asked} == {"GET /photos/{id}"}
