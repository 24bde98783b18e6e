"""Producers and consumers. Each is a process with one request under way, and records what it does."""

import random
import time
from collections import deque

from chaos.history import Recorder
from chaos.load import ACKED, DELETED, Client, Task, make_body
from chaos.queues import BURIED_IN, DELAY_SECONDS_MAX, QUEUES, SOURCE_OF, SPECS, Spec, grouped_uid

# SQS takes 1 MiB in one batch.
BATCH_BYTES_MAX = 900_000
UIDS_OF_A_WORKER = 1 << 32
SENDS = [spec.sends for spec in SPECS.values()]
RECEIVES = [spec.receives for spec in SPECS.values()]
# How long somebody goes on to repeat a send: well within the five minutes in which duplicates are told.
REPEAT_SECONDS_MAX = 200
# Of what was accepted, how much is sent again, and when.
AGAIN_SHARE = 0.02
AGAIN_SECONDS = (0.1, 30)
# Between two kicks, and between two moves from dead-letter queues.
KICK_SECONDS = (1, 4)
MOVE_SECONDS = (1, 4)


def make_batch(chance: random.Random, make) -> dict[int, str]:
    """`make()` gives a uid and a body."""
    bodies, size = {}, 0
    for _ in range(1 if chance.random() < 0.03 else chance.choice((10, 10, 10, chance.randint(2, 9)))):
        uid, body = make()
        size += len(body)
        if bodies and size > BATCH_BYTES_MAX:
            break
        bodies[uid] = body
    return bodies


class Producer:
    def __init__(self, task: Task):
        self.task = task
        self.chance = random.Random(task.seed)
        self.client = Client(task, Recorder(task.file))
        self.uids = iter(range(task.number * UIDS_OF_A_WORKER, (task.number + 1) * UIDS_OF_A_WORKER))
        # What was accepted and is sent again: (when, queue, uids, attempt).
        self.again: deque = deque()

    def run(self) -> None:
        task, due = self.task, time.monotonic()
        while not task.stop.value:
            if time.monotonic() < due or task.backlog.value > task.backlog_max:
                time.sleep(0.005)
                continue
            spec = SPECS[self.chance.choices(QUEUES, SENDS)[0]]
            sent = self.send_in_groups(spec) if spec.is_fifo else self.send(spec)
            # What a dead server held up is caught up on, a second of it at most.
            due = max(due, time.monotonic() - 1) + sent / task.sends_a_second

    def send(self, spec: Spec) -> int:
        def make():
            uid = next(self.uids)
            return uid, make_body(self.chance, self.task.run, uid)

        delay = self.chance.randint(0, DELAY_SECONDS_MAX) if spec.name == "delayed" else 0
        bodies = make_batch(self.chance, make)
        self.task.count(ACKED, self.client.send(spec.name, bodies, delay))
        return len(bodies)

    def send_in_groups(self, spec: Spec) -> int:
        """Repeats what had no clear answer until it has one. Whoever does that sends nothing else meanwhile."""
        groups = self.chance.sample(spec.groups, 2)

        def make():
            uid = grouped_uid(next(self.uids), self.chance.choice(groups))
            return uid, make_body(self.chance, self.task.run, uid, 0)

        bodies = make_batch(self.chance, make)
        total, accepted, attempt, end = len(bodies), set(), 0, time.monotonic() + REPEAT_SECONDS_MAX
        while bodies and time.monotonic() < end and not (attempt and self.task.stop.value):
            done = self.client.send_in_groups(spec.name, bodies, attempt)
            accepted |= done
            attempt += 1
            bodies = {uid: make_body(self.chance, self.task.run, uid, attempt) for uid in bodies if uid not in done}
            if bodies:
                time.sleep(0.05)
        self.task.count(ACKED, len(accepted))
        if accepted and self.chance.random() < AGAIN_SHARE:
            self.again.append((time.monotonic() + self.chance.uniform(*AGAIN_SECONDS), spec.name, accepted, attempt))
        self.send_again()
        return total

    def send_again(self) -> None:
        """With an answer of yes already: nothing may come of it, also when the message is deleted since."""
        while self.again and self.again[0][0] < time.monotonic():
            _, queue, uids, attempt = self.again.popleft()
            bodies = {uid: make_body(self.chance, self.task.run, uid, attempt) for uid in sorted(uids)}
            if sum(map(len, bodies.values())) < BATCH_BYTES_MAX:
                self.client.send_in_groups(queue, bodies, attempt)


class Consumer:
    def __init__(self, task: Task):
        self.task = task
        self.chance = random.Random(task.seed)
        self.client = Client(task, Recorder(task.file))
        # Deletes that come after the lease has ended: (when, queue, messages).
        self.late: deque = deque()
        self.next_kick = self.next_move = time.monotonic()

    def run(self) -> None:
        while not self.task.stop.value:
            spec = SPECS[self.chance.choices(QUEUES, RECEIVES)[0]]
            lease = self.chance.choice(spec.leases)
            waits = self.chance.random() < (0.25 if spec.is_busy else 0.05)
            messages = self.client.receive(spec.name, lease, int(waits))
            if messages:
                self.treat(spec, messages, lease)
            while self.late and self.late[0][0] < time.monotonic():
                _, queue, messages = self.late.popleft()
                self.delete(queue, messages)
            self.kick_and_move()

    def kick_and_move(self) -> None:
        now = time.monotonic()
        if now > self.next_kick:
            self.next_kick = now + self.chance.uniform(*KICK_SECONDS)
            self.client.kick(self.chance.choice(BURIED_IN), self.chance.choice((1, 10, 1000)))
        if now > self.next_move:
            self.next_move = now + self.chance.uniform(*MOVE_SECONDS)
            # Slow ones are under way when the server is killed.
            self.client.move_back(self.chance.choice(list(SOURCE_OF)), self.chance.choice((None, 20, 200)))

    def treat(self, spec: Spec, messages: list, lease: int) -> None:
        fate = self.chance.random()
        deletes, gives_back, late, buries = spec.fates
        if fate < deletes:
            self.treat_well(spec, messages)
        elif fate < deletes + gives_back:
            number = self.chance.randint(1, 10)
            some, rest = messages[:number], messages[number:]
            self.client.change(spec.name, some, self.chance.choice((0, 0, 1, 4)))
            if rest and spec.name != "kept":
                self.delete(spec.name, rest)
        elif fate < deletes + gives_back + late:
            self.late.append((time.monotonic() + lease + self.chance.random(), spec.name, messages))
        elif fate < deletes + gives_back + late + buries:
            number = self.chance.randint(1, len(messages))
            self.client.bury(spec.name, messages[:number])
            if messages[number:]:
                self.delete(spec.name, messages[number:])
        # What is left: the lease runs out.

    def treat_well(self, spec: Spec, messages: list) -> None:
        if spec.name == "kept":
            return self.delete(spec.name, [messages.pop()])
        if self.chance.random() < 0.05:
            self.delete(spec.name, [messages.pop()])
        if messages:
            self.delete(spec.name, messages)

    def delete(self, queue: str, messages: list) -> None:
        self.task.count(DELETED, self.client.delete(queue, messages))


def work(task: Task, producers: int) -> None:
    """The whole life of a worker process."""
    (Producer if task.number < producers else Consumer)(task).run()
