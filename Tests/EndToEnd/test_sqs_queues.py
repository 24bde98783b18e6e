"""The queue actions of the SQS API with boto3: create, find, list, set, purge, delete."""

import re
import time

from support.clients import error_of, sqs_client, sqs_request
from support.server import ACCOUNT

ATTRIBUTES_OF_A_STANDARD_QUEUE = {
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp", "DelaySeconds", "LastModifiedTimestamp", "MaximumMessageSize", "MessageRetentionPeriod",
    "QueueArn", "ReceiveMessageWaitTimeSeconds", "SqsManagedSseEnabled", "VisibilityTimeout",
}


def counts(sqs, queue):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
             "ApproximateNumberOfMessagesDelayed"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return tuple(int(attributes[name]) for name in names)


def test_create_and_find_a_queue(shared_server, sqs, new_name):
    name = new_name()
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert url == shared_server.queue_url(name)
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url


def test_queue_url_names_the_host_that_the_client_asked(shared_server, new_name):
    name = new_name()
    host = f"localhost:{shared_server.sqs_port}"
    reply = sqs_request(shared_server.sqs_url, "CreateQueue", {"QueueName": name}, headers={"Host": host})
    assert reply.json == {"QueueUrl": f"http://{host}/{ACCOUNT}/{name}"}
    assert reply.headers["content-type"] == "application/x-amz-json-1.0"


def test_calls_may_be_posted_to_the_queue_path(shared_server, queue):
    path = queue.removeprefix(shared_server.sqs_url)
    value = {"QueueUrl": queue, "MessageBody": "by the path"}
    assert sqs_request(shared_server.sqs_url, "SendMessage", value, path=path).status == 200


def test_a_bare_name_works_as_queue_url(sqs, new_name):
    name = new_name()
    sqs.create_queue(QueueName=name)
    sqs.send_message(QueueUrl=name, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=name)["Messages"][0]["Body"] == "hello"
    sqs.set_queue_attributes(QueueUrl=name, Attributes={"DelaySeconds": "1"})
    assert sqs.get_queue_attributes(QueueUrl=name, AttributeNames=["All"])["Attributes"]["DelaySeconds"] == "1"


def test_create_again_compares_only_the_attributes_named(sqs, new_name):
    name = new_name()
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45", "DelaySeconds": "3"})["QueueUrl"]
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45"})["QueueUrl"] == url
    error = error_of(sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "46"})
    assert (error["code"], error["shape"], error["status"]) == ("QueueAlreadyExists", "QueueNameExists", 400)
    assert "VisibilityTimeout" in error["text"]


def test_create_again_compares_with_the_current_values(sqs, new_name):
    name = new_name()
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45"})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "50"})
    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "50"})["QueueUrl"] == url
    error = error_of(sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "45"})
    assert error["code"] == "QueueAlreadyExists"


def test_messages_do_not_make_create_fail(sqs, new_name):
    name = new_name()
    attributes = {"VisibilityTimeout": "45"}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"] == url


def test_attributes_of_a_new_queue(sqs, new_name):
    before = int(time.time())
    name = new_name()
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert set(attributes) == ATTRIBUTES_OF_A_STANDARD_QUEUE
    assert before - 1 <= int(attributes["CreatedTimestamp"]) <= time.time() + 1
    assert before - 1 <= int(attributes["LastModifiedTimestamp"]) <= time.time() + 1
    assert re.fullmatch(rf"arn:aws:sqs:[a-z0-9-]+:{ACCOUNT}:{name}", attributes["QueueArn"])
    expected = {
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0", "DelaySeconds": "0", "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30",
    }
    assert {name: attributes[name] for name in expected} == expected


def test_no_attribute_names_no_attributes(sqs, queue):
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue)


def test_set_and_get_attributes(sqs, queue):
    wanted = {
        "VisibilityTimeout": "7", "DelaySeconds": "2", "MaximumMessageSize": "2048",
        "MessageRetentionPeriod": "60", "ReceiveMessageWaitTimeSeconds": "5",
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=wanted)
    assert sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(wanted))["Attributes"] == wanted


def test_list_queues_by_prefix_and_page(sqs, new_name):
    prefix = new_name()
    urls = sorted(sqs.create_queue(QueueName=f"{prefix}-{number}")["QueueUrl"] for number in range(5))
    everything = sqs.list_queues(QueueNamePrefix=prefix)
    assert sorted(everything["QueueUrls"]) == urls
    assert "NextToken" not in everything

    pages, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2, **more)
        pages.append(page["QueueUrls"])
        token = page.get("NextToken")
        if not token:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(sum(pages, [])) == urls


def test_list_queues_without_a_match_has_no_urls(sqs):
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="no-such-prefix")


def test_counts_by_state(sqs, queue):
    for _ in range(4):
        sqs.send_message(QueueUrl=queue, MessageBody="ready")
    sqs.send_message(QueueUrl=queue, MessageBody="delayed", DelaySeconds=600)
    sqs.receive_message(QueueUrl=queue)
    assert counts(sqs, queue) == (3, 1, 1)


def test_purge_removes_messages_in_every_state(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="in flight")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    sqs.send_message(QueueUrl=queue, MessageBody="ready")
    sqs.send_message(QueueUrl=queue, MessageBody="delayed", DelaySeconds=600)
    assert counts(sqs, queue) == (1, 1, 1)

    sqs.purge_queue(QueueUrl=queue)
    assert counts(sqs, queue) == (0, 0, 0)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    sqs.send_message(QueueUrl=queue, MessageBody="after")
    assert [m["Body"] for m in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]] == ["after"]


def test_delete_queue(sqs, queue, new_name):
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    sqs.delete_queue(QueueUrl=queue)
    name = queue.rsplit("/", 1)[1]
    assert error_of(sqs.get_queue_url, QueueName=name)["shape"] == "QueueDoesNotExist"
    assert error_of(sqs.send_message, QueueUrl=queue, MessageBody="x")["shape"] == "QueueDoesNotExist"
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=name)


def test_a_client_with_another_region_works(shared_server, new_name, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert sqs_client(shared_server.sqs_url).create_queue(QueueName=new_name())["QueueUrl"]
