"""The aws cli, that of PyPI and that of Debian: every action of the SQS API that it has."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.clients import wait_for
from support.server import ACCOUNT
from support.signed import KEY, SECRET

PYPI = [sys.executable, str(Path(sys.executable).with_name("aws"))]
DEBIAN = Path("/usr/bin/aws")
MOVES = {"start-message-move-task", "list-message-move-tasks", "cancel-message-move-task"}


class Cli:
    """Calls by the name of the command. `called`: those that were called."""

    def __init__(self, command: list[str], home: Path, url: str, key: str, secret: str):
        self.command = command
        self.url = url
        self.called: set[str] = set()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "NO_PROXY": "127.0.0.1", "LC_ALL": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*self.command, *arguments], env=self.environment, capture_output=True, text=True, timeout=60)

    def __call__(self, action: str, *arguments, fails: bool = False):
        self.called.add(action)
        done = self.run("sqs", action, "--endpoint-url", self.url, *arguments)
        if fails:
            assert done.returncode != 0
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def version(self) -> str:
        return self.run("--version").stdout.split()[0].replace("/", " ")

    def actions(self) -> set[str]:
        """The commands that the usage offers for one that there is not."""
        offered = self.run("sqs", "no-such-action").stderr.partition("valid choices are:")[2]
        return set(re.findall(r"[a-z]+(?:-[a-z]+)+", offered))


@pytest.fixture(params=["pypi", "debian"], scope="module")
def aws(request, shared_server, guarded_server, tmp_path_factory):
    home = tmp_path_factory.mktemp("aws")
    if request.param == "pypi":
        return Cli(PYPI, home, shared_server.sqs_url, "test", "test")
    if not DEBIAN.exists():
        pytest.skip(f"awscli of Debian is not installed: no {DEBIAN} (make install tries to)")
    return Cli([str(DEBIAN)], home, guarded_server.sqs_url, KEY, SECRET)


def arn(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue.rsplit('/', 1)[1]}"


def test_every_action(aws, new_name, report):
    actions = aws.actions()
    # Most of the time is that of the start of Python, for each call anew: so two at a time.
    with ThreadPoolExecutor(2) as pool:
        stories = [
            pool.submit(messages, aws, new_name()),
            pool.submit(dead_letters_and_moves, aws, new_name(), actions >= MOVES),
            pool.submit(fifo, aws, new_name() + ".fifo"),
            pool.submit(tags_and_permissions, aws, new_name()),
        ]
    for story in stories:
        story.result()
    assert len(actions) >= 20 and not actions - aws.called
    report(f"client: {aws.version()}: {len(aws.called)} actions")


def messages(aws, name):
    url = aws("create-queue", "--queue-name", name, "--attributes", "VisibilityTimeout=60")["QueueUrl"]
    queue = ("--queue-url", url)
    assert aws("get-queue-url", "--queue-name", name)["QueueUrl"] == url
    assert aws("list-queues", "--queue-name-prefix", name)["QueueUrls"] == [url]
    aws("set-queue-attributes", *queue, "--attributes", "DelaySeconds=0,MaximumMessageSize=2048")
    attributes = aws("get-queue-attributes", *queue, "--attribute-names", "All")["Attributes"]
    assert (attributes["VisibilityTimeout"], attributes["MaximumMessageSize"]) == ("60", "2048")

    sent = aws("send-message", *queue, "--message-body", "Grüße", "--message-attributes",
               '{"Kind": {"DataType": "String", "StringValue": "x"}}')
    batch = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(3)]
    assert len(aws("send-message-batch", *queue, "--entries", json.dumps(batch))["Successful"]) == 3

    received = aws("receive-message", *queue, "--max-number-of-messages", "10", "--wait-time-seconds", "5",
                   "--message-attribute-names", "All", "--attribute-names", "All")["Messages"]
    assert [message["Body"] for message in received] == ["Grüße", "m0", "m1", "m2"]
    assert received[0]["MessageId"] == sent["MessageId"]
    assert received[0]["MessageAttributes"]["Kind"]["StringValue"] == "x"
    handles = [message["ReceiptHandle"] for message in received]

    aws("change-message-visibility", *queue, "--receipt-handle", handles[0], "--visibility-timeout", "600")
    changes = [{"Id": "a", "ReceiptHandle": handles[1], "VisibilityTimeout": 0}]
    assert aws("change-message-visibility-batch", *queue, "--entries", json.dumps(changes))["Successful"]
    aws("delete-message", *queue, "--receipt-handle", handles[2])
    deleted = aws("delete-message-batch", *queue, "--entries", json.dumps(
        [{"Id": "a", "ReceiptHandle": handles[3]}, {"Id": "b", "ReceiptHandle": "garbage"}]))
    assert [entry["Id"] for entry in deleted["Successful"]] == ["a"]
    assert [(entry["Id"], entry["Code"]) for entry in deleted["Failed"]] == [("b", "ReceiptHandleIsInvalid")]
    attributes = aws("get-queue-attributes", *queue, "--attribute-names", "All")["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]) == (
        "1", "1")

    aws("purge-queue", *queue)
    assert "PurgeQueueInProgress" in aws("purge-queue", *queue, fails=True)
    assert aws("receive-message", *queue) == {}
    aws("delete-queue", *queue)
    assert "NonExistentQueue" in aws("get-queue-url", "--queue-name", name, fails=True)
    assert "QueueDeletedRecently" in aws("create-queue", "--queue-name", name, fails=True)


def tags_and_permissions(aws, name):
    queue = ("--queue-url", aws("create-queue", "--queue-name", name, "--tags", "team=a")["QueueUrl"])
    aws("tag-queue", *queue, "--tags", '{"cost": "1 + 1", "ü": ""}')
    assert aws("list-queue-tags", *queue) == {"Tags": {"team": "a", "cost": "1 + 1", "ü": ""}}
    aws("untag-queue", *queue, "--tag-keys", "team", "ü")
    assert aws("list-queue-tags", *queue) == {"Tags": {"cost": "1 + 1"}}

    aws("add-permission", *queue, "--label", "partner", "--aws-account-ids", "111111111111", "222222222222",
        "--actions", "SendMessage", "ReceiveMessage")
    policy = aws("get-queue-attributes", *queue, "--attribute-names", "Policy")["Attributes"]["Policy"]
    [statement] = json.loads(policy)["Statement"]
    assert statement["Sid"] == "partner" and len(statement["Principal"]["AWS"]) == 2
    aws("remove-permission", *queue, "--label", "partner")
    assert aws("get-queue-attributes", *queue, "--attribute-names", "Policy") == {}


def fifo(aws, name):
    queue = ("--queue-url", aws("create-queue", "--queue-name", name, "--attributes",
                                "FifoQueue=true,ContentBasedDeduplication=true")["QueueUrl"])
    first = aws("send-message", *queue, "--message-body", "a", "--message-group-id", "g")
    again = aws("send-message", *queue, "--message-body", "a", "--message-group-id", "g")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    aws("send-message", *queue, "--message-body", "a", "--message-group-id", "g", "--message-deduplication-id", "1")
    received = aws("receive-message", *queue, "--max-number-of-messages", "10", "--attribute-names", "All")["Messages"]
    assert [message["Body"] for message in received] == ["a", "a"]
    assert [message["Attributes"]["MessageGroupId"] for message in received] == ["g", "g"]
    assert "MessageGroupId" in aws("send-message", *queue, "--message-body", "x", fails=True)


def dead_letters_and_moves(aws, name, has_moves):
    dead, source = dead_letters(aws, name)
    if has_moves:
        moves(aws, dead, source)


def dead_letters(aws, name) -> tuple[str, str]:
    """The queue of the dead letters, which then has one, and the one it came from."""
    dead = aws("create-queue", "--queue-name", name)["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1})
    attributes = json.dumps({"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    source = aws("create-queue", "--queue-name", f"{name}-source", "--attributes", attributes)["QueueUrl"]
    queue = ("--queue-url", source)
    assert aws("list-dead-letter-source-queues", "--queue-url", dead) == {"queueUrls": [source]}
    aws("send-message", *queue, "--message-body", "x")
    assert [message["Body"] for message in aws("receive-message", *queue)["Messages"]] == ["x"]
    assert aws("receive-message", *queue) == {}
    counts = aws("get-queue-attributes", "--queue-url", dead, "--attribute-names", "ApproximateNumberOfMessages")
    assert counts == {"Attributes": {"ApproximateNumberOfMessages": "1"}}
    return dead, source


def moves(aws, dead, source):
    # At one a second they last until the task is cancelled, also on a busy machine.
    more = [{"Id": str(number), "MessageBody": "y"} for number in range(10)]
    aws("send-message-batch", "--queue-url", dead, "--entries", json.dumps(more))
    of_dead = ("--source-arn", arn(dead))
    task = aws("start-message-move-task", *of_dead, "--destination-arn", arn(source),
               "--max-number-of-messages-per-second", "1")["TaskHandle"]
    moved = aws("cancel-message-move-task", "--task-handle", task)["ApproximateNumberOfMessagesMoved"]
    aws("start-message-move-task", *of_dead, "--destination-arn", arn(source))

    def over():
        newest = aws("list-message-move-tasks", *of_dead, "--max-results", "2")["Results"]
        return newest if newest[0]["Status"] == "COMPLETED" else None

    newest = wait_for(over, what="the end of the move")
    assert [task["ApproximateNumberOfMessagesMoved"] for task in newest] == [11 - moved, moved]
    assert newest[1]["Status"] == "CANCELLED"
    missing = aws("start-message-move-task", "--source-arn", arn(dead) + "-none", fails=True)
    assert "ResourceNotFoundException" in missing
