"""The import's state machine, as it is deployed, on moto's Step Functions; and the report about it."""

import functools
import json
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.handlers
import pytest

from infra.local.template import REGION, ROOT, Template
from infra.ops.import_report import ImportIncomplete, report
from photo_library.events import ObjectEvent, parse_events
from tests.support.mocked_aws import mocked_aws
from tests.support.site import wait_for

SOURCE = "old-photos"
ARCHIVED = "S3.ObjectNotInActiveTierErrorException: It is archived. (Service: S3, Status Code: 403,"
# As the state machine has them: messages that make the queue too long, and photos that are copied side by side.
LONG, BATCHES, IN_A_BATCH = 1000, 8, 5
AT_ONCE = BATCHES  # here, where a batch has one photo
SHORT = 20  # messages that make it too long here: moto takes a twentieth of a second for each photo


class Site:
    """What the import has to do with: two buckets, the queue behind one of them, the state machine."""

    def __init__(self, source: str, waited: threading.Event, held: list[int]) -> None:
        template = Template(parameters={"ImportBucket": source})
        self.waited, self.held = waited, held
        self.s3: Any = boto3.client("s3", region_name=REGION)
        self.sqs: Any = boto3.client("sqs", region_name=REGION)
        self.sfn: Any = boto3.client("stepfunctions", region_name=REGION)
        self.bucket = template.physical_name("PhotoBucket")
        for name in {SOURCE, self.bucket}:
            self.s3.create_bucket(Bucket=name)
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.queue_url = self.sqs.create_queue(QueueName="IngestQueue")["QueueUrl"]
        notifications: list[Any] = [
            {
                "QueueArn": one["Queue"],
                "Events": [one["Event"]],
                "Filter": {"Key": {"FilterRules": one["Filter"]["S3Key"]["Rules"]}},
            }
            for one in template.properties("PhotoBucket")["NotificationConfiguration"]["QueueConfigurations"]
        ]
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"QueueConfigurations": notifications}
        )
        self.drain()  # S3's test event
        described = template.properties("ImportStateMachine")
        definition = (ROOT / described["DefinitionUri"]).read_text()
        for name, value in described["DefinitionSubstitutions"].items():
            definition = definition.replace(f"${{{name}}}", value)
        assert "${" not in definition
        assert definition.count('"EXPRESS"') == 1
        assert definition.count(f'"NumericGreaterThanEquals": {LONG},') == 1
        assert re.findall(r'"MaxConcurrency": (\d+),', definition) == [str(BATCHES), str(IN_A_BATCH)]
        self.arn = self.sfn.create_state_machine(
            name=described["Name"],
            # moto's grammar has no other type
            definition=one_by_one(definition.replace('"EXPRESS"', '"STANDARD"').replace(f"{LONG},", f"{SHORT},")),
            roleArn="arn:aws:iam::123456789012:role/import",
        )["stateMachineArn"]

    def put(self, key: str, body: bytes, **options: Any) -> None:
        self.s3.put_object(Bucket=SOURCE, Key=key, Body=body, **options)

    def start(self, prefix: str = "") -> str:
        name = f"run-{len(self.sfn.list_executions(stateMachineArn=self.arn)['executions'])}"
        answer = self.sfn.start_execution(stateMachineArn=self.arn, name=name, input=json.dumps({"prefix": prefix}))
        return str(answer["executionArn"])

    def status(self, execution: str) -> str:
        return str(self.sfn.describe_execution(executionArn=execution)["status"])

    def run(self, prefix: str = "") -> list[ObjectEvent]:
        """Import, and give what the queue was told of."""
        execution = self.start(prefix)
        wait_for(lambda: self.status(execution) != "RUNNING")
        return self.drain()

    def counts(self, execution: str) -> dict[str, int]:
        (run,) = self.sfn.list_map_runs(executionArn=execution)["mapRuns"]
        counts: dict[str, int] = self.sfn.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
        return counts

    def drain(self) -> list[ObjectEvent]:
        events = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                events += parse_events(message["Body"])
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return events

    def uploads(self) -> dict[str, str]:
        """Keys below uploads/ with the digests of their contents."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="uploads/")
        return {one["Key"].removeprefix("uploads/"): one["ETag"] for page in pages for one in page.get("Contents", [])}

    def report(self) -> list[str]:
        lines: list[str] = []
        try:
            report(self.sfn, self.s3, self.arn, self.bucket, lines.append)
        except ImportIncomplete as error:
            lines.append(str(error))
        return lines


def one_by_one(definition: str) -> str:
    """The definition with batches of one photo: moto has no ItemBatcher."""
    machine: dict[str, Any] = json.loads(definition)
    importing = machine["States"]["Import"]
    assert importing.pop("ItemBatcher") == {"MaxItemsPerBatch": 20}
    importing["ItemSelector"] = {"Items": [importing["ItemSelector"]]}
    return json.dumps(machine)


def evaluate(expression: str) -> Any:
    """What a JSONata expression gives, for which moto wants a JVM. It writes what is beyond 16 bits as two escapes."""
    from jsonata import Jsonata

    pairs = r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"
    return Jsonata(re.sub(pairs, lambda found: str(json.loads(f'"{found[0]}"')), expression)).evaluate(None)


def has_a_value(_env: Any, expression: str, _whole: str, result: Any) -> None:
    """moto would evaluate the whole expression twice more to find that out."""
    assert result is not None, f"{expression} gives nothing"


@pytest.fixture
def make_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    """Step Functions as it is, where moto's is not: each line below is a difference."""
    from moto.sqs.models import Queue
    from moto.stepfunctions.parser.asl.component.common.string import string_expression
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
    from moto.stepfunctions.parser.asl.jsonata import jsonata

    waited = threading.Event()

    @functools.cache
    def client(service: str) -> Any:
        made = boto3.client(service, region_name=REGION)  # type: ignore[call-overload]
        if service == "s3":
            # Step Functions sends CopySource as it is given; boto3 would quote what is quoted already.
            made.meta.events.unregister(
                "before-parameter-build.s3.CopyObject", botocore.handlers.handle_copy_source_param
            )
        return made

    def list_all(env: Any, *_: Any) -> None:
        """moto lists one page of a bucket only."""
        pages = client("s3").get_paginator("list_objects_v2").paginate(**env.stack.pop())
        env.stack.append([one for page in pages for one in page["Contents"]])

    sdk = state_task_service_aws_sdk
    monkeypatch.setattr(sdk, "boto_client_for", lambda service, **_: client(service))
    monkeypatch.setitem(sdk._SERVICE_ERROR_NAMES, "s3", "S3")
    monkeypatch.setattr(resource_eval_s3.ResourceEvalS3, "_handle_list_objects_v2", staticmethod(list_all))
    monkeypatch.setattr(jsonata, "_eval_jsonata", evaluate)
    monkeypatch.setattr(string_expression, "validate_jsonata_expression_output", has_a_value)
    # moto asks each message thrice what time it is to count them. Here none is delayed, and none hidden for long.
    monkeypatch.setattr(Queue, "approximate_number_of_messages", property(lambda self: len(self._messages)))
    monkeypatch.setattr(Queue, "approximate_number_of_messages_delayed", 0)
    monkeypatch.setattr(Queue, "approximate_number_of_messages_not_visible", 0)
    # A queue that is too long is looked at again when the test says so.
    held: list[int] = []

    def wait(*_: Any, **__: Any) -> None:
        held.append(1)
        waited.wait(60)

    monkeypatch.setattr(WaitFunction, "_wait_interval", wait)
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mocked_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield lambda source=SOURCE: Site(source, waited, held)
        waited.set()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


