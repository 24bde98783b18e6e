"""Random commands, the same to Roost and to a redis-server: every reply is the same, byte for byte.

Only commands that both have are sent. The exceptions are listed here with their reasons. --seed repeats a run.
"""

import random
from collections import Counter

import pytest

from support.resp import Connection, ReplyError

COMMANDS = 3000
BATCH = 40

# Commands of the families below that are not compared.
LEFT_OUT = {
    "a random pick": "spop srandmember hrandfield zrandmember randomkey",
    "about the server and the connection, not about keys": (
        "auth client command config debug echo hello info module ping quit reset role select swapdb time wait waitaof "
        "multi exec discard watch unwatch acl lolwut memory object latency slowlog monitor save bgsave lastsave "
        "bgrewriteaof dump restore migrate readonly readwrite asking failover replicaof slaveof psync replconf cluster "
        "shutdown sync function fcall fcall_ro eval evalsha eval_ro evalsha_ro script"),
    "publish and subscribe: test_redis_cli.py and test_redis_clients.py": (
        "subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe publish spublish pubsub"),
    "the cursor is the server's own affair: test_redis_clients.py": "scan hscan sscan zscan",
    "the time of the call is in it": "expireat pexpireat expiretime pexpiretime",
}
# Redis 7.2, which Roost follows, has an argument more than the Redis that we have: these get no arguments too much.
YOUNG_ARGUMENTS = {"zrank": "withscore", "zrevrank": "withscore"}
# Replies without an order of their own.
UNORDERED = {"hgetall", "hkeys", "hvals", "smembers", "sinter", "sunion", "sdiff", "keys"}
# Replies that grow or shrink while time passes: this much apart is the same.
SLACK = {"ttl": 1, "pttl": 1000}

KEYS = {
    "string": ("s1", "s2", "s3"), "number": ("n1", "n2"), "list": ("l1", "l2", "l3"), "hash": ("h1", "h2"),
    "set": ("t1", "t2", "t3"), "zset": ("z1", "z2", "z3"),
    # Sorted sets with one score for all members, as BYLEX wants it: otherwise Redis promises nothing.
    "equal": ("e1", "e2"),
}
MIXED = [kind for kind in KEYS if kind != "equal"]
# A zero byte is not the first one, since SORT of Redis reads a value up to it.
WORDS = ("a", "b", "c", "d", "e", "1", "2", "10", "", "two words", "ü", b"\xff\x00\r\n")
NUMBERS = ("0", "1", "-1", "2", "7", "-3", "100", "9223372036854775807")
# Those that need not be rounded: 7.2 writes the shortest digits, 7.0 17 of them (0.10000000000000001).
FLOATS = ("0", "1", "-1", "1.5", "0.125", "3.25", "-2.5", "1e3", "inf", "-inf")
BAD = ("x", "", "1.5.2", "nan", "-0", "+1", " 1", "01")
# As a score 7.0 and 7.2 write it differently; so it is with -0.
TOO_LARGE = "9223372036854775808"


class Chance(random.Random):
    """Draws the arguments that the shapes below name."""

    def key(self, kind: str) -> str:
        """Mostly of the right type, sometimes of another, sometimes missing."""
        draw = self.random()
        if draw < 0.88 or kind == "equal":
            return self.choice(KEYS[kind])
        return self.choice(KEYS[self.choice(MIXED)]) if draw < 0.95 else "none"

    def bad(self, name: str) -> str:
        if name[0] == "b" and not name.startswith("bit"):
            return "x"  # Anything else may be a time to wait.
        return self.choice([word for word in (*BAD, TOO_LARGE) if name[0] != "z" or word not in ("-0", TOO_LARGE)])

    def argument(self, word: str) -> list:
        """What stands for one word of a shape."""
        kinds = {"s": "string", "n": "number", "l": "list", "h": "hash", "t": "set", "z": "zset",
                 "e": "equal"}
        if word in kinds:
            return [self.key(kinds[word])]
        if word == "k":
            return [self.key(self.choice(MIXED))]
        match word:
            case "w":
                return [self.choice(WORDS)]
            case "w+":
                return [self.choice(WORDS) for _ in range(self.randint(1, 4))]
            case "i":
                return [self.choice(NUMBERS if self.random() < 0.95 else BAD)]
            case "index":
                return [str(self.randint(-6, 6))]
            case "f":
                return [self.choice(FLOATS if self.random() < 0.95 else BAD)]
            case "sw+":
                return [word for _ in range(self.randint(1, 3)) for word in (self.choice(FLOATS), self.choice(WORDS))]
            case "ww+":
                return [self.choice(WORDS) for _ in range(2 * self.randint(1, 3))]
            case "sww+":
                return [word for _ in range(self.randint(1, 3)) for word in (self.key("string"), self.choice(WORDS))]
            case "s+" | "t+" | "k+" | "l+" | "z+":
                kind = kinds.get(word[0])
                return [self.key(kind or self.choice(MIXED)) for _ in range(self.randint(1, 3))]
            case "#t" | "#z" | "#l":
                keys = [self.key(kinds[word[1]]) for _ in range(self.randint(1, 3))]
                return [str(len(keys)), *keys]
            case "score":
                return [self.choice(("", "(")) + self.choice(FLOATS)]
            case "lex":
                return [self.choice(("-", "+", "[a", "(a", "[c", "(c", "[1", "[d"))]
            case "limit":
                return ["LIMIT", str(self.randint(-1, 3)), str(self.randint(-1, 4))]
        if "|" in word:
            return [self.choice(word.split("|"))]
        return [word]

    def command(self, name: str) -> tuple:
        """Words in brackets come now and then. Sometimes an argument is missing or too much."""
        arguments = []
        shapes = SHAPES[name]
        for word in (shapes if isinstance(shapes, str) else self.choice(shapes)).split():
            if word.startswith("["):
                if self.random() < 0.6:
                    continue
                word = word[1:-1]
            for part in word.split("~"):
                arguments += self.argument(part)
        draw = self.random()
        if name in YOUNG_ARGUMENTS:
            pass
        elif draw < 0.02 and arguments:
            arguments.pop(self.randrange(len(arguments)))
        elif draw < 0.04:
            arguments.insert(self.randrange(len(arguments) + 1), self.bad(name))
        return (name, *arguments)


