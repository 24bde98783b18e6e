"""The rules that a history has to keep, each for one message with everything that happened to it.

    R1  lost          acknowledged or seen, never deleted, and the drain did not get it
    R2  altered       a body without its SHA-256, with another id, or one that nobody sent
    R3  deleted       delivered after an accepted delete with its latest handle, expired or not
    R4  two owners    delivered while the lease of somebody else lasted
    R7  delay         delivered before its delay had ended
    R8  count         receive counts that repeat, go back, or are higher than receives can explain
    R9  refused       delivered, although its send was refused or never left
    R10 balance       the count of a queue differs from what the drain got, or a message was drained twice

R5 and R6 are about FIFO queues, which this version does not have. Deliveries of a message are ordered by their receive
count, so all is sorting and binary search: O(n log n).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import accumulate

from chaos.history import NOTHING_HAPPENED, OK, SECOND_NS, UNKNOWN, Call, Delivery, History, Message

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


NO_LOST_RECEIVES = LostReceives([])


def lease_lasts_until(message: Message, delivery: Delivery, before: int) -> int:
    """The latest time that the lease certainly lasts to, as far as calls up to `before` can have changed it.

    A change with an older handle works too, so it is one that may have been.
    """
    end, decided = delivery.invoked + delivery.timeout, delivery.invoked
    relevant = [c for c in message.changes if c.result not in NOTHING_HAPPENED and c.invoked <= before
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
        self.failures: list[str] = []
        self.counts: Counter = Counter()
        self.drained: Counter = Counter()

    def check(self) -> list[str]:
        if self.history.strangers:
            self.failures.append(f"R2 altered: {self.history.strangers} deliveries of bodies that nobody sent")
        for message in self.history.messages.values():
            self.failures += self.check_message(message)
            self._count(message)
        return self.failures

    def check_message(self, message: Message) -> list[str]:
        message.deliveries.sort(key=lambda d: (d.count, d.invoked))
        found = []
        for rule in (lost, altered, self.deleted_comes_back, two_owners, early, self.counts_wrong, refused, balance):
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
        if any(d.count > own.count and d.invoked < call.returned for d in message.deliveries):
            return False
        lease_end = lease_lasts_until(message, own, call.returned) - SLACK_NS
        lost_receives = self.lost_receives.get(message.queue, NO_LOST_RECEIVES)
        return not lost_receives.any_between(min(lease_end, call.returned), call.returned)

    # R8
    def counts_wrong(self, message: Message):
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

    def _count(self, message: Message) -> None:
        """Figures for the report."""
        self.counts[f"send {message.result}"] += 1
        self.counts["recovered"] += message.result == UNKNOWN and bool(message.deliveries)
        self.counts["deliveries"] += len(message.deliveries)
        for first, second in zip(message.deliveries, message.deliveries[1:]):
            self.counts[f"duplicated {cause(message, first, second)}"] += 1
        if any(d.drained for d in message.deliveries):
            self.drained[message.queue] += 1
        elif any(c.result == OK and self.handle_was_latest(message, c) for c in message.deletes):
            self.counts["deleted"] += 1
        elif message.deliveries:
            self.counts["perhaps deleted"] += 1


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
    if len(ids) > 1:
        yield f"R2 altered: it had the ids {sorted(ids)}"
    if len({d.handle for d in message.deliveries}) < len(message.deliveries):
        yield "R2 altered: one handle was issued twice"


# R4
def two_owners(message: Message):
    for first, second in zip(message.deliveries, message.deliveries[1:]):
        if second.returned < first.invoked:
            continue  # R8 says so
        lease_end = lease_lasts_until(message, first, second.returned)
        if second.returned < lease_end - SLACK_NS:
            early_by = (lease_end - second.returned) / SECOND_NS
            yield f"R4 two owners: delivered again {early_by:.3f} s before the lease ended"


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
