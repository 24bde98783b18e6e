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
START_SECONDS_MAX = 180
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
    """A process with a data directory of its own, ready inside `with`. A directory that was given stays behind it; the
    memory group goes with the server."""

    def __init__(self, disk, data=None, group=None):
        self.disk, self.data, self.group = disk, data, group
        self.keeps_data = data is not None

    def __enter__(self):
        self.data = self.data or tempfile.mkdtemp(dir=self.disk)
        self.port = free_port()
        self.log = open(os.path.join(self.data, "server.log"), "wb")
        command = self.group.wrapped(self.command()) if self.group else self.command()
        started = time.monotonic()
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, cwd=self.data, env=self.environment())
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        self.start_seconds = time.monotonic() - started
        return self

    def __exit__(self, *_):
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
        self.log.close()
        if not self.keeps_data:
            shutil.rmtree(self.data, ignore_errors=True)
        if self.group:
            self.group.remove()

    def stop(self):
        """Before the end of `with`: for another server on the same data."""
        self.signal(signal.SIGTERM)
        self.process.wait(STOP_SECONDS_MAX)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

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
        return "\n".join(self.log_lines())[-2000:]

    def log_lines(self):
        with open(self.log.name, errors="replace") as log:
            return log.read().splitlines()


class Yardstick(Server):
    def __init__(self, disk, program, kind):
        super().__init__(disk)
        self.program, self.kind = program, kind

    def command(self):
        log = ["--log", os.path.join(self.data, "yardstick.log")] if self.kind == "append" else []
        return [self.program, self.kind, "--port", str(self.port)] + log


class Redis(Server):
    OPTIONS = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0"]
    IN_MEMORY_ONLY = ["--appendonly", "no", "--save", ""]

    def __init__(self, disk, options=OPTIONS):
        super().__init__(disk)
        self.options = options

    @property
    def redis_port(self):
        return self.port

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.data] + self.options

    def push(self, count, body_bytes):
        """Into one list."""
        subprocess.run(["redis-benchmark", "-p", str(self.port), "-t", "lpush", "-d", str(body_bytes), "-n", str(count),
                        "-P", "16", "-q"], check=True, stdout=subprocess.DEVNULL)

    def used_memory(self):
        command = ["redis-cli", "-p", str(self.port), "info", "memory"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return int(re.search(r"^used_memory:(\d+)", text, re.MULTILINE).group(1))


class Roost(Server):
    def __init__(self, disk, program, options=(), sync_delay_us=0, slow_sync=None, data=None, group=None,
                 variables=None, redis=False):
        super().__init__(disk, data, group)
        self.program, self.options = program, list(options)
        self.sync_delay_us, self.slow_sync = sync_delay_us, slow_sync
        self.variables = variables or {}
        self.http_port = free_port()
        self.redis_port = free_port() if redis else None

    def command(self):
        return [
            self.program, "serve", "--data", os.path.join(self.data, "roost-data"),
            "--sqs", f"127.0.0.1:{self.port}", "--http", f"127.0.0.1:{self.http_port}",
            "--redis", f"127.0.0.1:{self.redis_port}" if self.redis_port else "off",
        ] + self.options

    def environment(self):
        """A preloaded library delays fdatasync: strace would slow down each system call of other threads too."""
        if not self.sync_delay_us:
            return os.environ | self.variables
        delay = {"LD_PRELOAD": self.slow_sync, "SLOW_SYNC_MICROSECONDS": str(self.sync_delay_us)}
        return os.environ | self.variables | delay

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

    @property
    def log_directory(self):
        return os.path.join(self.data, "roost-data", "log")

    def snapshot_preparing_bytes(self):
        """Bytes of the snapshot that is being written; None when there is none."""
        for name in os.listdir(self.log_directory):
            if name.startswith("snapshot-") and name.endswith(".preparing"):
                try:
                    return os.stat(os.path.join(self.log_directory, name)).st_size
                except FileNotFoundError:
                    return None
        return None

    def is_snapshotting(self):
        try:
            return self.snapshot_preparing_bytes() is not None
        except FileNotFoundError:
            return False

    def create_queue(self, queue, **attributes):
        self.sqs("CreateQueue", QueueName=queue, Attributes=attributes)

    def create_queue_without_signature(self, queue):
        """By the HTTP port, for a server whose SQS port wants signatures."""
        url = f"http://127.0.0.1:{self.http_port}/api/v1/queues/{queue}"
        status, text = http("PUT", url, {}, {"Content-Type": "application/json"})
        if status not in (200, 201):
            raise RuntimeError(f"PUT {url} failed with {status}: {text[:500]}")

    def purge(self, queue):
        self.sqs("PurgeQueue", QueueUrl=self.queue_url(queue))

    def waiting(self, queue):
        return self.counts(queue, "ApproximateNumberOfMessages")

    def waiting_or_in_flight(self, queue):
        return self.counts(queue, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def counts(self, queue, *names):
        reply = self.sqs("GetQueueAttributes", QueueUrl=self.queue_url(queue), AttributeNames=names)
        return sum(int(reply["Attributes"][name]) for name in names)

    def set_retention(self, queue, seconds):
        url = f"http://127.0.0.1:{self.http_port}/api/v1/queues/{queue}"
        status, text = http("PATCH", url, {"retention_seconds": seconds}, {"Content-Type": "application/json"})
        if status not in (200, 204):
            raise RuntimeError(f"PATCH {url} failed with {status}: {text[:500]}")

    def metric(self, pattern):
        """The first sample whose name matches; None when there is none."""
        return self.metrics(pattern)[pattern]

    def metrics(self, *patterns):
        _, text = http("GET", f"http://127.0.0.1:{self.http_port}/metrics")
        found = {name: re.search(rf"^(?:{name})(?:{{[^}}]*}})? (\S+)", text, re.MULTILINE) for name in patterns}
        return {name: float(match.group(1)) if match else None for name, match in found.items()}

    def constant_request(self):
        """The options of `sqsload constant` for the path of the SQS port that answers without the broker."""
        for method, body in (("POST", {}), ("GET", None)):
            if http(method, f"http://127.0.0.1:{self.port}/health", body)[0] == 200:
                return ["--method", method, "--path", "/health"]
        raise RuntimeError("the SQS port answers neither POST nor GET /health with 200")
