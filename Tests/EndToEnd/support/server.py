"""Starts `roost serve` on free ports with a data directory of its own, and ends it by its process id."""

import http.client
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

from .resp import Connection, ReplyError

BINARY = Path(os.environ.get("ROOST_BINARY", Path(__file__).parents[3] / ".build/release/roost"))
START_SECONDS_MAX = 60
ACCOUNT = "000000000000"
# Quick to prepare, and full after few messages: for tests that count syncs or want new segments.
SMALL_SEGMENTS = ("--segment-bytes", "2MiB", "--max-message-bytes", "1MiB")


_given_ports: set[int] = set()
# Tests run in several processes at once (scripts/e2e). Each has ports of its own: one that is free while its server
# is started again must not go to another.
PROCESSES_MAX = 16
_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PROCESSES_MAX


def free_port() -> int:
    """A port below the range that the kernel gives to outgoing connections, and never the same one twice.

    A client that keeps trying a port of that range while the server is down can end up connected to itself. And a test
    whose server is not up yet must not meet the server of another test that runs at the same time.
    """
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(12_000 + _process, lowest_outgoing, PROCESSES_MAX)
        if port in _given_ports:
            continue
        _given_ports.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Server:
    def __init__(self, home: Path, *options: str, wrapper: tuple[str, ...] = (), environment: dict | None = None,
                 redis: bool = False):
        """`wrapper`: what stands before the command, for example strace. It has to keep the process id (strace -D).
        `redis`: with the Redis port, too."""
        self.data = home / "data"
        self.log = home / "roost.log"
        self.sqs_port = free_port()
        self.http_port = free_port()
        self.redis_port = free_port() if redis else None
        self.options = options
        self.wrapper = wrapper
        self.environment = environment or {}
        self.process: subprocess.Popen | None = None

    @property
    def sqs_url(self) -> str:
        return f"http://127.0.0.1:{self.sqs_port}"

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def queue_url(self, name: str) -> str:
        return f"{self.sqs_url}/{ACCOUNT}/{name}"

    def command(self) -> list[str]:
        return [
            *self.wrapper, str(BINARY), "serve", "--data", str(self.data), "--sqs", f"127.0.0.1:{self.sqs_port}",
            "--http", f"127.0.0.1:{self.http_port}", "--redis",
            f"127.0.0.1:{self.redis_port}" if self.redis_port else "off", *self.options,
        ]

    def start(self, wait: bool = True) -> "Server":
        with self.log.open("ab") as log:
            log.write(f"--- {' '.join(self.command())}\n".encode())
            log.flush()
            # ROOST_ variables of whoever runs the tests are not meant for these servers.
            inherited = {name: value for name, value in os.environ.items() if not name.startswith("ROOST_")}
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=inherited | self.environment
            )
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self, seconds: float = START_SECONDS_MAX) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.alive:
                raise AssertionError(f"roost ended with {self.process.returncode} at the start:\n{self.log_tail()}")
            if self.status_of("/readyz") == 200 and (self.redis_port is None or self.answers_redis()):
                return
            time.sleep(0.01)
        raise AssertionError(f"roost was not ready after {seconds} s:\n{self.log_tail()}")

    def http_connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5)

    def status_of(self, path: str) -> int | None:
        connection = self.http_connection()
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def answers_redis(self) -> bool:
        """Whether the Redis port answers, be it that it wants a password."""
        try:
            with Connection(self.redis_port, timeout=5) as connection:
                return connection.call("PING") == b"PONG"
        except ReplyError as error:
            return error.code == "NOAUTH"
        except OSError:
            return False

    def kill(self) -> bool:
        """kill -9. Tells whether the process was alive until then."""
        if self.process is None or self.process.poll() is not None:
            return False
        self.process.kill()
        return self.process.wait(30) == -signal.SIGKILL

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def restart(self) -> None:
        """kill -9 and a new start on the same directory."""
        assert self.kill(), f"roost was not alive:\n{self.log_tail()}"
        self.start()

    def resident_mebibytes(self, field: str = "VmRSS") -> float:
        """`VmRSS`: now; `VmHWM`: the most there ever was."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"no {field} for process {self.pid}")

    def log_tail(self, lines: int = 60) -> str:
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
