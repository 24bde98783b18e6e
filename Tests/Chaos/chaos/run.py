"""The supervisor: starts the broker and its load, kills it again and again, drains it, and has the history checked."""

import multiprocessing
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from support.clients import http_request, json_request, sqs_client
from support.server import BINARY, Server

from chaos import controls, keys, kills, load, queues, report, workers
from chaos.drain import Drain
from chaos.history import Reader
from chaos.rules import Checker
from chaos.watch import Watch

# Messages that one checking process holds at a time.
MESSAGES_OF_A_SHARD = 1_000_000
PROGRESS_SECONDS = 10
KILLS_FOR_MARKS = 10
MOVED_SECONDS = 3
PATIENCE_SECONDS = 30
PORT_IS_TAKEN = "is in use by another program"
_TORN = re.compile(r"offset \d+ on was cut, (\d+) bytes")


@dataclass
class Plan:
    kills: int
    messages: int
    minutes: float
    seed: int
    producers: int = 3
    consumers: int = 3
    backlog: int = 20_000
    rate: int = 5_000
    folder: Path | None = None
    control: str | None = None
    keep: bool = False
    quiet: bool = False
    random_only: bool = False
    roll_back: bool = False


@dataclass
class Tally:
    """What the supervisor counts."""

    by_kind: Counter = field(default_factory=Counter)
    planned: Counter = field(default_factory=Counter)
    restarts: int = 0
    ready_seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    keys: Counter = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return sum(self.by_kind.values())


class Broken(Exception):
    """The run cannot go on: the server ended by itself, or does not start."""


