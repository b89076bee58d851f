"""Tell how the last import from another bucket went, or how far it is.

    python -m infra.ops.import_report --state-machine ARN --bucket NAME

The state machine and the bucket are the stack's outputs ImportArn and BucketName. The exit status is 0 when every
object is in the library.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.command import exit_status
from photo_library.aws import client
from photo_library.errors import PhotoLibraryError

# Where infra/deployed/import.asl.json has Step Functions write its results. Nothing is triggered by what lies there.
RESULTS = "imports"


class ImportIncomplete(PhotoLibraryError):
    """Not all that was to be imported is in the library. Says what to do about it."""


def report(sfn: Any, s3: Any, state_machine: str, bucket: str, say: Callable[[str], None]) -> None:
    """Say how the last import went, with boto3 `stepfunctions` and `s3` clients.

    Raises ImportIncomplete when there is something left to do, and botocore's errors.
    """
    executions = sfn.list_executions(stateMachineArn=state_machine, maxResults=1)["executions"]
    if not executions:
        raise ImportIncomplete("nothing was imported yet")
    execution = sfn.describe_execution(executionArn=executions[0]["executionArn"])
    status = execution["status"]
    say(f"{execution['executionArn']}")
    say(f"{status}, begun {execution['startDate']:%Y-%m-%d %H:%M:%S %Z}, input {execution['input']}")
    counts: Counter[str] = Counter()
    for run in sfn.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]:
        counts.update(sfn.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"])
        for line in _failures(s3, bucket, run["mapRunArn"]):
            say(line)
    failed = counts["failed"] + counts["timedOut"] + counts["aborted"]
    say(
        f"{counts['total']:,} objects: {counts['succeeded']:,} are in the library, {failed:,} failed, "
        f"{counts['pending'] + counts['running']:,} are still to be done"
    )
    if status == "RUNNING":
        raise ImportIncomplete("it is running")
    if status != "SUCCEEDED":
        again = f"aws stepfunctions redrive-execution --execution-arn {execution['executionArn']}"
        raise ImportIncomplete(f"{execution.get('cause') or status}; once that is put right, go on with: {again}")
    if failed:
        raise ImportIncomplete("what failed is tried again by a new import; it skips what is there")


def _failures(s3: Any, bucket: str, map_run: str) -> list[str]:
    """Each cause with how many failed of it and the first few of them, the most frequent cause first."""
    manifest = _json(s3, bucket, f"{RESULTS}/{map_run.rpartition(':')[2]}/manifest.json")
    if manifest is None:
        return []  # it is written at the end
    keys: dict[str, list[str]] = {}
    for file in manifest["ResultFiles"]["FAILED"]:
        for one in _json(s3, bucket, file["Key"]) or []:
            cause = f"{one.get('Error', one['Status'])}: {one.get('Cause', 'no cause given')}"
            keys.setdefault(_without_ids(cause), []).append(json.loads(one["Input"])["key"])
    return [
        f"{len(failed):,} × {cause}\n    {', '.join(failed[:3])}{', …' if len(failed) > 3 else ''}"
        for cause, failed in sorted(keys.items(), key=lambda item: -len(item[1]))
    ]


def _without_ids(cause: str) -> str:
    """A cause without the ids of the request, which differ each time."""
    return cause.partition(" (Service:")[0]


def _json(s3: Any, bucket: str, key: str) -> Any:
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except s3.exceptions.NoSuchKey:
        return None


def main() -> int:
    """Report on what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.ops.import_report", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--state-machine", required=True, metavar="ARN", help="the stack's output ImportArn")
    parser.add_argument("--bucket", required=True, help="the stack's output BucketName")
    arguments = parser.parse_args()

    def work() -> None:
        try:
            report(client("stepfunctions"), client("s3"), arguments.state_machine, arguments.bucket, print)
        except (BotoCoreError, ClientError) as error:
            raise ImportIncomplete(f"AWS: {error}") from error

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
