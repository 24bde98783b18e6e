"""What clients did and saw: written by the workers as they go, read back by the checker.

A worker has a file of its own, and one operation under way. Each operation is two lines, each written with one system
call: one before the request leaves, one after its reply. Fields are separated by tabs:

    >  kind  queue  time  seconds  items        s: uids; r: none; d and v: uid:handle
    <  time  result  items                      s: uid:id; r: uid:handle:count:intact:id; d and v: handles refused

Times are nanoseconds of CLOCK_MONOTONIC, the same for all processes of a machine. `seconds` is the delay of a send, the
visibility timeout of a receive, the new timeout of a change. Handles and ids are shortened to 16 hexadecimal digits.
An operation without its second line is one that never ended for the client.
"""

import os
from dataclasses import dataclass, field

SEND, RECEIVE, DELETE, CHANGE = "s", "r", "d", "v"
# ok: the reply said so. refused: the reply said no. not sent: no connection, so nothing happened.
# unknown: the connection broke. open: no reply in time, so it may still happen later.
OK, REFUSED, NOT_SENT, UNKNOWN, OPEN = "o", "f", "n", "?", "t"
NOTHING_HAPPENED = (REFUSED, NOT_SENT)
NEVER = 1 << 62
SECOND_NS = 1_000_000_000
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


@dataclass(slots=True)
class Call:
    """A delete, or a change of visibility (then with the new timeout in nanoseconds)."""

    invoked: int
    returned: int
    result: str
    handle: str
    timeout: int = 0


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


@dataclass
class History:
    """Of the messages of one shard. What concerns no message alone is in every shard."""

    messages: dict[int, Message] = field(default_factory=dict)
    # By queue: when receives without a reply began, and when they can have had their effect at the latest.
    lost_receives: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    strangers: int = 0
    operations: int = 0
    refused: int = 0

    def message(self, uid: int, queue: str) -> Message:
        found = self.messages.get(uid)
        if found is None:
            found = self.messages[uid] = Message(uid, queue)
        return found


class Reader:
    """Reads files of workers, keeping the messages whose uid is `shard` modulo `shards`."""

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
        else:
            self._calls(kind, queue, start, returned, span, result, sent, items)

    def _send(self, queue, start, returned, delay, result, sent, items) -> None:
        ids = dict(item.split(":") for item in items.split(" ")) if items else {}
        for text in sent.split(" "):
            uid = int(text)
            if uid % self.shards != self.shard:
                continue
            message = self.history.message(uid, queue)
            message.queue, message.invoked, message.returned, message.delay = queue, start, returned, delay
            # An entry of a batch that succeeded has an id in the reply.
            message.result = result if result != OK or text in ids else REFUSED
            message.id = ids.get(text, "")

    def _receive(self, queue, start, returned, timeout, result, items, drained) -> None:
        if result in (UNKNOWN, OPEN):
            self.history.lost_receives.setdefault(queue, []).append((start, returned))
        for item in items.split(" ") if items else ():
            text, handle, count, intact, id_ = item.split(":")
            uid = int(text)
            if uid == STRANGER:
                self.history.strangers += 1
            elif uid % self.shards == self.shard:
                self.history.message(uid, queue).deliveries.append(
                    Delivery(start, returned, timeout, handle, int(count), intact == "1", id_, drained))

    def _calls(self, kind, queue, start, returned, timeout, result, sent, items) -> None:
        refused = items.split(" ") if items else ()
        for item in sent.split(" "):
            text, handle = item.split(":")
            uid = int(text)
            if uid % self.shards != self.shard:
                continue
            message = self.history.message(uid, queue)
            call = Call(start, returned, REFUSED if handle in refused else result, handle, timeout)
            (message.deletes if kind == DELETE else message.changes).append(call)