def test_all_photos_come_into_the_library_and_no_more_at_once_than_the_queue_bears(site: Site) -> None:
    contents = {f"2019/{number:04}.jpg": f"{number}".encode() for number in range(SHORT + AT_ONCE + 12)}
    for key, content in contents.items():
        site.put(key, content)

    execution = site.start()
    # Nobody takes anything from the queue.
    wait_for(lambda: len(site.held) == AT_ONCE or site.status(execution) != "RUNNING", timeout_s=300)
    assert site.status(execution) == "RUNNING"
    assert "are pending" in site.report()[-2]
    assert site.report()[-1] == "the import is still running"
    before = len(site.uploads())
    first = site.drain()
    site.waited.set()
    wait_for(lambda: site.status(execution) != "RUNNING")

    counts = Counter(event.key for event in first + site.drain())
    assert SHORT <= before <= SHORT + AT_ONCE
    assert counts == {f"uploads/{key}": 1 for key in contents}
    assert site.uploads().keys() == contents.keys()
    assert site.counts(execution)["succeeded"] == len(contents)
    assert site.report()[-1] == "40 objects: 40 are in the library, 0 failed, 0 are pending"


def test_a_key_may_hold_any_character_and_the_title_comes_along(site: Site) -> None:
    keys = ["a b.jpg", "a+b.jpg", "100%.jpg", "grün 👕/ß.jpg", "a&b=c?.jpg", "a%2Bb.jpg", "it's (1)!~*.jpg", 'q".jpg']
    for number, key in enumerate(keys):
        site.put(key, b"x" * number, ContentType="image/jpeg", Metadata={"title": "My shirt"})
    events = site.run()
    assert sorted(event.key for event in events) == sorted(f"uploads/{key}" for key in keys)
    assert {event.kind for event in events} == {"created"}
    for number, key in enumerate(keys):
        copied = site.s3.head_object(Bucket=site.bucket, Key=f"uploads/{key}")
        assert (copied["ContentLength"], copied["ContentType"]) == (number, "image/jpeg")
        assert copied["Metadata"] == {"title": "My shirt"}


