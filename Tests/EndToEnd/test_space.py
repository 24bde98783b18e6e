"""A full disk: a tmpfs of 64 MiB as data directory. Sends are refused first, everything that is there can be received
and deleted, and sends go on when there is room, all without a restart.

Needs root, to mount the tmpfs.
"""

import http.client
import json
import os
import subprocess
import time

import pytest

from support.clients import json_request, queue_info, wait_for
from support.server import SMALL_SEGMENTS, Server

DISK_BYTES = 64 << 20
# Long enough for cleaning and for the second in which the server looks for room again.
PATIENCE_SECONDS = 30
ROUNDS = 20_000
LEASE_SECONDS = 20
# With these, messages of some kilobytes fill several segments.
OPTIONS = pytest.mark.parametrize(
    "options", [(), SMALL_SEGMENTS, ("--segment-bytes", "256KiB", "--max-message-bytes", "128KiB")],
    ids=["default", "2MiB", "256KiB"])


@pytest.fixture
def disk(tmp_path):
    """An empty tmpfs."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", path], capture_output=True,
                             text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here (it needs root): {mounted.stderr.strip()}")
    yield path
    # Lazy: a server that outlives its test by a moment must not keep it.
    subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture
def start_on(disk, new_server):
    """Starts a server with its data on the small disk. `new_server` comes after `disk`, so it ends before."""
    def start(*options) -> Server:
        server = new_server(*options)
        server.data = disk / "data"
        return server.start()

    return start


class Client:
    """SQS on one kept connection. Bodies name themselves and are checked when they come back."""

    def __init__(self, server: Server, body_bytes: int):
        self.server = server
        self.body_bytes = body_bytes
        self.connection = http.client.HTTPConnection("127.0.0.1", server.sqs_port, timeout=60)
        self.url = server.queue_url("space")
        self.next = 0
        self.stored: set[int] = set()
        self.refusals: list[str] = []

    def call(self, action: str, **value) -> tuple[int, dict, dict]:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
        if action != "CreateQueue":
            value["QueueUrl"] = self.url
        self.connection.request("POST", "/", json.dumps(value), headers)
        response = self.connection.getresponse()
        body = response.read()
        return response.status, json.loads(body) if body else {}, {k.lower(): v for k, v in response.getheaders()}

    def create(self) -> "Client":
        assert self.call("CreateQueue", QueueName="space")[0] == 200
        return self

    def body(self, number: int) -> str:
        text = f"{number} "
        return text + f"{number % 9973:04d}" * ((self.body_bytes - len(text)) // 4)

    def send(self) -> tuple[int, dict, dict]:
        number, self.next = self.next, self.next + 1
        reply = self.call("SendMessage", MessageBody=self.body(number))
        if reply[0] == 200:
            self.stored.add(number)
        return reply

    def send_ten(self) -> bool:
        """Tells whether all were accepted."""
        numbers = range(self.next, self.next + 10)
        self.next += 10
        entries = [{"Id": str(number), "MessageBody": self.body(number)} for number in numbers]
        reply = self.call("SendMessageBatch", Entries=entries)[1]
        accepted = {int(entry["Id"]) for entry in reply.get("Successful", [])}
        self.stored |= accepted
        return len(accepted) == 10

    def fill(self) -> dict:
        """Sends until a send is refused, and checks how it is refused. Gives the headers."""
        while self.send_ten():
            assert len(self.stored) * self.body_bytes < 2 * DISK_BYTES, "the disk does not get full"
        while True:
            status, reply, headers = self.send()
            if status != 200:
                assert (status, reply["__type"].split("#")[-1]) == (503, "ServiceUnavailable"), reply
                assert "disk is full" in reply["message"], reply
                assert int(headers["retry-after"]) > 0
                return headers

    def until_done(self, action: str, **value) -> dict:
        """Tries again when it is refused, as the reply says."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, reply, headers = self.call(action, **value)
            if status == 200:
                return reply
            self.refusals.append(f"{action}: {status} {reply}")
            assert status == 503 and "retry-after" in headers, (action, status, reply)
            assert time.monotonic() < end, \
                f"{action} was refused for {PATIENCE_SECONDS} s, {len(self.stored)} of {self.next} are left: {reply}"
            time.sleep(0.2)

    def receive(self, timeout: int) -> list[dict]:
        reply = self.until_done("ReceiveMessage", MaxNumberOfMessages=10, VisibilityTimeout=timeout)
        for message in reply.get("Messages", []):
            number = int(message["Body"].split(" ", 1)[0])
            assert message["Body"] == self.body(number), "an altered body"
            assert number in self.stored, f"{number} was deleted, or never accepted"
        return reply.get("Messages", [])

    def drain(self) -> None:
        while messages := self.receive(600):
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
            self.delete(entries)
            self.stored -= {int(m["Body"].split(" ", 1)[0]) for m in messages}
        assert not self.stored, f"{len(self.stored)} accepted messages did not come"
        counts = queue_info(self.server, "space")["counts"]
        assert sum(counts.values()) == 0, counts

    def delete(self, entries: list[dict]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while entries:
            reply = self.until_done("DeleteMessageBatch", Entries=entries)
            done = {entry["Id"] for entry in reply.get("Successful", [])}
            entries = [entry for entry in entries if entry["Id"] not in done]
            assert not entries or time.monotonic() < end, f"deletes are refused: {reply['Failed'][0]}"

    def send_again(self, number: int) -> None:
        """That many sends are accepted, after some patience with the first."""
        end = time.monotonic() + PATIENCE_SECONDS
        accepted = 0
        while accepted < number:
            status, reply, _ = self.send()
            accepted += status == 200
            if status != 200:
                assert time.monotonic() < end, f"sends are refused {PATIENCE_SECONDS} s after the drain: {reply}"
                time.sleep(0.2)


def free_bytes(path) -> int:
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize


def fill_with_a_file(path) -> None:
    """What another process does: takes all that is free, to the last byte."""
    with open(path, "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                written = file.write(b"\xff" * size)
            except OSError:
                written = 0
            if written < size:
                size //= 2


@OPTIONS
@pytest.mark.parametrize("body_bytes", [200, 20_000])
def test_fill_drain_send_again(start_on, disk, options, body_bytes):
    server = start_on(*options)
    client = Client(server, body_bytes).create()
    client.fill()
    sent = len(client.stored)
    assert sent * body_bytes > DISK_BYTES / 8, f"only {sent} messages of {body_bytes} bytes found room"
    assert server.status_of("/livez") == 200
    client.drain()
    client.send_again(sent // 2)
    client.drain()
    assert server.alive
    assert server.stop() == 0


def until_refused(server, client):
    """Sends by the JSON API. A segment that could be made at the next try takes some more after the first refusal."""
    while True:
        reply = json_request(server.http_url, "POST", "/api/v1/queues/space/messages", {"body": client.body(0)})
        if reply.status != 200:
            return reply


def test_refusal_in_the_json_api(start_on):
    server = start_on(*SMALL_SEGMENTS)
    client = Client(server, 20_000).create()
    client.fill()
    reply = until_refused(server, client)
    assert (reply.status, reply.json["code"]) == (507, "out_of_disk_space"), reply.text
    assert int(reply.headers["retry-after"]) > 0
    assert "disk" in json_request(server.http_url, "GET", "/readyz?verbose").text
    assert b"roost_disk_full 1" in json_request(server.http_url, "GET", "/metrics").body


@OPTIONS
def test_filled_by_another_process(start_on, disk, options):
    server = start_on(*options)
    client = Client(server, 5_000).create()
    for _ in range(200):
        assert client.send()[0] == 200
    other = disk / "of-another-process"
    fill_with_a_file(other)
    assert free_bytes(disk) == 0
    client.fill()
    client.drain()
    assert server.alive, server.log_tail()
    other.unlink()
    client.send_again(1_000)
    client.drain()
    assert server.stop() == 0


@OPTIONS
def test_receive_and_release_does_not_fill_the_disk(start_on, options):
    server = start_on(*options)
    client = Client(server, 5_000).create()
    client.fill()
    refused = 0
    for _ in range(ROUNDS // 10):
        status, reply, _ = client.call("ReceiveMessage", MaxNumberOfMessages=10, VisibilityTimeout=LEASE_SECONDS)
        messages = reply.get("Messages", [])
        refused += status != 200
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 0}
                   for n, m in enumerate(messages)]
        while entries:
            status, reply, _ = client.call("ChangeMessageVisibilityBatch", Entries=entries)
            done = {entry["Id"] for entry in reply.get("Successful", [])} if status == 200 else set()
            refused += not done
            if not done:
                break
            entries = [entry for entry in entries if entry["Id"] not in done]
    assert server.alive, server.log_tail()
    print(f"{refused} calls of {ROUNDS} rounds were refused")
    # What could not be released is leased for LEASE_SECONDS.
    wait_for(lambda: queue_info(server, "space")["counts"]["in_flight"] == 0, LEASE_SECONDS + 10, "the end of leases")
    client.drain()
    client.send_again(1_000)


@OPTIONS
def test_kill_and_restart_on_a_full_disk(start_on, disk, options):
    server = start_on(*options)
    client = Client(server, 5_000).create()
    client.fill()
    other = disk / "of-another-process"
    fill_with_a_file(other)
    for _ in range(3):
        server.restart()
        assert queue_info(server, "space")["counts"]["ready"] == len(client.stored)
    client.connection.close()
    client.drain()
    other.unlink()
    client.send_again(1_000)
    client.drain()
