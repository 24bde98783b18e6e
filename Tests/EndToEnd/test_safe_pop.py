"""Safe pop: what a Redis client pops is its own after its next command only. Clients vanish, or go on, and the server
is killed between a pop and the next command.
"""

import socket
import time

import pytest
import redis

from support.clients import json_request, queue_info, reset, sqs_client, wait_for, wait_for_waiters
from support.resp import Connection, encode

# So long a message is leased that nobody renews.
LEASE_SECONDS = 60


@pytest.fixture
def server(new_server):
    return new_server(redis=True).start()


@pytest.fixture
def client(server):
    """Has nothing to do with pops: its commands confirm nothing of others."""
    with redis.Redis(port=server.redis_port, decode_responses=True, protocol=3) as client:
        yield client


def create(server, name: str, **settings) -> str:
    reply = json_request(server.http_url, "PUT", f"/api/v1/queues/{name}", {"safe_pop": True, **settings})
    assert reply.status == 200, reply.text
    return name


@pytest.fixture
def jobs(server):
    return create(server, "jobs")


def counts(server, queue: str = "jobs") -> tuple[int, int]:
    """Ready, and in flight."""
    found = queue_info(server, queue)["counts"]
    return found["ready"], found["in_flight"]


def pop(connection: Connection, *command) -> object:
    """A pop whose reply has arrived, and nothing more is said."""
    return connection.call(*command)


def receive(server, queue: str = "jobs") -> list[tuple[str, int]]:
    """All messages, each with its receive count, this one included."""
    reply = json_request(server.http_url, "POST", f"/api/v1/queues/{queue}/receive", {"max": 10})
    return [(message["body"], message["receive_count"]) for message in reply.json["messages"]]


# MARK: The setting


def test_the_setting_is_in_all_places(new_server, tmp_path):
    file = tmp_path / "roost.yaml"
    file.write_text("queues:\n  declared: {safe-pop: on}\n")
    server = new_server("--config", str(file), redis=True).start()
    assert queue_info(server, "declared")["settings"]["safe_pop"] is True
    sqs = sqs_client(server.sqs_url)
    sqs.create_queue(QueueName="plain")
    assert queue_info(server, "plain")["settings"]["safe_pop"] is False
    changed = json_request(server.http_url, "PATCH", "/api/v1/queues/plain", {"safe_pop": True})
    assert changed.json["settings"]["safe_pop"] is True
    server.kill()
    server.start()
    assert queue_info(server, "plain")["settings"]["safe_pop"] is True


# MARK: Who confirms


@pytest.mark.parametrize("command", [("GET", "x"), ("PING",), ("NOSUCH",), ("LPOP", "jobs")])
def test_the_next_command_confirms(server, client, jobs, command):
    client.rpush("jobs", "1")
    with Connection(server.redis_port) as worker:
        assert pop(worker, "LPOP", "jobs") == b"1"
        assert counts(server) == (0, 1)
        worker.pipeline(command)
        # A command that does not ask the storage is answered at once.
        wait_for(lambda: counts(server) == (0, 0), 10, "the delete")
    assert counts(server) == (0, 0)
    server.kill()
    server.start()
    assert counts(server) == (0, 0)


@pytest.mark.parametrize("command", [
    ("LPOP", "jobs"), ("RPOP", "jobs"), ("LPOP", "jobs", "2"), ("BLPOP", "jobs", "0"), ("BRPOP", "list", "jobs", "0"),
    ("LMPOP", "2", "list", "jobs", "LEFT", "COUNT", "2"), ("BLMPOP", "0", "1", "jobs", "RIGHT")])
def test_every_pop_is_returned_when_its_client_closes(server, client, jobs, command):
    client.rpush("jobs", "1", "2", "3")
    with Connection(server.redis_port) as worker:
        assert "b'1'" in str(pop(worker, *command))
        taken = counts(server)[1]
        assert taken == (2 if command[-1] == "2" else 1)
    wait_for(lambda: counts(server) == (3, 0), 10, "the messages to be back")
    # At their place, and counted.
    assert receive(server) == [("1", 2), ("2", 1 + (taken > 1)), ("3", 1)]


def test_redis_py_pops_and_goes_on(server, client, jobs):
    client.rpush("jobs", *[f"{number}" for number in range(20)])
    with redis.Redis(port=server.redis_port, decode_responses=True, single_connection_client=True) as worker:
        taken = [worker.blpop("jobs", 1)[1] for _ in range(10)]
        assert taken == [f"{number}" for number in range(10)]
        # The last one waits for the next command.
        assert counts(server) == (10, 1)
        assert worker.llen("jobs") == 10
        assert counts(server) == (10, 0)


