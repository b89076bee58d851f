"""Report on the last import from another bucket: its progress or its outcome, with the causes of failures.

The exit status is 0 when every object is in the library.
"""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.command import aws_client, bucket_option
from photo_library.errors import PhotoLibraryError

# The prefix under which Step Functions writes its results (infra/deployed/import.asl.json); no event comes from there.
RESULTS = "imports"


class ImportIncomplete(PhotoLibraryError):
    """Some objects are not in the library. The message says what to do."""


def report(sfn: Any, s3: Any, state_machine: str, bucket: str, print_line: Callable[[str], None]) -> None:
    """Describe the last import, a line each, with botocore `stepfunctions` and `s3` clients.

    Raises ImportIncomplete when something is left to do, and botocore's errors.
    """
    executions = sfn.list_executions(stateMachineArn=state_machine, maxResults=1)["executions"]
    if not executions:
        raise ImportIncomplete("no import has been started")
    execution = sfn.describe_execution(executionArn=executions[0]["executionArn"])
    status = execution["status"]
    print_line(f"{execution['executionArn']}")
    print_line(f"{status}, started {execution['startDate']:%Y-%m-%d %H:%M:%S %Z}, input {execution['input']}")
    counts: Counter[str] = Counter()
    for run in sfn.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]:
        counts.update(sfn.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"])
        for line in _failures(s3, bucket, run["mapRunArn"]):
            print_line(line)
    failed = counts["failed"] + counts["timedOut"] + counts["aborted"]
    print_line(
        f"{counts['total']:,} objects: {counts['succeeded']:,} are in the library, {failed:,} failed, "
        f"{counts['pending'] + counts['running']:,} are pending"
    )
    if status == "RUNNING":
        raise ImportIncomplete("the import is still running")
    if status != "SUCCEEDED":
        again = f"aws stepfunctions redrive-execution --execution-arn {execution['executionArn']}"
        raise ImportIncomplete(f"{execution.get('cause') or status}; once that is fixed, continue with: {again}")
    if failed:
        raise ImportIncomplete("start another import to retry what failed; it skips what is already in the library")


def _failures(s3: Any, bucket: str, map_run: str) -> list[str]:
    """Each cause with its count and its first keys, the most frequent cause first."""
    manifest = _json(s3, bucket, f"{RESULTS}/{map_run.rpartition(':')[2]}/manifest.json")
    if manifest is None:
        return []  # written at the end of the run
    keys: dict[str, list[str]] = {}
    for file in manifest["ResultFiles"]["FAILED"]:
        for one in _json(s3, bucket, file["Key"]) or []:
            for key, cause in _failed_photos(one):
                keys.setdefault(_without_ids(cause), []).append(key)
    return [
        f"{len(failed):,} × {cause}\n    {', '.join(failed[:3])}{', …' if len(failed) > 3 else ''}"
        for cause, failed in sorted(keys.items(), key=lambda item: -len(item[1]))
    ]


def _failed_photos(batch: dict[str, Any]) -> list[tuple[str, str]]:
    """The photos of a failed batch with their causes: those that could not be copied, or all when it was ended."""
    if batch.get("Error") == "PhotosNotCopied":
        return [(one["key"], one["error"]) for one in json.loads(batch["Cause"])]
    cause = f"{batch.get('Error', batch['Status'])}: {batch.get('Cause', 'no cause given')}"
    return [(one["key"], cause) for one in json.loads(batch["Input"])["Items"]]


def _without_ids(cause: str) -> str:
    """A cause without its request id, which differs each time."""
    return cause.partition(" (Service:")[0]


def _json(s3: Any, bucket: str, key: str) -> Any:
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except s3.exceptions.NoSuchKey:
        return None


@click.command("import-report", help=__doc__)
@click.option("--state-machine", metavar="ARN", required=True, help="The stack's output ImportArn.")
@bucket_option
def command(state_machine: str, bucket: str) -> None:
    try:
        report(aws_client("stepfunctions"), aws_client("s3"), state_machine, bucket, print)
    except (BotoCoreError, ClientError) as error:
        raise ImportIncomplete(f"AWS: {error}") from error