SET_OPTIONS = "[nx|xx] [get] [ex|px~100000|0|x] [keepttl]"
STORE_OPTIONS = "[weights~f~f] [aggregate~sum|min|max|x]"
# For each command the shape of its arguments, see Chance.argument. ~ keeps words together.
SHAPES = {
    "get": "s", "set": f"s w {SET_OPTIONS}", "setnx": "s w", "setex": "s 1000|0|x w", "psetex": "s 100000|-1 w",
    "getset": "s w", "getdel": "s", "getex": "s [persist] [ex~1000|0]", "append": "s w", "strlen": "s",
    "getrange": "s index index", "substr": "s index index", "setrange": "s 0|1|5|-1 w", "incr": "n", "decr": "n",
    "incrby": "n i", "decrby": "n i", "incrbyfloat": "n f", "mget": "s+", "mset": "sww+", "msetnx": "sww+",
    "lcs": "s s [len] [idx] [minmatchlen~1] [withmatchlen]",
    "setbit": "s 0|5|30|x 0|1|2", "getbit": "s 0|5|30", "bitcount": "s [index~index] [byte|bit]",
    "bitpos": "s 0|1 [index] [index]", "bitop": "and|or|xor|not s s+",
    "bitfield": "s get|x u8|i5 0|#1 [incrby~u4~3~7]", "bitfield_ro": "s get u8|i5 0|#1",
    "lpush": "l w+", "rpush": "l w+", "lpushx": "l w+", "rpushx": "l w+", "lpop": "l [index]", "rpop": "l [index]",
    "llen": "l", "lindex": "l index", "lrange": "l index index", "lset": "l index w",
    "linsert": "l before|after|x w w", "lrem": "l index w", "ltrim": "l index index",
    "lpos": "l w [rank~index] [count~index] [maxlen~index]", "lmove": "l l left|right left|right|x",
    "rpoplpush": "l l", "lmpop": "#l left|right|x [count~index]",
    # Out of a transaction they would wait, but only for this long.
    "blpop": "l+ 0.01|-1|x", "brpop": "l+ 0.01", "brpoplpush": "l l 0.01", "blmove": "l l left|right left|right 0.01",
    "blmpop": "0.01 #l left|right [count~index]", "bzpopmin": "z+ 0.01", "bzpopmax": "z+ 0.01",
    "bzmpop": "0.01 #z min|max [count~index]",
    "hset": "h ww+", "hsetnx": "h w w", "hmset": "h ww+", "hget": "h w", "hmget": "h w+", "hgetall": "h",
    "hdel": "h w+", "hlen": "h", "hexists": "h w", "hkeys": "h", "hvals": "h", "hstrlen": "h w",
    "hincrby": "h w i", "hincrbyfloat": "h w f",
    "sadd": "t w+", "srem": "t w+", "smove": "t t w", "sismember": "t w", "smismember": "t w+", "scard": "t",
    "smembers": "t", "sinter": "t+", "sintercard": "#t [limit~index]", "sinterstore": "t t+", "sunion": "t+",
    "sunionstore": "t t+", "sdiff": "t+", "sdiffstore": "t t+",
    "zadd": ("z [nx|xx] [gt|lt] [ch] sw+", "e [nx] 7 w 7 w"), "zincrby": "z f w",
    "zrem": "z w+", "zcard": "z", "zscore": "z w", "zmscore": "z w+", "zrank": "z w", "zrevrank": "z w",
    "zpopmin": "z [index]", "zpopmax": "z [index]",
    "zmpop": "#z min|max|x [count~index]",
    "zrange": (
        "z index index [rev] [withscores]", "z score score byscore [rev] [limit] [withscores]",
        "e lex lex bylex [rev] [limit] [withscores]", "z lex score [byscore] [limit] [x]"),
    "zrangestore": (
        "z z index index [rev]", "z z score score byscore [rev] [limit]", "e e lex lex bylex [rev] [limit]"),
    "zrevrange": "z index index [withscores]", "zrangebyscore": "z score score [withscores] [limit]",
    "zrevrangebyscore": "z score score [withscores] [limit]", "zrangebylex": "e lex lex [limit]",
    "zrevrangebylex": "e lex lex [limit]", "zcount": "z score score", "zlexcount": "e lex lex",
    "zremrangebyscore": "z score score", "zremrangebyrank": "z index index", "zremrangebylex": "e lex lex",
    "zunion": f"#z {STORE_OPTIONS} [withscores]", "zinter": f"#z {STORE_OPTIONS} [withscores]",
    "zdiff": "#z [withscores]", "zunionstore": f"z #z {STORE_OPTIONS}", "zinterstore": f"z #z {STORE_OPTIONS}",
    "zdiffstore": "z #z", "zintercard": "#z [limit~index]",
    "del": "k+", "unlink": "k+", "exists": "k+", "touch": "k+", "type": "k", "persist": "k", "rename": "k k",
    "renamenx": "k k", "copy": "k k [replace]", "move": "k 0|1|x", "dbsize": "", "keys": "*|s*|[lt]?|none",
    "expire": "k 1000|0|x [nx|xx|gt|lt]", "pexpire": "k 900000|-1 [nx|xx|gt|lt]", "ttl": "k", "pttl": "k",
    "sort": "l|t [alpha] [limit] [asc|desc] [store~l]", "sort_ro": "l|t [alpha] [limit] [asc|desc]",
}
SEED = 20261121
# They would end every run with an empty keyspace.
SELDOM = {"flushdb": "[sync|async|x]", "flushall": "[sync|async|x]"}
# "l|t" stands for the letters there, not for keys.
SHAPES["sort"], SHAPES["sort_ro"] = (SHAPES[name].replace("l|t", "l") for name in ("sort", "sort_ro"))


