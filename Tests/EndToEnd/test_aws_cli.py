"""The aws cli from PyPI: every action of the SQS API once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture(scope="module")
def aws(shared_server, tmp_path_factory):
    home = tmp_path_factory.mktemp("aws")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "NO_PROXY": "127.0.0.1", "LC_ALL": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true",
    }

    def run(action, *arguments, fails=False):
        done = subprocess.run(
            [sys.executable, str(AWS), "sqs", action, "--endpoint-url", shared_server.sqs_url, *arguments],
            env=environment, capture_output=True, text=True, timeout=60)
        if fails:
            assert done.returncode != 0
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    return run


def test_every_action(aws, new_name):
    name = new_name()
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
    assert aws("delete-message-batch", *queue, "--entries",
               json.dumps([{"Id": "a", "ReceiptHandle": handles[3]}]))["Successful"]
    attributes = aws("get-queue-attributes", *queue, "--attribute-names", "All")["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]) == (
        "1", "1")

    aws("purge-queue", *queue)
    assert aws("receive-message", *queue) == {}
    aws("delete-queue", *queue)
    assert "NonExistentQueue" in aws("get-queue-url", "--queue-name", name, fails=True)
