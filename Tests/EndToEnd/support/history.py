"""What clients did and saw, and the rules that a history has to keep.

Every call is one operation with the time before and after it (nanoseconds of CLOCK_MONOTONIC, the same for all
processes of a machine). `ok` means that the reply said so; `refused` that the reply said no; `unknown` that there was
no reply: such a call may have had its effect, but only until the server that it was sent to died.
"""

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"
# Clocks of broker and clients, and the way of a reply.
SLACK_NS = 50_000_000
SECOND_NS = 1_000_000_000


@dataclass
class Delivery:
    """One message in the reply of a receive."""

    uid: str
    handle: str
    count: int
    intact: bool


@dataclass
class Operation:
    kind: str  # send, receive, delete or visibility
    invoked: int
    returned: int
    result: str
    # send: uids; delete and visibility: handles. Each with the result of its entry, for a batch.
    entries: dict[str, str] = field(default_factory=dict)
    # send: the delay; receive: visibility timeout of the deliveries; visibility: the new timeout.
    timeout_s: int = 0
    deliveries: list[Delivery] = field(default_factory=list)


class Recorder:
    """Appends operations to a file, each on a line of its own and flushed."""

    def __init__(self, path: Path):
        self._file = path.open("a", encoding="utf-8")

    def add(self, operation: Operation) -> None:
        self._file.write(json.dumps(asdict(operation)) + "\n")
        self._file.flush()


def load(paths) -> list[Operation]:
    operations = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = json.loads(line)
            fields["deliveries"] = [Delivery(**delivery) for delivery in fields["deliveries"]]
            operations.append(Operation(**fields))
    return sorted(operations, key=lambda operation: operation.invoked)


@dataclass
class Seen:
    """A delivery with the receive that it came from, and what was done with its handle."""

    operation: Operation
    delivery: Delivery
    deletes: list[tuple[Operation, str]] = field(default_factory=list)
    changes: list[tuple[Operation, str]] = field(default_factory=list)

    def lease_lasts_until(self, before: int) -> int:
        """The latest time that the lease certainly lasts to, as far as calls up to `before` can have changed it."""
        end = self.operation.invoked + self.operation.timeout_s * SECOND_NS
        for change, result in sorted(self.changes, key=lambda pair: pair[0].invoked):
            if change.invoked > before or result == REFUSED:
                continue
            changed = change.invoked + change.timeout_s * SECOND_NS
            certain = result == OK and change.returned < before
            end = changed if certain else min(end, changed)
        return end


def in_order(one: Seen, other: Seen) -> tuple[Seen, Seen]:
    """Which delivery was first. Of receives at the same time the count tells it: the one that was called first may
    have waited longer."""
    if one.operation.returned < other.operation.invoked:
        return one, other
    if other.operation.returned < one.operation.invoked:
        return other, one
    return (one, other) if one.delivery.count <= other.delivery.count else (other, one)


