"""What keys tell: the events of random commands are those of a redis-server, one after the other."""

import random
from collections import Counter

import pytest

from support.resp import Connection, ReplyError
from test_redis_compare import SEED, SHAPES, Chance, commands_of

COMMANDS = 4000
# Every event behind those of a command is that of this key.
MARK = "mark"


class Listener:
    """A client with a subscription to all events."""

    def __init__(self, port: int, flags: str) -> None:
        self.commands, self.messages = Connection(port), Connection(port)
        self.commands.call("CONFIG", "SET", "notify-keyspace-events", flags)
        self.messages.call("PSUBSCRIBE", "__key*__:*")

    def events_of(self, command: tuple) -> list[tuple[bytes, bytes]]:
        self.commands.pipeline(command, ("INCR", MARK))
        return self.until_mark()

    def until_mark(self) -> list[tuple[bytes, bytes]]:
        events = []
        while True:
            _, _, channel, message = self.messages.read()
            if message == MARK.encode() and channel.endswith(b":incrby"):
                return events
            if not channel.endswith(b":" + MARK.encode()) and message != MARK.encode():
                events.append((channel, message))

    def close(self) -> None:
        self.commands.call("CONFIG", "SET", "notify-keyspace-events", "")
        self.commands.close()
        self.messages.close()


@pytest.fixture
def listeners(redis_port, real_redis):
    with Connection(real_redis.redis_port) as connection:
        connection.call("FLUSHALL")
    both = [Listener(port, "KEAn") for port in (redis_port, real_redis.redis_port)]
    yield both
    for listener in both:
        listener.close()


def test_events_are_those_of_redis(listeners, redis_port, real_redis, pytestconfig, report):
    names = sorted(commands_of(redis_port) & commands_of(real_redis.redis_port) & set(SHAPES))
    chance = Chance(pytestconfig.getoption("--seed") or SEED)
    told, sent = Counter(), Counter()
    for name in chance.choices(names, k=COMMANDS):
        command = chance.command(name)
        ours, theirs = (listener.events_of(command) for listener in listeners)
        assert ours == theirs, command
        sent[name] += 1
        told.update(channel.split(b":", 1)[1] for channel, _ in ours if channel.startswith(b"__keyevent"))
    report(f"{sum(sent.values())} commands told {sum(told.values())} events of {len(told)} kinds, as redis "
           f"{real_redis.version()} does")
    assert len(told) > 40


@pytest.mark.parametrize("commands", [
    ["SET k 1", "SET k 2 EX 100", "GETEX k PERSIST", "GETEX k EX 100", "APPEND k x", "GETDEL k"],
    ["SET k 1 PX 60000 NX", "SET k 2 NX", "SETEX k 100 1", "GETSET k 2", "SET k 3 KEEPTTL", "SET k 3 GET"],
    ["RPUSH l a b c", "LTRIM l 0 -1", "LTRIM l 5 6", "LPOP l", "RPUSH l a", "LMOVE l l LEFT RIGHT",
     "LMOVE l m LEFT LEFT"],
    ["SADD s a", "SMOVE s t a", "SADD s a b", "SMOVE s t a", "SINTERSTORE u s none", "SUNIONSTORE u s t",
     "SDIFFSTORE u s s"],
    ["SPOP t", "SADD t a b c", "SPOP t 2", "SPOP t 5"],
    ["ZADD z 1 a", "ZADD z 1 a", "ZADD z INCR 2 a", "ZINCRBY z 1 b", "ZPOPMIN z", "BZPOPMAX z 0",
     "ZRANGESTORE y z 0 -1"],
    ["SET k 1", "MOVE k 1", "SET k 1", "COPY k j", "COPY k j DB 1", "RENAME k j", "RENAMENX j k", "DEL k k j",
     "UNLINK k"],
    ["SET k 1", "EXPIRE k 100", "PERSIST k", "PEXPIREAT k 1", "EXPIRE k 100"],
    ["RPUSH l 2 1", "SORT l STORE m", "SORT none STORE m", "BITOP NOT b none", "SET k 1", "BITOP NOT b k"],
    ["MULTI", "SET a 1", "RPUSH l x", "LPOP l", "DEL a", "EXEC"],
    ["MSET a 1 b 2 a 3", "MSETNX a 1", "FLUSHDB", "SWAPDB 0 1", "SWAPDB 0 1"],
    ["BLMOVE none other LEFT LEFT 0.01", "RPUSH l a b", "BLPOP l 0", "BLMPOP 1 2 none l LEFT COUNT 5"],
])
def test_stories(listeners, commands):
    stories = []
    for listener in listeners:
        for database in (1, 0):
            listener.commands.call("SELECT", database)
            listener.commands.call("FLUSHDB")
        listener.commands.pipeline(*(tuple(command.split()) for command in commands), ("INCR", MARK))
        stories.append(listener.until_mark())
    assert stories[0] == stories[1]


@pytest.mark.parametrize("flags", ["", "KA", "A", "gKE", "$lshzxeKE", "KEA", "Em", "nK", "AnKE", "lsKK", "Kx$", "tdK"])
def test_flags_are_said_as_redis_says_them(redis_port, real_redis, flags):
    answers = []
    for port in (redis_port, real_redis.redis_port):
        with Connection(port) as connection:
            connection.call("CONFIG", "SET", "notify-keyspace-events", flags)
            answers.append(connection.call("CONFIG", "GET", "notify-keyspace-events"))
            with pytest.raises(ReplyError):
                connection.call("CONFIG", "SET", "notify-keyspace-events", "KEAq")
            connection.call("CONFIG", "SET", "notify-keyspace-events", "")
    assert answers[0] == answers[1]


def test_a_key_that_expires_is_told(redis_port):
    listener = Listener(redis_port, "Ex")
    listener.commands.call("SET", "short", 1, "PX", 20)
    _, _, channel, message = listener.messages.read()
    assert (channel, message) == (b"__keyevent@0__:expired", b"short")
    listener.close()


def test_a_blocked_pop_is_told_behind_the_push(redis_port):
    listener = Listener(redis_port, "KEA")
    with Connection(redis_port) as waiter, Connection(redis_port) as watcher:
        waiter.send(("BLPOP", "list", 0))
        while b"blocked_clients:1" not in watcher.call("INFO", "clients"):
            pass
        assert listener.events_of(("RPUSH", "list", "a")) == [
            (b"__keyspace@0__:list", b"rpush"), (b"__keyevent@0__:rpush", b"list"),
            (b"__keyspace@0__:list", b"lpop"), (b"__keyevent@0__:lpop", b"list"),
            (b"__keyspace@0__:list", b"del"), (b"__keyevent@0__:del", b"list"),
        ]
        assert waiter.read() == [b"list", b"a"]
    listener.close()


def test_missing_keys_are_told_to_who_wants_it(redis_port):
    listener = Listener(redis_port, "EmA")
    for command in (("GET", "none"), ("LRANGE", "none", 0, 1), ("MGET", "none", "none"), ("LPOP", "none")):
        told = listener.events_of(command)
        count = {"MGET": 2, "LPOP": 0}.get(command[0], 1)
        assert told == [(b"__keyevent@0__:keymiss", b"none")] * count, command
    listener.close()


def test_nothing_is_told_by_default(redis_port):
    with Connection(redis_port) as commands, Connection(redis_port) as messages:
        assert commands.call("CONFIG", "GET", "notify-keyspace-events")[1] == b""
        messages.call("PSUBSCRIBE", "*")
        commands.call("SET", "a", random.randrange(10))
        commands.call("PUBLISH", "end", "x")
        assert messages.read()[2] == b"end"