class Run:
    def __init__(self, plan: Plan):
        self.plan = plan
        self.chance = random.Random(plan.seed)
        self.folder = plan.folder or Path(tempfile.mkdtemp(prefix="roost-chaos-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.server = Server(self.folder, redis=True)
        self.tally = Tally()
        self.start_time = time.monotonic()
        self.last_progress = self.start_time
        self.moved_back_at: float | None = None
        context = multiprocessing.get_context("spawn")
        self.context = context
        workers = plan.producers + plan.consumers
        self.counters = context.RawArray("q", (workers + 1) * 3)
        self.backlog = context.RawValue("q", 0)
        self.stop = context.RawValue("b", 0)
        self.name = f"{self.chance.getrandbits(32):08x}"
        self.tasks = [self.task(number) for number in range(workers + 1)]
        self.key_tasks = [
            keys.KeyTask(number, database, self.server.redis_port, self.folder, self.chance.getrandbits(32), self.stop,
                         plan.control)
            for number, database in enumerate(keys.DATABASES)]
        self.workers: list = []
        self._help: str | None = None

    def task(self, number: int) -> load.Task:
        """The last one is for the drain. The first producer and the first consumer are boto3."""
        return load.Task(
            number, self.server.sqs_port, self.server.http_port, self.folder, self.chance.getrandbits(32), self.name,
            number in (0, self.plan.producers), self.plan.rate / self.plan.producers, self.counters, self.backlog,
            self.plan.backlog, self.stop)

    # The server

    def options(self) -> list[str]:
        """Others at each start."""
        chance = self.chance
        options = ["--max-message-bytes", "512KiB", "--segment-bytes", chance.choice(("1MiB", "1MiB", "2MiB", "4MiB")),
                   *chance.choice((("--engine", "inline"), ("--engine", "threaded", "--loops", chance.choice("12")))),
                   "--fsync", chance.choices(("always", "interval", "off"), (8, 1, 1))[0]]
        if self.has_option("--cache-bytes"):
            options += ["--cache-bytes", chance.choice(("1MiB", "4MiB", "256MiB"))]
        if self.has_option("--snapshot-bytes"):
            options += ["--snapshot-bytes", chance.choice(("1MiB", "4MiB"))]
        return options

    def has_option(self, name: str) -> bool:
        if self._help is None:
            self._help = subprocess.run(
                [str(BINARY), "serve", "--help"], capture_output=True, text=True, check=True).stdout
        return name in self._help

    def start_server(self) -> None:
        self.server.options = tuple(self.options())
        start = time.monotonic()
        while True:
            try:
                self.server.start()
                break
            except AssertionError as error:
                # While it was dead, a program that looked for a free port may have taken one of its ports.
                if PORT_IS_TAKEN not in self.server.log_tail(1) or time.monotonic() - start > PATIENCE_SECONDS:
                    raise Broken(f"start: {error}") from None
                time.sleep(0.2)
        self.tally.restarts += 1
        self.tally.ready_seconds.append(time.monotonic() - start)
        infos = json_request(self.server.http_url, "GET", "/api/v1/queues").json["queues"]
        self.backlog.value = sum(sum(info["counts"].values()) for info in infos)
        self.note_moves(infos)

    def note_moves(self, infos: list[dict]) -> None:
        """When the first dead letters were back in their queue. A move may come to nothing, so it is not a matter of
        how many were started."""
        moved = sum(info["totals"]["moved_in"] for info in infos if info["name"] in queues.SOURCE_OF.values())
        if moved and self.moved_back_at is None:
            self.moved_back_at = time.monotonic()

    @property
    def has_moved_back(self) -> bool:
        """And somebody had the time to receive them."""
        return self.moved_back_at is not None and time.monotonic() - self.moved_back_at > MOVED_SECONDS

    def start_everything(self) -> None:
        self.start_server()
        sqs = sqs_client(self.server.sqs_url)
        for queue in queues.QUEUES:
            sqs.create_queue(QueueName=queue, Attributes={"FifoQueue": "true"} if queue.endswith(".fifo") else {})
        self.change_settings("redelivered", {"redelivery": "back"})
        for spec in queues.SPECS.values():
            if spec.dead_letters:
                self.change_settings(
                    spec.name, {"dead_letters": {"queue": spec.dead_letters, "max_receives": spec.receives_max}})
        for task in self.tasks[:-1]:
            self.start_worker(workers.work, task, self.plan.producers)
        for task in self.key_tasks:
            self.start_worker(keys.work, task)
        end = time.monotonic() + 60
        while not all(self.counters[task.number * 3 + load.CALLS] for task in self.tasks[:-1]):
            if time.monotonic() > end:
                raise Broken("a worker did not make its first call")
            time.sleep(0.05)

    def start_worker(self, work, *arguments) -> None:
        process = self.context.Process(target=work, args=arguments, daemon=True)
        process.start()
        self.workers.append(process)

    def change_settings(self, queue: str, settings: dict) -> None:
        reply = json_request(self.server.http_url, "PATCH", f"/api/v1/queues/{queue}", settings)
        assert reply.status == 200, reply.text

    def has_snapshots(self) -> bool:
        return b"snapshot" in http_request(self.server.http_url, path="/metrics").body

    # The kills

    def kill_all(self) -> None:
        watch = Watch(self.server.data / "log")
        killer = kills.Killer(self.server, watch, self.chance)
        usable = {kills.RANDOM: 1} if self.plan.random_only else dict(kills.WEIGHTS)
        if not self.plan.random_only and not self.has_snapshots():
            for kind in kills.NEEDS_SNAPSHOTS:
                del usable[kind]
                self.tally.skipped.append(f"kills of the kind {kind}: this binary has no snapshots")
        while not self.is_done(usable):
            self.kill_once(killer, self.next_kind(usable))
            self.show_progress()
        watch.close()
        self.check_plan(usable)

    def is_done(self, usable) -> bool:
        if time.monotonic() - self.start_time > self.plan.minutes * 60:
            return True
        return self.tally.kills >= self.plan.kills and self.acked() >= self.plan.messages \
            and all(self.tally.by_kind[kind] for kind in usable) \
            and (self.plan.kills < KILLS_FOR_MARKS or self.has_moved_back)

    def acked(self) -> int:
        return sum(self.counters[load.ACKED::3])

    def next_kind(self, usable: dict[str, int]) -> str:
        """By chance, and at every other kill one that has not happened yet."""
        missing = [kind for kind in usable if not self.tally.by_kind[kind]]
        if missing and self.tally.planned.total() % 2 == 0:
            kind = self.chance.choice(missing)
        else:
            kind = self.chance.choices(list(usable), list(usable.values()))[0]
        self.tally.planned[kind] += 1
        return kind

    def kill_once(self, killer: kills.Killer, kind: str) -> None:
        if not self.server.alive:
            raise Broken(f"the server ended by itself with {self.server.process.returncode}:\n{self.server.log_tail()}")
        if kind == kills.RECOVERY:
            self.kill_during_recovery(killer)
            return
        was = killer.kill(kind)
        if was is None:
            raise Broken(f"the server ended by itself with {self.server.process.returncode}:\n{self.server.log_tail()}")
        self.tally.by_kind[was] += 1
        if self.plan.roll_back:
            self.roll_back()
        self.start_server()

    def roll_back(self) -> None:
        """The sabotage of a negative control: the second kill is followed by the data of the first."""
        copy = self.folder / "copy"
        if self.tally.kills == 1:
            shutil.copytree(self.server.data, copy)
        elif self.tally.kills == 2:
            for path in self.server.data.rglob("*"):
                if path.is_file():
                    path.unlink()
            shutil.copytree(copy, self.server.data, dirs_exist_ok=True)

    def kill_during_recovery(self, killer: kills.Killer) -> None:
        """A random kill, then one to three of the starts that follow."""
        time.sleep(self.chance.uniform(*kills.RANDOM_SECONDS))
        if not self.server.kill():
            raise Broken(f"the server ended by itself:\n{self.server.log_tail()}")
        self.tally.by_kind[kills.RANDOM] += 1
        for _ in range(self.chance.randint(1, 3)):
            self.server.options = tuple(self.options())
            self.server.start(wait=False)
            if killer.kill_recovery(report.percentile(self.tally.ready_seconds, 0.5)):
                self.tally.by_kind[kills.RECOVERY] += 1
            elif self.server.process.returncode != -signal.SIGKILL and PORT_IS_TAKEN not in self.server.log_tail(1):
                raise Broken(f"the server ended by itself at the start:\n{self.server.log_tail()}")
            self.tally.restarts += 1
        self.start_server()

    def check_plan(self, usable: dict[str, int]) -> None:
        for kind in usable:
            if self.tally.planned[kind] and not self.tally.by_kind[kind]:
                self.tally.failures.append(f"plan: {self.tally.planned[kind]} kills of the kind {kind}, none happened")
        if self.tally.kills < self.plan.kills:
            self.tally.failures.append(f"plan: {self.tally.kills} of {self.plan.kills} kills happened in time")
        if self.acked() < self.plan.messages:
            self.tally.failures.append(f"plan: {self.acked():,} of {self.plan.messages:,} messages were acknowledged")

    def show_progress(self) -> None:
        if self.plan.quiet or time.monotonic() - self.last_progress < PROGRESS_SECONDS:
            return
        self.last_progress = time.monotonic()
        deleted = sum(self.counters[load.DELETED::3])
        print(f"{time.monotonic() - self.start_time:6.0f} s  {self.tally.kills} kills {dict(self.tally.by_kind)}, "
              f"{self.acked():,} acknowledged, {deleted:,} deleted, "
              f"ready after {report.percentile(self.tally.ready_seconds, 0.5):.2f} s", flush=True)

    # The end

    def stop_workers(self) -> None:
        self.stop.value = 1
        for process in self.workers:
            process.join(90)
        codes = [process.exitcode for process in self.workers]
        if any(code != 0 for code in codes):
            self.tally.failures.append(f"harness: workers ended with {codes}")

    def drain(self) -> dict[str, int]:
        """Restarts, drains all queues, and restarts again: what was deleted must not come back. Gives what was left."""
        drain = Drain(self.server, self.tasks[-1])
        self.restart_cleanly()
        drain.stop_moves()
        drain.check_places()
        counted = drain.count()
        drain.take_everything()
        self.restart_cleanly()
        drain.check_empty()
        self.tally.failures += drain.failures
        self.check_keys(self.server.redis_port)
        return counted

    def check_keys(self, port: int | None) -> None:
        """`port`: of a server that was started anew after the last change."""
        found = keys.verdict(self.key_tasks, port)
        self.tally.failures += found["failures"]
        self.tally.keys = found["counts"]

    def restart_cleanly(self) -> None:
        self.server.kill()
        self.start_server()

    def check(self, counted: dict[str, int] | None) -> dict:
        """Of the whole history, in shards. Without counts there was no drain, and only part of the rules apply."""
        shards = max(2, -(-self.acked() // MESSAGES_OF_A_SHARD))
        paths = [task.file for task in self.tasks[:-1]]
        with ProcessPoolExecutor(2, self.context) as pool:
            jobs = [pool.submit(check_shard, paths, self.tasks[-1].file, n, shards, self.plan.control)
                    for n in range(shards)]
            parts = [job.result() for job in jobs]
        counts, drained = sum((part["counts"] for part in parts), Counter()), Counter()
        for part in parts:
            self.tally.failures += part["failures"] if counted is not None else [
                failure for failure in part["failures"] if not failure.startswith("R1 ")]
            drained += part["drained"]
        for queue, number in (counted or {}).items():
            if drained[queue] != number:
                self.tally.failures.append(f"R10 balance: {queue} counted {number}, the drain got {drained[queue]}")
        self.check_marks(counts, parts[0])
        missed = sorted({name for part in parts for name in part["missed"]}) if counted is not None else []
        self.tally.failures += [f"harness: the negative control {name} was not caught" for name in missed]
        return report.figures(counts, drained) | {
            "controls": len(controls.CONTROLS), "controls_missed": missed, "operations": parts[0]["operations"],
            "refused": parts[0]["refused"], "kicked": parts[0]["kicked"], "moves": parts[0]["moves"]}

    def check_marks(self, counts: Counter, part: dict) -> None:
        """A long run that did not come to something has not tested it."""
        if self.plan.kills < KILLS_FOR_MARKS:
            return
        happened = {mark: counts[mark] for mark in report.MARKS} | {
            "kicks": part["kicked"], "moves": part["moves"], "changes of keys": self.tally.keys["commands"],
            "changes of keys without a reply": self.tally.keys["recovered"]}
        self.tally.failures += [f"plan: none of: {mark}" for mark, number in happened.items() if not number]

    def torn(self) -> list[int]:
        return [int(number) for number in _TORN.findall(self.server.log.read_text(errors="replace"))]

    def result(self, figures: dict, check_seconds: float) -> dict:
        torn, failures = self.torn(), sorted(self.tally.failures)
        return figures | {
            "seed": self.plan.seed, "kills": self.tally.kills, "kills_by_kind": dict(self.tally.by_kind),
            "kills_planned": dict(self.tally.planned), "restarts": self.tally.restarts,
            "ready_seconds": {
                "p50": report.percentile(self.tally.ready_seconds, 0.5),
                "p99": report.percentile(self.tally.ready_seconds, 0.99), "max": max(self.tally.ready_seconds)},
            "torn_tails": len(torn), "torn_bytes": sum(torn), "skipped": self.tally.skipped, "failures": failures,
            "lost": sum(f.startswith("R1 ") for f in failures),
            "unexpected": sum(f.startswith("R2 ") for f in failures), "keys": dict(self.tally.keys),
            "keys_wrong": sum(f.startswith("K") for f in failures),
            "seconds": time.monotonic() - self.start_time, "check_seconds": check_seconds,
        }

    def execute(self) -> dict:
        counted = None
        try:
            try:
                self.start_everything()
                self.kill_all()
            finally:
                self.stop_workers()
            counted = self.drain()
        except Broken as error:
            self.tally.failures.append(f"server: {error}")
        finally:
            self.server.kill()
        start = time.monotonic()
        if not self.plan.quiet:
            print(f"{start - self.start_time:6.0f} s  checking the history", flush=True)
        figures = self.check(counted)
        result = self.result(figures, time.monotonic() - start)
        if not result["failures"] and not self.plan.keep and self.plan.folder is None:
            shutil.rmtree(self.folder)
        else:
            print(f"history, log and data are in {self.folder}", file=sys.stderr)
        return result


def check_shard(paths, drain_path, shard: int, shards: int, control: str | None) -> dict:
    """In a process of its own."""
    reader = Reader(shard, shards)
    for path in paths:
        reader.read(path)
    if drain_path.exists():
        reader.read(drain_path, drained=True)
    checker = Checker(reader.history)
    failures = checker.check()
    if control in controls.CONTROLS and shard == 0:
        failures += controls.broken(checker, control)
    return {"failures": failures, "counts": checker.counts, "drained": checker.drained,
            "missed": controls.missed(checker) if shard == 0 else [],
            "operations": reader.history.operations, "refused": reader.history.refused,
            "kicked": reader.history.kicked, "moves": reader.history.moves}
