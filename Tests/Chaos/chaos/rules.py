"""The rules that a history has to keep, each for one message with everything that happened to it; R5 for a group.

    R1  lost          acknowledged or seen, never deleted, and the drain did not get it
    R2  altered       a body without its SHA-256, with another id, or one that nobody sent
    R3  deleted       delivered after an accepted delete with its latest handle, expired or not
    R4  two owners    delivered while the lease of somebody else lasted
    R5  order         delivered while an earlier message of its group was there; sequence numbers that do not rise
                      (groups.py)
    R6  once          stored twice, although the deduplication id was the same
    R7  delay         delivered before its delay had ended
    R8  count         receive counts that repeat, go back, or are higher than receives can explain
    R9  refused       delivered, although its send was refused or never left
    R10 balance       the count of a queue differs from what the drain got, or a message was drained twice
    R11 buried        delivered after its burial, before any kick
    R12 place         a dead letter in two queues, in one that it cannot be in, or with a count that says so

Deliveries of a message are ordered by their receive count, so all is sorting and binary search: O(n log n). Where
messages move to a dead-letter queue and back, counts begin anew, and deliveries are ordered by time.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from itertools import accumulate

from chaos import groups
from chaos.history import NOTHING_HAPPENED, OK, SECOND_NS, UNKNOWN, Call, Delivery, History, Message
from chaos.queues import SPECS, moves, places

# Clocks of broker and clients, and the way of a reply.
SLACK_NS = 50_000_000


class LostReceives:
    """Receives of one queue without a reply: each may have leased any message that was free at some moment of it."""

    def __init__(self, spans: list[tuple[int, int]]):
        spans = sorted(spans)
        self._starts = [start for start, _ in spans]
        self._latest_end = list(accumulate((end for _, end in spans), max))
        self._ends = sorted(end for _, end in spans)

    def any_between(self, start: int, end: int) -> bool:
        """Whether one was under way at some time from `start` to `end`."""
        begun = bisect_left(self._starts, end)
        return begun > 0 and self._latest_end[begun - 1] > start

    def count_between(self, start: int, end: int) -> int:
        return bisect_right(self._starts, end) - bisect_left(self._ends, start)

    def first_from(self, time: int, count: int) -> list[int]:
        """From when on those that did not end before `time` may have had their effects after it; the first `count`."""
        begun = bisect_left(self._starts, time)
        under_way = begun - bisect_right(self._ends, time)
        return ([time] * under_way + self._starts[begun:begun + count])[:count]


NO_LOST_RECEIVES = LostReceives([])


def lease_lasts_until(message: Message, delivery: Delivery, before: int) -> int:
    """The latest time that the lease certainly lasts to, as far as calls up to `before` can have changed it.

    A change with an older handle works too, so it is one that may have been.
    """
    end, decided = delivery.invoked + delivery.timeout, delivery.invoked
    # A burial ends a lease, and a kick may come at any time.
    relevant = [c for c in message.changes + message.burials if c.result not in NOTHING_HAPPENED and c.invoked <= before
                and c.returned >= delivery.invoked]
    for call in sorted(relevant, key=lambda c: c.invoked):
        if call.handle == delivery.handle and call.result == OK and call.returned < before:
            end, decided = call.invoked + call.timeout, call.invoked
    for call in relevant:
        if call.invoked != decided and call.returned >= decided:
            end = min(end, call.invoked + call.timeout)
    return end


class Checker:
    """Checks a history that ends with a complete drain of all queues."""

    def __init__(self, history: History):
        self.history = history
        self.lost_receives = {queue: LostReceives(spans) for queue, spans in history.lost_receives.items()}
        self.kicks = {queue: LostReceives(spans) for queue, spans in history.kicks.items()}
        self.failures: list[str] = []
        self.counts: Counter = Counter()
        self.drained: Counter = Counter()

    def check(self) -> list[str]:
        if self.history.strangers:
            self.failures.append(f"R2 altered: {self.history.strangers} deliveries of bodies that nobody sent")
        grouped = defaultdict(list)
        for message in self.history.messages.values():
            self.failures += self.check_message(message)
            self._count(message)
            if message.attempts:
                grouped[message.queue, message.group].append(message)
        for messages in grouped.values():
            self.failures += self.check_group(messages)
        return self.failures

    def check_group(self, messages: list[Message]) -> list[str]:
        """Of one group."""
        lost_receives = self.lost_receives.get(messages[0].queue, NO_LOST_RECEIVES)
        return [f"{text} (message {message.uid} of group {message.group} of queue {message.queue})"
                for message, text in groups.check(messages, lost_receives)]

    def check_message(self, message: Message) -> list[str]:
        if moves(message.queue):
            message.deliveries.sort(key=lambda d: d.invoked)
        else:
            message.deliveries.sort(key=lambda d: (d.count, d.invoked))
        found = []
        for rule in (lost, altered, self.deleted_comes_back, two_owners, once, early, self.counts_wrong, refused,
                     balance, self.buried, place):
            found += [f"{text} (message {message.uid} of queue {message.queue})" for text in rule(message)]
        return found

    # R3
    def deleted_comes_back(self, message: Message):
        for call in message.deletes:
            if call.result == OK and self.handle_was_latest(message, call):
                for later in message.deliveries:
                    if later.invoked > call.returned:
                        seconds = (later.invoked - call.returned) / SECOND_NS
                        yield f"R3 deleted: delivered {seconds:.3f} s after its accepted delete"

    def handle_was_latest(self, message: Message, call: Call) -> bool:
        """Nobody else can have got the message between the delivery and the delete.

        A receive without a reply can have taken it only after the lease had ended.
        """
        own = next((d for d in message.deliveries if d.handle == call.handle), None)
        if own is None:
            return False
        if moves(message.queue):
            # A receive of somebody else may move it when the lease is over.
            others = any(d is not own and d.returned > own.invoked and d.invoked < call.returned
                         for d in message.deliveries)
            return not others and call.returned < lease_lasts_until(message, own, call.returned) - SLACK_NS
        if any(d.count > own.count and d.invoked < call.returned for d in message.deliveries):
            return False
        lease_end = lease_lasts_until(message, own, call.returned) - SLACK_NS
        lost_receives = self.lost_receives.get(message.queue, NO_LOST_RECEIVES)
        return not lost_receives.any_between(min(lease_end, call.returned), call.returned)

    # R8
    def counts_wrong(self, message: Message):
        if moves(message.queue):
            return  # R12
        latest_invoked, previous = 0, 0
        lost_receives = self.lost_receives.get(message.queue, NO_LOST_RECEIVES)
        for index, delivery in enumerate(message.deliveries):
            if delivery.returned < latest_invoked:
                yield f"R8 count: {delivery.count} was delivered before a lower one"
            if delivery.count == previous:
                yield f"R8 count: two deliveries with count {delivery.count}"
            latest_invoked, previous = max(latest_invoked, delivery.invoked), delivery.count
            unexplained = delivery.count - 1 - index
            if unexplained > lost_receives.count_between(message.invoked, delivery.returned):
                yield f"R8 count: {delivery.count}, with {index} deliveries before and no receive without a reply"

    # R11
    def buried(self, message: Message):
        for call in message.burials:
            kicks = self.kicks.get(call.queue, NO_LOST_RECEIVES)
            for later in message.deliveries:
                if call.result == OK and later.invoked > call.returned \
                        and not kicks.any_between(call.invoked, later.returned):
                    seconds = (later.invoked - call.returned) / SECOND_NS
                    yield f"R11 buried: delivered {seconds:.3f} s after its burial, and nobody kicked"

    def _count(self, message: Message) -> None:
        """Figures for the report."""
        self.counts[f"send {message.result}"] += 1
        self.counts["recovered"] += message.result == UNKNOWN and bool(message.deliveries)
        self.counts["deliveries"] += len(message.deliveries)
        self.counts["burials"] += sum(c.result == OK for c in message.burials)
        self.counts["grouped"] += bool(message.attempts)
        self.counts["sent again"] += sum(a.number > 0 for a in message.attempts)
        self.counts["sent again, and accepted"] += sum(a.number > 0 and a.result == OK for a in message.attempts)
        self.counts["dead letters"] += any(d.queue != message.queue for d in message.deliveries)
        self.counts["dead letters back"] += came_back(message)
        for first, second in zip(message.deliveries, message.deliveries[1:]):
            self.counts[f"duplicated {cause(message, first, second)}"] += 1
        if any(d.drained for d in message.deliveries):
            self.drained[message.queue] += 1
        elif any(c.result == OK and self.handle_was_latest(message, c) for c in message.deletes):
            self.counts["deleted"] += 1
        elif message.deliveries:
            self.counts["perhaps deleted"] += 1


def came_back(message: Message) -> bool:
    """Its counts began anew: it was a dead letter, and a move brought it back."""
    return moves(message.queue) and any(
        second.queue == message.queue and second.count <= first.count and second.invoked > first.returned
        for first, second in zip(message.deliveries, message.deliveries[1:]))


def cause(message: Message, first: Delivery, second: Delivery) -> str:
    if any(c.invoked < second.returned and c.returned > first.invoked and c.result not in NOTHING_HAPPENED
           for c in message.changes):
        return "after a change of visibility"
    if any(c.handle == first.handle and c.result not in (OK, *NOTHING_HAPPENED) for c in message.deletes):
        return "after a delete without a reply"
    if second.count > first.count + 1:
        return "after a receive without a reply"
    return "after the end of the lease"


# R1
def lost(message: Message):
    if message.result != OK and not message.deliveries:
        return
    if any(d.drained for d in message.deliveries) or any(c.result not in NOTHING_HAPPENED for c in message.deletes):
        return
    yield f"R1 lost: delivered {len(message.deliveries)} times, never deleted, and the drain did not get it"


# R2
def altered(message: Message):
    if message.result is None:
        yield "R2 altered: nobody sent it"
    if not all(d.intact for d in message.deliveries):
        yield "R2 altered: the body does not have its SHA-256"
    ids = {d.id for d in message.deliveries} | ({message.id} if message.id else set())
    if message.attempts:
        ids = set()  # R6
    if len(ids) > 1:
        yield f"R2 altered: it had the ids {sorted(ids)}"
    if len({d.handle for d in message.deliveries}) < len(message.deliveries):
        yield "R2 altered: one handle was issued twice"


# R4
def two_owners(message: Message):
    if moves(message.queue):
        yield from two_owners_somewhere(message)
        return
    for first, second in zip(message.deliveries, message.deliveries[1:]):
        if second.returned < first.invoked:
            continue  # R8 says so
        lease_end = lease_lasts_until(message, first, second.returned)
        if second.returned < lease_end - SLACK_NS:
            early_by = (lease_end - second.returned) / SECOND_NS
            yield f"R4 two owners: delivered again {early_by:.3f} s before the lease ended"


def two_owners_somewhere(message: Message):
    """Which of two deliveries was the first is not known, so each has to be within the lease of the other."""
    for first, second in zip(message.deliveries, message.deliveries[1:]):
        if second.returned < lease_lasts_until(message, first, second.returned) - SLACK_NS \
                and first.returned < lease_lasts_until(message, second, first.returned) - SLACK_NS:
            if first.queue == second.queue:
                yield "R4 two owners: two deliveries, each within the lease of the other"
            else:
                yield f"R12 place: delivered from {first.queue} and {second.queue} within one lease"


# R6
def once(message: Message):
    if not message.attempts or not message.is_sent_in_window:
        return
    ids = {a.id for a in message.attempts if a.result == OK} | {d.id for d in message.deliveries}
    if len(ids) > 1:
        yield f"R6 once: it had the ids {sorted(ids)}"
    bodies = {d.attempt for d in message.deliveries}
    if len(bodies) > 1:
        yield f"R6 once: the bodies of the attempts {sorted(bodies)} came"


# R7
def early(message: Message):
    due = message.invoked + message.delay - SLACK_NS
    if message.result is not None and any(d.returned < due for d in message.deliveries):
        yield "R7 delay: delivered before its delay had ended"


# R9
def refused(message: Message):
    if message.result in NOTHING_HAPPENED and message.deliveries:
        yield "R9 refused: delivered, although its send was refused or never left"


# R10; the rest of it is in run.py, where the counts of the queues are known.
def balance(message: Message):
    times = sum(d.drained for d in message.deliveries)
    if times > 1:
        yield f"R10 balance: drained {times} times"


# R12
def place(message: Message):
    spec = SPECS.get(message.queue)
    for delivery in message.deliveries:
        if spec and delivery.queue not in places(message.queue):
            yield f"R12 place: delivered from {delivery.queue}"
        elif spec and spec.dead_letters and (delivery.count > spec.receives_max) != (delivery.queue != message.queue):
            yield f"R12 place: delivered from {delivery.queue} with count {delivery.count}"