def test_a_second_import_copies_only_what_is_new_or_of_another_size(site: Site) -> None:
    for key in ("a.jpg", "b.jpg", "c.jpg"):
        site.put(key, b"1")
    site.run()
    site.put("b.jpg", b"22")
    site.put("d.jpg", b"1")
    assert sorted(event.key for event in site.run()) == ["uploads/b.jpg", "uploads/d.jpg"]


def test_only_what_begins_with_the_prefix_is_imported(site: Site) -> None:
    for key in ("2018/a.jpg", "2019/a.jpg", "notes.txt"):
        site.put(key, b"1")
    site.run("2019/")
    assert site.uploads().keys() == {"2019/a.jpg"}


def test_a_photo_that_cannot_be_copied_keeps_no_other_from_it(site: Site) -> None:
    site.put("frozen.jpg", b"1", StorageClass="GLACIER")
    site.put("a.jpg", b"1")
    site.run()
    assert site.uploads().keys() == {"a.jpg"}
    assert site.report()[-2:] == [
        "2 objects: 1 are in the library, 1 failed, 0 are pending",
        "start another import to retry what failed; it skips what is already in the library",
    ]


def test_the_library_is_not_imported_into_itself(make_site: Callable[..., Site]) -> None:
    site = make_site(Template().physical_name("PhotoBucket"))
    site.s3.put_object(Bucket=site.bucket, Key="uploads/a.jpg", Body=b"1")
    site.drain()
    assert site.run() == []
    assert "ImportBucket is the library's own bucket" in site.report()[-1]


def test_the_results_are_written_where_nothing_is_triggered(site: Site) -> None:
    site.put("a.jpg", b"1")
    site.run()
    written = {one["Key"] for one in site.s3.list_objects_v2(Bucket=site.bucket)["Contents"]} - {"uploads/a.jpg"}
    assert len(written) == 1
    assert all(key.startswith("imports/") for key in written)


def test_a_report_before_any_import_says_so(site: Site) -> None:
    assert site.report() == ["no import has been started"]


