"""MIGRATE to a redis-server and to another Roost: what goes along, what is refused, and that no key is ever nowhere.

ROOST_MIGRATE_KILLS: kills of the last test, 4 by default. --seed repeats the random choices.
"""

import os
import random
import select
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis as client_library

from support.resp import Connection, ReplyError
from support.server import Server

KILLS = int(os.environ.get("ROOST_MIGRATE_KILLS", "4"))
PASSWORD = "correct: horse/battery"
HOST = "127.0.0.1"
VALUES = {
    "text": (("SET", "hello \0 there"), ("GET",)), "list": (("RPUSH", *range(300)), ("LRANGE", 0, -1)),
    "hash": (("HSET", "a", "1", "b", b"\xff\x00\r\n"), ("HMGET", "b", "a", "c")),
    "set": (("SADD", "only"), ("SMEMBERS",)),
    "sorted": (("ZADD", "-inf", "a", "1.5", "b"), ("ZRANGE", 0, -1, "WITHSCORES")),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Another Roost, which wants a password."""
    server = Server(tmp_path_factory.mktemp("target"), redis=True, environment={"ROOST_REDIS_PASSWORD": PASSWORD})
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["redis", "roost"])
def target(request):
    """Port, the options of MIGRATE, and a connection, of an empty server of each kind."""
    if request.param == "redis":
        port, options = request.getfixturevalue("real_redis").redis_port, ()
    else:
        port, options = request.getfixturevalue("guarded").redis_port, ("AUTH", PASSWORD)
    with Connection(port) as connection:
        if options:
            connection.call(*options)
        connection.call("FLUSHALL")
        yield port, options, connection


@pytest.fixture
def source(redis_port):
    with Connection(redis_port) as connection:
        yield connection


@pytest.fixture
def silent():
    """A server that takes connections and never says anything."""
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(30)
        yield listener


def refusal(connection, *arguments) -> str:
    with pytest.raises(ReplyError) as error:
        connection.call(*arguments)
    return str(error.value)


def test_values_of_all_types_go_with_the_time_that_is_left(source, target):
    port, options, other = target
    for name, ((command, *arguments), (read, *rest)) in VALUES.items():
        source.call(command, name, *arguments)
        source.call("PEXPIRE", name, 100_000)
        value = source.call(read, name, *rest)
        assert source.call("MIGRATE", HOST, port, name, 3, 5000, *options) == b"OK"
        assert source.call("EXISTS", name) == 0
        other.call("SELECT", 3)
        assert other.call(read, name, *rest) == value
        assert 0 < other.call("PTTL", name) <= 100_000
    source.call("SET", "forever", "x")
    assert source.call("MIGRATE", "localhost", port, "forever", 3, 5000, *options) == b"OK"
    assert other.call("PTTL", "forever") == -1


def test_copy_replace_and_a_name_that_is_taken(source, target):
    port, options, other = target
    source.call("SET", "key", "new")
    other.call("SET", "key", "old")
    assert refusal(source, "MIGRATE", HOST, port, "key", 0, 5000, *options) == \
        "ERR Target instance replied with error: BUSYKEY Target key name already exists."
    assert (source.call("GET", "key"), other.call("GET", "key")) == (b"new", b"old")
    assert source.call("MIGRATE", HOST, port, "key", 0, 5000, "COPY", "REPLACE", *options) == b"OK"
    assert (source.call("GET", "key"), other.call("GET", "key")) == (b"new", b"new")
    source.call("SET", "key", "newer")
    assert source.call("MIGRATE", HOST, port, "key", 0, 5000, *options, "REPLACE") == b"OK"
    assert (source.call("GET", "key"), other.call("GET", "key")) == (None, b"newer")


def test_many_keys_and_keys_that_are_not_there(source, target):
    port, options, other = target
    assert source.call("MIGRATE", HOST, port, "none", 0, 5000, *options) == b"NOKEY"
    assert source.call("MIGRATE", HOST, port, "", 0, 5000, *options, "KEYS", "none", "nor this") == b"NOKEY"
    names = [f"key {number}" for number in range(200)]
    source.pipeline(*(("SET", name, name) for name in names))
    other.call("SET", names[7], "old")
    reply = refusal(source, "MIGRATE", HOST, port, "", 0, 5000, *options, "KEYS", "none", *names)
    assert reply.startswith("ERR Target instance replied with error: BUSYKEY")
    # The others went all the same.
    assert source.call("KEYS", "*") == [names[7].encode()]
    assert other.call("MGET", *names) == [b"old" if name == names[7] else name.encode() for name in names]


def test_other_databases_and_large_values(source, target):
    port, options, other = target
    value = random.randbytes(20_000_000)
    source.call("SELECT", 2)
    source.call("SET", "large", value)
    assert source.call("MIGRATE", HOST, port, "large", 5, 20_000, *options) == b"OK"
    assert source.call("DBSIZE") == 0
    other.call("SELECT", 5)
    assert other.call("GET", "large") == value
    source.call("SET", "key", "x")
    assert refusal(source, "MIGRATE", HOST, port, "key", 99, 5000, *options) == \
        "ERR Target instance replied with error: ERR DB index is out of range"
    other.call("SELECT", 0)
    assert source.call("EXISTS", "key") == 1 and other.call("DBSIZE") == 0


def test_a_target_that_wants_a_password(source, guarded):
    with Connection(guarded.redis_port) as other:
        other.call("AUTH", PASSWORD)
        other.call("FLUSHALL")
    source.call("SET", "key", "x")
    arguments = ("MIGRATE", HOST, guarded.redis_port, "key", 0, 5000)
    assert refusal(source, *arguments).startswith("ERR Target instance replied with error: NOAUTH")
    assert refusal(source, *arguments, "AUTH", "wrong").startswith("ERR Target instance replied with error: WRONGPASS")
    assert source.call("EXISTS", "key") == 1
    assert source.call(*arguments, "AUTH2", "default", PASSWORD) == b"OK"
    assert PASSWORD.encode() not in b"".join(
        source.call(*words) for words in (("CLIENT", "LIST"), ("INFO", "everything")))


def test_passwords_are_not_in_the_log(new_server, real_redis):
    server = new_server("--log-level", "trace", redis=True).start()
    with Connection(server.redis_port) as source:
        source.call("SET", "key", "x")
        refusal(source, "MIGRATE", HOST, real_redis.redis_port, "key", 0, 5000, "AUTH", "s3cret-of-target")
        refusal(source, "MIGRATE", HOST, 1, "key", 0, 5000, "AUTH", "s3cret-of-target")
    assert server.stop() == 0
    assert b"s3cret" not in server.log.read_bytes()


def test_a_client_of_other_people(source, redis_port, real_redis):
    with Connection(real_redis.redis_port) as other:
        other.call("FLUSHALL")
        with client_library.Redis(port=redis_port) as library:
            library.mset({"a": 1, "b": 2})
            assert library.migrate(HOST, real_redis.redis_port, ["a", "b", "c"], 1, 5000, copy=True, replace=True)
            assert library.migrate(HOST, real_redis.redis_port, "a", 0, 5000)
        assert other.call("GET", "a") == b"1"
        other.call("SELECT", 1)
        assert other.call("MGET", "a", "b") == [b"1", b"2"]


def test_what_cannot_go(source, real_redis):
    """Parts of transactions, and what Redis refuses, in its words."""
    with Connection(real_redis.redis_port) as redis:
        for arguments in (
            ("h", 1, "k", 0), ("h", 1, "k", 0, "x"), ("h", 1, "k", "x", 1), ("h", 1, "k", "x", "x", "FOO"),
            ("h", 1, "k", 0, 1, "AUTH"), ("h", 1, "k", 0, 1, "AUTH2", "me"), ("h", 1, "k", 0, 1, "KEYS", "a"),
        ):
            assert refusal(source, "MIGRATE", *arguments) == refusal(redis, "MIGRATE", *arguments)
        for arguments in (("h", 1, "k", 0, 1), ("h", 1, "", 0, -1, "KEYS"), ("h", 1, "", 0, 1, "KEYS", "k", "COPY")):
            assert source.call("MIGRATE", *arguments) == redis.call("MIGRATE", *arguments) == b"NOKEY"
        assert source.call("COMMAND", "INFO", "MIGRATE")[0][1] == redis.call("COMMAND", "INFO", "MIGRATE")[0][1] == -6
    source.call("MULTI")
    assert "not allowed inside a transaction" in refusal(source, "MIGRATE", HOST, 1, "k", 0, 5000)
    source.call("DISCARD")


def test_a_queue_stays(source, keys_server, redis_port, real_redis, new_name):
    name = new_name()
    source.call("RPUSH", name, "a")
    assert source.call("ROOST.ADOPT", name) == 1
    error = refusal(source, "DUMP", name)
    assert refusal(source, "MIGRATE", HOST, real_redis.redis_port, name, 0, 5000) == error
    assert source.call("LLEN", name) == 1


def test_a_port_where_nobody_listens(source, redis_port):
    source.call("SET", "key", "x")
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    for place in (port, "x", 0, 65_536, "99999999999999999999"):
        assert refusal(source, "MIGRATE", HOST, place, "key", 0, 5000) == \
            "IOERR error or timeout connecting to the client"
    assert refusal(source, "MIGRATE", "no.such.host.invalid", 1, "key", 0, 5000).startswith("IOERR ")
    assert source.call("GET", "key") == b"x"


def test_others_are_served_while_a_target_says_nothing(source, redis_port, silent):
    source.call("SET", "key", "x")
    port = silent.getsockname()[1]
    with Connection(redis_port) as other:
        source.send(("MIGRATE", HOST, port, "key", 0, 3000), ("GET", "key"))
        taken, _ = silent.accept()
        with taken:
            assert taken.recv(1000) == b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
            for number in range(200):
                assert other.call("INCR", "counter") == number + 1
            assert not select.select([source._socket], [], [], 0)[0], "it was answered before its timeout"
            error = source.read()
            assert str(error) == "IOERR error or timeout reading to target instance"
            assert source.read() == b"x"
            assert taken.recv(1000) == b""


def test_a_client_that_goes_leaves_nothing_behind(source, redis_port, silent):
    source.call("SET", "key", "x")
    with Connection(redis_port) as going:
        going.send(("MIGRATE", HOST, silent.getsockname()[1], "key", 0, 600_000))
        taken, _ = silent.accept()
        taken.settimeout(30)
        assert taken.recv(1000)
    with taken:
        assert taken.recv(1000) == b"", "the connection to the target outlived its client"
    assert source.call("GET", "key") == b"x"


def test_a_stop_does_not_wait_for_a_target(new_server, silent):
    server = new_server(redis=True).start()
    with Connection(server.redis_port) as source:
        source.call("SET", "key", "x")
        source.send(("MIGRATE", HOST, silent.getsockname()[1], "key", 0, 600_000))
        taken, _ = silent.accept()
        with taken:
            assert taken.recv(1000)
            assert server.stop() == 0
        assert str(source.read()) == "IOERR the server shuts down"


def test_to_itself(source, redis_port):
    source.call("SET", "key", "x")
    assert source.call("MIGRATE", HOST, redis_port, "key", 1, 5000) == b"OK"
    assert source.call("EXISTS", "key") == 0
    source.call("SELECT", 1)
    assert source.call("GET", "key") == b"x"
    assert "BUSYKEY" in refusal(source, "MIGRATE", HOST, redis_port, "key", 1, 5000)
    # Each RESTORE changes the key that is to be removed.
    assert "went on changing" in refusal(source, "MIGRATE", HOST, redis_port, "key", 1, 300, "REPLACE")
    assert source.call("GET", "key") == b"x"


def test_no_change_is_lost_between_two_servers(source, redis_port, target):
    """Somebody counts while the key goes: what is left here and what is there are all that was counted."""
    port, options, other = target
    counted, going = 0, True

    def count():
        nonlocal counted
        with Connection(redis_port) as connection:
            while going:
                connection.call("INCR", "counter")
                counted += 1
                time.sleep(0.004)

    thread = threading.Thread(target=count)
    thread.start()
    total = 0
    try:
        for _ in range(20):
            reply = source.pipeline(("MIGRATE", HOST, port, "counter", 0, 10_000, *options))[0]
            if reply == b"OK":
                total += int(other.call("GETDEL", "counter"))
            else:
                assert reply == b"NOKEY", reply
                time.sleep(0.01)
    finally:
        going = False
        thread.join()
    assert total > 0
    assert total + int(source.call("GET", "counter") or 0) == counted


def test_a_key_is_never_nowhere(new_server, target, seed, report):
    """kill -9 during a loop of migrations: each key is in one place at least, with its value."""
    port, options, other = target
    chance = random.Random(seed)
    server = new_server(redis=True).start()
    names = [f"key:{number}" for number in range(3000)]
    with Connection(server.redis_port) as source:
        source.pipeline(*(("SET", name, f"value of {name}") for name in names))
    twice = 0
    for _ in range(KILLS):
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(migrate_until_the_end, server.redis_port, port, options, names)
            time.sleep(chance.uniform(0.05, 0.4))
            server.restart()
        work.result()
        twice += check_places(server.redis_port, other, names)
    assert other.call("DBSIZE") > 0, "nothing was migrated before the last kill"
    migrate_until_the_end(server.redis_port, port, options, names)
    check_places(server.redis_port, other, names)
    with Connection(server.redis_port) as source:
        assert source.call("DBSIZE") == 0
    report(f"migrations: {KILLS} kills, {twice} keys in both places after one; seed {seed}")


def test_the_check_sees_what_is_wrong(source, redis_port, real_redis):
    with Connection(real_redis.redis_port) as other:
        for here, there, count in (("value of k", None, 0), (None, "value of k", 0), ("value of k", "value of k", 1),
                                   (None, None, None), ("value of k", "old", None), ("old", None, None)):
            source.call("FLUSHALL")
            other.call("FLUSHALL")
            for connection, value in ((source, here), (other, there)):
                if value:
                    connection.call("SET", "k", value)
            if count is None:
                with pytest.raises(AssertionError):
                    check_places(redis_port, other, ["k"])
            else:
                assert check_places(redis_port, other, ["k"]) == count


def migrate_until_the_end(port: int, target_port: int, options: tuple, names: list) -> None:
    try:
        with Connection(port) as source:
            for start in range(0, len(names), 10):
                reply = source.pipeline(
                    ("MIGRATE", HOST, target_port, "", 0, 10_000, "REPLACE", *options, "KEYS",
                     *names[start:start + 10]))[0]
                assert reply in (b"OK", b"NOKEY"), reply
    except (ConnectionError, OSError):
        return


def check_places(port: int, other: Connection, names: list) -> int:
    """How many are in both places."""
    twice = 0
    with Connection(port) as source:
        for name, here, there in zip(names, source.call("MGET", *names), other.call("MGET", *names)):
            value = f"value of {name}".encode()
            assert {here, there} - {None} == {value}, (name, here, there)
            twice += here == there
    return twice
