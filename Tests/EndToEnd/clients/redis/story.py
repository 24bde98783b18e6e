"""A story with redis-py, for any version: handshake, pool, pipelines, transactions, blocking pops, channels, scans.

    story.py PORT PASSWORD PREFIX

Ends with 1 at the first check that fails, and otherwise writes as JSON which client it was and what it did.
"""

import json
import sys
import threading
import time

import redis
import redis.backoff
import redis.retry

port, password, prefix = int(sys.argv[1]), sys.argv[2], sys.argv[3]
steps = []
# Newer versions would try again for seconds when a handshake is refused.
once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)


def step(function):
    steps.append(function)
    return function


def check(value, wanted) -> None:
    if value != wanted:
        raise SystemExit(f"{value!r} instead of {wanted!r}")


def refused(call, error: type, text: str) -> None:
    try:
        value = call()
    except error as caught:
        if text not in str(caught):
            raise SystemExit(f"{caught!r} does not say {text!r}")
        return
    raise SystemExit(f"{value!r} instead of an error with {text!r}")


def client(**options) -> redis.Redis:
    return redis.Redis(port=port, **{"password": password, "decode_responses": True, "retry": once} | options)


def key(name: str) -> str:
    return f"{prefix}:{name}"


@step
def handshake(r):
    check(client(client_name="story").client_getname(), "story")
    shown = client(client_name="story").client_info()
    check((shown["name"], shown["db"], int(shown["resp"])), ("story", 0, protocol(r)))
    if r.info("server")["redis_version"] >= "7.2":
        check((shown["lib-name"], shown["lib-ver"]), ("redis-py", redis.__version__))
    check(client(db=3).client_info()["db"], 3)
    check(client(username="default").ping(), True)
    refused(client(password="wrong").ping, redis.AuthenticationError, "")
    refused(client(password=None).ping, redis.AuthenticationError, "")
    refused(lambda: client(db=99).ping(), redis.ResponseError, "out of range")
    check(r.info("server")["redis_mode"], "standalone")


