"""What workers have: a task, bodies, and a client that records each of its calls.

Bodies are a name, the SHA-256 of a payload, and a payload of 1 byte to 256 KiB, mostly small. The queues are those of
queues.py.
"""

import hashlib
import random
import time
from dataclasses import dataclass
from pathlib import Path

from chaos.history import (
    BURY, CHANGE, DELETE, KICK, MOVE, NOT_SENT, OK, OPEN, RECEIVE, REFUSED, SEND, STRANGER, UNKNOWN, Recorder)
from chaos.queues import QUEUES, SPECS, shard_key
from chaos.wire import Api, Bare, Boto, Late, Lost, NotSent, Refused

PAYLOAD_BYTES = (200, 4_000, 32_000, 262_144)
PAYLOAD_WEIGHTS = (860, 125, 14, 1)

@dataclass
class Task:
    """What a worker is told. `counters`: three numbers of each worker, its own at `number * 3`."""

    number: int
    port: int
    http_port: int
    folder: Path
    seed: int
    run: str
    with_boto: bool
    sends_a_second: float
    counters: object
    # What waits, as the supervisor read it at the last start.
    backlog: object
    backlog_max: int
    stop: object

    @property
    def file(self) -> Path:
        return self.folder / f"worker-{self.number}.history"

    def count(self, what: int, number: int) -> None:
        self.counters[self.number * 3 + what] += number


ACKED, DELETED, CALLS = 0, 1, 2
_text = random.Random(1).randbytes(PAYLOAD_BYTES[-1]).hex()


def make_body(chance: random.Random, run: str, uid: int, attempt: int | None = None) -> str:
    size_max = chance.choices(PAYLOAD_BYTES, PAYLOAD_WEIGHTS)[0]
    start = chance.randrange(len(_text) - size_max)
    payload = _text[start:start + chance.randint(1, size_max)]
    name = f"{run}.{uid}" if attempt is None else f"{run}.{uid}/{attempt}"
    return f"{name} {hashlib.sha256(payload.encode()).hexdigest()} {payload}"


def read_body(run: str, body: str) -> tuple[int, bool]:
    """The uid, and whether the payload is what was sent."""
    name, digest, payload = (body.split(" ", 2) + ["", ""])[:3]
    owner, _, number = name.partition("/")[0].partition(".")
    if owner != run or not number.isdecimal():
        return STRANGER, False
    return int(number), hashlib.sha256(payload.encode()).hexdigest() == digest


def attempt_of(body: str) -> int:
    """Which send of the same message this body came with."""
    number = body.split(" ", 1)[0].partition("/")[2]
    return int(number) if number.isdecimal() else 0


def short(handle: str) -> str:
    return hashlib.blake2b(handle.encode(), digest_size=8).hexdigest()


