"""The rules of the kill loop must be able to fail: small histories, each with one breach, recorded as in a run."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "Chaos"))

from chaos import controls, load  # noqa: E402
from chaos.history import (  # noqa: E402
    BURY, CHANGE, DELETE, KICK, NOT_SENT, OK, OPEN, RECEIVE, REFUSED, SECOND_NS, SEND, STRANGER, UNKNOWN, Reader,
    Recorder)
from chaos.queues import grouped_uid  # noqa: E402
from chaos.rules import Checker, LostReceives  # noqa: E402


def operation(kind, at, until, seconds, sent, result, items, queue="q"):
    return kind, int(at * SECOND_NS), int(until * SECOND_NS), seconds, sent, result, items, queue


def send(at=0, result=OK, delay=0, uid=1, id_="i"):
    return operation(SEND, at, at + 0.1, delay, str(uid), result, f"{uid}:{id_}" if result == OK else "")


def receive(handle, at, count=1, timeout=5, intact=1, until=None, uid=1, id_="i"):
    return operation(RECEIVE, at, until or at + 0.1, timeout, "", OK, f"{uid}:{handle}:{count}:{intact}:{id_}")


def lost_receive(at, until, result=UNKNOWN, queue="q"):
    return operation(RECEIVE, at, until, 5, "", result, "", queue)


def delete(handle, at, result=OK, refused="", uid=1, queue="q"):
    return operation(DELETE, at, at + 0.1, 0, f"{uid}:{handle}", result, refused, queue)


def change(handle, at, timeout, result=OK):
    return operation(CHANGE, at, at + 0.1, timeout, f"1:{handle}", result, "")


# Groups, dead letters and burials

FIFO, FAILING, DEAD = "ordered.fifo", "failing.fifo", "failing-dead.fifo"
A, B = grouped_uid(1, 3), grouped_uid(2, 3)


def send_in_group(*uids, at=0, result=OK, attempt=0, numbers=None, ids=None, queue=FIFO):
    """A has number 7 and B has 8, and ids are uids, unless others are given."""
    ids, numbers = ids or uids, numbers or [{A: 7, B: 8}[uid] for uid in uids]
    items = " ".join(f"{uid}:{id_}:{number}" for uid, id_, number in zip(uids, ids, numbers))
    return operation(SEND, at, at + 0.1, 0, " ".join(f"{uid}:{attempt}" for uid in uids), result,
                     items if result == OK else "", queue)


def seen(uid, handle, count=1, number=None, attempt=0, id_=None):
    """One message in a reply."""
    number = number or {A: 7, B: 8}[uid]
    return f"{uid}:{handle}:{count}:1:{id_ or uid}:{number}:{attempt}"


def receive_of(*items, at, timeout=5, queue=FIFO):
    return operation(RECEIVE, at, at + 0.1, timeout, "", OK, " ".join(items), queue)


def delete_of(uid, handle, at, result=OK, queue=FIFO):
    return delete(handle, at, result, uid=uid, queue=queue)


def bury(uid, handle, at, result=OK, queue=FIFO):
    return operation(BURY, at, at + 0.1, 0, f"{uid}:{handle}", result, "", queue)


def kick(at, result=OK, queue=FIFO):
    return operation(KICK, at, at + 0.1, 0, "", result, "1" if result == OK else "", queue)


def in_failing(sends, *more):
    """The same in a queue with dead letters."""
    return [(*sends[:7], FAILING), *more]


BOTH = send_in_group(A, B)
A_THEN_B = [receive_of(seen(A, "a"), at=1), delete_of(A, "a", 2), receive_of(seen(B, "b"), at=3), delete_of(B, "b", 4)]
# A was received twice in its queue, the second lease ended, and it came out of the other one.
DIED = [receive_of(seen(A, "a"), at=1, timeout=1, queue=FAILING),
        receive_of(seen(A, "b", 2), at=3, timeout=1, queue=FAILING)]
AFTER_DEATH = [receive_of(seen(A, "c", 3), at=6, queue=DEAD), delete_of(A, "c", 7, queue=DEAD)]
B_ALONE = [receive_of(seen(B, "d"), at=5, queue=FAILING), delete_of(B, "d", 6, queue=FAILING)]


DRAINED = [receive("drain", 50, count=9), delete("drain", 51)]
SENT = [send()]


def record(path, operations):
    recorder = Recorder(path)
    for kind, invoked, returned, seconds, sent, result, items, queue in operations:
        recorder.before(kind, queue, invoked, seconds, sent)
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


@pytest.mark.parametrize("operations", [
    [BOTH, *A_THEN_B],
    # One reply with both, then the second again, behind the first.
    [BOTH, receive_of(seen(A, "a"), seen(B, "b"), at=1), delete_of(A, "a", 2),
     receive_of(seen(B, "c", 2), at=7), delete_of(B, "c", 8)],
    [BOTH, receive_of(seen(A, "a"), seen(B, "b"), at=1), delete_of(B, "b", 2),
     receive_of(seen(A, "c", 2), at=7), delete_of(A, "c", 8)],
    # A delete that may have happened lets the next one go.
    [BOTH, receive_of(seen(A, "a"), at=1), delete_of(A, "a", 2, UNKNOWN), receive_of(seen(B, "b"), at=3),
     delete_of(B, "b", 4)],
    # Buried, and kicked.
    [BOTH, receive_of(seen(A, "a"), at=1), bury(A, "a", 2), kick(3), receive_of(seen(A, "c", 2), seen(B, "b"), at=4),
     delete_of(A, "c", 5), delete_of(B, "b", 5)],
    [BOTH, receive_of(seen(A, "a"), at=1), bury(A, "a", 2), kick(3, UNKNOWN), receive_of(seen(A, "c", 2), at=4),
     delete_of(A, "c", 5), receive_of(seen(B, "b"), at=6), delete_of(B, "b", 7)],
    # Sent again without an answer to the first, and with one.
    [send_in_group(A, result=UNKNOWN), send_in_group(A, at=1, attempt=1), receive_of(seen(A, "a", attempt=1), at=2),
     delete_of(A, "a", 3)],
    [send_in_group(A), receive_of(seen(A, "a"), at=1), delete_of(A, "a", 2), send_in_group(A, at=3, attempt=1)],
    # Too late to be a duplicate.
    [send_in_group(A), receive_of(seen(A, "a"), at=1), delete_of(A, "a", 2),
     send_in_group(A, at=301, attempt=1, ids=["new"], numbers=[9])],
    # Sent at the same time by two: either may be the first.
    [send_in_group(A, at=0, numbers=[8]), send_in_group(B, at=0.05, numbers=[7]),
     receive_of(seen(B, "b", number=7), seen(A, "a", number=8), at=1), delete_of(A, "a", 2), delete_of(B, "b", 2)],
    in_failing(BOTH, *DIED, *B_ALONE, *AFTER_DEATH),
    # One of its receives had no reply.
    in_failing(BOTH, lost_receive(1, 1.5, queue=FAILING),
               receive_of(seen(A, "b", 2), at=7, timeout=1, queue=FAILING),
               receive_of(seen(B, "d"), at=9, queue=FAILING), delete_of(B, "d", 10, queue=FAILING),
               receive_of(seen(A, "c", 3), at=10, queue=DEAD), delete_of(A, "c", 11, queue=DEAD)),
    # Back from the other queue, behind the one that was sent later.
    in_failing(BOTH, *DIED, *B_ALONE, receive_of(seen(A, "c"), at=8, queue=FAILING),
               delete_of(A, "c", 9, queue=FAILING)),
])
def test_good_histories_of_groups(tmp_path, operations):
    assert breaches(tmp_path, operations) == []


@pytest.mark.parametrize("rules, operations", [
    # The second while the first is in flight; while it waits again; and while it is buried.
    (["R5 order"], [BOTH, receive_of(seen(A, "a"), at=1), receive_of(seen(B, "b"), at=2), delete_of(A, "a", 3),
                    delete_of(B, "b", 3)]),
    (["R5 order"], [BOTH, receive_of(seen(B, "b"), at=1), receive_of(seen(A, "a"), at=2), delete_of(A, "a", 3),
                    delete_of(B, "b", 3)]),
    (["R5 order"], [BOTH, receive_of(seen(A, "a"), at=1, timeout=1), receive_of(seen(B, "b"), at=3),
                    receive_of(seen(A, "c", 2), at=4), delete_of(A, "c", 5), delete_of(B, "b", 5)]),
    (["R5 order"], [BOTH, receive_of(seen(A, "a"), at=1), bury(A, "a", 2), receive_of(seen(B, "b"), at=3),
                    delete_of(B, "b", 4), kick(5), receive_of(seen(A, "c", 2), at=6), delete_of(A, "c", 7)]),
    # After a delete that was refused.
    (["R5 order"], [BOTH, receive_of(seen(A, "a"), at=1), delete_of(A, "a", 2, REFUSED), receive_of(seen(B, "b"), at=3),
                    delete_of(B, "b", 4), receive_of(seen(A, "c", 2), at=8), delete_of(A, "c", 9)]),
    # In one reply, the wrong way round.
    (["R5 order"], [BOTH, receive_of(seen(B, "b"), seen(A, "a"), at=1), delete_of(A, "a", 2), delete_of(B, "b", 2)]),
    # Numbers that fall: from one send to the next, inside of a batch, and of one message.
    (["R5 order"], [send_in_group(A, numbers=[8]), send_in_group(B, at=1, numbers=[7]),
                    receive_of(seen(B, "b", number=7), seen(A, "a", number=8), at=2), delete_of(A, "a", 3),
                    delete_of(B, "b", 3)]),
    (["R5 order"], [send_in_group(A, B, numbers=(8, 7)),
                    receive_of(seen(B, "b", number=7), seen(A, "a", number=8), at=2), delete_of(A, "a", 3),
                    delete_of(B, "b", 3)]),
    (["R5 order"], [send_in_group(A), receive_of(seen(A, "a", number=9), at=1), delete_of(A, "a", 2)]),
    (["R5 order"], [send_in_group(A, B, numbers=(7, 7)),
                    receive_of(seen(A, "a"), seen(B, "b", number=7), at=2), delete_of(A, "a", 3),
                    delete_of(B, "b", 3)]),
    # With dead letters: the first was received once only.
    (["R5 order"], in_failing(BOTH, *DIED[:1], receive_of(seen(B, "b"), at=3, queue=FAILING),
                              delete_of(B, "b", 4, queue=FAILING), receive_of(seen(A, "c", 2), at=5, queue=FAILING),
                              delete_of(A, "c", 6, queue=FAILING))),
    # Told that it is another one; and both stand in the queue.
    (["R6 once"], [send_in_group(A), send_in_group(A, at=1, attempt=1, ids=["new"]), receive_of(seen(A, "a"), at=2),
                   delete_of(A, "a", 3)]),
    (["R6 once"], [send_in_group(A, result=UNKNOWN), send_in_group(A, at=200, attempt=1, ids=["new"]),
                   receive_of(seen(A, "a", id_="old"), at=201), delete_of(A, "a", 202)]),
    (["R3 deleted", "R4 two owners", "R6 once", "R8 count"],
     [send_in_group(A, result=UNKNOWN), send_in_group(A, at=1, attempt=1, ids=["new"], numbers=[9]),
      receive_of(seen(A, "a", id_="old"), at=2), delete_of(A, "a", 3),
      receive_of(seen(A, "b", id_="new", number=9, attempt=1), at=4), delete_of(A, "b", 5)]),
    (["R6 once"], [send_in_group(A), receive_of(seen(A, "a"), at=1), receive_of(seen(A, "b", 2, attempt=1), at=7),
                   delete_of(A, "b", 8)]),
    # Buried, and nobody kicked; kicked before; another queue was kicked.
    (["R11 buried"], [BOTH, receive_of(seen(A, "a"), at=1), bury(A, "a", 2),
                      receive_of(seen(A, "c", 2), seen(B, "b"), at=4), delete_of(A, "c", 5), delete_of(B, "b", 5)]),
    (["R11 buried"], [BOTH, receive_of(seen(A, "a"), at=1), kick(1.5), bury(A, "a", 2), kick(2.5, queue="tasks"),
                      kick(3, REFUSED), receive_of(seen(A, "c", 2), seen(B, "b"), at=4), delete_of(A, "c", 5),
                      delete_of(B, "b", 5)]),
    # In both queues at once.
    (["R12 place"], in_failing(send_in_group(A), *DIED[:1], receive_of(seen(A, "b", 2), at=3, queue=FAILING),
                               receive_of(seen(A, "c", 3), at=4, queue=DEAD), delete_of(A, "c", 5, queue=DEAD))),
    # Counted three times where it was to be moved, or too little where it was moved to.
    (["R12 place"], in_failing(send_in_group(A), *DIED, receive_of(seen(A, "c", 3), at=6, queue=FAILING),
                               delete_of(A, "c", 7, queue=FAILING))),
    (["R12 place"], in_failing(send_in_group(A), receive_of(seen(A, "c", 2), at=6, queue=DEAD),
                               delete_of(A, "c", 7, queue=DEAD))),
    (["R12 place"], in_failing(send_in_group(A), receive_of(seen(A, "c"), at=6, queue="tasks"),
                               delete_of(A, "c", 7, queue=FAILING))),
    # Lost, and resurrected, on the way.
    (["R1 lost"], in_failing(send_in_group(A), *DIED)),
    (["R3 deleted"],
     in_failing(send_in_group(A), *DIED, *AFTER_DEATH, receive_of(seen(A, "d"), at=20, queue=FAILING))),
])
def test_breaches_in_groups_are_found(tmp_path, rules, operations):
    assert breaches(tmp_path, operations) == rules


def test_lost_receives_against_a_search():
    chance = random.Random(1)
    for _ in range(200):
        spans = [(start, start + chance.randrange(20)) for start in chance.sample(range(100), chance.randrange(12))]
        receives = LostReceives(spans)
        start = chance.randrange(100)
        end = start + chance.randrange(30)
        assert receives.any_between(start, end) == any(b < end and e > start for b, e in spans)
        assert receives.count_between(start, end) == sum(b <= end and e >= start for b, e in spans)
        assert receives.first_from(start, 3) == sorted(max(b, start) for b, e in spans if e > start)[:3]


def test_shards_share_the_messages(tmp_path):
    record(tmp_path / "worker", [operation(SEND, 0, 0.1, 0, "1 2 3", OK, "1:i 2:i 3:i"), receive("h", 1, uid=3)])
    seen = []
    for shard in range(2):
        reader = Reader(shard, 2)
        reader.read(tmp_path / "worker")
        seen.append(sorted(reader.history.messages))
    assert seen == [[2], [1, 3]]


def test_shards_hold_whole_groups(tmp_path):
    uids = [grouped_uid(n, group) for n in range(5) for group in (2, 3)]
    record(tmp_path / "worker", [send_in_group(*uids, numbers=range(10))])
    for shard in range(2):
        reader = Reader(shard, 2)
        reader.read(tmp_path / "worker")
        assert {message.group for message in reader.history.messages.values()} == {2 + shard}


@pytest.mark.parametrize("name", controls.CONTROLS)
def test_negative_controls(tmp_path, name):
    record(tmp_path / "worker", [
        *SENT, send_in_group(A), send_in_group(B, at=1), *[(*op[:1], op[1] + SECOND_NS, op[2] + SECOND_NS, *op[3:])
                                                           for op in A_THEN_B],
        operation(SEND, 0, 0.1, 0, "2", OK, "2:j", "failing"),
        operation(RECEIVE, 1, 1.1, 5, "", OK, "2:x:1:1:j", "failing"), delete("x", 2, uid=2, queue="failing")])
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
        repeated = load.make_body(chance, "run", uid, attempt=uid % 3)
        assert load.read_body("run", repeated) == (uid, True)
        assert (load.attempt_of(repeated), load.attempt_of(body)) == (uid % 3, 0)
    assert load.read_body("run", "") == (STRANGER, False)
