"""What the tests of the behaviours of SQS share: both protocols, queues, and calls in short form."""

import json
import uuid

import pytest

from .protocols import JSON, Query, Refused
from .server import ACCOUNT

FIFO = {"FifoQueue": "true"}
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture(params=[JSON, Query], ids=["json", "query"])
def api(request, shared_server):
    return request.param(shared_server.sqs_port)


@pytest.fixture
def new_queue(api):
    """Makes queues: `new_queue(FIFO)`."""

    def make(attributes: dict | None = None, **members) -> str:
        name = f"q-{uuid.uuid4().hex[:12]}" + (".fifo" if "FifoQueue" in (attributes or {}) else "")
        if attributes:
            members["Attributes"] = attributes
        return api("CreateQueue", QueueName=name, **members)["QueueUrl"]

    return make


@pytest.fixture
def queue(new_queue):
    return new_queue()


@pytest.fixture
def fifo(new_queue):
    return new_queue(FIFO | {"ContentBasedDeduplication": "true"})


def arn(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue.rsplit('/', 1)[1]}"


def name_of(queue: str) -> str:
    return queue.rsplit("/", 1)[1]


def attributes(api, queue: str, *names: str) -> dict:
    return api("GetQueueAttributes", QueueUrl=queue, AttributeNames=list(names or ["All"])).get("Attributes", {})


def send(api, queue: str, body: str, group: str | None = None, **members) -> dict:
    if group is not None:
        members["MessageGroupId"] = group
    return api("SendMessage", QueueUrl=queue, MessageBody=body, **members)


def receive(api, queue: str, count: int = 10, **members) -> list[dict]:
    return api("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=count, **members).get("Messages", [])


def bodies(messages: list[dict]) -> list[str]:
    return [message["Body"] for message in messages]


def delete(api, queue: str, message: dict) -> None:
    api("DeleteMessage", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def release(api, queue: str, message: dict, seconds: int = 0) -> None:
    api("ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds)


def refused(api, action: str, **members) -> Refused:
    with pytest.raises(Refused) as caught:
        api(action, **members)
    return caught.value


def redrive(target: str, count) -> dict:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn(target), "maxReceiveCount": count})}