class Client:
    """Calls of one worker as recorded operations."""

    def __init__(self, task: Task, recorder: Recorder):
        self._client = (Boto if task.with_boto else Bare)(task.port)
        self._api = Api(task.http_port)
        self._recorder = recorder
        self._task = task
        self._urls = {queue: f"http://127.0.0.1:{task.port}/000000000000/{queue}" for queue in QUEUES}
        # Of the newest call.
        self.result = OK

    def _record(self, kind, queue, seconds, sent: str, call, items_of) -> dict | None:
        """The reply, or None when there was none that says yes. `items_of`: what of a reply is recorded."""
        self._recorder.before(kind, queue, time.monotonic_ns(), seconds, sent)
        reply, self.result = None, OK
        try:
            reply = call()
        except Refused:
            self.result = REFUSED
        except NotSent:
            self.result = NOT_SENT
        except Lost:
            self.result = UNKNOWN
        except Late:
            self.result = OPEN
        returned = time.monotonic_ns()
        self._recorder.after(returned, self.result, items_of(reply) if reply is not None else "")
        self._task.count(CALLS, 1)
        if self.result != OK:
            time.sleep(0.02)
        return reply

    def _sqs(self, kind, queue, seconds, sent: str, action: str, value: dict, items_of) -> dict | None:
        return self._record(kind, queue, seconds, sent,
                            lambda: self._client.call(action, value | {"QueueUrl": self._urls[queue]}), items_of)

    # Sending

    def send(self, queue: str, bodies: dict[int, str], delay: int) -> int:
        """Gives the number of messages that were accepted."""
        sent = " ".join(map(str, bodies))
        if len(bodies) == 1:
            uid, body = next(iter(bodies.items()))
            reply = self._sqs(SEND, queue, delay, sent, "SendMessage", {"MessageBody": body, "DelaySeconds": delay},
                              lambda reply: f"{uid}:{short(reply['MessageId'])}")
            return 0 if reply is None else 1
        entries = [{"Id": str(uid), "MessageBody": body, "DelaySeconds": delay} for uid, body in bodies.items()]
        reply = self._sqs(SEND, queue, delay, sent, "SendMessageBatch", {"Entries": entries}, lambda reply: " ".join(
            f"{entry['Id']}:{short(entry['MessageId'])}" for entry in reply.get("Successful", ())))
        return 0 if reply is None else len(reply.get("Successful", ()))

    def send_in_groups(self, queue: str, bodies: dict[int, str], attempt: int) -> set[int]:
        """Gives the messages that were accepted. The uid is the deduplication id and names the group."""
        sent = " ".join(f"{uid}:{attempt}" for uid in bodies)
        entries = [{"Id": str(uid), "MessageBody": body, "MessageGroupId": f"g{shard_key(uid)}",
                    "MessageDeduplicationId": str(uid)} for uid, body in bodies.items()]
        reply = self._sqs(SEND, queue, 0, sent, "SendMessageBatch", {"Entries": entries}, lambda reply: " ".join(
            f"{entry['Id']}:{short(entry['MessageId'])}:{int(entry['SequenceNumber'])}"
            for entry in reply.get("Successful", ())))
        return {int(entry["Id"]) for entry in (reply or {}).get("Successful", ())}

    # Receiving and what follows

    def receive(self, queue: str, visibility: int, wait: int) -> list[tuple[int, str]]:
        """The uids and handles that came. Strangers stay out; the checker hears of them."""
        got = []
        is_fifo = SPECS[queue].is_fifo

        def items_of(reply):
            items = []
            for message in reply.get("Messages") or ():
                uid, intact = read_body(self._task.run, message["Body"])
                attributes = message["Attributes"]
                handle = message["ReceiptHandle"]
                item = (f"{uid}:{short(handle)}:{attributes['ApproximateReceiveCount']}:{intact:d}:"
                        f"{short(message['MessageId'])}")
                if is_fifo:
                    item += f":{int(attributes['SequenceNumber'])}:{attempt_of(message['Body'])}"
                items.append(item)
                if uid != STRANGER:
                    got.append((uid, handle))
            return " ".join(items)

        names = ["ApproximateReceiveCount", "SequenceNumber"] if is_fifo else ["ApproximateReceiveCount"]
        self._sqs(RECEIVE, queue, visibility, "", "ReceiveMessage", {
            "MaxNumberOfMessages": 10, "VisibilityTimeout": visibility, "WaitTimeSeconds": wait,
            "AttributeNames": names}, items_of)
        return got

    def delete(self, queue: str, messages: list[tuple[int, str]]) -> int:
        sent = handles_of(messages)
        if len(messages) == 1:
            value = {"ReceiptHandle": messages[0][1]}
            reply = self._sqs(DELETE, queue, 0, sent, "DeleteMessage", value, lambda reply: "")
            return 0 if reply is None else 1
        return self._batch(DELETE, "DeleteMessageBatch", queue, 0, sent, messages, {})

    def change(self, queue: str, messages: list[tuple[int, str]], seconds: int) -> int:
        sent = handles_of(messages)
        if len(messages) == 1:
            value = {"ReceiptHandle": messages[0][1], "VisibilityTimeout": seconds}
            reply = self._sqs(CHANGE, queue, seconds, sent, "ChangeMessageVisibility", value, lambda reply: "")
            return 0 if reply is None else 1
        return self._batch(CHANGE, "ChangeMessageVisibilityBatch", queue, seconds, sent, messages,
                           {"VisibilityTimeout": seconds})

    def _batch(self, kind, action, queue, seconds, sent, messages, more) -> int:
        entries = [{"Id": str(n), "ReceiptHandle": handle} | more for n, (_, handle) in enumerate(messages)]

        def refused(reply):
            """All entries that the reply does not name as done."""
            done = {entry["Id"] for entry in reply.get("Successful", ())}
            return " ".join(short(handle) for n, (_, handle) in enumerate(messages) if str(n) not in done)

        reply = self._sqs(kind, queue, seconds, sent, action, {"Entries": entries}, refused)
        return 0 if reply is None else len(reply.get("Successful", ()))

    # By the JSON API

    def bury(self, queue: str, messages: list[tuple[int, str]]) -> None:
        value = {"handles": [handle for _, handle in messages], "reason": "chaos", "by": str(self._task.number)}

        def refused(reply):
            return " ".join(short(handle) for (_, handle), result in zip(messages, reply["results"])
                            if "error" in result)

        self._record(BURY, queue, 0, handles_of(messages), lambda: self._api.call(f"/queues/{queue}/bury", value),
                     refused)

    def kick(self, queue: str, count: int) -> int:
        reply = self._record(KICK, queue, 0, "", lambda: self._api.call(f"/queues/{queue}/kick", {"count": count}),
                             lambda reply: str(reply["kicked"]))
        return 0 if reply is None else reply["kicked"]

    def move_back(self, queue: str, rate: int | None) -> None:
        """Each message to the queue that it was a dead letter of, in the background."""
        value = {} if rate is None else {"rate": rate}
        self._record(MOVE, queue, 0, "", lambda: self._api.call(f"/queues/{queue}/moves", value),
                     lambda reply: str(reply["id"]))


def handles_of(messages: list[tuple[int, str]]) -> str:
    return " ".join(f"{uid}:{short(handle)}" for uid, handle in messages)


def drain_queue(task: Task, queue: str, left, seconds: float) -> None:
    """Receives and deletes until `left()` is 0. Raises TimeoutError when nothing has come for `seconds`."""
    client = Client(task, Recorder(task.file))
    progress = time.monotonic()
    while left():
        messages = client.receive(queue, 600, 1)
        if messages:
            client.delete(queue, messages)
            progress = time.monotonic()
        elif time.monotonic() - progress > seconds:
            raise TimeoutError(f"queue {queue} counts {left()} messages, and nothing came for {seconds:.0f} s")
        elif SPECS[queue].fates[3]:
            client.kick(queue, 1000)
