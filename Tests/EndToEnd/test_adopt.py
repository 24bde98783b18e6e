"""`roost queue adopt`: a list of Redis becomes a queue, with its elements as messages, all or nothing, over kill -9."""

import threading
import time

import pytest
import redis

from support.clients import json_request, queue_info, sqs_client, wait_for_waiters
from support.commands import needs_redis_cli, redis_cli as cli, run_roost

REFUSED = 5


@pytest.fixture
def server(new_server):
    return new_server(redis=True).start()


@pytest.fixture
def client(server):
    with redis.Redis(port=server.redis_port) as client:
        yield client


@pytest.fixture
def roost(server):
    def run(*arguments, code=0):
        done = run_roost(server.http_url, *arguments, text=True)
        assert done.returncode == code, done
        return done

    return run


@pytest.mark.parametrize("first, order", [("head", ["a", "b", "c"]), ("tail", ["c", "b", "a"])])
def test_a_list_becomes_a_queue(server, client, roost, first, order):
    client.rpush("jobs", "a", "b", "c")
    done = roost("queue", "adopt", "jobs", "--first", first, "--visibility", "7s", "--delay", "1h")
    assert done.stderr == "jobs is a queue of 3 messages now.\n"
    server.kill()
    server.start()
    settings = queue_info(server, "jobs")["settings"]
    assert (settings["visibility_timeout_seconds"], settings["delay_seconds"]) == (7, 3600)
    assert client.type("jobs") == b"queue"
    assert [element.decode() for element in client.lrange("jobs", 0, -1)] == order
    sqs = sqs_client(server.sqs_url)
    received = sqs.receive_message(QueueUrl=server.queue_url("jobs"), MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in received] == order


@needs_redis_cli
def test_redis_cli_adopts(server):
    cli(server, "RPUSH", "jobs", "a", "b")
    assert cli(server, "ROOST.ADOPT", "jobs", "CONTENTS", "BYTES") == "2"
    assert cli(server, "TYPE", "jobs") == "queue"
    assert cli(server, "LRANGE", "jobs", "0", "-1") == "a\nb"
    assert "it is a queue already" in cli(server, "ROOST.ADOPT", "jobs")


def test_what_stands_against_it_is_told_and_nothing_changes(server, client, roost):
    client.rpush("binary", "a", b"\xff")
    client.rpush("empty", "")
    client.rpush("jobs.fifo", "a")
    client.set("text", "a")
    client.hset("hash", "field", "a")
    for key, reason in [
        ("none", "no such key"), ("text", "a key of type string"), ("hash", "a key of type hash"),
        ("jobs.fifo", "need a group"), ("binary", "element 1 is no text"), ("empty", "element 0 is empty"),
    ]:
        assert reason in roost("queue", "adopt", key, code=REFUSED).stderr
    client.rpush("long", "x" * 2000)
    assert "2000 bytes" in roost("queue", "adopt", "long", "--max-message-bytes", "1KiB", code=REFUSED).stderr
    assert client.type("binary") == b"list" and client.lrange("binary", 0, -1) == [b"a", b"\xff"]
    queues = json_request(server.http_url, "GET", "/api/v1/queues").json["queues"]
    assert [queue["name"] for queue in queues] == ["aweq"]
    roost("queue", "adopt", "binary", "--contents", "bytes")
    roost("queue", "adopt", "empty", "--contents", "bytes")
    assert client.lrange("binary", 0, -1) == [b"a", b"\xff"]
    assert client.lpop("empty") == b""


def test_a_list_that_is_too_long_is_told_how_long_it_may_be(new_server):
    server = new_server("--segment-bytes", "1MiB", redis=True).start()
    with redis.Redis(port=server.redis_port) as client:
        for _ in range(12):
            client.rpush("jobs", *["x" * 10_000] * 10)
        with pytest.raises(redis.ResponseError, match="one record of the log.* are the most"):
            client.execute_command("ROOST.ADOPT", "jobs")
        assert client.llen("jobs") == 120 and client.type("jobs") == b"list"


def test_a_client_that_waits_gets_what_comes(server, client, roost):
    """It began to wait at the list, and goes on at the queue."""
    got = []

    def work():
        with redis.Redis(port=server.redis_port) as worker:
            for _ in range(3):
                got.append(worker.brpop("jobs", 20)[1])

    client.rpush("jobs", "a", "b")
    roost("queue", "adopt", "jobs")
    thread = threading.Thread(target=work)
    thread.start()
    wait_for_waiters(server, "jobs", 1)
    client.lpush("jobs", "c")
    thread.join(20)
    assert got == [b"a", b"b", b"c"]


def test_kills_around_an_adoption(server, client):
    """However it ends, all elements are there, in their order."""
    elements = [f"{number} ".encode() + b"x" * 2000 for number in range(400)]
    client.rpush("jobs", *elements)
    for attempt in range(8):
        with redis.Redis(port=server.redis_port) as caller:
            thread = threading.Thread(target=adopt, args=(caller,))
            thread.start()
            # Before it is there, while it is carried out, after the reply.
            time.sleep(attempt * 0.002)
            server.kill()
            thread.join(20)
        server.start()
        assert client.lrange("jobs", 0, -1) == elements
        if client.type("jobs") == b"queue":
            return
    assert client.execute_command("ROOST.ADOPT", "jobs") == len(elements)


def adopt(caller) -> None:
    try:
        caller.execute_command("ROOST.ADOPT", "jobs")
    except (redis.ConnectionError, redis.TimeoutError):
        pass
