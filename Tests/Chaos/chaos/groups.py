"""R5: the order inside a group of a FIFO queue.

Sequence numbers tell the order in which the messages of a group were stored, also of those that one batch or several
senders brought. So there are two questions: whether the numbers rise as the sends did, as far as one surely ended
before the other began; and whether a message was delivered while one with a lower number was surely there.
"""

from bisect import bisect_left
from itertools import accumulate

from chaos.history import NEVER, NOTHING_HAPPENED, OK, Message
from chaos.queues import SPECS

# One message out of order may concern all that follow.
FAILURES_MAX = 10


def check(messages: list[Message], lost_receives):
    """Gives messages and what is wrong with them. All are of one group."""
    numbered = []
    for message in messages:
        numbers = {a.sequence for a in message.attempts if a.result == OK} | {d.sequence for d in message.deliveries}
        # Two of one message with several ids are what R6 is about.
        if len(numbers) > 1 and len({d.id for d in message.deliveries}) == 1 and message.is_sent_in_window:
            yield message, f"R5 order: it had the sequence numbers {sorted(numbers)}"
        if numbers:
            numbered.append((min(numbers), message))
    numbered.sort(key=lambda pair: (pair[0], pair[1].uid))
    yield from _first(_falling(numbered))
    yield from _first(_overtaking(numbered, lost_receives))


def _first(failures):
    for _, failure in zip(range(FAILURES_MAX), failures):
        yield failure


def _falling(numbered):
    """Sequence numbers that are not those of the order of sending."""
    for (number, message), (following, other) in zip(numbered, numbered[1:]):
        if number == following:
            yield other, f"R5 order: it has the sequence number {number} of message {message.uid}"
    sent = sorted((m.returned, number) for number, m in numbered if m.returned != NEVER)
    ends = [end for end, _ in sent]
    highest = list(accumulate((number for _, number in sent), max))
    for number, message in numbered:
        before = bisect_left(ends, message.invoked)
        if before and highest[before - 1] > number:
            yield message, f"R5 order: its sequence number {number} is below {highest[before - 1]}, sent before it"
    batches = sorted(((a.call, a.place, number, m) for number, m in numbered for a in m.attempts
                      if a.number == 0 and a.result == OK), key=lambda entry: entry[:2])
    for (call, _, number, _), (following, _, next_number, message) in zip(batches, batches[1:]):
        if call == following and number > next_number:
            yield message, f"R5 order: its sequence number {next_number} is below that of the one before it in a batch"


def gone_from(message: Message, lost_receives) -> int:
    """When it may have left its queue at the earliest: by a delete, or as a dead letter."""
    moments = [c.invoked for c in message.deletes if c.result not in NOTHING_HAPPENED]
    spec = SPECS.get(message.queue)
    if spec and spec.dead_letters:
        # Each receive without a reply may have been one of this message.
        receives = sorted([d.invoked for d in message.deliveries if d.queue == message.queue]
                          + lost_receives.first_from(message.invoked, spec.receives_max))
        moments += receives[spec.receives_max - 1:spec.receives_max]
    return min(moments, default=NEVER)


def _overtaking(numbered, lost_receives):
    """Messages that came while an earlier one was there. One reply may hold several, in order.

    What comes back from a dead-letter queue comes to the end of its group. So it stands behind all with lower numbers
    that never left, too.
    """
    gone = [gone_from(message, lost_receives) for _, message in numbered]
    # The latest of all up to here: most searches end at once.
    latest = list(accumulate(gone, max))
    for index, (_, message) in enumerate(numbered):
        for delivery in message.deliveries:
            if delivery.queue != message.queue:
                continue
            earlier = index - 1
            while earlier >= 0 and latest[earlier] > delivery.returned:
                other = numbered[earlier][1]
                if gone[earlier] > delivery.returned:
                    together = [d.place for d in other.deliveries if d.call == delivery.call]
                    if not together:
                        yield message, f"R5 order: delivered while message {other.uid} was before it"
                        break
                    if together[0] > delivery.place:
                        yield message, f"R5 order: in one reply before message {other.uid}"
                        break
                earlier -= 1
