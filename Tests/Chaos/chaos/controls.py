"""Negative controls: a real history is broken in one place, and the rules have to say so.

A checker that was never seen to fail proves nothing. Every run ends with these on messages of its own history, and
`--control NAME` reports such a broken history as the result of the run, to see the whole chain fail.
"""

import copy
from collections.abc import Callable, Iterator

from chaos.history import NEVER, NOTHING_HAPPENED, OK, REFUSED, Call, Delivery, Message
from chaos.queues import moves, places
from chaos.rules import Checker

# Messages that a control is tried on, when the rest of the history may excuse the breach by chance.
TRIES_MAX = 50
YEAR_NS = 365 * 86_400 * 1_000_000_000


def drained_once(message: Message) -> bool:
    return not moves(message.queue) and message.result == OK and sum(d.drained for d in message.deliveries) == 1


def again(message: Message, **changes) -> Delivery:
    """One more delivery, long after everything else unless `changes` says otherwise."""
    last = max(message.deliveries, key=lambda d: d.count)
    late = max(d.returned for d in message.deliveries) + YEAR_NS
    fields = dict(invoked=late, returned=late + 1, timeout=last.timeout, handle="again", count=last.count + 1,
                  intact=True, id=last.id, drained=False, queue=last.queue, call=-1, sequence=last.sequence,
                  attempt=last.attempt)
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


def dig_up(message: Message) -> bool:
    """Buried, and delivered at once."""
    latest = max(message.deliveries, key=lambda d: d.count)
    message.burials.append(Call(latest.returned + 1, latest.returned + 2, OK, latest.handle, queue=latest.queue))
    message.deliveries.append(again(message, invoked=latest.returned + 3, returned=latest.returned + 4))
    return True


def store_twice(message: Message) -> bool:
    """A second copy under the same deduplication id."""
    message.deliveries.append(again(message, id="another"))
    return bool(message.attempts)


def store_both_bodies(message: Message) -> bool:
    message.deliveries.append(again(message, attempt=message.deliveries[-1].attempt + 1))
    return bool(message.attempts)


def stay_behind(message: Message) -> bool:
    """Delivered from the dead-letter queue, and at the same time from where it was before."""
    latest = message.deliveries[-1]
    other = next((place for place in places(message.queue) if place != latest.queue), "")
    message.changes.clear()
    message.burials.clear()
    message.deliveries.append(again(message, invoked=latest.returned + 1, returned=latest.returned + 2, queue=other))
    return bool(other) and latest.timeout > 1_000_000_000


def renumber(message: Message) -> bool:
    message.deliveries.append(again(message, sequence=message.deliveries[-1].sequence + 1))
    return bool(message.attempts)


def overtake(first: Message, second: Message) -> bool:
    """The first of two was never deleted, and the second was delivered in a reply of its own."""
    for message in (first, second):
        if moves(message.queue) or not message.deliveries:
            return False
    first.deletes = [call for call in first.deletes if call.result in NOTHING_HAPPENED]
    first.deliveries = first.deliveries[:1]
    return any(d.call != first.deliveries[0].call for d in second.deliveries)


def go_back_in_numbers(first: Message, second: Message) -> bool:
    """The numbers of two are exchanged."""
    if first.returned >= second.invoked or not first.deliveries or not second.deliveries:
        return False
    one, other = first.deliveries[0].sequence, second.deliveries[0].sequence
    for message, number in ((first, other), (second, one)):
        for seen in [*message.deliveries, *message.attempts]:
            seen.sequence = number
    return True


CONTROLS = {
    "lose": (lose, "R1"), "lose-after-delivery": (lose_after_delivery, "R1"), "alter": (alter, "R2"),
    "exchange": (exchange, "R2"), "invent": (invent, "R2"), "resurrect": (resurrect, "R3"), "share": (share, "R4"),
    "overtake": (overtake, "R5"), "go-back-in-numbers": (go_back_in_numbers, "R5"), "renumber": (renumber, "R5"),
    "store-twice": (store_twice, "R6"), "store-both-bodies": (store_both_bodies, "R6"),
    "hurry": (hurry, "R7"), "count-back": (count_back, "R8"), "count-too-high": (count_too_high, "R8"),
    "deliver-refused": (deliver_refused, "R9"), "drain-twice": (drain_twice, "R10"), "dig-up": (dig_up, "R11"),
    "stay-behind": (stay_behind, "R12"),
}
# Of two messages that follow each other in a group.
_OF_TWO = ("overtake", "go-back-in-numbers")
_OF_GROUPS = ("renumber", "store-twice", "store-both-bodies", *_OF_TWO)


def _samples(checker: Checker, name: str) -> Iterator[list[Message]]:
    """Messages to try a control on: one, or two that follow each other."""
    messages = checker.history.messages.values()
    if name in _OF_TWO:
        groups: dict = {}
        for message in sorted((m for m in messages if m.attempts and m.deliveries), key=_number):
            before = groups.get((message.queue, message.group))
            groups[message.queue, message.group] = message
            if before:
                yield [before, message]
    elif name in _OF_GROUPS:
        yield from ([m] for m in messages if m.attempts and m.deliveries)
    elif name == "stay-behind":
        yield from ([m] for m in messages if moves(m.queue) and m.deliveries)
    else:
        yield from ([m] for m in messages if drained_once(m) and m.returned < NEVER and not m.attempts)


def _number(message: Message) -> int:
    return message.deliveries[0].sequence


def _check(checker: Checker, messages: list[Message], is_of_groups: bool) -> list[str]:
    failures = [failure for message in messages for failure in checker.check_message(message)]
    return failures + (checker.check_group(messages) if is_of_groups else [])


def broken(checker: Checker, name: str) -> list[str]:
    """What the rules say about messages of this history after the control `name`; nothing without any for it."""
    change: Callable
    change, rule = CONTROLS[name]
    failures: list[str] = []
    tries = 0
    for messages in _samples(checker, name):
        sample = copy.deepcopy(messages)
        if not change(*sample):
            continue
        failures = _check(checker, sample, name in _OF_GROUPS)
        tries += 1
        if tries == TRIES_MAX or any(failure.startswith(rule + " ") for failure in failures):
            break
    return failures


def missed(checker: Checker) -> list[str]:
    """Controls whose breach was not found."""
    return [name for name, (_, rule) in CONTROLS.items()
            if not any(failure.startswith(rule + " ") for failure in broken(checker, name))]
