"""Send, receive, delete and change visibility with boto3."""

import time

import pytest

from support.clients import error_of, md5_of, sqs_request
from test_sqs_queues import counts


def receive_one(sqs, queue, **parameters):
    messages = sqs.receive_message(QueueUrl=queue, **parameters).get("Messages", [])
    assert len(messages) == 1
    return messages[0]


def nothing_to_receive(sqs, queue):
    return "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_send_receive_delete(sqs, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="hello")
    assert sent["MD5OfMessageBody"] == md5_of("hello")
    assert "SequenceNumber" not in sent
    message = receive_one(sqs, queue)
    assert (message["MessageId"], message["Body"], message["MD5OfBody"]) == (
        sent["MessageId"], "hello", md5_of("hello"))
    assert "Attributes" not in message
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, queue) == (0, 0, 0)


def test_an_empty_receive_has_no_list(shared_server, queue):
    assert sqs_request(shared_server.sqs_url, "ReceiveMessage", {"QueueUrl": queue}).json == {}


def test_send_batch_and_receive_in_order(sqs, queue):
    entries = [{"Id": f"e{number}", "MessageBody": f"body {number}"} for number in range(10)]
    reply = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert "Failed" not in reply
    assert [entry["Id"] for entry in reply["Successful"]] == [entry["Id"] for entry in entries]
    assert [entry["MD5OfMessageBody"] for entry in reply["Successful"]] == [
        md5_of(entry["MessageBody"]) for entry in entries]
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == [entry["MessageBody"] for entry in entries]
    assert [message["MessageId"] for message in messages] == [entry["MessageId"] for entry in reply["Successful"]]


