"""Huey and RQ, while the server is killed again and again: what was accepted runs.

Both take a job with a final pop. So a job can be lost in one gap: the pop is on disk, and the kill comes before the
worker has the reply, or before it has asked what it asks between the pop and the run (Huey: whether the task is
revoked; its scheduler: what it puts into the queue; RQ: the data of the job). Such jobs are counted, and there are
never more of them than pops that were under way. Everything else runs at least once. RQ keeps their data, so there they
are sent again, and all run.

ROOST_JOB_KILLS: kills of each test, 3 by default.
"""

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.clients import wait_for
from support.resp import Connection

KILLS = int(os.environ.get("ROOST_JOB_KILLS", "3"))
CLIENTS = Path(__file__).with_name("clients")
BIN = Path(__file__).parents[2] / ".venv-jobs/bin"
WORKERS = 2


@dataclass
class Application:
    """The sender of the jobs and the workers, which are started again when they end."""

    folder: Path
    home: Path
    environment: dict
    worker: list
    stopping: threading.Event = field(default_factory=threading.Event)
    processes: list = field(default_factory=list)
    threads: list = field(default_factory=list)

    def lines(self, name: str) -> list[str]:
        file = self.home / name
        # The last line may be half written.
        return file.read_text().split("\n")[:-1] if file.exists() else []

    def run(self, *arguments) -> subprocess.Popen:
        with (self.home / "log").open("ab") as log:
            process = subprocess.Popen(
                [str(BIN / "python"), *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        self.processes.append(process)
        return process

    def keep_worker(self) -> None:
        while not self.stopping.is_set():
            process = self.run(*self.worker)
            while process.poll() is None and not self.stopping.is_set():
                time.sleep(0.05)
            self.stopping.wait(0.2)

    def start(self) -> None:
        self.threads = [threading.Thread(target=self.keep_worker, daemon=True) for _ in range(WORKERS)]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(10)
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


@pytest.fixture
def make_application(tmp_path):
    made = []

    def make(client: str, port: int, kind: str, *worker) -> Application:
        if not BIN.exists():
            pytest.skip(f"{BIN} is missing: scripts/e2e makes it")
        folder = CLIENTS / client
        environment = os.environ | {
            "JOBS_HOME": str(tmp_path), "JOBS_PORT": str(port), "JOBS_KIND": kind, "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(folder)}
        application = Application(folder, tmp_path, environment, list(worker))
        made.append(application)
        return application

    yield make
    for application in made:
        application.end()


def run_through_kills(server, application: Application, chance: random.Random) -> None:
    application.start()
    sender = application.run("tasks.py")
    for _ in range(KILLS):
        ran = len(application.lines("record"))
        wait_for(lambda: len(application.lines("record")) > ran + 30, 60, "jobs to run")
        time.sleep(chance.uniform(0, 0.3))
        assert server.kill(), f"the server died by itself:\n{server.log_tail()}"
        server.start()
    (application.home / "stop").touch()
    assert sender.wait(60) == 0, (application.home / "log").read_text()[-3000:]


def wait_until_quiet(application: Application, is_empty) -> None:
    """Nothing waits on the server, and nothing has run for a while, or everything has run."""
    last, since = None, time.monotonic()
    end = time.monotonic() + 60
    while set(application.lines("accepted")) - set(application.lines("record")):
        now = (len(application.lines("record")), is_empty())
        if now != last:
            last, since = now, time.monotonic()
        if now[1] and time.monotonic() - since > 4:
            return
        assert time.monotonic() < end, f"jobs wait and do not run:\n{(application.home / 'log').read_text()[-3000:]}"
        time.sleep(0.1)


def count(application: Application) -> tuple[int, set[str], int]:
    """Accepted jobs, those that did not run, and how often one ran once more."""
    accepted, ran = application.lines("accepted"), Counter(application.lines("record"))
    return len(accepted), set(accepted) - set(ran), sum(ran.values()) - len(ran)


@pytest.mark.parametrize("kind", ["plain", "priority"])
def test_huey(new_server, make_application, seed, report, kind):
    server = new_server(redis=True).start()
    threads = 3
    application = make_application(
        "huey", server.redis_port, kind, "-m", "huey.bin.huey_consumer", "tasks.huey", "--workers", str(threads),
        "--no-periodic", "--quiet", "--delay", "0.05", "--max-delay", "0.2")
    run_through_kills(server, application, random.Random(seed))

    def is_empty() -> bool:
        with Connection(server.redis_port) as connection:
            return connection.call("EXISTS", "huey.redis.jobs", "huey.schedule.jobs") == 0

    wait_until_quiet(application, is_empty)
    accepted, missing, again = count(application)
    log = (application.home / "log").read_text()
    # What was due and taken, and could not be put into the queue any more.
    dropped = log.count("Error enqueueing")
    held = log.count("Unhandled error during execution")
    report(f"huey, {kind}: {KILLS} kills, {accepted} accepted, {len(missing)} lost between pop and run "
           f"(Huey dropped {held} that it had, and {dropped} that were due), {again} ran again; seed {seed}")
    assert accepted > 30 * KILLS
    assert len(missing) <= KILLS * WORKERS * threads + dropped, sorted(missing)


def test_rq(new_server, make_application, seed, report):
    server = new_server(redis=True).start()
    application = make_application(
        "rq", server.redis_port, "", str(BIN / "rq"), "worker", "--url", f"redis://127.0.0.1:{server.redis_port}",
        "--worker-class", "rq.SimpleWorker", "--quiet", "jobs")
    run_through_kills(server, application, random.Random(seed))

    def is_empty() -> bool:
        with Connection(server.redis_port) as connection:
            return connection.call("LLEN", "rq:queue:jobs") == 0

    wait_until_quiet(application, is_empty)
    accepted, held, _ = count(application)
    assert len(held) <= KILLS * WORKERS, sorted(held)
    if held:
        assert application.run("tasks.py", "again").wait(60) == 0, (application.home / "log").read_text()[-3000:]
        wait_until_quiet(application, is_empty)
    accepted, missing, again = count(application)
    report(f"rq: {KILLS} kills, {accepted} accepted, {len(held)} popped and left behind by a worker, all sent again; "
           f"{again} ran again; seed {seed}")
    assert accepted > 30 * KILLS
    assert not missing, f"jobs that RQ kept no longer, and that never ran: {sorted(missing)}"
