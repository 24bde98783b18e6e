"""Clients of the Redis port in a run. Each has keys of a database to itself, so it knows what has to be there.

It sends pipelines of changes, some of them in transactions, and compares each reply with its own model of the keys.
When the server was killed in the middle of a pipeline, what is there afterwards has to be what was accepted and then
some of the next commands, in order and none left out; a transaction whole or not at all:

    K1  state         the keys are not what was accepted, with none, some or all of the commands without a reply
    K2  reply         another one than the command has to get
"""

import json
import pickle
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from support.resp import Connection, ReplyError

from chaos.keymodel import KINDS, Model

# In these databases. Queues are keys of the first one.
DATABASES = (0, 3)
CONTROLS = ("keys-lose",)
KEYS_OF_A_KIND = 8
FIELDS = 40
ELEMENTS_MAX = 300
STEPS_MAX = 32
COMMANDS_A_SECOND = 1500
FAR_SECONDS = 4_000_000_000
FAILURES_MAX = 20


@dataclass
class KeyTask:
    """What a worker is told."""

    number: int
    database: int
    port: int
    folder: Path
    seed: int
    stop: object
    control: str | None

    @property
    def file(self) -> Path:
        return self.folder / f"keys-{self.number}.json"

    @property
    def model_file(self) -> Path:
        return self.folder / f"keys-{self.number}.model"


@dataclass
class Step:
    """Commands that take effect together: one, or those of a transaction."""

    is_transaction: bool = False
    commands: list[tuple] = field(default_factory=list)
    replies: list = field(default_factory=list)

    @property
    def wire(self) -> list[tuple]:
        return [("MULTI",), *self.commands, ("EXEC",)] if self.is_transaction else self.commands

    @property
    def expected(self) -> list:
        if not self.is_transaction:
            return self.replies
        return [b"OK", *[b"QUEUED"] * len(self.commands), self.replies]


class Changes:
    """Makes commands by chance, mostly such that do something."""

    def __init__(self, chance: random.Random, database: int):
        self.chance, self.database = chance, database

    def key(self, kind: str) -> str:
        return f"{kind}:{self.database}:{self.chance.randrange(KEYS_OF_A_KIND)}"

    def word(self) -> bytes:
        return b"w%d" % self.chance.randrange(FIELDS)

    def text(self) -> bytes:
        size = self.chance.choices((8, 120, 2_000, 40_000), (40, 50, 9, 1))[0]
        return self.chance.randbytes(self.chance.randint(1, size))

    def command(self, model: Model) -> tuple:
        if self.chance.random() < 0.06:
            return self.of_any_key(model)
        kind = self.chance.choice(KINDS)
        return getattr(self, "of_" + kind)(self.key(kind), model)

    def of_any_key(self, model: Model) -> tuple:
        if self.database and self.chance.random() < 0.02:
            return ("FLUSHDB",)
        kind = self.chance.choice(KINDS)
        key, new = self.key(kind), self.key(kind)
        choices = [("DEL", key), ("EXPIREAT", key, FAR_SECONDS + self.chance.randrange(1000)), ("PERSIST", key)]
        if key in model.values and key != new:
            choices += [("RENAME", key, new), ("COPY", key, new, "REPLACE")]
        return self.chance.choice(choices)

    def of_s(self, key, model) -> tuple:
        if len(model.values.get(key, b"")) > 100_000:
            return ("SET", key, self.text())
        return self.chance.choice((
            ("SET", key, self.text()), ("APPEND", key, self.text()), ("GETDEL", key),
            ("SETRANGE", key, self.chance.randrange(300), self.text())))

    def of_n(self, key, _) -> tuple:
        return ("INCRBY", key, self.chance.randint(-10, 1000))

    def of_l(self, key, model) -> tuple:
        elements = model.values.get(key, [])
        if len(elements) > ELEMENTS_MAX:
            return ("LTRIM", key, 3, ELEMENTS_MAX // 2)
        some = [self.text() for _ in range(self.chance.randint(1, 4))]
        choices = [("LPUSH", key, *some), ("RPUSH", key, *some), ("LPOP", key), ("RPOP", key),
                   ("RPOPLPUSH", key, self.key("l"))]
        if elements:
            choices.append(("LINSERT", key, "BEFORE", self.chance.choice(elements), self.text()))
        return self.chance.choice(choices)

    def of_h(self, key, _) -> tuple:
        return self.chance.choice((("HSET", key, self.word(), self.text()), ("HDEL", key, self.word())))

    def of_c(self, key, _) -> tuple:
        return self.chance.choice((
            ("SADD", key, self.word()), ("SADD", key, self.word()), ("SREM", key, self.word()),
            ("SMOVE", key, self.key("c"), self.word())))

    def of_z(self, key, _) -> tuple:
        number = self.chance.randint(-1000, 1000)
        return self.chance.choice((
            ("ZADD", key, number, self.word()), ("ZINCRBY", key, number, self.word()), ("ZREM", key, self.word()),
            ("ZPOPMIN", key)))


def read_state(connection: Connection, database: int) -> tuple[dict, dict]:
    """All values and times of expiry, at one moment."""
    readers = {"s": ("GET",), "n": ("GET",), "l": ("LRANGE", 0, -1), "h": ("HGETALL",), "c": ("SMEMBERS",),
               "z": ("ZRANGE", 0, -1, "WITHSCORES")}
    keys = [f"{kind}:{database}:{number}" for kind in KINDS for number in range(KEYS_OF_A_KIND)]
    reads = [(readers[key[0]][0], key, *readers[key[0]][1:]) for key in keys]
    times = [("EXPIRETIME", key) for key in keys]
    replies = connection.pipeline(("MULTI",), *reads, *times, ("EXEC",))[-1]
    if isinstance(replies, ReplyError):
        raise ConnectionError(f"the keys cannot be read: {replies}")
    values = {key: value_of(key[0], reply) for key, reply in zip(keys, replies) if reply not in (None, [])}
    return values, {key: reply for key, reply in zip(keys, replies[len(keys):]) if reply >= 0}


def value_of(kind: str, reply):
    match kind:
        case "n":
            return int(reply)
        case "h":
            return dict(zip(reply[::2], reply[1::2]))
        case "z":
            return {member: int(float(score)) for member, score in zip(reply[::2], reply[1::2])}
        case "c":
            return set(reply)
    return reply


@dataclass
class Keeper:
    """What was accepted, what is under way, and whether what is there fits that."""

    database: int
    accepted: Model = field(default_factory=Model)
    # With what is under way.
    ahead: Model = field(default_factory=Model)
    under_way: list[Step] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)

    def fail(self, text: str) -> None:
        if len(self.failures) < FAILURES_MAX:
            self.failures.append(f"{text} (database {self.database})")

    def begin(self, make, count: int, is_transaction: bool) -> None:
        """`make(model)` gives a command, after those before it."""
        step = Step(is_transaction)
        for _ in range(count):
            step.commands.append(make(self.ahead))
            step.replies.append(self.ahead.apply(step.commands[-1]))
        self.under_way.append(step)

    def take_replies(self, replies: list) -> None:
        """Of the oldest step under way."""
        step = self.under_way.pop(0)
        for command in step.commands:
            self.accepted.apply(command)
        self.counts["commands"] += len(step.commands)
        self.counts["transactions"] += step.is_transaction
        if replies != step.expected:
            self.fail(f"K2 reply: {step.wire} got {replies}, not {step.expected}"[:600])

    def check(self, values: dict, expiries: dict) -> None:
        """Of a server that was started anew: what had no reply was carried out up to some step."""
        before = self.accepted.copy()
        carried_out = 0
        while not self.accepted.fits(values, expiries):
            if carried_out == len(self.under_way):
                self.fail(f"K1 state: with none, some or all of {carried_out} steps without a reply; at first "
                          f"{before.difference(values, expiries)}")
                self.accepted.values, self.accepted.expiries = values, expiries
                break
            for command in self.under_way[carried_out].commands:
                self.accepted.apply(command)
            carried_out += 1
        self.counts["checks"] += 1
        self.counts["recovered"] += carried_out
        self.counts["not carried out"] += len(self.under_way) - carried_out
        self.under_way = []
        self.ahead = self.accepted.copy()