def commands_of(port: int) -> set[str]:
    with Connection(port) as connection:
        return {name.decode() for name in connection.call("COMMAND", "LIST") if b"|" not in name}


@pytest.fixture
def names(redis_port, real_redis):
    return sorted(commands_of(redis_port) & commands_of(real_redis.redis_port) & set(SHAPES))


def test_every_command_is_compared_or_left_out_with_a_reason(redis_port, real_redis):
    left_out = {name for words in LEFT_OUT.values() for name in words.split()}
    both = commands_of(redis_port) & commands_of(real_redis.redis_port)
    assert both - left_out - set(SHAPES) - set(SELDOM) == set()
    assert len(both & set(SHAPES)) > 100
    # And Redis knows every name here: one that is written wrong would never be sent.
    assert (left_out | set(SHAPES) | set(SELDOM)) - commands_of(real_redis.redis_port) <= {"waitaof"}


def canonical(name: str, value, raw: bytes):
    """What is compared: the bytes, or for replies without an order the sorted value."""
    if name in UNORDERED and isinstance(value, (list, set, dict)):
        if name == "hgetall" and isinstance(value, list):
            value = dict(zip(value[::2], value[1::2]))
        return raw[:1], sorted(value.items()) if isinstance(value, dict) else sorted(value)
    return raw


def equal(command: tuple, ours: tuple, theirs: tuple) -> bool:
    name = str(command[0]).lower()
    if name in SLACK and isinstance(ours[0], int) and isinstance(theirs[0], int):
        return abs(ours[0] - theirs[0]) <= SLACK[name] and (ours[0] < 0) == (theirs[0] < 0)
    if name == "exec" and isinstance(ours[0], list) and isinstance(theirs[0], list):
        # Its elements are compared by the commands that it is made of.
        return len(ours[0]) == len(theirs[0])
    return canonical(name, *ours) == canonical(name, *theirs)


