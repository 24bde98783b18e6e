"""Damage to the data directory, through the binary: a bit flipped, a range zeroed, a file cut or deleted.

Either the server serves every message intact, or it ends with an error that names the file. Never an altered body, an
empty start, a signal, or a start that does not end. Three exceptions, all counted: a torn end that is cut, when the log
says so; messages that are counted as damaged and not delivered; and the one that no log can notice (docs/log-format.md,
"What cannot be told apart"): the end of the newest segment turned to zeros, or the newest segment gone.

ROOST_DAMAGE_SAMPLES is the number of samples (60). Each sample has the seed "SEED-NUMBER", and a failed one names it.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.clients import http_request, json_request, queue_info, sqs_client, wait_for
from support.server import BINARY, Server, free_port

SAMPLES = int(os.environ.get("ROOST_DAMAGE_SAMPLES", 60))
AT_ONCE = 3
QUEUE = "damaged"
SETTINGS = {"visibility_timeout_seconds": 77, "redelivery": "back", "retention_seconds": 86_400}
BODY_BYTES = (1, 200, 3_000, 11_000)
START_SECONDS_MAX = 30
DRAIN_SECONDS_MAX = 20
CHURN_MAX = 400
PORT_IS_TAKEN = "is in use by another program"
TORN = re.compile(r"on was cut, \d+ bytes")
SEGMENT = re.compile(r"^\d{8}\.log$")
FIRST_BATCH = 512


def snapshot_options() -> tuple[str, ...]:
    """Snapshots as often as possible, if the binary makes them."""
    text = subprocess.run([BINARY, "serve", "--help"], capture_output=True, text=True, check=True).stdout
    return ("--snapshot-bytes", "64KiB") if "--snapshot-bytes" in text else ()


OPTIONS = ("--segment-bytes", "64KiB", "--max-message-bytes", "16KiB", "--aweq", "off", *snapshot_options())


@dataclass
class Content:
    """What a directory holds: bodies by name, and the handles of messages in flight."""

    bodies: dict[str, str] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)
    sent: int = 0


def body_of(name: str) -> str:
    chance = random.Random(name)
    return f"{name} {chance.randbytes(chance.choice(BODY_BYTES) // 2).hex()}"


class Writer:
    """Fills a directory and knows what is in it."""

    def __init__(self, server: Server, content: Content):
        self.server, self.content = server, content
        self.sqs = sqs_client(server.sqs_url)
        self.url = server.queue_url(QUEUE)

    def send(self, number: int) -> None:
        for _ in range(number):
            name = f"m{self.content.sent}"
            self.content.sent += 1
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body_of(name))
            self.content.bodies[name] = body_of(name)

    def delete(self, number: int) -> None:
        for message in self.receive(number, 600):
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            del self.content.bodies[message["Body"].split(" ")[0]]

    def lease(self, number: int) -> None:
        for message in self.receive(number, 43_200):
            self.content.handles[message["Body"].split(" ")[0]] = message["ReceiptHandle"]

    def receive(self, number: int, seconds: int):
        return self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=number, VisibilityTimeout=seconds).get("Messages", [])

    def snapshots(self) -> int:
        return len(list((self.server.data / "log").glob("snapshot-*.image")))


def fill(server: Server) -> Content:
    """Several segments of several starts, two snapshots (if the binary makes them), leases, deletes and settings."""
    content = Content()
    server.start()
    json_request(server.http_url, "PUT", f"/api/v1/queues/{QUEUE}", SETTINGS)
    has_snapshots = b"snapshot" in http_request(server.http_url, path="/metrics").body
    for _ in range(3):
        writer = Writer(server, content)
        writer.send(20)
        writer.delete(7)
        writer.lease(2)
        server.restart()
    writer = Writer(server, content)
    rounds = 0
    while has_snapshots and writer.snapshots() < 2:
        rounds += 1
        assert rounds < CHURN_MAX, f"no two snapshots after {content.sent} messages"
        writer.send(10)
        writer.delete(10)
    writer.send(5)
    return content


@dataclass
class Template:
    data: Path
    content: Content
    # A mark on disk says that everything before it was synced. Then one wrong bit cannot pass for a torn write.
    is_covered: bool


@pytest.fixture(scope="module")
def shared_memory():
    base = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="roost-damage-", dir=base) as folder:
        yield Path(folder)


@pytest.fixture(scope="module", params=["stopped", "killed"])
def template(request, shared_memory):
    """`stopped`: by SIGTERM after a pause, so that a mark covers everything. `killed`: right after the last reply."""
    home = shared_memory / request.param
    home.mkdir()
    server = Server(home, *OPTIONS)
    content = fill(server)
    if request.param == "stopped":
        time.sleep(1.5)
        assert server.stop() == 0
    else:
        server.kill()
    yield Template(server.data, content, request.param == "stopped")
    server.kill()


# Damage

def files_of(data: Path) -> list[Path]:
    return sorted(path for path in data.rglob("*") if path.is_file() and path.name != "LOCK" and path.stat().st_size)


def place_in(content: bytes, chance: random.Random) -> int:
    """Mostly where there is something: a segment that was made ahead is all zeros."""
    place = chance.randrange(len(content))
    if chance.random() < 0.8:
        for _ in range(200):
            if content[place]:
                break
            place = chance.randrange(len(content))
    return place


def flip(path: Path, chance: random.Random) -> str:
    content = bytearray(path.read_bytes())
    place, bit = place_in(content, chance), chance.randrange(8)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return f"bit {bit} of byte {place}"


def zero(path: Path, chance: random.Random) -> str:
    content = bytearray(path.read_bytes())
    start = place_in(content, chance)
    count = min(chance.choice((1, 8, 512, 4096, len(content))), len(content) - start)
    if chance.random() < 0.5:
        start -= start % 512
    content[start:start + count] = bytes(count)
    path.write_bytes(content)
    return f"zeros at {start}, {count} bytes"


def cut(path: Path, chance: random.Random) -> str:
    size = chance.choice((0, chance.randrange(path.stat().st_size), path.stat().st_size - 1))
    os.truncate(path, size)
    return f"cut to {size} bytes"


def remove(path: Path, chance: random.Random) -> str:
    path.unlink()
    return "deleted"


ACTIONS, WEIGHTS = (flip, zero, cut, remove), (60, 15, 15, 10)


# What may happen

@dataclass
class Result:
    what: str
    problem: str | None = None
    detail: str = ""


class Sample:
    """One copy, and what the server makes of it."""

    def __init__(self, folder: Path, template: Template, seed: str):
        folder.mkdir()
        self.seed, self.folder, self.template = seed, folder, template
        self.server = Server(folder, *OPTIONS)
        shutil.copytree(template.data, self.server.data)
        self.file, self.action, self.last_segment, self.damage = Path(), None, "", "no damage"

    def do_damage(self) -> None:
        chance = random.Random(self.seed)
        files = files_of(self.server.data)
        self.last_segment = max((p.name for p in files if SEGMENT.match(p.name) and any(p.read_bytes()[FIRST_BATCH:])),
                                default="")
        self.file = chance.choice(files)
        self.action = chance.choices(ACTIONS, WEIGHTS)[0]
        self.damage = f"{self.file.relative_to(self.server.data)}: {self.action(self.file, chance)}"

    def run(self) -> Result:
        self.server.start(wait=False)
        try:
            state = wait_for(self.state, START_SECONDS_MAX, "ready, or the end")
        except AssertionError:
            return self.problem("neither ready nor ended")
        if state == "ended" and PORT_IS_TAKEN in self.server.log_tail(1):
            self.server.sqs_port, self.server.http_port = free_port(), free_port()
            return self.run()
        return self.refused() if state == "ended" else self.serves()

    def state(self) -> str | None:
        if not self.server.alive:
            return "ended"
        return "ready" if self.server.status_of("/readyz") == 200 else None

    def problem(self, text: str) -> Result:
        return Result("problem", f"seed {self.seed}: {self.damage}: {text}\n{self.server.log_tail(12)}")

    def refused(self) -> Result:
        code = self.server.process.returncode
        if code == 0:
            return self.problem("ended with 0")
        if code < 0:
            return self.problem(f"ended by {signal.Signals(-code).name}")
        if self.file.name not in self.server.log_tail():
            return self.problem(f"ended with {code}, and does not name {self.file.name}")
        return Result("refused")

    def serves(self) -> Result:
        """Settings, counts and bodies."""
        reply = json_request(self.server.http_url, "GET", f"/api/v1/queues/{QUEUE}")
        if reply.status != 200:
            return self.problem("an empty start: the queue is gone")
        settings = {name: reply.json.get("settings", reply.json).get(name) for name in SETTINGS}
        if settings != SETTINGS:
            return self.problem(f"the settings are {settings}")
        counted = sum(reply.json["counts"].values())
        got, altered = self.drain()
        if altered:
            return self.problem(f"altered bodies: {altered[:3]}")
        return self.compare(counted, got)

    def compare(self, counted: int, got: set[str]) -> Result:
        expected = self.template.content.bodies.keys()
        missing, more = expected - got, got - expected
        damaged = queue_info(self.server, QUEUE)["counts"]["damaged"]
        log = self.server.log.read_text(errors="replace")
        if not self.server.alive:
            return self.problem("it ended while it served")
        if not missing and not more:
            return Result("intact")
        if TORN.search(log) and not (self.template.is_covered and self.action is flip):
            return Result("torn end cut", detail=self.damage)
        if not more and damaged == len(missing):
            return Result("counted as damaged")
        if self.is_unnoticeable():
            return Result("unnoticed", detail=self.damage)
        return self.problem(f"{counted} counted at the start, {len(got)} came, {damaged} are counted as damaged; "
                            f"missing {sorted(missing)[:5]}, too many {sorted(more)[:5]}")

    def is_unnoticeable(self) -> bool:
        """The exception of docs/log-format.md: the newest segment is gone, or its end is zeros."""
        return self.file.name == self.last_segment and self.action in (zero, remove)

    def drain(self) -> tuple[set[str], list[str]]:
        sqs, url = sqs_client(self.server.sqs_url), self.server.queue_url(QUEUE)
        for handle in self.template.content.handles.values():
            try:
                sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
            except sqs.exceptions.ClientError:
                pass  # a lease that a cut tail took back, or a damaged message
        got, altered = set(), []
        end = time.monotonic() + DRAIN_SECONDS_MAX
        # A reply can be empty because all that it would have had is damaged.
        while queue_info(self.server, QUEUE)["counts"]["ready"] and time.monotonic() < end:
            reply = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600)
            for message in reply.get("Messages", []):
                name = message["Body"].split(" ")[0]
                got.add(name)
                if message["Body"] != body_of(name):
                    altered.append(name)
        return got, altered


def take_sample(folder: Path, template: Template, seed: str, kept: Path | None = None) -> Result:
    """Without `kept` nothing is damaged; with it, a copy that showed a problem is kept there."""
    sample = Sample(folder, template, seed)
    if kept:
        sample.do_damage()
    result = None
    try:
        result = sample.run()
        return result
    finally:
        sample.server.kill()
        if kept and (result is None or result.problem):
            shutil.copytree(folder, kept)
        shutil.rmtree(folder)


def test_undamaged(shared_memory, template):
    """The check itself: without damage everything is there, and it would say so if not."""
    assert take_sample(shared_memory / "undamaged", template, "none") == Result("intact")
    bodies = template.content.bodies
    for known in (bodies | {"more": ""}, dict(list(bodies.items())[1:])):
        other = Template(template.data, Content(known, template.content.handles), template.is_covered)
        assert take_sample(shared_memory / "undamaged", other, "none").problem


def test_random_damage(shared_memory, template, tmp_path, seed, report):
    def one(number: int) -> Result:
        folder, kept = shared_memory / f"sample-{number}", tmp_path / f"kept-{number}"
        return take_sample(folder, template, f"{seed}-{number}", kept)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(one, range(SAMPLES // 2)))
    kinds = Counter(result.what for result in results)
    report(f"damage to a directory that was {template.data.parent.name}: {len(results)} samples, {dict(kinds)}; "
           f"seed {seed}")
    for result in results:
        if result.detail:
            report(f"  {result.what}: {result.detail}")
    problems = [result.problem for result in results if result.problem]
    assert not problems, f"{len(problems)} of {len(results)} samples:\n" + "\n\n".join(problems[:8])
    assert kinds["refused"], "no damage was noticed: the samples prove nothing"
