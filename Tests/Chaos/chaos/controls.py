"""Negative controls: a real history is broken in one place, and the rules have to say so.

A checker that was never seen to fail proves nothing. Every run ends with these on messages of its own history, and
`--control NAME` reports such a broken history as the result of the run, to see the whole chain fail.
"""

import copy

from chaos.history import NEVER, OK, REFUSED, Call, Delivery, Message
from chaos.rules import Checker

YEAR_NS = 365 * 86_400 * 1_000_000_000


def drained_once(message: Message) -> bool:
    return message.result == OK and sum(d.drained for d in message.deliveries) == 1


def again(message: Message, **changes) -> Delivery:
    """One more delivery, long after everything else unless `changes` says otherwise."""
    last = max(message.deliveries, key=lambda d: d.count)
    late = max(d.returned for d in message.deliveries) + YEAR_NS
    fields = dict(invoked=late, returned=late + 1, timeout=last.timeout, handle="again", count=last.count + 1,
                  intact=True, id=last.id, drained=False)
    return Delivery(**(fields | changes))


def lose(message: Message) -> bool:
    """An acknowledged message that nobody got."""
    message.deliveries.clear()
    message.deletes.clear()
    return True


def lose_after_delivery(message: Message) -> bool:
    """Delivered, not deleted, and gone."""
    message.deletes.clear()
    for delivery in message.deliveries:
        delivery.drained = False
    return bool(message.deliveries)


def alter(message: Message) -> bool:
    message.deliveries[-1].intact = False
    return True


def exchange(message: Message) -> bool:
    """The body of one message under the id of another."""
    message.deliveries[-1].id = "another"
    return True


def invent(message: Message) -> bool:
    message.result = None
    return True


def resurrect(message: Message) -> bool:
    """Delivered again after the delete with its latest handle."""
    latest = max(message.deliveries, key=lambda d: d.count)
    message.deletes.append(Call(latest.returned + 1, latest.returned + 2, OK, latest.handle))
    message.deliveries.append(again(message))
    return True


def share(message: Message) -> bool:
    """Two owners at one time."""
    latest = max(message.deliveries, key=lambda d: d.count)
    message.changes.clear()
    message.deliveries.append(again(message, invoked=latest.returned + 1, returned=latest.returned + 2))
    return latest.timeout > 1_000_000_000


def hurry(message: Message) -> bool:
    message.delay = YEAR_NS
    return True


def count_back(message: Message) -> bool:
    message.deliveries.append(again(message, count=message.deliveries[-1].count))
    return True


def count_too_high(message: Message) -> bool:
    message.deliveries[-1].count += 1_000_000
    return True


def deliver_refused(message: Message) -> bool:
    message.result = REFUSED
    return True


def drain_twice(message: Message) -> bool:
    message.deliveries.append(again(message, drained=True))
    return True


CONTROLS = {
    "lose": (lose, "R1"), "lose-after-delivery": (lose_after_delivery, "R1"), "alter": (alter, "R2"),
    "exchange": (exchange, "R2"), "invent": (invent, "R2"), "resurrect": (resurrect, "R3"), "share": (share, "R4"),
    "hurry": (hurry, "R7"), "count-back": (count_back, "R8"), "count-too-high": (count_too_high, "R8"),
    "deliver-refused": (deliver_refused, "R9"), "drain-twice": (drain_twice, "R10"),
}


def broken(checker: Checker, name: str) -> list[str]:
    """What the rules say about a message of this history after the control `name`; None without a message for it."""
    change, _ = CONTROLS[name]
    for message in checker.history.messages.values():
        if drained_once(message) and message.returned < NEVER:
            sample = copy.deepcopy(message)
            if change(sample):
                return checker.check_message(sample)
    return []


def missed(checker: Checker) -> list[str]:
    """Controls whose breach was not found."""
    return [name for name, (_, rule) in CONTROLS.items()
            if not any(failure.startswith(rule + " ") for failure in broken(checker, name))]