def known(command: tuple, ours: tuple, theirs: tuple) -> str | None:
    """The reason of a difference that is accepted."""
    name, our, their = str(command[0]).lower(), str(ours[0]), str(theirs[0])
    if name == "zincrby" and b"-0" in theirs[1]:
        return "a score is never -0"
    if "bylex" in name or "lexcount" in name or "bylex" in str(command).lower():
        return "BYLEX over members of several scores is not specified"
    if not isinstance(ours[0], ReplyError) or not our.startswith("ERR"):
        return None
    if their.startswith(("WRONGTYPE", "ERR The specified keys must contain string values")):
        return "of two errors the one in the arguments comes before the one in a key"
    if their.startswith("ERR") and name in ("set", "getex", "blmpop", "bzmpop", "bitcount", "bitpos", "lcs"):
        return "of two errors in the arguments the first one"
    if theirs[0] is None and name == "getex" or theirs[0] in (0, -1) and name in ("bitcount", "bitpos"):
        # Of bits Redis 7.2 says so too.
        return "an error in the arguments comes before a missing key"
    return None


def blocks(chance: Chance, names: list[str]):
    """Commands in small batches; now and then a batch is a transaction."""
    sent = 0
    while sent < COMMANDS:
        batch = [chance.command(name) for name in chance.choices(names, k=chance.randint(1, BATCH))]
        batch = [tuple(word.upper() if n and word in ("nx", "xx") else word for n, word in enumerate(command))
                 for command in batch]
        if chance.random() < 0.01:
            batch.append(("flushdb",))
        sent += len(batch)
        yield [("MULTI",), *batch, ("EXEC",)] if chance.random() < 0.2 else batch


def both_replies(connections: list[Connection], batch: list[tuple]) -> list[tuple]:
    for connection in connections:
        connection.send(*batch)
    ours, theirs = ([connection.read_both() for _ in batch] for connection in connections)
    if batch[0] == ("MULTI",) and isinstance(ours[-1][0], list) and isinstance(theirs[-1][0], list):
        return [*zip(batch, ours, theirs)] + list(inside(batch, ours[-1], theirs[-1]))
    return [*zip(batch, ours, theirs)]


def inside(batch: list[tuple], ours: tuple, theirs: tuple):
    """The replies that EXEC answers with, each with its command."""
    queued = batch[1:-1]
    values = zip(queued, ours[0], theirs[0])
    for command, our, their in values:
        yield command, (our, repr(our).encode()), (their, repr(their).encode())


@pytest.mark.parametrize("protocol", [2, 3])
def test_replies_are_those_of_redis(redis_port, real_redis, names, pytestconfig, report, protocol):
    # The same commands each time: others, by --seed, may meet a difference that is known and has no line here.
    seed = pytestconfig.getoption("--seed") or SEED
    chance = Chance(seed)
    counts, accepted, differences = Counter(), Counter(), []
    with Connection(redis_port, protocol) as ours, Connection(real_redis.redis_port, protocol) as theirs:
        theirs.call("FLUSHALL")
        for batch in blocks(chance, names):
            for command, our, their in both_replies([ours, theirs], batch):
                counts[str(command[0]).lower()] += 1
                if equal(command, our, their):
                    continue
                reason = known(command, our, their)
                if reason:
                    accepted[reason] += 1
                else:
                    differences.append(f"{command}\n  roost {our[1][:300]!r}\n  redis {their[1][:300]!r}")
            # What follows a difference would differ, too.
            if differences:
                break
        if not differences:
            differences += state_differences(ours, theirs)
    report(f"compared with redis {real_redis.version()}, RESP{protocol}: {sum(counts.values())} replies of "
           f"{len(counts)} commands, accepted differences: {dict(accepted) or 'none'}; seed {seed}")
    assert not differences, "\n".join(differences[:10])
    assert set(names) <= set(counts)


def state_differences(ours: Connection, theirs: Connection) -> list[str]:
    """All that the keys hold in the end."""
    read = {b"string": ("GET",), b"list": ("LRANGE", 0, -1), b"hash": ("HGETALL",), b"set": ("SMEMBERS",),
            b"zset": ("ZRANGE", 0, -1, "WITHSCORES")}
    differences = []
    for key in [key for keys in KEYS.values() for key in keys] + ["none"]:
        kinds = [connection.call("TYPE", key) for connection in (ours, theirs)]
        if kinds[0] != kinds[1]:
            differences.append(f"type of {key}: {kinds[0]} instead of {kinds[1]}")
        elif kinds[0] in read:
            name, *rest = read[kinds[0]]
            command = (name, key, *rest)
            [(_, our, their)] = both_replies([ours, theirs], [command])
            if not equal(command, our, their):
                differences.append(f"{command}\n  roost {our[1]!r}\n  redis {their[1]!r}")
    return differences
