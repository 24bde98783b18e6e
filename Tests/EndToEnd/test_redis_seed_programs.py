"""Two small applications that use a list as a queue, unchanged on Roost and on a redis-server: they print the same.

`users`: LPUSH and BRPOP on two connections. `publisher` and `subscriber`: RPUSH and LPOP. With redis-py in RESP3 and in
RESP2.
"""

import subprocess
from pathlib import Path

import pytest

from support.programs import CLIENTS
from support.resp import Connection

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(params=[".venv", ".venv-redis5"], ids=["RESP3", "RESP2"])
def run(request):
    def run(program: str, *arguments) -> list[str]:
        python = REPOSITORY / request.param / "bin/python"
        done = subprocess.run(
            [python, "-I", "-X", "utf8", CLIENTS / "redis" / program, *map(str, arguments)], capture_output=True,
            text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.fixture
def ports(redis_port, real_redis):
    with Connection(real_redis.redis_port) as connection:
        connection.call("FLUSHALL")
    return redis_port, real_redis.redis_port


def test_users(run, ports):
    ours, theirs = (run("users.py", port, 200) for port in ports)
    assert ours == theirs
    assert ours[:200] == ["Accepted"] * 200
    # Each name ends with a line break.
    assert [line for line in ours[200:] if line][:2] == [
        '1 | users | User "0" Zoë \\ 日本', '2 | users | User "1" Zoë \\ 日本']
    assert ours[-1] == "left: 0 0 none"


def test_publisher_and_subscriber(run, ports):
    shown = []
    for port in ports:
        published = run("publisher.py", port, "channel", 500)
        shown.append(published + run("subscriber.py", port, "channel", 3))
    assert shown[0] == shown[1]
    assert shown[0][0] == "published 500 length 500"
    assert shown[0][1:501] == [f"push {i} to +49 151 {i:07} Grüße № {i}" for i in range(500)]
    assert shown[0][501] == "left: 0"


def test_messages_outlive_a_kill_between_publisher_and_subscriber(new_server, run):
    server = new_server(redis=True).start()
    run("publisher.py", server.redis_port, "channel", 100)
    server.restart()
    assert len(run("subscriber.py", server.redis_port, "channel", 1)) == 101
    server.restart()
    assert run("subscriber.py", server.redis_port, "channel", 1) == ["left: 0"]
