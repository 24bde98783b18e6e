"""Everything survives kill -9 and a new start."""

import time

import pytest

from support import clients
from support.clients import json_request, sqs_client, wait_for
from support.server import SMALL_SEGMENTS
from test_aweq import AweQ
from test_sqs_queues import counts


@pytest.fixture
def sqs(server):
    return sqs_client(server.sqs_url)


@pytest.fixture
def queue(sqs):
    return sqs.create_queue(QueueName="kept")["QueueUrl"]


def test_messages(server, sqs, queue):
    attributes = {
        "Kind": {"DataType": "String", "StringValue": "ü"}, "Raw": {"DataType": "Binary", "BinaryValue": b"\0"}}
    bodies = [f"Grüße {number} " + "x" * number * 997 for number in range(50)]
    sent = [sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes) for body in bodies]
    server.restart()
    received = []
    while len(received) < 50:
        received += sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"])["Messages"]
    assert [message["Body"] for message in received] == bodies
    assert [message["MessageId"] for message in received] == [reply["MessageId"] for reply in sent]
    assert all(message["MessageAttributes"] == attributes for message in received)
    assert counts(sqs, queue) == (0, 50, 0)


def test_a_mebibyte(server, sqs, queue):
    body = "é" * 524_288
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    server.restart()
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == body


def test_deletes(server, sqs, queue):
    for number in range(10):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]:
        if message["Body"] != "7":
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    server.restart()
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["7"]


def test_leases_and_receive_counts(server, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    leased = time.monotonic()
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=4)
    server.restart()
    assert counts(sqs, queue) == (0, 1, 0)
    message = sqs.receive_message(
        QueueUrl=queue, WaitTimeSeconds=20, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
    assert time.monotonic() - leased > 3.9
    assert message["Attributes"] == {"ApproximateReceiveCount": "2"}


def test_a_lease_that_ends_while_the_server_is_down(server, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1)
    server.kill()
    time.sleep(1.2)
    server.start()
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"][0]["Body"] == "x"


def test_handles(server, sqs, queue):
    for body in ("delete me", "release me", "keep me"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=600)["Messages"]
    delete, release, keep = (message["ReceiptHandle"] for message in messages)
    server.restart()
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=delete)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=release, VisibilityTimeout=0)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=keep, VisibilityTimeout=1200)
    assert counts(sqs, queue) == (1, 1, 0)
    again = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    assert again["Body"] == "release me"
    assert again["ReceiptHandle"] not in (delete, release, keep)
    server.restart()
    assert counts(sqs, queue) == (0, 2, 0)


def test_delays(server, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=4)
    sent = time.monotonic()
    server.restart()
    assert counts(sqs, queue) == (0, 0, 1)
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"] == "later"
    assert time.monotonic() - sent > 3.9


def test_queue_settings_and_times(server, sqs, queue):
    wanted = {
        "VisibilityTimeout": "7", "DelaySeconds": "2", "MaximumMessageSize": "2048", "MessageRetentionPeriod": "600",
        "ReceiveMessageWaitTimeSeconds": "5",
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=wanted)
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    server.restart()
    assert sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"] == before
    assert before | wanted == before


def test_purge_and_deleted_queues(server, sqs, queue):
    other = sqs.create_queue(QueueName="removed")["QueueUrl"]
    for url in (queue, other):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.purge_queue(QueueUrl=queue)
    sqs.delete_queue(QueueUrl=other)
    server.restart()
    assert counts(sqs, queue) == (0, 0, 0)
    assert clients.error_of(sqs.get_queue_url, QueueName="removed")["shape"] == "QueueDoesNotExist"


def test_pause(server, sqs, queue):
    def call(method, path, value=None):
        return json_request(server.http_url, method, "/api/v1/queues/kept" + path, value).json

    sqs.send_message(QueueUrl=queue, MessageBody="x")
    pause = call("POST", "/pause", {"reason": "maintenance"})["pause"]
    server.restart()
    assert call("GET", "")["pause"] == pause
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    call("POST", "/resume")
    server.restart()
    assert call("GET", "")["pause"] is None
    assert "Messages" in sqs.receive_message(QueueUrl=queue)


def test_retention_goes_on(server, sqs, queue):
    json_request(server.http_url, "PATCH", "/api/v1/queues/kept", {"retention_seconds": 3})
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    server.restart()
    wait_for(lambda: counts(sqs, queue) == (0, 0, 0), 20, "the end of retention")


def test_aweq_checkouts(new_server):
    server = new_server("--aweq-visibility", "2").start()
    aweq = AweQ(server)
    keys = [aweq.send(f"m{number}") for number in range(4)]
    aweq.receive(2)
    server.restart()
    assert aweq.counts() == (2, 2)
    aweq.delete(keys[0])
    wait_for(lambda: aweq.counts() == (3, 0), 20, "the checkout to be restored")
    _, messages = aweq.receive(10)
    assert [(message["key"], message["retry_count"]) for message in messages] == [
        (keys[2], 0), (keys[3], 0), (keys[1], 1)]


def test_many_restarts_in_a_row(server, sqs, queue):
    for number in range(5):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
        server.restart()
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("fsync", ["interval", "off"])
def test_weaker_fsync_survives_a_kill(new_server, fsync):
    """The kernel has what was written; only a power cut loses it."""
    server = new_server("--fsync", fsync).start()
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="kept")["QueueUrl"]
    for number in range(20):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    server.restart()
    assert counts(sqs, queue) == (20, 0, 0)


def test_the_other_engine_reads_the_same_log(new_server):
    server = new_server("--engine", "inline").start()
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="kept")["QueueUrl"]
    for engine in ("threaded", "inline"):
        sqs.send_message(QueueUrl=queue, MessageBody=engine)
        server.options = ("--engine", engine)
        server.restart()
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["threaded", "inline"]


def test_segments_fill_and_roll(new_server):
    """Many small segments, so that messages and deletes of one lie far apart."""
    server = new_server(*SMALL_SEGMENTS).start()
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="kept")["QueueUrl"]
    for number in range(40):
        sqs.send_message(QueueUrl=queue, MessageBody=f"{number} " + "x" * 300_000)
    kept = []
    for number in range(40):
        message = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0 if number % 2 else 600)["Messages"][0]
        if number % 2:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        else:
            kept.append(message["Body"])
    segments = json_request(server.http_url, "GET", "/api/v1/stats").json["log"]["segments"]
    assert segments > 3
    server.restart()
    assert counts(sqs, queue) == (0, 20, 0)
    assert len(kept) == 20


def test_a_second_server_on_the_same_directory_is_refused(new_server):
    first = new_server().start()
    second = new_server()
    second.data = first.data
    second.start(wait=False)
    assert second.process.wait(30) != 0
    text = second.log.read_text()
    assert str(first.data) in text
    assert "another" in text.lower() or "in use" in text.lower() or "lock" in text.lower(), text
    assert first.status_of("/readyz") == 200
