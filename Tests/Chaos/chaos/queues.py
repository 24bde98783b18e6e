"""The queues of a run, and what their consumers do with messages.

- `plain`; `redelivered`, whose messages mostly come several times and go back to the end; `delayed`, whose messages
  become visible after 0 to 3 seconds; `kept`, which hardly anybody deletes from, so that cleaning has to move messages.
- `tasks`: workers set messages aside (bury) by the HTTP API, and somebody lets them go on (kick).
- `failing`: a message that failed twice goes to `failing-dead`, where some are deleted, and a move now and then brings
  the others back. `failing.fifo` and `failing-dead.fifo` are the same with groups.
- `ordered.fifo`: groups in order, some messages buried. Here and in `failing.fifo` senders repeat what had no clear
  answer, and some of what had one, with the same deduplication id.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Spec:
    name: str
    # How often somebody sends to it and receives from it, among all.
    sends: float
    receives: float
    # Seconds. Short ones, so that many leases end within the run.
    leases: tuple[int, ...]
    # What becomes of a batch of messages, in parts of one: deleted, given back, deleted too late, buried. What is left
    # is leases that run out.
    fates: tuple[float, float, float, float]
    dead_letters: str = ""
    receives_max: int = 0
    # Numbers of the groups.
    groups: range = range(0)

    @property
    def is_busy(self) -> bool:
        """Whether who waits for messages here does not wait long."""
        return self.sends > 10

    @property
    def is_fifo(self) -> bool:
        return self.name.endswith(".fifo")


_USUAL = (0.9, 0.04, 0.03, 0)
SPECS = {spec.name: spec for spec in (
    Spec("plain", 70, 66, (3, 5), _USUAL),
    Spec("redelivered", 17, 20, (1, 2), (0.55, 0.2, 0.1, 0)),
    Spec("delayed", 12.7, 13, (2, 3), _USUAL),
    Spec("kept", 0.3, 1, (3, 5), (0.1, 0.3, 0, 0)),
    Spec("tasks", 5, 5, (2, 3), (0.8, 0.05, 0.03, 0.1)),
    Spec("failing", 5, 6, (1, 2), (0.5, 0.3, 0.02, 0), "failing-dead", 2),
    Spec("failing-dead", 0, 1, (1, 2), (0.4, 0.2, 0.05, 0.05)),
    Spec("ordered.fifo", 14, 15, (1, 2), (0.87, 0.05, 0.02, 0.03), groups=range(32)),
    Spec("failing.fifo", 4, 6, (1, 2), (0.6, 0.3, 0.02, 0), "failing-dead.fifo", 2, groups=range(32, 48)),
    Spec("failing-dead.fifo", 0, 1.5, (1, 2), (0.4, 0.2, 0.05, 0.05)),
)}
QUEUES = tuple(SPECS)
BURIED_IN = tuple(spec.name for spec in SPECS.values() if spec.fates[3])
LEASE_SECONDS_MAX = max(max(spec.leases) for spec in SPECS.values())
DELAY_SECONDS_MAX = 3
# Of those queues, the one that dead letters come from.
SOURCE_OF = {spec.dead_letters: spec.name for spec in SPECS.values() if spec.dead_letters}


def places(queue: str) -> tuple[str, ...]:
    """Where a message that was sent to this queue can be."""
    spec = SPECS.get(queue)
    return (queue, spec.dead_letters) if spec and spec.dead_letters else (queue,)


def moves(queue: str) -> bool:
    """Whether messages of this queue can come to another one, and back."""
    return len(places(queue)) > 1


def home(queue: str) -> str:
    """Where the messages of this queue were sent to."""
    return SOURCE_OF.get(queue, queue)


# The uids of messages in groups. The lowest byte is the number of the group, so that one process checks all of it.
GROUPED = 1 << 60


def grouped_uid(uid: int, group: int) -> int:
    return GROUPED | uid << 8 | group


def shard_key(uid: int) -> int:
    return uid & 0xFF if uid >= GROUPED else uid
