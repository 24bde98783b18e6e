"""Servers that are started for one run and stopped by process id."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ACCOUNT = "000000000000"
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http(method, url, body=None, headers=None, timeout=60):
    """(status, text); an HTTP error status is an answer too."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Server:
    """A process with a data directory of its own, ready inside `with`."""

    def __init__(self, disk):
        self.disk = disk

    def __enter__(self):
        self.data = tempfile.mkdtemp(dir=self.disk)
        self.port = free_port()
        self.log = open(os.path.join(self.data, "server.log"), "wb")
        self.process = subprocess.Popen(
            self.command(), stdout=self.log, stderr=self.log, cwd=self.data, env=self.environment())
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.data, ignore_errors=True)

    def environment(self):
        return None

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        if self.process.poll() is None:
            os.kill(self.pid, number)

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command()[0]} ended with {self.process.returncode}:\n{self.log_text()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.command()[0]} is not ready after {START_SECONDS_MAX} s:\n{self.log_text()}")
            time.sleep(0.02)

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def log_text(self):
        with open(self.log.name, errors="replace") as log:
            return log.read()[-2000:]


class Yardstick(Server):
    def __init__(self, disk, program, kind):
        super().__init__(disk)
        self.program, self.kind = program, kind

    def command(self):
        log = ["--log", os.path.join(self.data, "yardstick.log")] if self.kind == "append" else []
        return [self.program, self.kind, "--port", str(self.port)] + log


class Redis(Server):
    OPTIONS = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0"]

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.data] + self.OPTIONS


class Roost(Server):
    def __init__(self, disk, program, options=(), sync_delay_us=0, slow_sync=None):
        super().__init__(disk)
        self.program, self.options = program, list(options)
        self.sync_delay_us, self.slow_sync = sync_delay_us, slow_sync
        self.http_port = free_port()

    def command(self):
        return [
            self.program, "serve", "--data", os.path.join(self.data, "roost-data"),
            "--sqs", f"127.0.0.1:{self.port}", "--http", f"127.0.0.1:{self.http_port}", "--redis", "off",
        ] + self.options

    def environment(self):
        """A preloaded library delays fdatasync: strace would slow down each system call of other threads too."""
        if not self.sync_delay_us:
            return None
        return os.environ | {"LD_PRELOAD": self.slow_sync, "SLOW_SYNC_MICROSECONDS": str(self.sync_delay_us)}

    def is_ready(self):
        try:
            return http("GET", f"http://127.0.0.1:{self.http_port}/readyz", timeout=2)[0] == 200
        except OSError:
            return False

    def sqs(self, action, **parameters):
        headers = {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0"}
        status, text = http("POST", f"http://127.0.0.1:{self.port}/", parameters, headers)
        if status != 200:
            raise RuntimeError(f"{action} failed with {status}: {text[:500]}")
        return json.loads(text) if text else {}

    def queue_url(self, queue):
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}/{queue}"

    def create_queue(self, queue):
        self.sqs("CreateQueue", QueueName=queue)

    def purge(self, queue):
        self.sqs("PurgeQueue", QueueUrl=self.queue_url(queue))

    def waiting(self, queue):
        name = "ApproximateNumberOfMessages"
        reply = self.sqs("GetQueueAttributes", QueueUrl=self.queue_url(queue), AttributeNames=[name])
        return int(reply["Attributes"][name])

    def set_retention(self, queue, seconds):
        url = f"http://127.0.0.1:{self.http_port}/api/v1/queues/{queue}"
        status, text = http("PATCH", url, {"retention_seconds": seconds}, {"Content-Type": "application/json"})
        if status not in (200, 204):
            raise RuntimeError(f"PATCH {url} failed with {status}: {text[:500]}")

    def metric(self, pattern):
        """The first sample whose name matches; None when there is none."""
        _, text = http("GET", f"http://127.0.0.1:{self.http_port}/metrics")
        found = re.search(rf"^(?:{pattern})(?:{{[^}}]*}})? (\S+)", text, re.MULTILINE)
        return float(found.group(1)) if found else None

    def constant_request(self):
        """The options of `sqsload constant` for the path of the SQS port that answers without the broker."""
        for method, body in (("POST", {}), ("GET", None)):
            if http(method, f"http://127.0.0.1:{self.port}/health", body)[0] == 200:
                return ["--method", method, "--path", "/health"]
        raise RuntimeError("the SQS port answers neither POST nor GET /health with 200")
