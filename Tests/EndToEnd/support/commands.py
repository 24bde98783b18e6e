"""The commands `roost` and `redis-cli` against a running server."""

import os
import shutil
import subprocess

import pytest

from .server import BINARY

needs_redis_cli = pytest.mark.skipif(
    shutil.which("redis-cli") is None, reason="redis-cli is not installed (make install tries to)")


def run_roost(
    url: str, *arguments: str, stdin: bytes = b"", text: bool = False, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    """Whatever its exit code; with `text` its output is decoded. Of our variables it gets the path alone."""
    environment = {"PATH": os.environ["PATH"], "ROOST_URL": url} | (variables or {})
    return subprocess.run(
        [str(BINARY), *arguments], input=stdin.decode() if text else stdin, capture_output=True, text=text, timeout=60,
        env=environment)


def redis_cli(server, *words: str) -> str:
    done = subprocess.run(["redis-cli", "-p", str(server.redis_port), *words], capture_output=True, timeout=30)
    assert done.returncode == 0, done
    return done.stdout.decode().rstrip("\n")
