"""The rules of the kill test must be able to fail: small histories, each with one breach."""

import pytest

from support.history import OK, REFUSED, SECOND_NS, UNKNOWN, Checker, Delivery, Operation


def send(uid, at, result=OK, delay=0):
    return Operation("send", int(at * SECOND_NS), int((at + 0.1) * SECOND_NS), result, {uid: result}, delay)


def receive(uid, handle, at, count=1, timeout_s=5, intact=True, until=None):
    returned = int((until or at + 0.1) * SECOND_NS)
    return Operation("receive", int(at * SECOND_NS), returned, OK, timeout_s=timeout_s,
                     deliveries=[Delivery(uid, handle, count, intact)])


def lost_receive(at, until):
    return Operation("receive", int(at * SECOND_NS), int(until * SECOND_NS), UNKNOWN)


def delete(handle, at, result=OK):
    return Operation("delete", int(at * SECOND_NS), int((at + 0.1) * SECOND_NS), result, {handle: result})


def change(handle, at, timeout_s, result=OK):
    return Operation("visibility", int(at * SECOND_NS), int((at + 0.1) * SECOND_NS), result, {handle: result},
                     timeout_s)


DRAINED_A = [receive("a", "drain", 50, count=9), delete("drain", 51)]


def breaches(operations, drained=(), left=None):
    drained = list(drained)
    left = sum(len(operation.deliveries) for operation in drained) if left is None else left
    return sorted({failure.split(":")[0] for failure in Checker(list(operations), drained, left).check()})


@pytest.mark.parametrize("operations, drained", [
    ([send("a", 0)], DRAINED_A),
    ([send("a", 0, UNKNOWN)], []),
    ([send("a", 0, UNKNOWN)], DRAINED_A),
    ([send("a", 0, REFUSED)], []),
    ([send("a", 0), receive("a", "h", 1), delete("h", 2)], []),
    # A delete without a reply may or may not have its effect.
    ([send("a", 0), receive("a", "h", 1), delete("h", 2, UNKNOWN)], []),
    ([send("a", 0), receive("a", "h", 1), delete("h", 2, UNKNOWN)], DRAINED_A),
    # The lease ended, then another consumer got it.
    ([send("a", 0), receive("a", "h", 1), receive("a", "i", 6.2, count=2), delete("i", 7)], []),
    # Released early, or perhaps.
    ([send("a", 0), receive("a", "h", 1), change("h", 2, 0), receive("a", "i", 3, count=2), delete("i", 4)], []),
    ([send("a", 0), receive("a", "h", 1), change("h", 2, 0, UNKNOWN), receive("a", "i", 3, count=2), delete("i", 4)],
     []),
    # The receive that was invoked first waited, and got it second.
    ([send("a", 0), receive("a", "i", 1, until=3, count=2), receive("a", "h", 2), change("h", 2.2, 0),
      delete("i", 4)], []),
    # An older handle does not have to delete.
    ([send("a", 0), receive("a", "h", 1), receive("a", "i", 7, count=2), delete("h", 8)], DRAINED_A),
    # A receive whose reply was lost may have taken it after the lease ended: its handle is the latest.
    ([send("a", 0), receive("a", "h", 1), lost_receive(6.2, 7), delete("h", 8)], DRAINED_A),
])
def test_good_histories(operations, drained):
    assert breaches(operations, drained) == []


@pytest.mark.parametrize("rule, operations, drained", [
    ("R1 lost", [send("a", 0)], []),
    ("R1 lost", [send("a", 0), receive("a", "h", 1)], []),
    ("R1 lost", [send("a", 0, UNKNOWN), receive("a", "h", 1)], []),
    ("R1 lost", [send("a", 0), receive("a", "h", 1), delete("h", 2, REFUSED)], []),
    ("R2 altered", [send("a", 0), receive("a", "h", 1, intact=False), delete("h", 2)], []),
    ("R2 unexpected", [receive("a", "h", 1), delete("h", 2)], []),
    ("R9 refused", [send("a", 0, REFUSED), receive("a", "h", 1), delete("h", 2)], []),
    ("R3 deleted", [send("a", 0), receive("a", "h", 1), delete("h", 2)], DRAINED_A),
    # Long after the lease ended, but nobody else had it: the handle was the latest.
    ("R3 deleted", [send("a", 0), receive("a", "h", 1), delete("h", 20)], DRAINED_A),
    # The lost receive came while the lease still held.
    ("R3 deleted", [send("a", 0), receive("a", "h", 1), lost_receive(1.5, 2), delete("h", 3)], DRAINED_A),
    ("R4 two owners",
     [send("a", 0), receive("a", "h", 1), receive("a", "i", 3, count=2), delete("i", 4)], []),
    ("R4 two owners",
     [send("a", 0), receive("a", "h", 1), change("h", 2, 10), receive("a", "i", 8, count=2), delete("i", 9)], []),
    ("R4 two owners",
     [send("a", 0), receive("a", "h", 1), receive("a", "i", 1.05, count=1), delete("i", 8)], []),
    ("R8 count",
     [send("a", 0), receive("a", "h", 1, count=2), receive("a", "i", 7, count=1), delete("i", 8)], []),
    ("R8 count",
     [send("a", 0), receive("a", "h", 1, count=1), receive("a", "i", 7, count=1), delete("i", 8)], []),
    ("handle",
     [send("a", 0), receive("a", "h", 1), receive("a", "h", 7, count=2), delete("h", 8)], []),
    ("R7 delay", [send("a", 0, delay=600), receive("a", "h", 1), delete("h", 2)], []),
    ("R10 balance", [send("a", 0)],
     [receive("a", "drain", 50, count=9), receive("a", "again", 700, count=10), delete("again", 701)]),
])
def test_breaches_are_found(rule, operations, drained):
    assert breaches(operations, drained) == [rule]


def test_the_count_of_the_queue_is_compared():
    assert breaches([send("a", 0)], DRAINED_A, left=2) == ["R10 balance"]