@step
def pool(r):
    """More threads than connections."""
    connections = redis.BlockingConnectionPool(port=port, password=password, max_connections=4, timeout=20)
    shared = redis.Redis(connection_pool=connections)
    threads = [threading.Thread(target=lambda: [shared.incr(key("pool")) for _ in range(50)]) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(r.get(key("pool")), "600")
    connections.disconnect()


@step
def values(r):
    check(r.set(key("s"), "wert"), True)
    check((r.get(key("s")), r.get(key("none"))), ("wert", None))
    check(r.set(key("s"), "x", nx=True), None)
    check(r.set(key("s"), "new", get=True), "wert")
    check(r.hset(key("h"), mapping={"a": 1, "b": "zwei"}), 2)
    check(r.hgetall(key("h")), {"a": "1", "b": "zwei"})
    check(r.hmget(key("h"), "a", "none"), ["1", None])
    check(r.sadd(key("t"), "a", "b", "a"), 2)
    check(r.smembers(key("t")), {"a", "b"})
    check(bool(r.sismember(key("t"), "a")), True)
    check(r.zadd(key("z"), {"a": 1, "b": 2.5}), 2)
    check([tuple(pair) for pair in r.zrange(key("z"), 0, -1, withscores=True)], [("a", 1.0), ("b", 2.5)])
    check((r.zscore(key("z"), "b"), r.zscore(key("z"), "none")), (2.5, None))
    check(r.zrangebyscore(key("z"), "(1", "+inf"), ["b"])
    raw = client(decode_responses=False)
    data = bytes(range(256)) * 1000
    raw.set(key("bytes"), data)
    check(raw.get(key("bytes")), data)
    refused(lambda: r.lpush(key("s"), "x"), redis.ResponseError, "wrong kind")


@step
def pipelines(r):
    with r.pipeline(transaction=False) as pipe:
        for number in range(1000):
            pipe.rpush(key("l"), number)
        pipe.lrange(key("l"), 0, 2)
        pipe.llen(key("l"))
        check(pipe.execute()[-2:], [["0", "1", "2"], 1000])
        replies = pipe.lpop(key("l")).get(key("l")).llen(key("l")).execute(raise_on_error=False)
        check((replies[0], type(replies[1]), replies[2]), ("0", redis.ResponseError, 999))


@step
def transactions(r):
    with r.pipeline() as pipe:
        check(pipe.set(key("a"), 1).incrby(key("a"), 41).get(key("a")).execute(), [True, 42, "42"])
        refused(pipe.set(key("a"), 2).lpush(key("a"), "x").execute, redis.ResponseError, "wrong kind")
    check(r.get(key("a")), "2")

    with r.pipeline() as pipe:
        pipe.watch(key("a"))
        value = int(pipe.get(key("a")))
        r.set(key("a"), 10)
        pipe.multi()
        pipe.set(key("a"), value + 1)
        refused(pipe.execute, redis.WatchError, "")
    check(r.get(key("a")), "10")

    def add(pipe):
        value = int(pipe.get(key("sum")) or 0)
        pipe.multi()
        pipe.set(key("sum"), value + 1)

    # Each of them reads, and writes only when nobody else wrote in between.
    threads = [threading.Thread(target=lambda: [r.transaction(add, key("sum")) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(r.get(key("sum")), "80")


@step
def blocking_pops(r):
    popped = []
    waiter = threading.Thread(target=lambda: popped.append(r.brpop([key("no"), key("jobs")], timeout=20)))
    waiter.start()
    until(lambda: r.info("clients")["blocked_clients"] == 1)
    r.lpush(key("jobs"), json.dumps({"name": "Zoë"}))
    waiter.join()
    check([[list(pair) for pair in popped]], [[[key("jobs"), json.dumps({"name": "Zoë"})]]])
    start = time.monotonic()
    check(r.blpop([key("jobs")], timeout=1), None)
    check(0.9 < time.monotonic() - start, True)
    r.rpush(key("jobs"), "a", "b")
    check(r.blmove(key("jobs"), key("taken"), 5, "LEFT", "RIGHT"), "a")
    check(r.brpoplpush(key("jobs"), key("taken"), 5), "b")
    check(r.lrange(key("taken"), 0, -1), ["b", "a"])


@step
def channels(r):
    with r.pubsub() as subscriber:
        subscriber.subscribe(key("news"))
        subscriber.psubscribe(key("n*"))
        check([next_message(subscriber)["type"] for _ in range(2)], ["subscribe", "psubscribe"])
        check(r.publish(key("news"), "hello"), 2)
        told = sorted((next_message(subscriber) for _ in range(2)), key=lambda message: message["type"])
        check([(m["type"], m["pattern"], m["channel"], m["data"]) for m in told], [
            ("message", None, key("news"), "hello"), ("pmessage", key("n*"), key("news"), "hello")])
        subscriber.unsubscribe()
        subscriber.punsubscribe()
        check([next_message(subscriber)["type"] for _ in range(2)], ["unsubscribe", "punsubscribe"])
    check(r.publish(key("news"), "nobody"), 0)


def next_message(subscriber) -> dict:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        message = subscriber.get_message(timeout=1)
        if message:
            return message
    raise SystemExit("no message came")


@step
def scans(r):
    with r.pipeline(transaction=False) as pipe:
        for number in range(500):
            pipe.set(key(f"scan:{number}"), number)
            pipe.hset(key("fields"), f"f{number}", number)
            pipe.sadd(key("members"), f"m{number}")
            pipe.zadd(key("scored"), {f"m{number}": number})
        pipe.execute()
    check(set(r.scan_iter(key("scan:*"), count=20)), {key(f"scan:{number}") for number in range(500)})
    check(dict(r.hscan_iter(key("fields"))), {f"f{number}": str(number) for number in range(500)})
    check(set(r.sscan_iter(key("members"), "m1*")), {f"m{n}" for n in range(500) if str(n).startswith("1")})
    check(dict(r.zscan_iter(key("scored"))), {f"m{number}": float(number) for number in range(500)})
    check(set(r.scan_iter(key("*"), _type="zset")), {key("scored"), key("z")})


@step
def end(r):
    names = list(r.scan_iter(key("*"), count=1000))
    check(r.unlink(*names), len(names))
    check(list(r.scan_iter(key("*"), count=1000)), [])


def until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("waited in vain")
        time.sleep(0.01)


def protocol(r: redis.Redis) -> int:
    """What this version speaks when nobody tells it."""
    connection = r.connection_pool.get_connection()
    try:
        return int(connection.protocol)
    finally:
        r.connection_pool.release(connection)


r = client()
for function in steps:
    function(r)
print(json.dumps({"client": f"redis-py {redis.__version__}", "protocol": protocol(r),
                  "steps": [function.__name__ for function in steps]}))