def test_pipelined_commands_do_not_confirm(server, client, jobs):
    client.rpush("jobs", "1")
    with Connection(server.redis_port) as worker:
        assert worker.pipeline(("LPOP", "jobs"), ("PING",), ("GET", "x")) == [b"1", b"PONG", None]
        assert counts(server) == (0, 1)
    wait_for(lambda: counts(server) == (1, 0), 10, "the message to be back")
    assert receive(server) == [("1", 2)]


def test_commands_that_nobody_has_read_yet_do_not_confirm(server, client, jobs):
    """They stand in the socket when the reply of the pop leaves: the server does not read while it holds commands."""
    client.rpush("jobs", "1")
    with Connection(server.redis_port) as worker:
        worker.send(("BLPOP", "gate", "0"), ("LPOP", "jobs"))
        wait_for(lambda: client.info("clients")["blocked_clients"] == 1, 10, "the wait")
        worker.send(*[("SET", "z", "y" * 100)] * 20)
        client.rpush("gate", "open")
        assert [worker.read() for _ in range(22)] == [[b"gate", b"open"], b"1"] + [b"OK"] * 20
        assert counts(server) == (0, 1)
        assert worker.call("GET", "x") is None
        assert counts(server) == (0, 0)


def test_commands_behind_a_pop_that_waits_do_not_confirm(server, client, jobs):
    with Connection(server.redis_port) as worker:
        worker.send(("BLPOP", "jobs", "0"), ("GET", "x"))
        wait_for_waiters(server, "jobs", 1)
        client.rpush("jobs", "1")
        assert worker.read() == [b"jobs", b"1"]
        assert worker.read() is None
        assert counts(server) == (0, 1)
        assert worker.call("GET", "x") is None
        assert counts(server) == (0, 0)


def test_a_command_that_had_begun_does_not_confirm(server, client, jobs):
    client.rpush("jobs", "1")
    get = encode(("GET", "x"))
    with Connection(server.redis_port) as worker:
        worker.send_bytes(encode(("LPOP", "jobs")) + get[:5])
        assert worker.read() == b"1"
        worker.send_bytes(get[5:])
        assert worker.read() is None
        assert counts(server) == (0, 1)
        assert worker.call("GET", "x") is None
        assert counts(server) == (0, 0)


# MARK: Who gives back


@pytest.mark.parametrize("command", ["RESET", "QUIT"])
def test_reset_and_quit_give_back(server, client, jobs, command):
    client.rpush("jobs", "1")
    with Connection(server.redis_port) as worker:
        assert pop(worker, "LPOP", "jobs") == b"1"
        assert worker.call(command) == {"RESET": b"RESET", "QUIT": b"OK"}[command]
        wait_for(lambda: counts(server) == (1, 0), 10, "the message to be back")
    assert receive(server) == [("1", 2)]


def test_a_client_that_is_killed_gives_back(server, client, jobs):
    client.rpush("jobs", "1")
    with Connection(server.redis_port) as worker:
        identity = worker.call("CLIENT", "ID")
        assert pop(worker, "LPOP", "jobs") == b"1"
        held = [entry for entry in client.client_list() if entry["id"] == f"{identity}"]
        assert held[0]["unconfirmed"] == "1"
        assert client.client_kill_filter(_id=identity) == 1
        wait_for(lambda: counts(server) == (1, 0), 10, "the message to be back")


def test_another_client_gets_what_one_left(server, client, jobs):
    """The other one waits already, and SQS sees both receives."""
    client.rpush("jobs", "1")
    with Connection(server.redis_port) as first, Connection(server.redis_port) as second:
        assert pop(first, "BRPOP", "jobs", "0") == [b"jobs", b"1"]
        second.send(("BRPOP", "jobs", "0"))
        wait_for_waiters(server, "jobs", 1)
        first.close()
        assert second.read() == [b"jobs", b"1"]
    wait_for(lambda: counts(server) == (1, 0), 10, "the message to be back")
    sqs = sqs_client(server.sqs_url)
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    message = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"


