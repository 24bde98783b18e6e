"""DUMP and RESTORE between Roost and a redis-server, both ways, and what RESTORE refuses."""

import time

import pytest

from support.resp import Connection, ReplyError

SHORT = ["a", "1", "-1", "200", "-4097", "40000", "-9000000", "3000000000", "-5000000000", "x" * 70, "ü",
         b"\xff\x00\r\n"]
LONG = [f"element {number} " + "y" * (number % 90) for number in range(2000)]
VALUES = {
    "text": ("SET", ["hello"]), "empty": ("SET", [""]), "number": ("SET", ["-70000"]),
    "compressible": ("SET", ["ab" * 5000]), "long text": ("SET", ["".join(LONG)]),
    "short list": ("RPUSH", SHORT + [""]), "long list": ("RPUSH", LONG + ["z" * 20_000]),
    "integers": ("SADD", ["1", "-3", "70000"]), "large integers": ("SADD", ["1", "5000000000"]),
    "short set": ("SADD", SHORT), "long set": ("SADD", LONG),
    "short hash": ("HSET", SHORT + SHORT), "long hash": ("HSET", LONG),
    "short sorted set": ("ZADD", [text for pair in enumerate(SHORT) for text in (pair[0] / 4, pair[1])]),
    "infinite scores": ("ZADD", ["-inf", "low", "inf", "high"]),
    "long sorted set": ("ZADD", [text for pair in enumerate(LONG) for text in (pair[0] * 1e15, pair[1])]),
}
READS = {"SET": ("GET",), "RPUSH": ("LRANGE", 0, -1), "SADD": ("SMEMBERS",), "HSET": ("HGETALL",),
         "ZADD": ("ZRANGE", 0, -1, "WITHSCORES")}


def content(connection, key, command):
    name, *rest = READS[command]
    value = connection.call(name, key, *rest)
    if command == "SADD":
        return set(value)
    if command == "ZADD":
        # 7.0 and 7.2 write large scores in different ways.
        return list(zip(value[::2], map(float, value[1::2])))
    return dict(zip(value[::2], value[1::2])) if command == "HSET" else value


@pytest.mark.parametrize("name", VALUES)
def test_a_value_goes_to_redis_and_back(redis_port, real_redis, name):
    command, arguments = VALUES[name]
    with Connection(redis_port) as roost, Connection(real_redis.redis_port) as redis:
        for source, target in ((redis, roost), (roost, redis)):
            source.call("FLUSHALL")
            target.call("FLUSHALL")
            source.call(command, "key", *arguments)
            assert target.call("RESTORE", "other", 0, source.call("DUMP", "key")) == b"OK"
            assert content(target, "other", command) == content(source, "key", command)
            assert target.call("PTTL", "other") == -1


def test_restore_is_refused_as_redis_does(redis_port, real_redis):
    with Connection(redis_port) as roost, Connection(real_redis.redis_port) as redis:
        redis.call("FLUSHALL")
        roost.call("SET", "key", "1")
        payload = roost.call("DUMP", "key")
        redis.call("SET", "key", "1")
        for arguments in (
            ("key", 0, payload), ("new", -1, payload), ("new", "x", payload), ("new", 0, payload[:-1]),
            ("new", 0, b""), ("new", 0, payload, "NO"), ("new", 0, payload, "IDLETIME"),
            ("new", 0, payload, "IDLETIME", -1), ("new", 0, payload, "FREQ", 256),
            ("new", 0, payload, "IDLETIME", 1, "FREQ", 1),
        ):
            refusals = []
            for connection in (roost, redis):
                with pytest.raises(ReplyError) as refusal:
                    connection.call("RESTORE", *arguments)
                refusals.append(str(refusal.value))
            assert refusals[0] == refusals[1], arguments
            assert roost.call("EXISTS", "new") == 0
        assert roost.call("DUMP", "none") is None


def test_what_is_restored_expires_replaces_and_survives(new_server):
    server = new_server(redis=True).start()
    with Connection(server.redis_port) as roost:
        roost.call("RPUSH", "list", "a", "b")
        payload = roost.call("DUMP", "list")
        assert roost.call("RESTORE", "soon", 100_000, payload) == b"OK"
        assert 0 < roost.call("PTTL", "soon") <= 100_000
        when = int(time.time() * 1000) + 200_000
        assert roost.call("RESTORE", "later", when, payload, "ABSTTL") == b"OK"
        assert roost.call("PEXPIRETIME", "later") == when
        roost.call("SET", "text", "old", "EX", 100)
        assert roost.call("RESTORE", "text", 0, payload, "REPLACE", "FREQ", 7) == b"OK"
        # A time that is over: nothing is made, and what was there is gone.
        roost.call("SET", "gone", "old")
        assert roost.call("RESTORE", "gone", 1, payload, "REPLACE", "ABSTTL") == b"OK"
        assert roost.call("EXISTS", "gone") == 0
    server.kill()
    server.start()
    with Connection(server.redis_port) as roost:
        assert roost.call("LRANGE", "text", 0, -1) == [b"a", b"b"]
        assert roost.call("PTTL", "text") == -1
        assert roost.call("PEXPIRETIME", "later") == when
