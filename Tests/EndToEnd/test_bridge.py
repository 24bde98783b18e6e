"""One queue, three protocols: what boto3 sends is popped by redis-cli and the other way round, with kill -9 in between;
waiters of all protocols stand in one line; the commands of Roost on leases; queues bound to channels.
"""

import threading
import time

import pytest
import redis

from support.clients import http_request, json_request, queue_info, sqs_client, wait_for, wait_for_waiters
from support.commands import needs_redis_cli, redis_cli as cli
from support.resp import Connection, Push, ReplyError


@pytest.fixture
def server(new_server):
    return new_server(redis=True).start()


@pytest.fixture
def client(server):
    with redis.Redis(port=server.redis_port, decode_responses=True, protocol=3) as client:
        yield client


@pytest.fixture
def sqs(server):
    return sqs_client(server.sqs_url)


@pytest.fixture
def jobs(sqs):
    return sqs.create_queue(QueueName="jobs")["QueueUrl"]


def bodies(reply: dict) -> list[str]:
    return [message["Body"] for message in reply.get("Messages", [])]


@needs_redis_cli
def test_boto3_and_redis_cli_share_a_queue_over_kills(server, sqs, jobs):
    sqs.send_message(QueueUrl=jobs, MessageBody="from boto3")
    server.kill()
    server.start()
    assert cli(server, "TYPE", "jobs") == "queue"
    assert cli(server, "LPOP", "jobs") == "from boto3"
    assert cli(server, "LPUSH", "jobs", "from redis-cli", "größer") == "2"
    server.kill()
    server.start()
    received = sqs.receive_message(QueueUrl=jobs, MaxNumberOfMessages=10)
    assert bodies(received) == ["from redis-cli", "größer"]
    # Leased: nobody pops it.
    assert cli(server, "RPOP", "jobs") == ""
    for message in received["Messages"]:
        sqs.delete_message(QueueUrl=jobs, ReceiptHandle=message["ReceiptHandle"])
    assert cli(server, "LLEN", "jobs") == "0"


def test_the_queue_of_aweq_is_a_key(server, client):
    for number in range(10):
        reply = http_request(server.http_url, "POST", "/send-message", body=b'{"message": "job-%d"}' % number,
                             headers={"Content-Type": "application/json"})
        assert reply.status == 200
    assert client.keys("*") == ["aweq"]
    assert client.llen("aweq") == 10
    assert client.lrange("aweq", 0, 1) == ["job-0", "job-1"]
    http_request(server.http_url, "GET", "/receive-message?count=4")
    assert client.llen("aweq") == 6
    assert client.flushdb() is True
    assert client.keys("*") == []
    assert queue_info(server, "aweq")["counts"]["in_flight"] == 0


def test_waiters_of_all_protocols_stand_in_one_line(server, client, sqs, jobs):
    got, lock = [], threading.Lock()

    def take(number: int):
        if number % 3 == 0:
            with redis.Redis(port=server.redis_port, decode_responses=True) as own:
                body = own.brpop("jobs", 20)[1]
        elif number % 3 == 1:
            body = bodies(sqs.receive_message(QueueUrl=jobs, WaitTimeSeconds=20))[0]
        else:
            reply = json_request(server.http_url, "POST", "/api/v1/queues/jobs/receive", {"wait_seconds": 20})
            body = reply.json["messages"][0]["body"]
        with lock:
            got.append((number, body))

    threads = []
    for number in range(6):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        wait_for_waiters(server, "jobs", number + 1)
    for number in range(6):
        if number % 2:
            client.rpush("jobs", f"{number}")
        else:
            sqs.send_message(QueueUrl=jobs, MessageBody=f"{number}")
        wait_for(lambda: len(got) == number + 1, 10, "the next waiter to be served")
    for thread in threads:
        thread.join(20)
    assert got == [(number, f"{number}") for number in range(6)]


