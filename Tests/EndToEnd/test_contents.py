"""Queues of bytes: what Redis clients push comes back as it was, over kill -9; SQS clients see and send base64."""

import base64
import hashlib
import pickle

import pytest
import redis
from botocore.exceptions import ClientError

from support.clients import json_request, md5_of_attributes, sqs_client
from support.commands import run_roost

ENCODING = {"Roost.Encoding": {"DataType": "String", "StringValue": "base64"}}
BODIES = [b"", b"\x00", b"\xff\xfe", b"plain", "größer".encode(), bytes(range(256)), pickle.dumps({"a": [1, 2.5]})]


@pytest.fixture
def server(new_server):
    return new_server(redis=True).start()


@pytest.fixture
def client(server):
    with redis.Redis(port=server.redis_port) as client:
        yield client


@pytest.fixture
def sqs(server):
    return sqs_client(server.sqs_url)


@pytest.fixture
def roost(server):
    def run(*arguments, code=0):
        done = run_roost(server.http_url, *arguments)
        assert done.returncode == code, done
        return done.stdout if code == 0 else done.stderr.decode()

    return run


@pytest.fixture
def blobs(server, roost):
    roost("queue", "create", "blobs", "--contents", "bytes")
    return server.queue_url("blobs")


def receive(sqs, url, **options):
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], **options).get(
        "Messages", [])


def test_what_is_pushed_is_popped_as_it_was_over_a_kill(server, client, blobs):
    assert client.rpush("blobs", *BODIES) == len(BODIES)
    server.kill()
    server.start()
    assert client.lrange("blobs", 0, -1) == BODIES
    assert client.brpop("blobs", 5) == (b"blobs", BODIES[0])
    assert [client.lpop("blobs") for _ in BODIES[1:]] == BODIES[1:]
    client.execute_command("ROOST.SEND", "blobs", b"\xff")
    assert client.lpop("blobs") == b"\xff"


def test_a_queue_of_text_refuses_them(client, sqs):
    sqs.create_queue(QueueName="words")
    for body in (b"", b"\x00", b"\xff"):
        with pytest.raises(redis.ResponseError):
            client.lpush("words", body)
    with pytest.raises(redis.ResponseError, match="not text"):
        client.execute_command("ROOST.SEND", "words", b"\xff")
    assert client.llen("words") == 0


def test_boto3_sees_base64_and_the_attribute(client, sqs, blobs):
    client.rpush("blobs", *BODIES)
    messages = receive(sqs, blobs)
    assert [base64.b64decode(message["Body"], validate=True) for message in messages] == BODIES
    for message in messages:
        assert message["MessageAttributes"] == ENCODING
        assert message["MD5OfBody"] == hashlib.md5(message["Body"].encode()).hexdigest()
        assert message["MD5OfMessageAttributes"] == md5_of_attributes(ENCODING)


def test_boto3_sends_text_or_base64(client, sqs, blobs):
    sqs.send_message(QueueUrl=blobs, MessageBody="plain")
    encoded = base64.b64encode(b"\xff\x00").decode()
    sent = sqs.send_message(QueueUrl=blobs, MessageBody=encoded, MessageAttributes=ENCODING)
    assert sent["MD5OfMessageBody"] == hashlib.md5(encoded.encode()).hexdigest()
    entries = [{"Id": "a", "MessageBody": encoded, "MessageAttributes": ENCODING},
               {"Id": "b", "MessageBody": "no base64", "MessageAttributes": ENCODING}]
    reply = sqs.send_message_batch(QueueUrl=blobs, Entries=entries)
    assert [entry["Id"] for entry in reply["Successful"]] == ["a"]
    assert [entry["Code"] for entry in reply["Failed"]] == ["InvalidMessageContents"]
    assert client.lrange("blobs", 0, -1) == [b"plain", b"\xff\x00", b"\xff\x00"]
    assert [message["Body"] for message in receive(sqs, blobs)] == ["cGxhaW4=", encoded, encoded]
    with pytest.raises(ClientError) as refusal:
        sqs.send_message(QueueUrl=blobs, MessageBody="no base64", MessageAttributes=ENCODING)
    assert refusal.value.response["Error"]["Code"] == "InvalidMessageContents"


def test_the_json_api_shows_bytes_as_ever(server, client, blobs):
    client.rpush("blobs", b"\xff", b"plain")
    messages = json_request(server.http_url, "POST", "/api/v1/queues/blobs/receive", {"max": 2}).json["messages"]
    assert messages[0]["body_base64"] == "/w==" and "body" not in messages[0]
    assert messages[1]["body"] == "plain" and messages[1]["attributes"] == {}


def test_bytes_do_not_come_into_a_queue_of_text(server, client, sqs, roost, blobs):
    sqs.create_queue(QueueName="words")
    assert "bytes" in roost("queue", "set", "blobs", "--dead-letters", "words", "--max-receives", "1", code=5)
    client.rpush("blobs", b"\xff")
    assert "bytes" in roost("move", "blobs", "words", code=5)
    with pytest.raises(redis.ResponseError, match="not text"):
        client.lmove("blobs", "words", "LEFT", "RIGHT")
    assert client.lrange("blobs", 0, -1) == [b"\xff"] and client.llen("words") == 0
    # A queue of text may become one of bytes, and not the other way round.
    roost("queue", "set", "words", "--contents", "bytes")
    assert "not back" in roost("queue", "set", "words", "--contents", "text", code=5)
    assert client.lmove("blobs", "words", "LEFT", "RIGHT") == b"\xff"
    server.kill()
    server.start()
    assert b"bytes" in roost("queue", "stats", "words")
    assert client.lpop("words") == b"\xff"


def test_contents_in_the_configuration_file(new_server, tmp_path):
    path = tmp_path / "roost.yaml"
    path.write_text("queues:\n  blobs: {contents: bytes}\n")
    server = new_server("--config", str(path), redis=True).start()
    with redis.Redis(port=server.redis_port) as client:
        assert client.rpush("blobs", b"\xff") == 1
    settings = json_request(server.http_url, "GET", "/api/v1/queues/blobs").json["settings"]
    assert settings["contents"] == "bytes"