def test_the_report_names_causes_with_the_first_photos(site: Site) -> None:
    for number in range(5):
        site.put(f"{number}.jpg", b"1", StorageClass="GLACIER")
    site.run()
    # In the shape that Step Functions writes; moto leaves the lists empty.
    (manifest,) = site.s3.list_objects_v2(Bucket=site.bucket, Prefix="imports/")["Contents"]
    folder = manifest["Key"].removesuffix("manifest.json")
    failed = [
        {
            "Status": "FAILED",
            "Input": json.dumps({"Items": [{"key": f"{number}.jpg", "size": 1}, {"key": "copied.jpg", "size": 1}]}),
            "Error": "PhotosNotCopied",
            "Cause": json.dumps([{"key": f"{number}.jpg", "error": f"{ARCHIVED} Request ID: {number})"}]),
        }
        for number in range(5)
    ] + [{"Status": "TIMED_OUT", "Input": json.dumps({"Items": [{"key": "5.jpg", "size": 1}]})}]
    for name, content in {
        "FAILED_0.json": failed,
        "manifest.json": {"ResultFiles": {"FAILED": [{"Key": f"{folder}FAILED_0.json", "Size": 1}], "SUCCEEDED": []}},
    }.items():
        site.s3.put_object(Bucket=site.bucket, Key=folder + name, Body=json.dumps(content))
    assert site.report()[2:4] == [
        "5 × S3.ObjectNotInActiveTierErrorException: It is archived.\n    0.jpg, 1.jpg, 2.jpg, …",
        "1 × TIMED_OUT: no cause given\n    5.jpg",
    ]


def test_its_role_may_do_exactly_what_it_needs() -> None:
    template = Template(parameters={"ImportBucket": SOURCE})
    role = template.properties("ImportRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    (policy,) = role["Policies"]
    allowed = {one["Sid"]: (one["Action"], one["Resource"]) for one in policy["PolicyDocument"]["Statement"]}
    source, bucket = f"arn:aws:s3:::{SOURCE}", template.arn("PhotoBucket")
    states = f"arn:aws:states:{REGION}:123456789012"
    name = template.properties("ImportStateMachine")["Name"]
    assert allowed == {
        "ListWhatIsThere": ("s3:ListBucket", source),
        "ReadWhatIsThere": ("s3:GetObject", f"{source}/*"),
        "WriteUploads": (["s3:PutObject", "s3:GetObject"], f"{bucket}/uploads/*"),
        "SeeHowLongTheQueueIs": ("sqs:GetQueueAttributes", template.arn("IngestQueue")),
        "WriteResults": (
            ["s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"],
            f"{bucket}/imports/*",
        ),
        "StartPhotos": ("states:StartExecution", f"{states}:stateMachine:{name}"),
        "FollowPhotos": (["states:DescribeExecution", "states:StopExecution"], f"{states}:execution:{name}:*"),
        "RedrivePhotos": ("states:RedriveExecution", f"{states}:execution:{name}/photos:*"),
    }


def test_without_a_bucket_to_import_from_there_is_no_state_machine() -> None:
    assert Template().of_type("AWS::Serverless::StateMachine") == []


def test_the_definition_is_in_the_language_of_step_functions(tmp_path: Path) -> None:
    described = Template(parameters={"ImportBucket": SOURCE}).properties("ImportStateMachine")
    definition = json.loads((ROOT / described["DefinitionUri"]).read_text().replace("${Partition}", "aws"))
    del definition["States"]["Import"]["ResultWriter"]  # an object, which cfn-lint's schema has as a string
    substitutions = {name: value for name, value in described["DefinitionSubstitutions"].items() if name != "Partition"}
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": "arn:aws:iam::123456789012:role/import",
            "Definition": definition,
            "DefinitionSubstitutions": substitutions,
        },
    }
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Import": machine}}))
    command = [str(Path(sys.executable).with_name("cfn-lint")), str(template)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
