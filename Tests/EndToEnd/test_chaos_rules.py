"""The rules of the kill loop must be able to fail: small histories, each with one breach, recorded as in a run."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "Chaos"))

from chaos import controls, load  # noqa: E402
from chaos.history import (  # noqa: E402
    CHANGE, DELETE, NOT_SENT, OK, OPEN, RECEIVE, REFUSED, SECOND_NS, SEND, STRANGER, UNKNOWN, Reader, Recorder)
from chaos.rules import Checker, LostReceives  # noqa: E402


def operation(kind, at, until, seconds, sent, result, items):
    return kind, int(at * SECOND_NS), int(until * SECOND_NS), seconds, sent, result, items


def send(at=0, result=OK, delay=0, uid=1, id_="i"):
    return operation(SEND, at, at + 0.1, delay, str(uid), result, f"{uid}:{id_}" if result == OK else "")


def receive(handle, at, count=1, timeout=5, intact=1, until=None, uid=1, id_="i"):
    return operation(RECEIVE, at, until or at + 0.1, timeout, "", OK, f"{uid}:{handle}:{count}:{intact}:{id_}")


def lost_receive(at, until, result=UNKNOWN):
    return operation(RECEIVE, at, until, 5, "", result, "")


def delete(handle, at, result=OK, refused="", uid=1):
    return operation(DELETE, at, at + 0.1, 0, f"{uid}:{handle}", result, refused)


def change(handle, at, timeout, result=OK):
    return operation(CHANGE, at, at + 0.1, timeout, f"1:{handle}", result, "")


DRAINED = [receive("drain", 50, count=9), delete("drain", 51)]
SENT = [send()]


def record(path, operations):
    recorder = Recorder(path)
    for kind, invoked, returned, seconds, sent, result, items in operations:
        recorder.before(kind, "q", invoked, seconds, sent)
        if result is not None:
            recorder.after(returned, result, items)


def breaches(folder, operations, drained=()):
    # Counts of the drain may be as high as they like.
    history = [*operations, *[lost_receive(40 + n, 40.5 + n) for n in range(8)]] if drained else operations
    reader = Reader()
    for name, part in (("worker", history), ("drain", drained)):
        record(folder / name, part)
        reader.read(folder / name, drained=name == "drain")
    return sorted({failure.split(":")[0] for failure in Checker(reader.history).check()})


@pytest.mark.parametrize("operations, drained", [
    (SENT, DRAINED),
    ([send(result=UNKNOWN)], []),
    ([send(result=UNKNOWN)], DRAINED),
    ([send(result=REFUSED)], []),
    ([send(result=NOT_SENT)], []),
    # The worker ended in the middle of a call: no second line.
    ([send(result=None)], DRAINED),
    ([*SENT, receive("h", 1), delete("h", 2)], []),
    # A delete without a reply may or may not have its effect.
    ([*SENT, receive("h", 1), delete("h", 2, UNKNOWN)], []),
    ([*SENT, receive("h", 1), delete("h", 2, UNKNOWN)], DRAINED),
    # The lease ended, then another consumer got it.
    ([*SENT, receive("h", 1), receive("i", 6.2, count=2), delete("i", 7)], []),
    # Released early, or perhaps.
    ([*SENT, receive("h", 1), change("h", 2, 0), receive("i", 3, count=2), delete("i", 4)], []),
    ([*SENT, receive("h", 1), change("h", 2, 0, UNKNOWN), receive("i", 3, count=2), delete("i", 4)], []),
    ([*SENT, receive("h", 1), change("h", 2, 0, OPEN), receive("i", 3, count=2), delete("i", 4)], []),
    # Extended by somebody, and released with an older handle.
    ([*SENT, receive("h", 1), receive("i", 7, count=2), change("h", 8, 0), receive("j", 9, count=3), delete("j", 10)],
     []),
    # The receive that was invoked first waited, and got it second.
    ([*SENT, receive("i", 1, until=3, count=2), receive("h", 2), change("h", 2.2, 0), delete("i", 4)], []),
    # An older handle does not have to delete.
    ([*SENT, receive("h", 1), receive("i", 7, count=2), delete("h", 8)], DRAINED),
    # A receive whose reply was lost may have taken it after the lease ended: its handle is the latest.
    ([*SENT, receive("h", 1), lost_receive(6.2, 7), delete("h", 8)], DRAINED),
    # One whose reply is late may take it at any time.
    ([*SENT, receive("h", 1), lost_receive(1.5, 2, OPEN), delete("h", 8)], DRAINED),
    # Each receive without a reply explains one count.
    ([*SENT, lost_receive(1, 1.5), lost_receive(1, 1.6), receive("h", 7, count=3), delete("h", 8)], []),
])
def test_good_histories(tmp_path, operations, drained):
    assert breaches(tmp_path, operations, drained) == []


@pytest.mark.parametrize("rule, operations, drained", [
    ("R1 lost", SENT, []),
    ("R1 lost", [*SENT, receive("h", 1)], []),
    ("R1 lost", [send(result=UNKNOWN), receive("h", 1)], []),
    ("R1 lost", [*SENT, receive("h", 1), delete("h", 2, REFUSED)], []),
    ("R1 lost", [*SENT, receive("h", 1), delete("h", 2, NOT_SENT)], []),
    # The entry of a batch that failed.
    ("R1 lost", [*SENT, receive("h", 1), delete("h", 2, refused="h")], []),
    ("R2 altered", [*SENT, receive("h", 1, intact=0), delete("h", 2)], []),
    ("R2 altered", [*SENT, receive("h", 1, id_="other"), delete("h", 2)], []),
    ("R2 altered", [receive("h", 1), delete("h", 2)], []),
    ("R2 altered", [receive("h", 1, uid=STRANGER)], []),
    ("R2 altered", [*SENT, receive("h", 1), receive("h", 7, count=2), delete("h", 8)], []),
    ("R3 deleted", [*SENT, receive("h", 1), delete("h", 2)], DRAINED),
    # Long after the lease ended, but nobody else had it: the handle was the latest.
    ("R3 deleted", [*SENT, receive("h", 1), delete("h", 20)], DRAINED),
    # The lost receive came while the lease still held.
    ("R3 deleted", [*SENT, receive("h", 1), lost_receive(1.5, 2), delete("h", 3)], DRAINED),
    # A delete with an older handle does not make this one older.
    ("R3 deleted", [*SENT, receive("h", 1), receive("i", 7, count=2), delete("i", 8), delete("h", 9)], DRAINED),
    ("R4 two owners", [*SENT, receive("h", 1), receive("i", 3, count=2), delete("i", 4)], []),
    ("R4 two owners", [*SENT, receive("h", 1), change("h", 2, 10), receive("i", 8, count=2), delete("i", 9)], []),
    ("R4 two owners",
     [*SENT, receive("h", 1), change("h", 2, 0, REFUSED), receive("i", 3, count=2), delete("i", 4)], []),
    ("R7 delay", [send(delay=600), receive("h", 1), delete("h", 2)], []),
    ("R8 count", [*SENT, lost_receive(0.5, 0.6), receive("h", 1, count=2), receive("i", 7, count=1),
                  delete("i", 8)], []),
    ("R8 count", [*SENT, receive("h", 1, count=1), receive("i", 7, count=1), delete("i", 8)], []),
    ("R8 count", [*SENT, receive("h", 1, count=2), delete("h", 8)], []),
    ("R8 count", [*SENT, lost_receive(1, 1.5), receive("h", 7, count=3), delete("h", 8)], []),
    ("R9 refused", [send(result=REFUSED), receive("h", 1), delete("h", 2)], []),
    ("R9 refused", [send(result=NOT_SENT), receive("h", 1), delete("h", 2)], []),
    # The reply to a batch did not name this entry.
    ("R9 refused", [operation(SEND, 0, 0.1, 0, "1 2", OK, "2:i"), receive("h", 1), delete("h", 2),
                    receive("g", 1, uid=2), delete("g", 2, uid=2)], []),
    ("R10 balance", SENT, [receive("drain", 50, count=9), receive("again", 700, count=10), delete("again", 701)]),
])
def test_breaches_are_found(tmp_path, rule, operations, drained):
    assert breaches(tmp_path, operations, drained) == [rule]


def test_lost_receives_against_a_search():
    chance = random.Random(1)
    for _ in range(200):
        spans = [(start, start + chance.randrange(20)) for start in chance.sample(range(100), chance.randrange(12))]
        receives = LostReceives(spans)
        start = chance.randrange(100)
        end = start + chance.randrange(30)
        assert receives.any_between(start, end) == any(b < end and e > start for b, e in spans)
        assert receives.count_between(start, end) == sum(b <= end and e >= start for b, e in spans)


def test_shards_share_the_messages(tmp_path):
    record(tmp_path / "worker", [operation(SEND, 0, 0.1, 0, "1 2 3", OK, "1:i 2:i 3:i"), receive("h", 1, uid=3)])
    seen = []
    for shard in range(2):
        reader = Reader(shard, 2)
        reader.read(tmp_path / "worker")
        seen.append(sorted(reader.history.messages))
    assert seen == [[2], [1, 3]]


@pytest.mark.parametrize("name", controls.CONTROLS)
def test_negative_controls(tmp_path, name):
    record(tmp_path / "worker", SENT)
    record(tmp_path / "drain", [receive("drain", 50), delete("drain", 51)])
    reader = Reader()
    reader.read(tmp_path / "worker")
    reader.read(tmp_path / "drain", drained=True)
    checker = Checker(reader.history)
    assert checker.check() == []
    assert [failure.split(" ")[0] for failure in controls.broken(checker, name)].count(controls.CONTROLS[name][1]) > 0


def test_bodies_name_themselves():
    chance = random.Random(2)
    for uid in range(200):
        body = load.make_body(chance, "run", uid)
        assert load.read_body("run", body) == (uid, True)
        assert load.read_body("run", body + "x") == (uid, False)
        assert load.read_body("other", body) == (STRANGER, False)
    assert load.read_body("run", "") == (STRANGER, False)
