"""kill -9 under load of the Redis port: what was acknowledged is there, nothing is there twice, transactions are whole.

ROOST_REDIS_KILLS: kills of each test, 5 by default. --seed repeats the random choices.
"""

import faulthandler
import os
import random
import threading
import time

import pytest

from support.clients import json_request, wait_for
from support.redis_load import ACCOUNTS, SHARED_LISTS, State, Worker, account_breaches, fill_accounts, shared_breaches
from support.resp import Connection
from support.server import SMALL_SEGMENTS

KILLS = int(os.environ.get("ROOST_REDIS_KILLS", "5"))
WORKERS = 6


def kill_under_load(server, seed: int, engines: tuple[str, ...]) -> tuple[list[Worker], float]:
    """The workers, and the seconds that the slowest start took."""
    chance = random.Random(seed)
    stop = threading.Event()
    with Connection(server.redis_port) as connection:
        fill_accounts(connection)
    workers = [Worker(number, server.redis_port, chance.getrandbits(32), stop) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    slowest = 0.0
    options = server.options
    try:
        for _ in range(KILLS):
            before = sum(worker.acknowledged for worker in workers)
            wait_for(lambda: stop.is_set() or sum(worker.acknowledged for worker in workers) > before + 50, 30,
                     "work to be acknowledged")
            time.sleep(chance.uniform(0, 0.8))
            if stop.is_set():
                break
            assert server.kill(), f"the server died by itself:\n{server.log_tail()}"
            if chance.random() < 0.3:
                server.start(wait=False)
                time.sleep(chance.uniform(0, 0.2))
                server.kill()
            server.options = (*options, "--engine", chance.choice(engines))
            start = time.monotonic()
            server.start()
            slowest = max(slowest, time.monotonic() - start)
    finally:
        stop.set()
        for worker in workers:
            worker.join(40)
    assert not any(worker.is_alive() for worker in workers)
    return workers, slowest


def check(server, workers: list[Worker]) -> None:
    server.restart()
    with Connection(server.redis_port) as connection:
        for worker in workers:
            worker.check(connection)
        left = [element for name in SHARED_LISTS for element in connection.call("LRANGE", name, 0, -1)]
        accounts = account_breaches(connection, workers)
    wrong = [text for worker in workers for text in worker.wrong] + shared_breaches(workers, left) + accounts
    assert not wrong, "\n".join([f"{len(wrong)} breaches of the promises:", *wrong[:20]])


@pytest.mark.parametrize("options", [(), (*SMALL_SEGMENTS, "--snapshot-bytes", "2MiB")], ids=["log", "snapshots"])
def test_kill_under_load(new_server, seed, report, options):
    # It may run as long as was asked for, not only as long as a test that hangs.
    faulthandler.cancel_dump_traceback_later()
    server = new_server(*options, redis=True).start()
    workers, slowest = kill_under_load(server, seed, ("inline", "threaded"))
    log = json_request(server.http_url, "GET", "/api/v1/stats").json["log"]
    check(server, workers)
    acknowledged, lost = (sum(getattr(worker, name) for worker in workers) for name in ("acknowledged", "lost"))
    popped, lost_pops = sum(len(worker.popped) for worker in workers), sum(worker.lost_pops for worker in workers)
    report(f"redis kill test ({'snapshots' if options else 'log'}): {KILLS} kills, {acknowledged} acknowledged, "
           f"{sum(worker.transfers for worker in workers)} transfers, {popped} popped, "
           f"{lost_pops} pops without reply, {lost} connections lost, {log['segments']} segments, "
           f"ready after at most {slowest:.2f} s; seed {seed}")
    assert acknowledged > 50 * KILLS and popped > 5 * KILLS and lost >= KILLS, "too little load to prove anything"


def test_a_client_that_waits_through_a_kill_takes_nothing(new_server):
    """Its pop was never answered, and nobody pushed: the next element is for the next who asks."""
    server = new_server(redis=True).start()
    with Connection(server.redis_port) as waiting:
        waiting.send(("BRPOP", "jobs", 0))
        with Connection(server.redis_port) as other:
            wait_for(lambda: b"blocked_clients:1" in other.call("INFO", "clients"), what="a client that waits")
        server.restart()
        with pytest.raises(ConnectionError):
            waiting.read()
    with Connection(server.redis_port) as other:
        assert other.call("LPUSH", "jobs", "x") == 1
        assert other.call("BRPOP", "jobs", 1) == [b"jobs", b"x"]
    server.restart()
    with Connection(server.redis_port) as other:
        assert other.call("LLEN", "jobs") == 0


def test_a_popped_element_stays_popped(new_server):
    server = new_server(redis=True).start()
    with Connection(server.redis_port) as connection:
        connection.call("RPUSH", "l", *range(100))
        taken = [connection.call("LPOP", "l") for _ in range(50)]
        connection.call("BLMOVE", "l", "taken", "LEFT", "RIGHT", 1)
    server.restart()
    with Connection(server.redis_port) as connection:
        assert taken == [b"%d" % number for number in range(50)]
        assert connection.call("LRANGE", "l", 0, -1) == [b"%d" % number for number in range(51, 100)]
        assert connection.call("LRANGE", "taken", 0, -1) == [b"50"]


def test_databases_types_and_expiry_are_kept(new_server):
    server = new_server(redis=True).start()
    with Connection(server.redis_port) as connection:
        connection.pipeline(
            ("SELECT", 5), ("SET", "s", bytes(range(256))), ("SET", "soon", "x", "PX", 300),
            ("SET", "later", "x", "EX", 99), ("HSET", "h", "f", "v"), ("SADD", "t", "a", "b"),
            ("ZADD", "z", "1.5", "a", "-inf", "b"), ("RPUSH", "l", "a"), ("SELECT", 0), ("SET", "s", "other"))
    server.kill()
    time.sleep(0.4)
    server.start()
    with Connection(server.redis_port) as connection:
        replies = connection.pipeline(
            ("GET", "s"), ("DBSIZE",), ("SELECT", 5), ("GET", "s"), ("GET", "soon"), ("GET", "later"),
            ("HGET", "h", "f"), ("SCARD", "t"), ("ZRANGE", "z", 0, -1, "WITHSCORES"), ("TYPE", "l"),
            ("PERSIST", "later"), ("PERSIST", "s"))
        assert replies == [b"other", 1, b"OK", bytes(range(256)), None, b"x", b"v", 2, [b"b", b"-inf", b"a", b"1.5"],
                           b"list", 1, 0]


def test_the_checks_see_what_is_wrong(redis_port):
    """A history that was kept is tampered with: each kind of loss is found."""
    stop = threading.Event()

    def worker() -> Worker:
        made = Worker(0, redis_port, 1, stop)
        made.state = State(strings={"a": b"1"}, lists={"l": [b"x", b"y"]})
        return made

    with Connection(redis_port) as connection:
        connection.pipeline(("SET", "a", "1"), ("RPUSH", "l", "x", "y"))
        for changes, wrong in (
            ([], 0), ([("DEL", "a")], 1), ([("SET", "a", "2")], 1), ([("LPOP", "l")], 1), ([("RPUSH", "l", "y")], 1),
            ([("SET", "a", "3"), ("HSET", "h", "f", "v")], 0), ([("SET", "a", "3")], 1), ([("HSET", "h", "f", "v")], 1),
        ):
            connection.pipeline(("FLUSHDB",), ("SET", "a", "1"), ("RPUSH", "l", "x", "y"), *changes)
            made = worker()
            made.maybe = [("SET", "a", b"3"), ("HSET", "h", b"f", b"v")]
            made.check(connection)
            assert len(made.wrong) == wrong, (changes, made.wrong)
    made = worker()
    made.pushed, made.perhaps_pushed, made.popped = [b"a", b"b", b"c"], [b"d"], [b"a"]
    assert shared_breaches([made], [b"b", b"c"]) == shared_breaches([made], [b"b", b"c", b"d"]) == []
    for left in ([b"b"], [b"a", b"b", b"c"], [b"b", b"b", b"c"], [b"b", b"c", b"e"]):
        assert len(shared_breaches([made], left)) == 1, left
    made.lost_pops = 1
    assert shared_breaches([made], [b"b"]) == []
    with Connection(redis_port) as connection:
        for changes, wrong in (
            ([], 0), ([("LPOP", ACCOUNTS[0])], 1), ([("LPUSH", ACCOUNTS[0], "account:1 7")], 1),
            ([("HINCRBY", "balance", ACCOUNTS[0], -1)], 1), ([("ZINCRBY", "transfers", 1, ACCOUNTS[0])], 1),
            ([("LMOVE", *ACCOUNTS, "LEFT", "RIGHT")], 0),
        ):
            connection.call("FLUSHDB")
            fill_accounts(connection)
            connection.pipeline(*changes)
            assert len(account_breaches(connection, [worker()])) == wrong, changes
