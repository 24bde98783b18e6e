"""Reads what strace wrote, and checks that no reply left before the sync that covers it.

The order of the lines is the order in which the tracer saw entries and returns of system calls: a call that is one
line had nothing between its entry and its return; otherwise there is an `<unfinished ...>` line and a `resumed` line.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

WRITES = {"write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg"}
SYNCS = {"fdatasync", "fsync"}
# The longest text of a call that is kept: a whole group commit of the tests here.
TEXT_BYTES_MAX = 65536


def wrapper(trace: Path, *inject: str) -> tuple[str, ...]:
    """Runs a server under strace and keeps its process id (-D). `inject`: faults, as strace takes them."""
    calls = ",".join(sorted(WRITES | SYNCS))
    faults = [word for fault in inject for word in ("-e", f"inject={fault}")]
    return ("strace", "-D", "-f", "-yy", "-s", str(TEXT_BYTES_MAX), "-e", f"trace={calls}",
            *faults, "-o", str(trace))


@dataclass
class Call:
    name: str
    # What the first argument is open on: a path, or the ends of a TCP connection.
    target: str
    text: str
    entered: int
    returned: int | None = None
    result: int | None = None

    @property
    def is_reply(self) -> bool:
        return self.name in WRITES and "TCP" in self.target

    @cached_property
    def is_record(self) -> bool:
        """Data into a file, other than the zeros of a segment that is prepared."""
        if self.name not in WRITES or not self.target.startswith("/"):
            return False
        return any(data.strip("\\0") for data in _DATA.findall(self.text))

    @property
    def is_sync(self) -> bool:
        return self.name in SYNCS and self.result == 0


_LINE = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$")
_TARGET = re.compile(r"^\d+<(TCP(?:v6)?:\[[^\]]*\]|[^<>]*)")
_DATA = re.compile(r'"((?:[^"\\]|\\.)*)"')
_RESULT = re.compile(r"\) += (-?\d+)(?: .*)?$")


def read(trace: Path) -> list[Call]:
    calls, open_calls = [], {}
    for number, line in enumerate(trace.read_text(errors="replace").splitlines()):
        match = _LINE.match(line)
        if not match:
            continue
        thread, resumed, name, rest = match.groups()
        if name:
            target = _TARGET.match(rest)
            call = Call(name, target[1] if target else "", rest, number)
            calls.append(call)
            if rest.endswith("<unfinished ...>"):
                open_calls[thread] = call
                continue
        else:
            call = open_calls.pop(thread, None)
            if call is None or call.name != resumed:
                continue
        result = _RESULT.search(rest)
        if result:
            call.returned, call.result = number, int(result[1])
    return calls


def covered(calls: list[Call], record: Call, before: int) -> bool:
    """Whether a sync of the record's file began after the record was written and succeeded before line `before`."""
    return record.returned is not None and any(
        call.is_sync and call.target == record.target and call.entered > record.returned
        and call.returned < before for call in calls)


def uncovered_sends(calls: list[Call], md5_by_marker: dict[str, str]) -> tuple[int, list[str]]:
    """Replies that left too early, by the content of the messages: the record holds the marker of a body, the reply
    its MD5. Gives the number of replies found, too."""
    records = [call for call in calls if call.is_record]
    replies = [call for call in calls if call.is_reply]
    found, early = 0, []
    for marker, md5 in md5_by_marker.items():
        written = [call for call in records if marker in call.text]
        answered = next((call for call in replies if md5 in call.text), None)
        if answered is None:
            continue
        found += 1
        if not any(covered(calls, record, answered.entered) for record in written):
            early.append(f"{marker}: reply at line {answered.entered}, records at "
                         f"{[record.entered for record in written]}")
    return found, early


def uncovered_steps(calls: list[Call]) -> tuple[int, list[str]]:
    """Replies that left too early, for one client that sends one mutating request after another: between two replies
    there is a record, and a sync that covers it."""
    found, early, previous = 0, [], -1
    for reply in (call for call in calls if call.is_reply and "HTTP/1.1 2" in call.text):
        records = [c for c in calls if c.is_record and previous < c.entered < reply.entered]
        found += 1
        if not any(covered(calls, record, reply.entered) for record in records):
            early.append(f"reply at line {reply.entered}: {reply.text[:160]}")
        previous = reply.entered
    return found, early
