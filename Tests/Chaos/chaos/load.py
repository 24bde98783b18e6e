"""Producers and consumers. Each is a process with one request under way, and records what it does.

Four queues: `plain`; `redelivered`, whose messages mostly come several times and go back to the end; `delayed`, whose
messages become visible after 0 to 3 seconds; `kept`, which hardly anybody deletes from, so that cleaning has to move
messages. Bodies are a name, the SHA-256 of a payload, and a payload of 1 byte to 256 KiB, mostly small.
"""

import hashlib
import random
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from chaos.history import (
    CHANGE, DELETE, NOT_SENT, OK, OPEN, RECEIVE, REFUSED, SEND, STRANGER, UNKNOWN, Recorder)
from chaos.wire import Bare, Boto, Late, Lost, NotSent, Refused

QUEUES = ("plain", "redelivered", "delayed", "kept")
SEND_WEIGHTS = (70, 17, 12.7, 0.3)
RECEIVE_WEIGHTS = (66, 20, 13, 1)
# Seconds. Short ones, so that many leases end within the run.
LEASES = {"plain": (3, 5), "redelivered": (1, 2), "delayed": (2, 3), "kept": (3, 5)}
LEASE_SECONDS_MAX = 5
DELAY_SECONDS_MAX = 3
PAYLOAD_BYTES = (200, 4_000, 32_000, 262_144)
PAYLOAD_WEIGHTS = (860, 125, 14, 1)
# SQS takes 1 MiB in one batch.
BATCH_BYTES_MAX = 900_000
UIDS_OF_A_WORKER = 1 << 32


@dataclass
class Task:
    """What a worker is told. `counters`: three numbers of each worker, its own at `number * 3`."""

    number: int
    port: int
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


def make_body(chance: random.Random, run: str, uid: int) -> str:
    size_max = chance.choices(PAYLOAD_BYTES, PAYLOAD_WEIGHTS)[0]
    start = chance.randrange(len(_text) - size_max)
    payload = _text[start:start + chance.randint(1, size_max)]
    return f"{run}.{uid} {hashlib.sha256(payload.encode()).hexdigest()} {payload}"


def read_body(run: str, body: str) -> tuple[int, bool]:
    """The uid, and whether the payload is what was sent."""
    name, digest, payload = (body.split(" ", 2) + ["", ""])[:3]
    owner, _, number = name.partition(".")
    if owner != run or not number.isdecimal():
        return STRANGER, False
    return int(number), hashlib.sha256(payload.encode()).hexdigest() == digest


def short(handle: str) -> str:
    return hashlib.blake2b(handle.encode(), digest_size=8).hexdigest()


class Client:
    """Calls of one worker as recorded operations."""

    def __init__(self, task: Task, recorder: Recorder):
        self._client = (Boto if task.with_boto else Bare)(task.port)
        self._recorder = recorder
        self._task = task
        self._urls = {queue: f"http://127.0.0.1:{task.port}/000000000000/{queue}" for queue in QUEUES}

    def _record(self, kind, queue, seconds, sent: str, action: str, value: dict, items_of) -> dict | None:
        """The reply, or None when there was none that says yes. `items_of`: what of a reply is recorded."""
        self._recorder.before(kind, queue, time.monotonic_ns(), seconds, sent)
        reply, result = None, OK
        try:
            reply = self._client.call(action, value | {"QueueUrl": self._urls[queue]})
        except Refused:
            result = REFUSED
        except NotSent:
            result = NOT_SENT
        except Lost:
            result = UNKNOWN
        except Late:
            result = OPEN
        returned = time.monotonic_ns()
        self._recorder.after(returned, result, items_of(reply) if reply is not None else "")
        self._task.count(CALLS, 1)
        if result != OK:
            time.sleep(0.02)
        return reply

    def send(self, queue: str, bodies: dict[int, str], delay: int) -> int:
        """Gives the number of messages that were accepted."""
        sent = " ".join(map(str, bodies))
        if len(bodies) == 1:
            uid, body = next(iter(bodies.items()))
            reply = self._record(SEND, queue, delay, sent, "SendMessage", {"MessageBody": body, "DelaySeconds": delay},
                                 lambda reply: f"{uid}:{short(reply['MessageId'])}")
            return 0 if reply is None else 1
        entries = [{"Id": str(uid), "MessageBody": body, "DelaySeconds": delay} for uid, body in bodies.items()]
        reply = self._record(SEND, queue, delay, sent, "SendMessageBatch", {"Entries": entries}, lambda reply: " ".join(
            f"{entry['Id']}:{short(entry['MessageId'])}" for entry in reply.get("Successful", ())))
        return 0 if reply is None else len(reply.get("Successful", ()))

    def receive(self, queue: str, visibility: int, wait: int) -> list[tuple[int, str]]:
        """The uids and handles that came. Strangers stay out; the checker hears of them."""
        got = []

        def items_of(reply):
            items = []
            for message in reply.get("Messages") or ():
                uid, intact = read_body(self._task.run, message["Body"])
                count = message["Attributes"]["ApproximateReceiveCount"]
                handle = message["ReceiptHandle"]
                items.append(f"{uid}:{short(handle)}:{count}:{intact:d}:{short(message['MessageId'])}")
                if uid != STRANGER:
                    got.append((uid, handle))
            return " ".join(items)

        self._record(RECEIVE, queue, visibility, "", "ReceiveMessage", {
            "MaxNumberOfMessages": 10, "VisibilityTimeout": visibility, "WaitTimeSeconds": wait,
            "AttributeNames": ["ApproximateReceiveCount"]}, items_of)
        return got

    def delete(self, queue: str, messages: list[tuple[int, str]]) -> int:
        sent = " ".join(f"{uid}:{short(handle)}" for uid, handle in messages)
        if len(messages) == 1:
            value = {"ReceiptHandle": messages[0][1]}
            reply = self._record(DELETE, queue, 0, sent, "DeleteMessage", value, lambda reply: "")
            return 0 if reply is None else 1
        return self._batch(DELETE, "DeleteMessageBatch", queue, 0, sent, messages, {})

    def change(self, queue: str, messages: list[tuple[int, str]], seconds: int) -> int:
        sent = " ".join(f"{uid}:{short(handle)}" for uid, handle in messages)
        if len(messages) == 1:
            value = {"ReceiptHandle": messages[0][1], "VisibilityTimeout": seconds}
            reply = self._record(CHANGE, queue, seconds, sent, "ChangeMessageVisibility", value, lambda reply: "")
            return 0 if reply is None else 1
        return self._batch(CHANGE, "ChangeMessageVisibilityBatch", queue, seconds, sent, messages,
                           {"VisibilityTimeout": seconds})

    def _batch(self, kind, action, queue, seconds, sent, messages, more) -> int:
        entries = [{"Id": str(n), "ReceiptHandle": handle} | more for n, (_, handle) in enumerate(messages)]

        def refused(reply):
            """All entries that the reply does not name as done."""
            done = {entry["Id"] for entry in reply.get("Successful", ())}
            return " ".join(short(handle) for n, (_, handle) in enumerate(messages) if str(n) not in done)

        reply = self._record(kind, queue, seconds, sent, action, {"Entries": entries}, refused)
        return 0 if reply is None else len(reply.get("Successful", ()))


