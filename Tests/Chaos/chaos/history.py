"""What clients did and saw: written by the workers as they go, read back by the checker.

A worker has a file of its own, and one operation under way. Each operation is two lines, each written with one system
call: one before the request leaves, one after its reply. Fields are separated by tabs:

    >  kind  queue  time  seconds  items
    <  time  result  items

    kind            items of the request             items of the reply
    s send          uid or uid:attempt               uid:id or uid:id:sequence
    r receive                                        uid:handle:count:intact:id or ...:sequence:attempt
    d delete, v change of visibility, b bury
                    uid:handle                       handles refused
    k kick, m start of a move back                   how many were kicked; id of the move

What goes to a group has attempts, because its sender repeats it: 0, 1 and so on. The body of each names its attempt,
and all have the same deduplication id.

Times are nanoseconds of CLOCK_MONOTONIC, the same for all processes of a machine. `seconds` is the delay of a send, the
visibility timeout of a receive, the new timeout of a change. Handles and ids are shortened to 16 hexadecimal digits.
An operation without its second line is one that never ended for the client.
"""

import os
from dataclasses import dataclass, field

from chaos.queues import GROUPED, home, shard_key

SEND, RECEIVE, DELETE, CHANGE, BURY, KICK, MOVE = "s", "r", "d", "v", "b", "k", "m"
# ok: the reply said so. refused: the reply said no. not sent: no connection, so nothing happened.
# unknown: the connection broke. open: no reply in time, so it may still happen later.
OK, REFUSED, NOT_SENT, UNKNOWN, OPEN = "o", "f", "n", "?", "t"
NOTHING_HAPPENED = (REFUSED, NOT_SENT)
NEVER = 1 << 62
SECOND_NS = 1_000_000_000
# A message that is sent again within this time is not stored again.
WINDOW_NS = 300 * SECOND_NS
# The uid of a body that no producer of this run wrote.
STRANGER = -1