def test_a_waiter_that_is_served_and_has_vanished(server, client, jobs):
    """Its connection breaks just when it gets something: sometimes before, sometimes after it was served."""
    for number in range(20):
        waiter = socket.create_connection(("127.0.0.1", server.redis_port))
        waiter.sendall(encode(("BLPOP", "jobs", "0")))
        wait_for_waiters(server, "jobs", 1)
        client.rpush("jobs", f"{number}")
        reset(waiter)
        wait_for(lambda: counts(server) == (1, 0), 10, "the message to be back")
        assert client.lpop("jobs") == f"{number}"
        client.get("x")
        assert counts(server) == (0, 0)


def test_what_kills_its_workers_becomes_a_dead_letter(server, client):
    json_request(server.http_url, "PUT", "/api/v1/queues/dead", {})
    create(server, "jobs", dead_letters={"queue": "dead", "max_receives": 3})
    client.rpush("jobs", "poison")
    for _ in range(3):
        with Connection(server.redis_port) as worker:
            assert pop(worker, "LPOP", "jobs") == b"poison"
        wait_for(lambda: counts(server) == (1, 0), 10, "the message to be back")
    with Connection(server.redis_port) as worker:
        assert pop(worker, "LPOP", "jobs") is None
    assert receive(server, "dead") == [("poison", 4)]


def test_a_fifo_group_waits_for_the_one_who_popped(server, client):
    create(server, "jobs.fifo", fifo=True)
    for number in range(2):
        client.execute_command("ROOST.SEND", "jobs.fifo", f"{number}", "GROUP", "g", "DEDUP", f"{number}")
    with Connection(server.redis_port) as worker, Connection(server.redis_port) as other:
        assert pop(worker, "LPOP", "jobs.fifo") == b"0"
        assert other.call("LPOP", "jobs.fifo") is None
        worker.call("GET", "x")
        assert other.call("LPOP", "jobs.fifo") == b"1"


# MARK: What is final


def test_pops_in_transactions_and_moves_are_final(server, client, jobs):
    client.rpush("jobs", "1", "2", "3")
    with Connection(server.redis_port) as worker:
        replies = worker.pipeline(("MULTI",), ("LPOP", "jobs"), ("EXEC",), ("LMOVE", "jobs", "list", "LEFT", "RIGHT"))
        assert replies[2:] == [[b"1"], b"2"]
        assert counts(server) == (1, 0)
        assert pop(worker, "BLMOVE", "jobs", "list", "LEFT", "RIGHT", "0") == b"3"
        assert counts(server) == (0, 0)
    assert client.lrange("list", 0, -1) == ["2", "3"]
    assert counts(server) == (0, 0)


def test_without_the_setting_nothing_is_other(server, client):
    json_request(server.http_url, "PUT", "/api/v1/queues/plain", {})
    client.rpush("plain", "1", "2")
    with Connection(server.redis_port) as worker:
        assert pop(worker, "LPOP", "plain") == b"1"
        assert counts(server, "plain") == (1, 0)
    json_request(server.http_url, "PATCH", "/api/v1/queues/plain", {"safe_pop": True})
    with Connection(server.redis_port) as worker:
        assert pop(worker, "LPOP", "plain") == b"2"
        assert counts(server, "plain") == (0, 1)


# MARK: The server dies


def test_a_kill_between_pop_and_next_command_gives_back(server, client, jobs):
    """What was confirmed stays gone."""
    client.rpush("jobs", "1", "2", "3")
    worker, other = Connection(server.redis_port), Connection(server.redis_port)
    assert pop(worker, "LPOP", "jobs") == b"1"
    assert pop(worker, "LPOP", "jobs") == b"2"
    assert pop(other, "LPOP", "jobs") == b"3"
    server.kill()
    server.start()
    worker.close()
    other.close()
    # The restarted server does not know the clients, so the leases run out: that is the price of a crash.
    assert counts(server) == (0, 2)
    with Connection(server.redis_port, timeout=LEASE_SECONDS + 30) as next_worker:
        taken = {tuple(next_worker.call("BLPOP", "jobs", f"{LEASE_SECONDS + 15}")) for _ in range(2)}
    assert taken == {(b"jobs", b"2"), (b"jobs", b"3")}


def test_a_client_that_works_longer_than_a_lease_keeps_it(server, client, jobs):
    client.rpush("jobs", "1")
    with Connection(server.redis_port) as worker:
        assert pop(worker, "LPOP", "jobs") == b"1"
        time.sleep(LEASE_SECONDS + 5)
        assert counts(server) == (0, 1)
        assert worker.call("GET", "x") is None
        assert counts(server) == (0, 0)
    assert counts(server) == (0, 0)
