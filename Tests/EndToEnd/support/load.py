"""Producers and consumers that load one queue and record what they see. Each runs as a process of its own."""

import hashlib
import random
import time
import uuid

import botocore.exceptions

from support.clients import sqs_client
from support.history import OK, REFUSED, UNKNOWN, Delivery, Operation, Recorder

VISIBILITY_SECONDS = (2, 3, 5)
BODY_BYTES_MAX = 1_048_576


def make_body(chance: random.Random) -> tuple[str, str]:
    """A body that names itself and carries the SHA-256 of its payload. Mostly small, seldom up to 1 MiB."""
    uid = uuid.UUID(int=chance.getrandbits(128)).hex
    size_max = chance.choices((200, 4_000, 64_000, BODY_BYTES_MAX - 200), weights=(80, 15, 4.5, 0.5))[0]
    payload = chance.randbytes(chance.randrange(size_max // 2)).hex()
    return uid, f"{uid} {hashlib.sha256(payload.encode()).hexdigest()} {payload}"


def read_body(body: str) -> tuple[str, bool]:
    """The uid, and whether the payload is what was sent."""
    uid, digest, payload = (body.split(" ", 2) + ["", ""])[:3]
    return uid, hashlib.sha256(payload.encode()).hexdigest() == digest


class Client:
    """boto3 calls as recorded operations. A call without a reply is `unknown`, never a failure."""

    def __init__(self, url: str, queue: str, recorder: Recorder):
        self.sqs = sqs_client(url, read_timeout=30)
        self.queue = queue
        self.recorder = recorder

    def _record(self, kind: str, keys: list[str], call, timeout_s: int = 0) -> Operation:
        """`call` returns the results of the entries, and the deliveries."""
        invoked = time.monotonic_ns()
        operation = Operation(kind, invoked, 0, OK, timeout_s=timeout_s)
        try:
            entries, operation.deliveries = call()
            operation.entries = entries
        except botocore.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            operation.result = REFUSED if status < 500 else UNKNOWN
        except (botocore.exceptions.BotoCoreError, OSError):
            operation.result = UNKNOWN
        operation.returned = time.monotonic_ns()
        if operation.result != OK:
            operation.entries = {key: operation.result for key in keys}
        self.recorder.add(operation)
        if operation.result == UNKNOWN:
            time.sleep(0.02)
        return operation

    def send(self, bodies: dict[str, str], delay: int) -> None:
        def one():
            (uid, body), = bodies.items()
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=body, DelaySeconds=delay)
            return {uid: OK}, []

        def batch():
            entries = [{"Id": uid, "MessageBody": body, "DelaySeconds": delay} for uid, body in bodies.items()]
            reply = self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)
            return batch_results(reply), []

        self._record("send", list(bodies), one if len(bodies) == 1 else batch, timeout_s=delay)

    def receive(self, visibility: int, wait: int = 1) -> Operation:
        def call():
            reply = self.sqs.receive_message(
                QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait, VisibilityTimeout=visibility,
                AttributeNames=["ApproximateReceiveCount"])
            return {}, [to_delivery(message) for message in reply.get("Messages", [])]

        return self._record("receive", [], call, timeout_s=visibility)

    def delete(self, handles: list[str]) -> None:
        def one():
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=handles[0])
            return {handles[0]: OK}, []

        def batch():
            entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(handles)]
            results = batch_results(self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries))
            return {handles[int(index)]: result for index, result in results.items()}, []

        self._record("delete", handles, one if len(handles) == 1 else batch)

    def change_visibility(self, handle: str, seconds: int) -> None:
        def call():
            self.sqs.change_message_visibility(QueueUrl=self.queue, ReceiptHandle=handle, VisibilityTimeout=seconds)
            return {handle: OK}, []

        self._record("visibility", [handle], call, timeout_s=seconds)


def batch_results(reply) -> dict[str, str]:
    return {entry["Id"]: OK for entry in reply.get("Successful", [])} | {
        entry["Id"]: REFUSED for entry in reply.get("Failed", [])}


def to_delivery(message) -> Delivery:
    uid, intact = read_body(message["Body"])
    return Delivery(uid, message["ReceiptHandle"], int(message["Attributes"]["ApproximateReceiveCount"]), intact)


def produce(url: str, queue: str, path, seed: int, stop) -> None:
    chance = random.Random(seed)
    client = Client(url, queue, Recorder(path))
    while not stop.is_set():
        count = 1 if chance.random() < 0.7 else chance.randint(2, 10)
        bodies = dict(make_body(chance) for _ in range(count))
        if sum(map(len, bodies.values())) <= BODY_BYTES_MAX:
            client.send(bodies, delay=chance.choices((0, 1), weights=(9, 1))[0])


def consume(url: str, queue: str, path, seed: int, stop) -> None:
    """Deletes most of what it gets, ends or extends some leases, and lets the rest run out."""
    chance = random.Random(seed)
    client = Client(url, queue, Recorder(path))
    while not stop.is_set():
        handles = [d.handle for d in client.receive(chance.choice(VISIBILITY_SECONDS)).deliveries]
        chance.shuffle(handles)
        while handles and chance.random() < 0.9:
            if chance.random() < 0.1:
                client.change_visibility(handles.pop(), chance.choice((0, 1, 4)))
            elif chance.random() < 0.5:
                client.delete([handles.pop()])
            else:
                some, handles = handles[:chance.randint(1, 10)], handles[10:]
                client.delete(some)