class KeyWorker:
    def __init__(self, task: KeyTask):
        self.task = task
        self.chance = random.Random(task.seed)
        self.changes = Changes(self.chance, task.database)
        self.keeper = Keeper(task.database)

    def run(self) -> None:
        while not self.task.stop.value:
            try:
                with Connection(self.task.port) as connection:
                    self.work(connection)
            except OSError:
                time.sleep(0.02)
        self.task.model_file.write_bytes(pickle.dumps(self.keeper))

    def work(self, connection: Connection) -> None:
        connection.call("SELECT", self.task.database)
        values, expiries = read_state(connection, self.task.database)
        if self.task.control == "keys-lose" and self.keeper.counts["checks"]:
            # As if that had been accepted.
            self.keeper.accepted.apply(("RPUSH", f"l:{self.task.database}:0", b"lost"))
        self.keeper.check(values, expiries)
        while not self.task.stop.value:
            start = time.monotonic()
            count = self.change(connection)
            time.sleep(max(0, start + count / COMMANDS_A_SECOND - time.monotonic()))

    def change(self, connection: Connection) -> int:
        """One pipeline. Gives how many commands that was."""
        for _ in range(self.chance.randint(1, STEPS_MAX)):
            is_transaction = self.chance.random() < 0.1
            count = self.chance.randint(2, 8) if is_transaction else 1
            self.keeper.begin(self.changes.command, count, is_transaction)
        steps = list(self.keeper.under_way)
        connection.send(*[command for step in steps for command in step.wire])
        for step in steps:
            self.keeper.take_replies([connection.read() for _ in step.wire])
        return sum(len(step.commands) for step in steps)


def work(task: KeyTask) -> None:
    """The whole life of a worker process."""
    KeyWorker(task).run()


def verdict(tasks: list[KeyTask], port: int | None) -> dict:
    """When the workers have ended. `port`: of the server, which was killed and started again since."""
    failures, counts = [], Counter()
    for task in tasks:
        if not task.model_file.exists():
            failures.append(f"harness: the worker of the keys in database {task.database} left no result")
            continue
        keeper = pickle.loads(task.model_file.read_bytes())
        if port is not None:
            with Connection(port) as connection:
                connection.call("SELECT", task.database)
                keeper.check(*read_state(connection, task.database))
        failures += keeper.failures
        counts += keeper.counts
        task.file.write_text(json.dumps({"failures": keeper.failures, "counts": keeper.counts}, indent=2) + "\n")
    return {"failures": failures, "counts": counts}
