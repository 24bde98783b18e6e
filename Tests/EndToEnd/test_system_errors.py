"""Errors of the system at every call of a scripted run: strace makes the N-th call on one kind of file fail.

The script starts a server on a directory that a kill has left, creates a queue, sends over two segment rolls, receives,
deletes, and ends the server in order. This is done once for every call and fault, until there is no such call any more.
After each run a server without strace has to serve everything that was acknowledged, and nothing that was deleted.

ROOST_SYSTEM_ERROR_STEP=3 takes every third call only.

A short write cannot be made with strace: it can only pretend, without writing the part. So a write that makes no
progress (0 bytes) stands for it.
"""

import http.client
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from support import trace
from support.clients import connect, sqs_request_bytes, wait_for
from support.server import BINARY, Server, free_port

STEP = int(os.environ.get("ROOST_SYSTEM_ERROR_STEP", 1))
INDEX_MAX = 300
AT_ONCE = 3
SEGMENTS, SEQUENCES = 24, 400
BODY_BYTES = 9_000
# What the script has sent and deleted before the faults begin.
SENT_BEFORE, DELETED_BEFORE = 12, 3
SENDS, DELETES = 16, 4
FIRST_OF_SCRIPT = 100
PORT_IS_TAKEN = "is in use by another program"
# What a reason for the end of the process looks like in its log.
REASONS = re.compile("Input/output|No space|Too many|quota|error|failed|could not|cannot")


@dataclass
class Files:
    """A kind of file, as strace's -P takes it: every path that it may have."""

    name: str
    paths: list[str]

    @property
    def words(self) -> list[str]:
        return [word for path in self.paths for word in ("-P", path)]


def kinds_of_files(data) -> dict[str, Files]:
    log = data / "log"
    segments = [f"{log}/{number:08}.log" for number in range(1, SEGMENTS)]
    snapshots = [f"{log}/snapshot-{sequence:020}.image" for sequence in range(1, SEQUENCES)]
    kinds = [
        Files("segments", segments), Files("preparing", [path + ".preparing" for path in segments]),
        Files("snapshots", [path + ending for path in snapshots for ending in ("", ".preparing")]),
        Files("reserve", [f"{log}/RESERVE"]), Files("directory", [str(log)]), Files("data", [str(data)]),
        Files("identity", [f"{data}/IDENTITY", f"{data}/IDENTITY.new"]),
    ]
    return {kind.name: kind for kind in kinds}