def test_leases_of_redis_clients(server, client, sqs, jobs):
    identity = client.execute_command(
        "ROOST.SEND", "jobs", "first", "ATTR", "kind", "String", "order", "ATTR", "blob", "Binary", b"\x00\x01")
    message = client.execute_command("ROOST.RECEIVE", "jobs", "VISIBILITY", 30)[0]
    assert message["id"] == identity and message["body"] == "first" and message["receives"] == 1
    assert message["attributes"]["kind"] == ["String", "order"]
    assert client.execute_command("ROOST.RECEIVE", "jobs") == []
    assert client.execute_command("ROOST.EXTEND", "jobs", message["handle"], 60) == "OK"
    assert client.execute_command("ROOST.RELEASE", "jobs", message["handle"]) == "OK"
    received = sqs.receive_message(QueueUrl=jobs, MessageAttributeNames=["All"])["Messages"][0]
    assert received["MessageId"] == identity
    assert received["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\x01"
    assert client.execute_command("ROOST.BURY", "jobs", received["ReceiptHandle"], "REASON", "broken") == "OK"
    assert queue_info(server, "jobs")["counts"]["buried"] == 1
    assert client.execute_command("ROOST.KICK", "jobs") == 1
    again = client.execute_command("ROOST.RECEIVE", "jobs", "COUNT", 10)
    assert [message["receives"] for message in again] == [3]
    assert client.execute_command("ROOST.ACK", "jobs", again[0]["handle"]) == "OK"
    assert queue_info(server, "jobs")["counts"] == {
        "ready": 0, "in_flight": 0, "delayed": 0, "damaged": 0, "buried": 0}


def test_a_receive_that_waits(server, client, sqs, jobs):
    with Connection(server.redis_port) as waiting:
        waiting.send(("ROOST.RECEIVE", "jobs", "WAIT", "20"), ("PING",))
        wait_for_waiters(server, "jobs", 1)
        client.lpush("jobs", "late")
        fields = waiting.read()[0]
        assert dict(zip(fields[::2], fields[1::2]))[b"body"] == b"late"
        assert waiting.read() == b"PONG"
        start = time.monotonic()
        assert waiting.call("ROOST.RECEIVE", "jobs", "WAIT", "0.2") == []
        assert time.monotonic() - start >= 0.2
    # A client that is gone before its messages come gives them back.
    with Connection(server.redis_port) as gone:
        gone.send(("ROOST.RECEIVE", "jobs", "WAIT", "20", "VISIBILITY", "600"))
        wait_for_waiters(server, "jobs", 1)
    wait_for_waiters(server, "jobs", 0)
    sqs.send_message(QueueUrl=jobs, MessageBody="kept")
    assert client.rpop("jobs") == "kept"


def test_fifo_queues(client, sqs):
    sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})
    for group, body in [("a", "1"), ("a", "2"), ("b", "3"), ("a", "1")]:
        client.execute_command("ROOST.SEND", "orders.fifo", body, "GROUP", group)
    with pytest.raises(redis.ResponseError, match="ROOST.SEND"):
        client.lpush("orders.fifo", "x")
    held = client.execute_command("ROOST.RECEIVE", "orders.fifo", "COUNT", 1)[0]
    assert (held["body"], held["group"]) == ("1", "a")
    # A pop skips the group that is in flight.
    assert client.lpop("orders.fifo") == "3"
    assert client.lpop("orders.fifo") is None
    client.execute_command("ROOST.ACK", "orders.fifo", held["handle"])
    assert client.lpop("orders.fifo") == "2"


def test_transactions_on_queues_and_keys(server, client, sqs, jobs):
    with client.pipeline(transaction=True) as pipe:
        pipe.lpush("jobs", "a", "b").hset("status", "jobs", 2).lmove("jobs", "working", "RIGHT", "LEFT").llen("jobs")
        assert pipe.execute() == [2, 1, "a", 1]
    with client.pipeline(transaction=True) as pipe:
        pipe.watch("jobs")
        sqs.send_message(QueueUrl=jobs, MessageBody="c")
        pipe.multi()
        pipe.set("seen", 1)
        with pytest.raises(redis.WatchError):
            pipe.execute()
    server.kill()
    server.start()
    assert client.lrange("working", 0, -1) == ["a"]
    assert client.lrange("jobs", 0, -1) == ["b", "c"]
    assert client.hgetall("status") == {"jobs": "2"}
    assert not client.exists("seen")


def test_names_are_shared(client, sqs, jobs):
    client.rpush("list", "x")
    with pytest.raises(sqs.exceptions.QueueNameExists, match="list"):
        sqs.create_queue(QueueName="list")
    for command in [("SET", "jobs", "x"), ("EXPIRE", "jobs", 5), ("RENAME", "list", "jobs"), ("LTRIM", "jobs", 0, 1)]:
        with pytest.raises(redis.ResponseError, match="wrong kind of value"):
            client.execute_command(*command)
    with pytest.raises(redis.ResponseError, match="one byte"):
        client.lpush("jobs", "")
    with pytest.raises(redis.ResponseError, match="not text"):
        client.lpush("jobs", b"\xff\x00")
    with pytest.raises(redis.ResponseError, match="NOQUEUE"):
        client.execute_command("ROOST.SEND", "nothing", "x")
    with pytest.raises(redis.ResponseError, match="NOLEASE"):
        client.execute_command("ROOST.ACK", "jobs", "x")


def test_queues_bound_to_channels(server, client, sqs, jobs):
    assert client.execute_command("ROOST.BIND", "jobs", "orders.*") == "OK"
    with Connection(server.redis_port, protocol=3) as subscriber:
        assert isinstance(subscriber.call("SUBSCRIBE", "orders.new"), Push)
        assert client.publish("orders.new", "1") == 2
        assert subscriber.read() == [b"message", b"orders.new", b"1"]
        with client.pipeline(transaction=True) as pipe:
            pipe.publish("orders.new", "2").set("k", 1).publish("elsewhere", "3")
            assert pipe.execute() == [2, True, 0]
        assert subscriber.read() == [b"message", b"orders.new", b"2"]
        # What the queue refuses nobody gets.
        with pytest.raises(redis.ResponseError, match="not text"):
            client.publish("orders.new", b"\xff")
        server.kill()
    server.start()
    assert bodies(sqs.receive_message(QueueUrl=jobs, MaxNumberOfMessages=10)) == ["1", "2"]
    assert client.publish("orders.new", "4") == 1
    assert client.execute_command("ROOST.UNBIND", "jobs", "orders.*") == "OK"
    assert client.publish("orders.new", "5") == 0
    with Connection(server.redis_port) as connection:
        reply = connection.pipeline(("MULTI",), ("ROOST.ACK", "jobs", "x"), ("EXEC",))
        assert isinstance(reply[1], ReplyError) and reply[2].code == "EXECABORT"