def make_batch(task: Task, chance: random.Random, next_uid) -> dict[int, str]:
    bodies, size = {}, 0
    for _ in range(1 if chance.random() < 0.03 else chance.choice((10, 10, 10, chance.randint(2, 9)))):
        uid = next_uid()
        body = make_body(chance, task.run, uid)
        size += len(body)
        if bodies and size > BATCH_BYTES_MAX:
            break
        bodies[uid] = body
    return bodies


def produce(task: Task) -> None:
    chance = random.Random(task.seed)
    client = Client(task, Recorder(task.file))
    uids = iter(range(task.number * UIDS_OF_A_WORKER, (task.number + 1) * UIDS_OF_A_WORKER))
    due = time.monotonic()
    while not task.stop.value:
        if time.monotonic() < due or task.backlog.value > task.backlog_max:
            time.sleep(0.005)
            continue
        queue = chance.choices(QUEUES, SEND_WEIGHTS)[0]
        delay = chance.randint(0, DELAY_SECONDS_MAX) if queue == "delayed" else 0
        bodies = make_batch(task, chance, uids.__next__)
        task.count(ACKED, client.send(queue, bodies, delay))
        # What a dead server held up is caught up on, a second of it at most.
        due = max(due, time.monotonic() - 1) + len(bodies) / task.sends_a_second


class Consumer:
    def __init__(self, task: Task):
        self.task = task
        self.chance = random.Random(task.seed)
        self.client = Client(task, Recorder(task.file))
        # Deletes that come after the lease has ended: (when, queue, messages).
        self.late: deque = deque()

    def run(self) -> None:
        while not self.task.stop.value:
            queue = self.chance.choices(QUEUES, RECEIVE_WEIGHTS)[0]
            lease = self.chance.choice(LEASES[queue])
            messages = self.client.receive(queue, lease, self.chance.choice((0, 0, 0, 1)))
            if messages:
                self.treat(queue, messages, lease)
            while self.late and self.late[0][0] < time.monotonic():
                _, queue, messages = self.late.popleft()
                self.delete(queue, messages)

    def treat(self, queue: str, messages: list, lease: int) -> None:
        fate = self.chance.random()
        if queue == "kept":
            self.treat_kept(messages, fate)
        elif fate < (0.9 if queue != "redelivered" else 0.55):
            if self.chance.random() < 0.05:
                self.delete(queue, [messages.pop()])
            if messages:
                self.delete(queue, messages)
        elif fate < (0.94 if queue != "redelivered" else 0.75):
            number = self.chance.randint(1, 10)
            some, rest = messages[:number], messages[number:]
            self.client.change(queue, some, self.chance.choice((0, 0, 1, 4)))
            if rest:
                self.delete(queue, rest)
        elif fate < (0.97 if queue != "redelivered" else 0.85):
            self.late.append((time.monotonic() + lease + self.chance.random(), queue, messages))
        # What is left: the lease runs out.

    def treat_kept(self, messages: list, fate: float) -> None:
        if fate < 0.1:
            self.delete("kept", [messages.pop()])
        elif fate < 0.4:
            self.client.change("kept", messages, self.chance.choice((0, 1)))

    def delete(self, queue: str, messages: list) -> None:
        self.task.count(DELETED, self.client.delete(queue, messages))


def work(task: Task, producers: int) -> None:
    """The whole life of a worker process."""
    if task.number < producers:
        produce(task)
    else:
        Consumer(task).run()


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