# Which calls fail how, on which files. `final`: the process has to end and must not sync the file again.
FAULTS = [
    ("segments", "pwrite64", "error=EIO", True), ("segments", "pwrite64", "error=ENOSPC", True),
    ("segments", "pwrite64", "retval=0", True), ("segments", "fdatasync", "error=EIO", True),
    ("segments", "fdatasync", "error=ENOSPC", True), ("segments", "ftruncate", "error=EIO", False),
    ("segments", "pread64", "error=EIO", False), ("segments", "preadv2", "error=EIO", False),
    *[("preparing", call, f"error={error}", False) for call, error in (
        ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("fdatasync", "EIO"), ("fsync", "EIO"), ("fallocate", "ENOSPC"),
        ("fallocate", "EIO"))],
    *[("snapshots", call, f"error={error}", False) for call, error in (
        ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("pwrite64", "EDQUOT"), ("fdatasync", "EIO"), ("fsync", "EIO"),
        ("pread64", "EIO"))],
    *[("reserve", call, f"error={error}", False) for call, error in (
        ("fallocate", "ENOSPC"), ("ftruncate", "EIO"), ("fsync", "EIO"))],
    *[("directory", call, f"error={error}", False) for call, error in (
        ("fsync", "EIO"), ("renameat", "EIO"), ("openat", "EMFILE"), ("unlinkat", "EIO"))],
    *[("identity", call, f"error={error}", False) for call, error in (
        ("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "EIO"), ("openat", "EMFILE"))],
    ("data", "fsync", "error=EIO", False),
]
MADE_ONCE = ("identity", "data")
# Nothing but a full disk: the server goes on, and refuses what it has no room for.
SURVIVABLE = {("preparing", "error=ENOSPC"), ("snapshots", "error=ENOSPC"), ("snapshots", "error=EDQUOT"),
              ("reserve", "error=ENOSPC")}


@dataclass
class Script:
    """What a client did, and what it knows."""

    port: int
    sent: set[str] = field(default_factory=set)
    # Sends and deletes without a reply that says yes: these may have happened, unless they were refused.
    perhaps_sent: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    perhaps_deleted: set[str] = field(default_factory=set)
    connection: http.client.HTTPConnection | None = None
    # Sends and deletes that were accepted: when they began, and when the reply came. Seconds since 1970, as strace
    # -ttt writes them.
    replies: list[tuple[float, float]] = field(default_factory=list)

    def call(self, action: str, **value) -> dict | None:
        """None: no reply, or one that says no."""
        invoked = time.time()
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
        try:
            self.connection.request("POST", "/", json.dumps(value), headers)
            response = self.connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            return None
        if response.status != 200:
            return None
        if action in ("SendMessage", "DeleteMessage"):
            self.replies.append((invoked, time.time()))
        return json.loads(body) if body else {}

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/000000000000/scripted"

    def create(self) -> None:
        self.call("CreateQueue", QueueName="scripted")

    def send(self, name: str) -> None:
        reply = self.call("SendMessage", QueueUrl=self.url(), MessageBody=body_of(name))
        (self.sent if reply is not None else self.perhaps_sent).add(name)

    def receive(self, count: int) -> list[tuple[str, str]]:
        """Timeout 0: they can be received again at once, and the newest handle deletes."""
        reply = self.call("ReceiveMessage", QueueUrl=self.url(), MaxNumberOfMessages=count, VisibilityTimeout=0)
        messages = (reply or {}).get("Messages", [])
        for message in messages:
            name = message["Body"].split(" ")[0]
            assert message["Body"] == body_of(name), "an altered body"
            assert name not in self.deleted, f"{name} was deleted and came again"
        return [(message["Body"].split(" ")[0], message["ReceiptHandle"]) for message in messages]

    def delete(self, name: str, handle: str) -> None:
        reply = self.call("DeleteMessage", QueueUrl=self.url(), ReceiptHandle=handle)
        (self.deleted if reply is not None else self.perhaps_deleted).add(name)

    def run(self, first: int, sends: int, deletes: int) -> None:
        """Sends; every fourth time also receives two and deletes one of them, until enough are deleted."""
        for number in range(first, first + sends):
            self.send(f"m{number}")
            if number % 4 == 3 and deletes > 0:
                received = self.receive(2)
                if received:
                    self.delete(*received[0])
                    deletes -= 1

    def check_all(self) -> None:
        """Drains a server that has no faults."""
        left = {}
        while received := self.receive(10):
            left |= dict.fromkeys(name for name, _ in received)
            for name, handle in received:
                assert self.call("DeleteMessage", QueueUrl=self.url(), ReceiptHandle=handle) is not None
        known = self.sent - self.deleted - self.perhaps_deleted
        assert known <= left.keys(), f"acknowledged and lost: {sorted(known - left.keys())}"
        assert not self.deleted & left.keys(), f"deleted and back: {sorted(self.deleted & left.keys())}"
        strangers = left.keys() - self.sent - self.perhaps_sent
        assert not strangers, f"nobody sent {sorted(strangers)}"


def snapshot_options() -> tuple[str, ...]:
    """Snapshots as often as possible, if the binary makes them."""
    text = subprocess.run([BINARY, "serve", "--help"], capture_output=True, text=True, check=True).stdout
    return ("--snapshot-bytes", "64KiB") if "--snapshot-bytes" in text else ()


HAS_SNAPSHOTS = bool(snapshot_options())
OPTIONS = ("--segment-bytes", "64KiB", "--max-message-bytes", "16KiB", "--aweq", "off", *snapshot_options())


def body_of(name: str) -> str:
    """As long for every name, and of no other message."""
    return f"{name} " + random.Random(name).randbytes(BODY_BYTES // 2).hex()


@pytest.fixture(scope="module")
def left_by_a_kill(tmp_path_factory):
    """A directory with some messages, and what a client knows of them."""
    server = Server(tmp_path_factory.mktemp("left"), *OPTIONS).start()
    script = Script(server.sqs_port)
    script.create()
    script.run(0, SENT_BEFORE, DELETED_BEFORE)
    if HAS_SNAPSHOTS:
        wait_for(lambda: list((server.data / "log").glob("snapshot-*.image")), 10, "a snapshot")
        script.run(SENT_BEFORE, 3, 0)
    server.kill()
    assert len(script.sent) >= SENT_BEFORE and not script.perhaps_sent
    return server.data, script


@dataclass
class Outcome:
    """What a run left. `lines` of strace, without the times of `stamps`."""

    code: int
    script: Script
    was_ready: bool
    log: str
    lines: list[str]
    stamps: list[float]
    calls: list[trace.Call]

    @property
    def hits(self) -> list[int]:
        return [number for number, line in enumerate(self.lines) if "(INJECTED)" in line]

    def ended(self, call: trace.Call) -> float:
        """When the call returned: its beginning, and the time that it took (-T)."""
        return self.stamps[call.entered] + float(re.search(r"<([0-9.]+)>$", self.lines[call.returned])[1])


class Scene:
    """One run of the script in a folder of its own."""

    def __init__(self, folder, template, known: Script, *options: str):
        """`template`: a data directory to begin with, or None for none."""
        folder.mkdir()
        self.folder, self.known = folder, known
        self.server = Server(folder, *OPTIONS, *options)
        if template:
            shutil.copytree(template, self.server.data)

    def run(self, kind: str, call: str, fault: str | None = None) -> Outcome:
        """strace looks at this call on this kind of files, and at the syncs."""
        path = self.folder / "strace.log"
        inject = ["-e", f"inject={call}:{fault}"] if fault else []
        files = kinds_of_files(self.server.data)[kind]
        self.server.wrapper = (
            "strace", "-D", "-f", "-ttt", "-T", "-yy", "-s", "32", "--seccomp-bpf", *files.words, "-e",
            f"trace={call},fdatasync,fsync,pwrite64", *inject, "-o", str(path))
        was_ready = self.start()
        script = Script(self.server.sqs_port, set(self.known.sent), set(), set(self.known.deleted), set())
        if was_ready:
            script.create()
            script.run(FIRST_OF_SCRIPT, SENDS, DELETES)
        code = self.server.stop(60) if self.server.alive else self.server.process.returncode
        return self.outcome(path, script, was_ready, code)

    def start(self) -> bool:
        """Tells whether it got ready. Takes other ports when somebody else took these meanwhile."""
        while True:
            self.server.start(wait=False)
            state = wait_for(lambda: "ended" if not self.server.alive else
                             "ready" if self.server.status_of("/readyz") == 200 else None, 60, "a start")
            if state == "ready" or PORT_IS_TAKEN not in self.server.log_tail(1):
                return state == "ready"
            self.server.sqs_port, self.server.http_port = free_port(), free_port()

    def outcome(self, path, script, was_ready, code) -> Outcome:
        last = re.compile(rf"^{self.server.pid} +[0-9.]+ \+\+\+ ", re.MULTILINE)
        wait_for(lambda: last.search(path.read_text(errors="replace")), 30, "the end of the trace")
        stamped = [re.match(r"(\d+) +([0-9.]+) (.*)", line) for line in path.read_text(errors="replace").splitlines()]
        lines = [f"{match[1]} {match[3]}" for match in stamped]
        path.write_text("\n".join(lines) + "\n")
        return Outcome(code, script, was_ready, self.server.log.read_text(errors="replace"), lines,
                       [float(match[2]) for match in stamped], trace.read(path))

    def restart_without_faults(self, script: Script) -> None:
        self.server.wrapper = ()
        assert self.start(), self.server.log_tail()
        script.connection, script.port = None, self.server.sqs_port
        script.check_all()
        assert self.server.kill()


def complaints(outcome: Outcome, kind: str, fault: str, final: bool) -> list[str]:
    """What of the promises this run broke, except for what a restart shows."""
    found = []
    if outcome.code < 0:
        found.append(f"ended by {signal.Signals(-outcome.code).name}")
    if final and outcome.hits:
        found += after_a_final_error(outcome)
    if (kind, fault) in SURVIVABLE and outcome.was_ready and outcome.code != 0:
        found.append(f"a full disk ended the process with {outcome.code}")
    if outcome.code != 0 and not REASONS.search(outcome.log):
        found.append("ended without a reason in its log")
    return found


def after_a_final_error(outcome: Outcome) -> list[str]:
    found = [] if outcome.code else ["it went on, and ended in order"]
    failed = next(call for call in outcome.calls if call.returned in outcome.hits)
    later = [call.name for call in outcome.calls if call.target == failed.target and call.entered > failed.returned]
    if later:
        found.append(f"{failed.name} failed, then came {later} on the same file")
    return found + acknowledged_without_a_sync(outcome)


def acknowledged_without_a_sync(outcome: Outcome) -> list[str]:
    """One request after another: each that was accepted has a sync that returned 0 between its start and its reply."""
    syncs = sorted(outcome.ended(call) for call in outcome.calls if call.name == "fdatasync" and call.result == 0)
    return [f"acknowledged at {returned:.6f} without a sync since {invoked:.6f}"
            for invoked, returned in outcome.script.replies
            if bisect_left(syncs, invoked) == bisect_left(syncs, returned)]


def one_fault(folder, template, kind, call, fault, final, index: int) -> tuple[bool, list[str]]:
    """Whether the fault happened, and what was wrong then."""
    data, known = template
    scene = Scene(folder / f"at-{index}", data, known)
    title = f"{call} {index} on {kind}, {fault}"
    try:
        outcome = scene.run(kind, call, f"{fault}:when={index}")
        found = [f"{title}: {text}\n{outcome.log[-800:]}" for text in complaints(outcome, kind, fault, final)]
        scene.restart_without_faults(outcome.script)
    except AssertionError as error:
        return True, [f"{title}: {error}\n{scene.server.log_tail(20)}"]
    finally:
        scene.server.kill()
    if not found:
        shutil.rmtree(scene.folder)
    return bool(outcome.hits), found


def inject_everywhere(folder, template, kind, call, fault, final) -> tuple[int, list[str]]:
    """At index 1, 2, 3 and so on, until several indices in a row are beyond the last call. strace counts for each
    thread on its own. Gives the number of faults that happened, and what was wrong."""
    faults, found = 0, []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(1, INDEX_MAX, AT_ONCE * STEP):
            indices = range(first, first + AT_ONCE * STEP, STEP)
            results = list(pool.map(
                lambda index: one_fault(folder, template, kind, call, fault, final, index), indices))
            faults += sum(hit for hit, _ in results)
            found += [text for _, texts in results for text in texts]
            if found or not any(hit for hit, _ in results):
                return faults, found
    raise AssertionError(f"the script makes more than {INDEX_MAX} calls of {call} on {kind}")


@pytest.mark.parametrize("kind, call, fault, final", FAULTS, ids=["-".join(map(str, f[:3])) for f in FAULTS])
def test_error_at_every_call(tmp_path, strace, left_by_a_kill, kind, call, fault, final):
    # What makes a directory happens in an empty one only.
    template = (None, Script(0)) if kind in MADE_ONCE else left_by_a_kill
    faults, found = inject_everywhere(tmp_path, template, kind, call, fault, final)
    print(f"{call} on {kind}, {fault}: {faults} faults, {len(found)} broke a promise")
    assert not found, "\n\n".join(found)
    if not faults and not HAS_SNAPSHOTS and kind in ("snapshots", "reserve"):
        pytest.skip("this binary has no snapshots and no reserve")
    assert faults, "the script makes no such call"


def test_early_acknowledgement_is_caught(tmp_path, strace, left_by_a_kill):
    """The negative control: a server that replies before the sync."""
    data, known = left_by_a_kill
    scene = Scene(tmp_path / "early", data, known, "--test-acknowledge-early")
    outcome = scene.run("segments", "fdatasync", "error=EIO:when=12")
    assert outcome.hits
    found = complaints(outcome, "segments", "error=EIO", True)
    assert any("acknowledged" in text for text in found), found


# Too many open files

LIMIT = 96


def raise_own_limit(count: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def test_too_many_open_files(new_server):
    """Connections that are there go on, also over a segment roll; new ones are taken when others have closed."""
    raise_own_limit(4096)
    server = new_server(*OPTIONS, wrapper=("prlimit", f"--nofile={LIMIT}:{LIMIT}")).start()
    early = Script(server.sqs_port)
    early.create()
    early.send("m0")
    crowd = [connect(server.sqs_port) for _ in range(3 * LIMIT)]
    try:
        for connection in crowd:
            connection.sendall(sqs_request_bytes("ListQueues", {}))
        time.sleep(0.5)
        for number in range(1, 30):
            early.send(f"m{number}")
        assert server.alive, server.log_tail()
        assert "m0" in early.sent
    finally:
        for connection in crowd:
            connection.close()

    def works_again() -> bool:
        late = Script(server.sqs_port)
        late.send("late")
        early.sent |= late.sent
        return "late" in late.sent

    wait_for(works_again, 20, "a new connection and an accepted send")
    assert server.alive, server.log_tail()
    server.wrapper = ()
    server.restart()
    early.connection = None
    early.check_all()
