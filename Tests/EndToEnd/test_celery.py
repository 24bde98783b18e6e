"""Celery with its SQS transport: tasks are sent, run, repeated and put off, and outlive a worker that is killed.

Once with queues that Celery makes, once with predefined queues and a server that checks signatures, and so again with
the Celery of Debian, which speaks Query.
"""

import json
import os
import signal
import subprocess
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest

from support.clients import wait_for
from support.signed import KEY, SECRET

FOLDER = Path(__file__).with_name("clients") / "celery"
PYPI = Path(__file__).parents[2] / ".venv-celery/bin/python"
DEBIAN = Path("/usr/bin/python3")
# A task that is lost with its worker comes back after this time.
SHORT_VISIBILITY_SECONDS = 5


def versions(python: Path) -> str:
    if not PYPI.exists() and python is PYPI:
        pytest.skip(f"{PYPI} is missing: scripts/e2e makes it, where pycurl can be installed")
    words = "import celery, kombu, pycurl; print('celery', celery.__version__ + ', kombu', kombu.__version__ + ',', " \
        "pycurl.version.split()[0])"
    done = subprocess.run([python, "-I", "-c", words], capture_output=True, text=True)
    if python is DEBIAN and done.returncode:
        pytest.skip("python3-celery or python3-pycurl is not installed (make install tries to)")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Application:
    """An application on one queue: its environment, what its tasks recorded, and its workers."""

    python: Path
    home: Path
    port: int
    queue: str
    sqs: object
    options: dict
    workers: list = field(default_factory=list)

    @property
    def records(self) -> list[dict]:
        file = self.home / "record"
        # The last line may be half written.
        return [json.loads(line) for line in file.read_text().split("\n")[:-1]] if file.exists() else []

    def events(self, *kinds: str) -> list[dict]:
        return [record for record in self.records if record["event"] in kinds]

    @property
    def environment(self) -> dict:
        key, secret = (urllib.parse.quote(part, safe="") for part in (KEY, SECRET))
        return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "BROKER": f"sqs://{key}:{secret}@127.0.0.1:{self.port}//", "QUEUE": self.queue,
            "TRANSPORT_OPTIONS": json.dumps(self.options), "RECORD": str(self.home / "record"),
            "PYTHONDONTWRITEBYTECODE": "1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def send(self, *tasks: tuple[str, list, dict]) -> None:
        calls = [[f"tasks.{name}", arguments, options] for name, arguments, options in tasks]
        subprocess.run([self.python, "tasks.py", json.dumps(calls)], cwd=FOLDER, env=self.environment, check=True)

    @property
    def hands_delays_on(self) -> bool:
        """Whether this version of kombu gives DelaySeconds to SQS; older ones ignore it."""
        program = "import inspect, kombu.transport.SQS as sqs; print('DelaySeconds' in inspect.getsource(sqs))"
        told = subprocess.run([self.python, "-c", program], capture_output=True, text=True, check=True)
        return told.stdout.strip() == "True"

    def start_worker(self, queues: str, concurrency: int = 2) -> subprocess.Popen:
        log = (self.home / f"worker-{len(self.workers)}.log").open("wb")
        worker = subprocess.Popen(
            [self.python, "-m", "celery", "-A", "tasks", "worker", "--loglevel", "INFO", "--queues", queues,
             "--concurrency", str(concurrency), "--without-gossip", "--without-mingle", "--without-heartbeat"],
            cwd=FOLDER, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            # Its children are of its group, to be killed with it.
            start_new_session=True)
        self.workers.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen) -> None:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(30)

    def stop(self, worker: subprocess.Popen) -> None:
        """A warm shutdown: what was begun is ended."""
        worker.terminate()
        assert worker.wait(30) == 0, self.logs()

    def wait_for(self, condition, what: str):
        """Also tells what the workers said, when it was in vain."""

        def condition_with_worker():
            assert self.workers[-1].poll() is None, f"the worker ended while it should bring {what}"
            return condition()

        try:
            return wait_for(condition_with_worker, seconds=40, what=what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.records}\n{self.logs()}") from None

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.home.glob("worker-*.log")))

    def url(self, queue: str) -> str:
        return self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def messages_left(self, queue: str) -> int:
        shown = self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=["All"])["Attributes"]
        return sum(int(shown["ApproximateNumberOfMessages" + part]) for part in ("", "NotVisible", "Delayed"))


