import os
import random
import shutil
import subprocess
import uuid

import pytest

from support import clients
from support.redis_server import RedisServer
from support.resp import Connection
from support.server import BINARY, Server
from support.signed import signed_server

# A proxy from the environment must not stand between the clients and the loopback address.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

_servers: list[Server] = []


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=20, help="how often the kill test kills the server (default 20)")
    parser.addoption("--seed", type=int, default=None, help="seed of the kill test's random choices")


def pytest_report_header(config):
    return f"roost binary: {BINARY}"


def pytest_terminal_summary(terminalreporter):
    """Lines that tests want to be seen also when they pass."""
    lines = [line for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
             for name, line in report.user_properties if name == "report"]
    for line in lines:
        terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for server in _servers:
            report.sections.append((f"roost log, {server.log}", server.log_tail()))
    return report


@pytest.fixture
def report(record_property):
    """Adds a line to the end of the run."""
    return lambda line: record_property("report", line)


@pytest.fixture
def new_server(tmp_path):
    """Makes servers that end with the test: `new_server("--fsync", "off")`. They are not started yet."""
    made = []

    def make(*options, **keywords) -> Server:
        home = tmp_path / f"roost-{len(made)}"
        home.mkdir()
        server = Server(home, *options, **keywords)
        made.append(server)
        _servers.append(server)
        return server

    yield make
    for server in made:
        server.kill()
        _servers.remove(server)


@pytest.fixture
def server(new_server):
    """A running server of the test's own."""
    return new_server().start()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    """One running server for the tests that only need queues of their own."""
    server = Server(tmp_path_factory.mktemp("shared"))
    _servers.append(server)
    server.start()
    yield server
    server.kill()
    _servers.remove(server)


@pytest.fixture(scope="session")
def keys_server(tmp_path_factory):
    """One running server with the Redis port."""
    server = Server(tmp_path_factory.mktemp("keys"), redis=True)
    _servers.append(server)
    server.start()
    yield server
    server.kill()
    _servers.remove(server)


@pytest.fixture
def redis_port(keys_server):
    """The Redis port of a server whose first databases are empty."""
    with Connection(keys_server.redis_port) as connection:
        for database in range(3):
            connection.call("SELECT", database)
            connection.call("FLUSHDB")
    return keys_server.redis_port


@pytest.fixture(scope="session")
def real_redis(tmp_path_factory):
    """A running redis-server to compare with."""
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def guarded_server(tmp_path_factory):
    """One running server that checks signatures, for the tests with clients that other people wrote."""
    server = signed_server(tmp_path_factory.mktemp("guarded"))
    _servers.append(server)
    server.start()
    yield server
    server.kill()
    _servers.remove(server)


@pytest.fixture(scope="session")
def sqs(shared_server):
    return clients.sqs_client(shared_server.sqs_url)


@pytest.fixture
def new_name():
    return lambda: f"q-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def queue(sqs, new_name):
    """The URL of a new queue on the shared server."""
    return sqs.create_queue(QueueName=new_name())["QueueUrl"]


@pytest.fixture
def seed(request):
    """The seed of this run's random choices, printed when the test fails."""
    value = request.config.getoption("--seed")
    if value is None:
        value = random.SystemRandom().randrange(1 << 32)
    print(f"repeat with: --seed {value}")
    return value


@pytest.fixture(scope="session")
def strace():
    """Skips the test where strace is missing or may not trace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (make install installs it)")
    attempt = subprocess.run(["strace", "-D", "-o", os.devnull, "true"], capture_output=True, text=True)
    if attempt.returncode != 0 or "Operation not permitted" in attempt.stderr:
        pytest.skip(f"strace may not trace here: {attempt.stderr.strip()}")
