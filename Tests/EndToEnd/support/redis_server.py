"""Starts the redis-server of the system on a free port, with a folder of its own, and ends it by its process id."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from .resp import Connection
from .server import free_port


class RedisServer:
    def __init__(self, home: Path):
        if shutil.which("redis-server") is None:
            pytest.skip("redis-server is not installed (make install tries to)")
        self.redis_port = free_port()
        self._home = home
        self._process: subprocess.Popen | None = None

    def start(self) -> "RedisServer":
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self._home),
             "--save", "", "--appendonly", "no"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while True:
            try:
                with Connection(self.redis_port) as connection:
                    assert connection.call("PING") == b"PONG"
                return self
            except OSError:
                assert self._process.poll() is None and time.monotonic() < end, "redis-server did not start"
                time.sleep(0.01)

    def version(self) -> str:
        with Connection(self.redis_port) as connection:
            [line] = [line for line in connection.call("INFO", "server").decode().splitlines()
                      if line.startswith("redis_version:")]
        return line.partition(":")[2]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(30)
