"""Clients of other people on the Redis port, which wants a password. The programs are in clients/redis: each tells a
story of handshake, pool, pipelines, transactions with WATCH, blocking pops, channels and scans.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.programs import CLIENTS
from support.resp import Connection
from support.server import Server

REPOSITORY = Path(__file__).parents[2]
FOLDER = CLIENTS / "redis"
# Where Debian keeps packages of node; not every node looks there by itself.
NODE_PACKAGES = Path("/usr/share/nodejs")
PASSWORD = "correct: horse/battery"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """It wants a password."""
    server = Server(tmp_path_factory.mktemp("password"), redis=True, environment={"ROOST_REDIS_PASSWORD": PASSWORD})
    server.start()
    yield server
    server.kill()


@pytest.fixture
def tell(server, new_name, report):
    """Runs a program, and gives what it says of itself."""

    def run(*command: str | Path) -> dict:
        done = subprocess.run(
            [*map(str, command), str(server.redis_port), PASSWORD, new_name()], capture_output=True, text=True,
            env=os.environ | {"NODE_PATH": str(NODE_PACKAGES)}, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr + server.log_tail()
        told = json.loads(done.stdout)
        report(f"client: {told['client']}: RESP{told['protocol']}, {', '.join(told['steps'])}")
        return told

    return run


@pytest.mark.parametrize("environment, protocol", [(".venv", 3), (".venv-redis5", 2)])
def test_redis_py(tell, server, environment, protocol):
    told = tell(REPOSITORY / environment / "bin/python", "-W", "error", "-I", FOLDER / "story.py")
    assert told["protocol"] == protocol
    with Connection(server.redis_port) as connection:
        connection.call("AUTH", PASSWORD)
        assert b"blocked_clients:0" in connection.call("INFO", "clients")


def test_node_redis(tell):
    if shutil.which("node") is None or not (NODE_PACKAGES / "redis").exists():
        pytest.skip("nodejs or node-redis is not installed (make install tries to)")
    assert len(tell("node", FOLDER / "story.js")["steps"]) == 7


def test_php_redis(tell):
    if shutil.which("php") is None:
        pytest.skip("php-cli is not installed (make install tries to)")
    if subprocess.run(["php", "-r", "exit(extension_loaded('redis') ? 0 : 1);"]).returncode:
        pytest.skip("php-redis is not installed (make install tries to)")
    assert len(tell("php", FOLDER / "story.php")["steps"]) == 8


def test_a_check_that_fails(server):
    """A program that finds something wrong ends with 1."""
    done = subprocess.run(
        [REPOSITORY / ".venv/bin/python", "-I", FOLDER / "story.py", str(server.redis_port), "wrong", "x"],
        capture_output=True, text=True, timeout=180)
    assert done.returncode == 1 and "invalid username-password" in done.stderr, done.stderr