class Recorder:
    """Appends to the file of one worker."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def before(self, kind: str, queue: str, time_ns: int, seconds: int, items: str = "") -> None:
        os.write(self._file, f">\t{kind}\t{queue}\t{time_ns}\t{seconds}\t{items}\n".encode())

    def after(self, time_ns: int, result: str, items: str = "") -> None:
        os.write(self._file, f"<\t{time_ns}\t{result}\t{items}\n".encode())


@dataclass(slots=True)
class Delivery:
    """One message in the reply of a receive."""

    invoked: int
    returned: int
    timeout: int  # nanoseconds
    handle: str
    count: int
    intact: bool
    id: str
    drained: bool
    queue: str = ""
    # Of the receive, among all, and the place in its reply.
    call: int = 0
    place: int = 0
    # 0: not said.
    sequence: int = 0
    attempt: int = 0


@dataclass(slots=True)
class Attempt:
    """One send of a message that is sent again with the same deduplication id."""

    number: int
    invoked: int
    returned: int
    result: str
    id: str
    sequence: int
    # Of the send, among all, and the place in its batch.
    call: int
    place: int


@dataclass(slots=True)
class Call:
    """A delete, a burial, or a change of visibility (then with the new timeout in nanoseconds)."""

    invoked: int
    returned: int
    result: str
    handle: str
    timeout: int = 0
    queue: str = ""


@dataclass(slots=True)
class Message:
    """All that happened to one message. `result` is None when nobody sent it."""

    uid: int
    queue: str
    invoked: int = 0
    returned: int = 0
    result: str | None = None
    delay: int = 0
    id: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    deletes: list[Call] = field(default_factory=list)
    changes: list[Call] = field(default_factory=list)
    burials: list[Call] = field(default_factory=list)
    # Of a message in a group; then all that stands above is taken from them.
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def group(self) -> int:
        return shard_key(self.uid)

    @property
    def is_sent_in_window(self) -> bool:
        """Whether all its attempts surely ended while the first one was remembered."""
        end = self.invoked + WINDOW_NS - SECOND_NS
        return all(a.returned < end for a in self.attempts if a.result not in NOTHING_HAPPENED)

    def take(self, attempt: Attempt) -> None:
        """Sent from the first attempt that may have stored it on; surely stored when the first reply says so."""
        self.attempts.append(attempt)
        perhaps = [a for a in self.attempts if a.result not in NOTHING_HAPPENED]
        said = [a for a in perhaps if a.result == OK]
        self.invoked = min(a.invoked for a in perhaps or self.attempts)
        self.returned = min((a.returned for a in said), default=NEVER)
        self.result = (said or perhaps or self.attempts)[0].result


@dataclass
class History:
    """Of the messages of one shard. What concerns no message alone is in every shard."""

    messages: dict[int, Message] = field(default_factory=dict)
    # By queue: when receives without a reply began, and when they can have had their effect at the latest.
    lost_receives: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    # By queue: kicks that may have had an effect, and when that was at the latest.
    kicks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    kicked: int = 0
    moves: int = 0
    strangers: int = 0
    operations: int = 0
    refused: int = 0

    def message(self, uid: int, queue: str) -> Message:
        found = self.messages.get(uid)
        if found is None:
            found = self.messages[uid] = Message(uid, queue)
        return found


class Reader:
    """Reads files of workers, keeping the messages whose shard key (uid or group) is `shard` modulo `shards`."""

    def __init__(self, shard: int = 0, shards: int = 1):
        self.history = History()
        self.shard, self.shards = shard, shards

    def read(self, path, drained: bool = False) -> None:
        invoked = None
        with open(path, encoding="ascii") as lines:
            for line in lines:
                fields = line.rstrip("\n").split("\t")
                if fields[0] == ">":
                    if invoked:
                        self._operation(invoked, NEVER, OPEN, "", drained)
                    invoked = fields
                elif len(fields) == 4 and invoked:
                    self._operation(invoked, int(fields[1]), fields[2], fields[3], drained)
                    invoked = None
        if invoked and len(invoked) == 6:
            self._operation(invoked, NEVER, OPEN, "", drained)

    def _operation(self, invoked, returned: int, result: str, items: str, drained: bool) -> None:
        _, kind, queue, time_text, seconds, sent = invoked
        start, span = int(time_text), int(seconds) * SECOND_NS
        if result == OPEN:
            returned = NEVER
        self.history.operations += 1
        self.history.refused += result == REFUSED
        if kind == SEND:
            self._send(queue, start, returned, span, result, sent, items)
        elif kind == RECEIVE:
            self._receive(queue, start, returned, span, result, items, drained)
        elif kind == KICK:
            if result not in NOTHING_HAPPENED:
                self.history.kicks.setdefault(queue, []).append((start, returned))
            self.history.kicked += int(items or 0)
        elif kind == MOVE:
            self.history.moves += result == OK
        else:
            self._calls(kind, queue, start, returned, span, result, sent, items)

    def _is_ours(self, uid: int) -> bool:
        return shard_key(uid) % self.shards == self.shard

    def _send(self, queue, start, returned, delay, result, sent, items) -> None:
        replies = {item.split(":")[0]: item.split(":")[1:] for item in items.split(" ")} if items else {}
        for place, item in enumerate(sent.split(" ")):
            text, _, number = item.partition(":")
            uid = int(text)
            if not self._is_ours(uid):
                continue
            message = self.history.message(uid, queue)
            message.queue, message.delay = queue, delay
            # An entry of a batch that succeeded has an id in the reply.
            outcome = result if result != OK or text in replies else REFUSED
            id_, sequence = ([*replies.get(text, ()), "", ""])[:2]
            if uid >= GROUPED:
                message.take(Attempt(int(number or 0), start, returned, outcome, id_, int(sequence or 0),
                                     self.history.operations, place))
            else:
                message.invoked, message.returned, message.result, message.id = start, returned, outcome, id_

    def _receive(self, queue, start, returned, timeout, result, items, drained) -> None:
        if result in (UNKNOWN, OPEN):
            self.history.lost_receives.setdefault(queue, []).append((start, returned))
        for place, item in enumerate(items.split(" ") if items else ()):
            text, handle, count, intact, id_, *more = item.split(":")
            uid = int(text)
            if uid == STRANGER:
                self.history.strangers += 1
            elif self._is_ours(uid):
                sequence, attempt = map(int, more or (0, 0))
                self.history.message(uid, home(queue)).deliveries.append(
                    Delivery(start, returned, timeout, handle, int(count), intact == "1", id_, drained, queue,
                             self.history.operations, place, sequence, attempt))

    def _calls(self, kind, queue, start, returned, timeout, result, sent, items) -> None:
        refused = items.split(" ") if items else ()
        for item in sent.split(" "):
            text, handle = item.split(":")
            uid = int(text)
            if not self._is_ours(uid):
                continue
            message = self.history.message(uid, home(queue))
            call = Call(start, returned, REFUSED if handle in refused else result, handle, timeout, queue)
            {DELETE: message.deletes, CHANGE: message.changes, BURY: message.burials}[kind].append(call)