def test_delete_batch(sqs, queue):
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(5)])
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    entries = [{"Id": f"d{n}", "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
    reply = sqs.delete_message_batch(QueueUrl=queue, Entries=entries + [{"Id": "bad", "ReceiptHandle": "garbage"}])
    assert [entry["Id"] for entry in reply["Successful"]] == [entry["Id"] for entry in entries]
    assert [(e["Id"], e["Code"], e["SenderFault"]) for e in reply["Failed"]] == [
        ("bad", "ReceiptHandleIsInvalid", True)]
    assert counts(sqs, queue) == (0, 0, 0)


def test_batch_with_only_failures_has_no_successful_list(sqs, queue):
    reply = sqs.delete_message_batch(QueueUrl=queue, Entries=[{"Id": "bad", "ReceiptHandle": "garbage"}])
    assert "Successful" not in reply


def test_change_visibility_batch(sqs, queue):
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    entries = [
        {"Id": f"v{n}", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0 if n < 2 else 600}
        for n, message in enumerate(messages)
    ]
    reply = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in reply["Successful"]] == ["v0", "v1", "v2"]
    assert counts(sqs, queue) == (2, 1, 0)


def test_delete_twice_succeeds(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive_one(sqs, queue)["ReceiptHandle"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)


def test_a_received_message_is_hidden_and_comes_back(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    first = receive_one(sqs, queue, VisibilityTimeout=1)
    assert nothing_to_receive(sqs, queue)
    second = receive_one(sqs, queue, WaitTimeSeconds=10)
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


def test_delete_with_an_expired_handle(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive_one(sqs, queue, VisibilityTimeout=0)["ReceiptHandle"]
    assert counts(sqs, queue) == (1, 0, 0)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    assert counts(sqs, queue) == (0, 0, 0)


def test_visibility_zero_makes_a_new_handle_each_time(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handles = {receive_one(sqs, queue, VisibilityTimeout=0)["ReceiptHandle"] for _ in range(3)}
    assert len(handles) == 3


def test_an_expired_message_comes_before_later_ones(sqs, queue):
    for body in ("first", "second"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert receive_one(sqs, queue, VisibilityTimeout=0)["Body"] == "first"
    assert receive_one(sqs, queue)["Body"] == "first"


def test_visibility_of_one_receive_does_not_last(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive_one(sqs, queue, VisibilityTimeout=600)["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    receive_one(sqs, queue)
    # The queue's own second again, not the 600 of before.
    receive_one(sqs, queue, WaitTimeSeconds=10)


def test_change_visibility_hides_longer(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive_one(sqs, queue, VisibilityTimeout=1)["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=600)
    time.sleep(1.5)
    assert nothing_to_receive(sqs, queue)


def test_change_visibility_after_expiry_hides_again(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive_one(sqs, queue, VisibilityTimeout=0)["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=600)
    assert nothing_to_receive(sqs, queue)


def test_an_older_handle_can_end_the_visibility(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    older = receive_one(sqs, queue, VisibilityTimeout=0)["ReceiptHandle"]
    receive_one(sqs, queue)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=older, VisibilityTimeout=0)
    receive_one(sqs, queue)


def test_total_visibility_is_at_most_twelve_hours_from_the_receive(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive_one(sqs, queue, VisibilityTimeout=60)["ReceiptHandle"]
    time.sleep(1.1)
    error = error_of(sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43200)
    assert error["code"] == "InvalidParameterValue"
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43190)


def test_receive_count_and_times(sqs, queue):
    before = int(time.time() * 1000)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    seen = [receive_one(sqs, queue, VisibilityTimeout=0, AttributeNames=["All"])["Attributes"] for _ in range(3)]
    after = int(time.time() * 1000)
    assert [attributes["ApproximateReceiveCount"] for attributes in seen] == ["1", "2", "3"]
    assert {attributes["SentTimestamp"] for attributes in seen} == {seen[0]["SentTimestamp"]}
    assert {a["ApproximateFirstReceiveTimestamp"] for a in seen} == {seen[0]["ApproximateFirstReceiveTimestamp"]}
    sent, first = int(seen[0]["SentTimestamp"]), int(seen[0]["ApproximateFirstReceiveTimestamp"])
    # Broker time is the wall clock at the start of the server and monotonic from there: allow for a correction.
    assert before - 2000 <= sent <= first <= after + 2000
    assert seen[0]["SenderId"]


def test_system_attributes_by_name(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    message = receive_one(sqs, queue, VisibilityTimeout=0, AttributeNames=["SentTimestamp"])
    assert set(message["Attributes"]) == {"SentTimestamp"}
    message = receive_one(sqs, queue, VisibilityTimeout=0, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert set(message["Attributes"]) == {"ApproximateReceiveCount"}
    message = receive_one(
        sqs, queue, AttributeNames=["SentTimestamp"], MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert set(message["Attributes"]) == {"ApproximateReceiveCount"}


def test_delay_of_a_message(sqs, queue):
    start = time.monotonic()
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=2)
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    assert receive_one(sqs, queue, MaxNumberOfMessages=10)["Body"] == "now"
    assert counts(sqs, queue) == (0, 1, 1)
    assert receive_one(sqs, queue, WaitTimeSeconds=10)["Body"] == "later"
    assert time.monotonic() - start >= 2


def test_delay_of_the_queue_and_its_override(sqs, new_name):
    queue = sqs.create_queue(QueueName=new_name(), Attributes={"DelaySeconds": "600"})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="delayed")
    sqs.send_message(QueueUrl=queue, MessageBody="at once", DelaySeconds=0)
    assert counts(sqs, queue) == (1, 0, 1)
    assert receive_one(sqs, queue)["Body"] == "at once"


def test_one_bad_entry_does_not_stop_a_batch(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    reply = sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": "good", "MessageBody": "fine"},
        {"Id": "long", "MessageBody": "x" * 1025},
        {"Id": "character", "MessageBody": "\x01"},
        {"Id": "late", "MessageBody": "x", "DelaySeconds": 901},
    ])
    assert [entry["Id"] for entry in reply["Successful"]] == ["good"]
    failed = {entry["Id"]: entry for entry in reply["Failed"]}
    assert {name: entry["Code"] for name, entry in failed.items()} == {
        "long": "InvalidParameterValue", "character": "InvalidMessageContents", "late": "InvalidParameterValue"}
    assert all(entry["SenderFault"] for entry in failed.values())
    assert counts(sqs, queue) == (1, 0, 0)


@pytest.mark.parametrize("wait", [None, 0])
def test_short_poll_does_not_wait(sqs, queue, wait):
    more = {} if wait is None else {"WaitTimeSeconds": wait}
    if wait == 0:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"ReceiveMessageWaitTimeSeconds": "20"})
    start = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, **more)
    assert time.monotonic() - start < 5