class Checker:
    """Finds breaches of the promises in a history that ends with a complete drain of the queue.

    `drained`: the operations of the drain, which deletes everything that it receives.
    `left`: messages that the queue counted when the drain began.
    """

    def __init__(self, operations: list[Operation], drained: list[Operation], left: int):
        self.operations = operations
        self.drained = drained
        self.left = left
        self.failures: list[str] = []
        self.sends = {uid: (o, result) for o in operations if o.kind == "send" for uid, result in o.entries.items()}
        self.seen: dict[str, list[Seen]] = defaultdict(list)
        self._index()

    def _index(self) -> None:
        by_handle: dict[str, Seen] = {}
        everything = sorted(self.operations + self.drained, key=lambda o: o.invoked)
        for operation in everything:
            for delivery in operation.deliveries:
                if delivery.handle in by_handle:
                    self._fail("handle", delivery.uid, "one handle was issued twice")
                seen = by_handle[delivery.handle] = Seen(operation, delivery)
                self.seen[delivery.uid].append(seen)
        for operation in everything:
            if operation.kind in ("delete", "visibility"):
                for handle, result in operation.entries.items():
                    seen = by_handle[handle]
                    (seen.deletes if operation.kind == "delete" else seen.changes).append((operation, result))
        self.unknown_receives = [o for o in everything if o.kind == "receive" and o.result == UNKNOWN]

    def _fail(self, rule: str, uid: str, text: str) -> None:
        self.failures.append(f"{rule}: {uid}: {text}")

    def check(self) -> list[str]:
        self.check_lost()
        self.check_altered_and_unexpected()
        self.check_deleted_comes_back()
        self.check_one_owner()
        self.check_delays()
        self.check_receive_counts()
        self.check_balance()
        return self.failures

    # R1
    def check_lost(self) -> None:
        drained = {delivery.uid for operation in self.drained for delivery in operation.deliveries}
        for uid, (_, result) in self.sends.items():
            if uid in drained or (result != OK and uid not in self.seen):
                continue
            attempts = [result for seen in self.seen[uid] for _, result in seen.deletes if result != REFUSED]
            if not attempts:
                self._fail("R1 lost", uid, f"never deleted, and the drain did not get it; the send was {result}")

    # R2, R9
    def check_altered_and_unexpected(self) -> None:
        for uid, seen in self.seen.items():
            if uid not in self.sends:
                self._fail("R2 unexpected", uid, "nobody sent it")
            elif self.sends[uid][1] == REFUSED:
                self._fail("R9 refused", uid, "its send was refused, and it was delivered")
            if not all(s.delivery.intact for s in seen):
                self._fail("R2 altered", uid, "the body does not have its SHA-256")

    # R3
    def check_deleted_comes_back(self) -> None:
        for uid, seen in self.seen.items():
            for one in seen:
                for delete, result in one.deletes:
                    if result == OK and self._handle_was_latest(one, delete):
                        for later in seen:
                            if later.operation.invoked > delete.returned:
                                self._fail("R3 deleted", uid, "delivered after its accepted delete")

    def _handle_was_latest(self, one: Seen, delete: Operation) -> bool:
        """No other receive can have got the message between this one and the delete.

        A receive without a reply can have taken it only after the lease had ended.
        """
        for other in self.seen[one.delivery.uid]:
            if other is not one and other.operation.returned > one.operation.invoked \
                    and other.operation.invoked < delete.returned:
                return False
        lease_end = one.lease_lasts_until(delete.returned) - SLACK_NS
        return not any(o.returned > lease_end and o.invoked < delete.returned for o in self.unknown_receives)

    # R4
    def check_one_owner(self) -> None:
        for uid, seen in self.seen.items():
            for index, one in enumerate(seen):
                for other in seen[index + 1:]:
                    first, second = in_order(one, other)
                    same_time = second.operation.invoked < first.operation.returned
                    if same_time and first.delivery.count == second.delivery.count:
                        self._fail("R4 two owners", uid, f"two deliveries with count {first.delivery.count}")
                    lease_end = first.lease_lasts_until(second.operation.returned)
                    if second.operation.returned < lease_end - SLACK_NS:
                        early = (lease_end - second.operation.returned) / SECOND_NS
                        self._fail("R4 two owners", uid, f"delivered again {early:.3f} s before the lease ended")

    # R7
    def check_delays(self) -> None:
        for uid, seen in self.seen.items():
            if uid not in self.sends:
                continue
            send, _ = self.sends[uid]
            due = send.invoked + send.timeout_s * SECOND_NS - SLACK_NS
            if any(one.operation.returned < due for one in seen):
                self._fail("R7 delay", uid, "delivered before its delay had ended")

    # R8
    def check_receive_counts(self) -> None:
        for uid, seen in self.seen.items():
            for first in seen:
                for second in seen:
                    if first.operation.returned < second.operation.invoked \
                            and first.delivery.count >= second.delivery.count:
                        self._fail("R8 count", uid, f"{second.delivery.count} after {first.delivery.count}")

    # R10
    def check_balance(self) -> None:
        drained = Counter(delivery.uid for operation in self.drained for delivery in operation.deliveries)
        for uid, times in drained.items():
            if times > 1:
                self._fail("R10 balance", uid, f"drained {times} times")
        if len(drained) != self.left:
            self._fail("R10 balance", "queue", f"it counted {self.left} messages, the drain got {len(drained)}")

    def summary(self) -> dict[str, int]:
        results = Counter(result for _, result in self.sends.values())
        return {
            "acked": results[OK],
            "unknown": results[UNKNOWN],
            "recovered": sum(1 for uid, (_, r) in self.sends.items() if r == UNKNOWN and uid in self.seen),
            "lost": sum(1 for failure in self.failures if failure.startswith("R1")),
            "duplicates": sum(1 for failure in self.failures if failure.startswith("R4")),
            "redelivered after their lease": sum(len(seen) - 1 for seen in self.seen.values()),
            "drained": sum(len(operation.deliveries) for operation in self.drained),
        }