def application(python: Path, server, home: Path, queue: str, visibility_seconds: int) -> Application:
    sqs = boto3.session.Session(KEY, SECRET, region_name="us-east-1").client("sqs", endpoint_url=server.sqs_url)
    options = {
        "is_secure": False, "region": "us-east-1", "visibility_timeout": visibility_seconds, "wait_time_seconds": 20,
        "polling_interval": 0.1, "fetch_message_attributes": ["All"],
    }
    return Application(python, home, server.sqs_port, queue, sqs, options)


@pytest.fixture(params=["queues of its own", "predefined queues", "predefined queues, Debian"])
def celery(request, shared_server, guarded_server, tmp_path, new_name, report):
    """Makes the application of a test, with queues of this visibility timeout."""
    python = DEBIAN if request.param.endswith("Debian") else PYPI
    predefined = request.param.startswith("predefined")
    report(f"client: {versions(python)}: {request.node.name}")
    made = []

    def make(visibility_seconds: int = 60) -> Application:
        server = guarded_server if predefined else shared_server
        app = application(python, server, tmp_path, new_name(), visibility_seconds)
        if predefined:
            predefine(app, [app.queue, app.queue + ".fifo"], visibility_seconds)
        made.append(app)
        return app

    yield make
    for app in made:
        for worker in app.workers:
            app.kill(worker)


def predefine(app: Application, names: list[str], visibility_seconds: int) -> None:
    for name in names:
        attributes = {"VisibilityTimeout": str(visibility_seconds)}
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        app.sqs.create_queue(QueueName=name, Attributes=attributes)
    app.options["predefined_queues"] = {
        name: {"url": app.url(name), "access_key_id": KEY, "secret_access_key": SECRET} for name in names}


def test_tasks(celery):
    celery = celery()
    fifo = celery.queue + ".fifo"
    worker = celery.start_worker(f"{celery.queue},{fifo}", concurrency=1)
    sent = time.time()
    celery.send(
        *(("add", [f"n{number}", number, 1], {}) for number in range(20)),
        ("add", ["put off by the worker", 1], {"countdown": 2}), ("add", ["put off by the queue", 1], {
            "DelaySeconds": 2}), ("fails_twice", ["again"], {}), ("add", ["ümlaut 😀 <&>", 1], {}),
        *(("add", [f"f{number}", number], {"queue": fifo}) for number in range(5)),
    )
    celery.wait_for(lambda: len(celery.events("add", "attempt")) >= 31, "all tasks")
    done = {record["name"]: record for record in celery.events("add")}
    assert [done[f"n{number}"]["sum"] for number in range(20)] == list(range(1, 21))
    assert "ümlaut 😀 <&>" in done
    assert "put off by the queue" in done
    for name in ["put off by the worker"] + ["put off by the queue"] * celery.hands_delays_on:
        assert done[name]["at"] - sent >= 2, f"{name}: {done[name]}"
    attempts = celery.events("attempt")
    assert [record["retries"] for record in attempts] == [0, 1, 2]
    assert all(later["at"] - sooner["at"] >= 1 for sooner, later in zip(attempts, attempts[1:]))
    in_groups = [record["name"] for record in celery.events("add") if record["name"].startswith("f")]
    assert in_groups == [f"f{number}" for number in range(5)]
    celery.wait_for(lambda: celery.messages_left(celery.queue) + celery.messages_left(fifo) == 0, "empty queues")
    celery.stop(worker)
    assert len(celery.events("add", "attempt")) == 31, "nothing ran twice"


def test_a_worker_is_killed_in_the_middle_of_a_task(celery):
    celery = celery(SHORT_VISIBILITY_SECONDS)
    gate = celery.home / "gate"
    first = celery.start_worker(celery.queue)
    celery.send(("wait", ["w", str(gate)], {}))
    [begun] = celery.wait_for(lambda: celery.events("begin"), "the task to begin")
    killed = time.time()
    celery.kill(first)
    gate.touch()
    second = celery.start_worker(celery.queue)
    [ended] = celery.wait_for(lambda: celery.events("end"), "the task to end with another worker")
    again = celery.events("begin")[1]
    assert ended["pid"] == again["pid"] != begun["pid"]
    assert again["at"] > killed and again["at"] - begun["at"] >= SHORT_VISIBILITY_SECONDS - 1
    celery.wait_for(lambda: celery.messages_left(celery.queue) == 0, "an empty queue")
    celery.stop(second)
    assert [record["event"] for record in celery.records] == ["begin", "begin", "end"]
