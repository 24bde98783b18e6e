"""Clients that load the Redis port through kills, and what must be there afterwards.

Every worker has keys of its own, so that it knows what each of them holds: what was acknowledged, and at most one
command (or transaction) whose reply was lost, which has happened or not. Popped elements are the exception: workers
push to lists that others pop from, as in a queue.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from .resp import Connection, ReplyError

SHARED_LISTS = ("jobs:0", "jobs:1")
# Two lists with one element for each unit, and a counter of them in a hash: transfers keep the sum.
ACCOUNTS = ("account:0", "account:1")
UNITS = 200


@dataclass
class State:
    """What the keys of one worker hold, if every command had its effect."""

    strings: dict[str, bytes] = field(default_factory=dict)
    counters: Counter = field(default_factory=Counter)
    hashes: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    scored: dict[str, dict[bytes, float]] = field(default_factory=dict)
    lists: dict[str, list[bytes]] = field(default_factory=dict)

    def copy(self) -> "State":
        return State(
            dict(self.strings), Counter(self.counters), {key: dict(value) for key, value in self.hashes.items()},
            {key: dict(value) for key, value in self.scored.items()},
            {key: list(value) for key, value in self.lists.items()})

    def apply(self, *command) -> None:
        name, key, *rest = command
        match name:
            case "SET":
                self.strings[key] = rest[0]
            case "DEL":
                self.strings.pop(key, None)
            case "INCRBY":
                self.counters[key] += rest[0]
            case "HSET":
                self.hashes.setdefault(key, {}).update({rest[0]: rest[1]})
            case "HDEL":
                self.hashes.setdefault(key, {}).pop(rest[0], None)
            case "ZADD":
                self.scored.setdefault(key, {})[rest[1]] = float(rest[0])
            case "LPUSH":
                self.lists.setdefault(key, []).insert(0, rest[0])
            case "RPOP":
                if self.lists.get(key):
                    self.lists[key].pop()

    def reads(self) -> list[tuple]:
        return [
            *(("GET", key) for key in sorted(self.strings)), *(("GET", key) for key in sorted(self.counters)),
            *(("HGETALL", key) for key in sorted(self.hashes)),
            *(("ZRANGE", key, 0, -1, "WITHSCORES") for key in sorted(self.scored)),
            *(("LRANGE", key, 0, -1) for key in sorted(self.lists))]

    def read_by(self, call) -> dict[tuple, object]:
        shown = {}
        for command in self.reads():
            value = call(*command)
            if command[0] in ("HGETALL", "ZRANGE"):
                value = dict(zip(value[::2], value[1::2]))
            shown[command] = value
        return shown

    def expected(self) -> dict[tuple, object]:
        values = {}
        for command in self.reads():
            kind, key = command[:2]
            if kind == "GET":
                counted = self.counters.get(key)
                values[command] = self.strings[key] if key in self.strings else b"%d" % counted if counted else None
            elif kind == "HGETALL":
                values[command] = dict(self.hashes[key])
            elif kind == "ZRANGE":
                values[command] = {member: b"%d" % score for member, score in self.scored[key].items()}
            else:
                values[command] = list(self.lists[key])
        return values


class Worker(threading.Thread):
    def __init__(self, number: int, port: int, seed: int, stop: threading.Event):
        super().__init__(daemon=True)
        self.number, self.port, self.stop = number, port, stop
        self.chance = random.Random(seed)
        self.state, self.maybe = State(), []
        self.acknowledged = self.lost = 0
        # Elements of the shared lists: pushed and acknowledged, sent without a reply, popped.
        self.pushed, self.perhaps_pushed, self.popped = [], [], []
        self.transfers = 0
        # How many pops had no reply: each may have taken one element.
        self.lost_pops = 0
        self.wrong: list[str] = []
        self._connection: Connection | None = None
        self._serial = 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                if self._connection is None:
                    self._connection = Connection(self.port, protocol=self.chance.choice((2, 3)), timeout=20)
                    self._settle()
                self._step()
            except ReplyError as error:
                self.wrong.append(f"worker {self.number}: {error}")
                return
            except (OSError, ConnectionError):
                self.lost += 1
                if self._connection:
                    self._connection.close()
                self._connection = None
                time.sleep(0.02)
        if self._connection:
            self._connection.close()

    def _settle(self) -> None:
        """After a new start: what was acknowledged is there, the last commands without reply whole or not at all."""
        self.check(self._connection)

    def check(self, connection: Connection) -> None:
        states = [self.state]
        if self.maybe:
            changed = self.state.copy()
            for command in self.maybe:
                changed.apply(*command)
            # Keys that only the unanswered command would have made are looked at, too.
            states = [self.state, changed]
        looked = states[-1].copy()
        looked.strings = {key: b"" for state in states for key in state.strings}
        shown = looked.read_by(flat(connection))
        for state in states:
            wanted = state.expected()
            if all(same(value, wanted.get(command)) for command, value in shown.items()):
                self.state, self.maybe = state, []
                return
        wanted = states[-1].expected()
        differences = [f"{command}: {short(value)} instead of {short(wanted.get(command))}"
                       for command, value in shown.items() if not same(value, wanted.get(command))]
        self.wrong.append(f"worker {self.number}, maybe {short(self.maybe)}: {differences[:3]}")
        self.stop.set()

    def _step(self) -> None:
        kind = self.chance.random()
        if kind < 0.5:
            self._send([self._command()])
        elif kind < 0.65:
            self._send([self._command() for _ in range(self.chance.randint(2, 6))], transaction=True)
        elif kind < 0.7:
            self._transfer()
        elif kind < 0.85:
            self._push()
        else:
            self._pop()

    def _value(self) -> bytes:
        self._serial += 1
        return b"%d:%d:" % (self.number, self._serial) + b"x" * self.chance.choice((0, 10, 300, 5000))

    def _command(self) -> tuple:
        key = f"w{self.number}:{self.chance.randrange(3)}"
        member = b"m%d" % self.chance.randrange(20)
        return self.chance.choice((
            ("SET", key + ":s", self._value()), ("DEL", key + ":s"), ("INCRBY", key + ":n", self.chance.randint(1, 9)),
            ("HSET", key + ":h", member, self._value()), ("HDEL", key + ":h", member),
            ("ZADD", key + ":z", self.chance.randrange(1000), member), ("LPUSH", key + ":l", self._value()),
            ("RPOP", key + ":l"), ("LPUSH", key + ":l", self._value())))

    def _send(self, commands: list[tuple], transaction: bool = False) -> None:
        """From the moment that they are sent until the reply they may have happened or not."""
        self.maybe = commands
        sent = [("MULTI",), *commands, ("EXEC",)] if transaction else commands
        replies = self._connection.pipeline(*sent)
        errors = [reply for reply in replies if isinstance(reply, ReplyError)]
        if errors:
            raise errors[0]
        for command in commands:
            self.state.apply(*command)
        self.maybe = []
        self.acknowledged += 1

    def _push(self) -> None:
        elements = [self._value() for _ in range(self.chance.randint(1, 3))]
        try:
            self._connection.call("LPUSH", self.chance.choice(SHARED_LISTS), *elements)
        except OSError:
            self.perhaps_pushed += elements
            raise
        self.pushed += elements
        self.acknowledged += 1

    def _transfer(self) -> None:
        """All workers at once, and none of them knows what the lists hold: only a whole transaction keeps the sum."""
        source, target = self.chance.sample(ACCOUNTS, 2)
        replies = self._connection.pipeline(
            ("MULTI",), ("LMOVE", source, target, "LEFT", "RIGHT"), ("HINCRBY", "balance", source, -1),
            ("HINCRBY", "balance", target, 1), ("ZINCRBY", "transfers", 1, source), ("EXEC",))
        errors = [reply for reply in replies if isinstance(reply, ReplyError)]
        if errors:
            raise errors[0]
        self.transfers += 1
        self.acknowledged += 1

    def _pop(self) -> None:
        name = self.chance.choice(SHARED_LISTS)
        command = self.chance.choice((("RPOP", name), ("BRPOP", *SHARED_LISTS, 0.05), ("LPOP", name, 1)))
        try:
            reply = self._connection.call(*command)
        except OSError:
            self.lost_pops += 1
            raise
        if reply is not None:
            self.popped.append(reply if isinstance(reply, bytes) else reply[-1])
        self.acknowledged += 1


def flat(connection: Connection):
    """Replies as RESP2 has them, also where the connection speaks RESP3."""

    def call(*command):
        value = connection.call(*command)
        if isinstance(value, dict):
            return [word for pair in value.items() for word in pair]
        if command[0] == "ZRANGE":
            return [word if isinstance(word, bytes) else b"%d" % word
                    for item in value for word in (item if isinstance(item, list) else [item])]
        return value

    return call


def same(value, wanted) -> bool:
    return value == wanted or (not value and not wanted)


def short(value) -> str:
    return repr(value)[:300]


def shared_breaches(workers: list[Worker], left: list[bytes]) -> list[str]:
    """What is wrong with the shared lists. `left`: what they hold at the end."""
    pushed = Counter(element for worker in workers for element in worker.pushed)
    perhaps = {element for worker in workers for element in worker.perhaps_pushed}
    popped = Counter(element for worker in workers for element in worker.popped)
    remaining = Counter(left)
    breaches = []
    for element, count in (popped + remaining).items():
        if count > 1:
            breaches.append(
                f"{element[:40]!r} is there {remaining[element]} times and was popped {popped[element]} times")
        if element not in pushed and element not in perhaps:
            breaches.append(f"{element[:40]!r} was never pushed")
    # A pop without reply may have taken one; more than that are lost.
    missing = [element for element in pushed if element not in popped and element not in remaining]
    lost_pops = sum(worker.lost_pops for worker in workers)
    if len(missing) > lost_pops:
        breaches.append(f"{len(missing)} elements are missing, but only {lost_pops} pops had no reply: "
                        f"{[element[:40] for element in missing[:5]]}")
    return breaches


def fill_accounts(connection: Connection) -> None:
    for account in ACCOUNTS:
        connection.call("RPUSH", account, *(f"{account} {number}" for number in range(UNITS)))
        connection.call("HSET", "balance", account, UNITS)


def account_breaches(connection: Connection, workers: list[Worker]) -> list[str]:
    """A transfer that found nothing in the list counts in the hash all the same: there is no LMOVE of nothing."""
    held = [element for account in ACCOUNTS for element in connection.call("LRANGE", account, 0, -1)]
    balance = [int(connection.call("HGET", "balance", account)) for account in ACCOUNTS]
    done = sum(float(connection.call("ZSCORE", "transfers", account) or 0) for account in ACCOUNTS)
    acknowledged, lost = (sum(getattr(worker, name) for worker in workers) for name in ("transfers", "lost"))
    breaches = []
    if Counter(held) != Counter(f"{account} {number}".encode() for account in ACCOUNTS for number in range(UNITS)):
        breaches.append(f"{len(held)} units in the accounts, {2 * UNITS} were there: one is lost or twice there")
    if sum(balance) != 2 * UNITS:
        breaches.append(f"balances {balance} do not make {2 * UNITS}")
    if not acknowledged <= done <= acknowledged + lost:
        breaches.append(f"{done:.0f} transfers, but {acknowledged} were acknowledged, and {lost} had no reply at most")
    return breaches
