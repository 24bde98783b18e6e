"""`roost bury`, `kick`, `move`, `moves`, `dlq` and `queue set` against a running server (docs/cli.md)."""

import json

import pytest

from support.commands import run_roost

FAILED, NOT_FOUND, REFUSED, USAGE = 1, 4, 5, 64


@pytest.fixture
def roost(shared_server):
    def run(*arguments, code=0):
        done = run_roost(shared_server.http_url, *arguments, text=True)
        assert done.returncode == code, done
        return done

    return run


def document(done):
    return json.loads(done.stdout)


def bodies(roost, name):
    return [message["body"] for message in document(roost("peek", name, "--count", "100", "--json"))["messages"]]


@pytest.fixture
def dead(roost, new_name):
    """Names of a queue and of the one that has its three dead letters."""
    source, dead = new_name(), new_name()
    roost("queue", "create", dead)
    roost("queue", "create", source, "--dead-letters", dead, "--max-receives", "1")
    for body, customer in (("a", "1"), ("b", "2"), ("c", "1")):
        roost("send", source, body, "--attribute", f"customer=number {customer}")
    for _ in range(2):
        roost("receive", source, "--max", "10", "--visibility", "0s")
    assert bodies(roost, dead) == ["a", "b", "c"]
    return source, dead


def test_bury_and_kick(roost, new_name):
    name = new_name()
    roost("queue", "create", name)
    for body in "abc":
        roost("send", name, body)
    handles = [message["handle"] for message in document(roost("receive", name, "--max", "3", "--json"))["messages"]]
    assert "buried 3 messages" in roost("bury", name, *handles, "--reason", "too hot", "--by", "me").stderr
    assert "too hot" in roost("peek", name, "--state", "buried").stdout
    assert "BURIED" in roost("queue", "list", "--prefix", name).stdout
    assert "kicked 1 message" in roost("kick", name).stderr
    assert document(roost("kick", name, "--all", "--json"))["kicked"] == 2
    assert bodies(roost, name) == ["a", "b", "c"]
    roost("bury", name, "nonsense", code=REFUSED)
    roost("kick", "missing", code=NOT_FOUND)


def test_dead_letters_are_listed_and_go_back(roost, dead):
    source, target = dead
    queues = {queue["name"]: queue for queue in document(roost("dlq", "list", "--json"))["queues"]}
    assert queues[target] == {"name": target, "exists": True, "ready": 3, "in_flight": 0, "sources": [source]}
    assert target in roost("dlq", "list").stdout
    assert "3 messages" in roost("dlq", "redrive", target, "--dry-run").stderr
    assert bodies(roost, target) == ["a", "b", "c"]
    task = document(roost("dlq", "redrive", target, "--json"))
    assert (task["status"], task["moved"], task["to"]) == ("completed", 3, None)
    assert bodies(roost, source) == ["a", "b", "c"]
    assert "completed" in roost("moves", "list", target).stdout


def test_a_filter_picks_messages_by_attribute_or_body(roost, dead, new_name):
    source, target = dead
    other = new_name()
    roost("queue", "create", other)
    dry = document(roost("dlq", "redrive", target, "--filter", "number 1", "--dry-run", "--json"))
    assert (dry["matching"], dry["moved"]) == (2, 0)
    assert "moved 2 messages" in roost("dlq", "redrive", target, "--filter", "number 1").stderr
    assert (bodies(roost, source), bodies(roost, target)) == (["a", "c"], ["b"])
    roost("dlq", "redrive", target, "--filter", "b", "--to", other, "--rate", "100")
    assert bodies(roost, other) == ["b"]


def test_move(roost, new_name):
    first, second = new_name(), new_name()
    for name in (first, second):
        roost("queue", "create", name)
    for number in range(5):
        roost("send", first, f"m{number}")
    assert "moved 5 messages" in roost("move", first, second).stderr
    assert bodies(roost, second) == [f"m{number}" for number in range(5)]
    roost("move", first, first, code=REFUSED)
    roost("move", first, "missing", code=NOT_FOUND)
    roost("move", first, second, "--rate", "501", code=USAGE)
    # These never were dead letters, so there is no way back.
    done = roost("dlq", "redrive", second, code=FAILED)
    assert f"roost move {second} QUEUE" in done.stderr


def test_a_running_move_is_listed_and_cancelled(roost, new_name):
    first, second = new_name(), new_name()
    for name in (first, second):
        roost("queue", "create", name)
    for number in range(5):
        roost("send", first, f"m{number}")
    task = document(roost("move", first, second, "--rate", "1", "--no-wait", "--json"))
    assert "running" in roost("moves", "list", first).stdout
    assert "is cancelled" in roost("moves", "cancel", str(task["id"])).stderr
    roost("moves", "cancel", str(task["id"]), code=REFUSED)
    roost("moves", "cancel", "999999", code=NOT_FOUND)


def test_settings_are_changed(roost, new_name):
    name, dead = new_name(), new_name()
    for one in (name, dead):
        roost("queue", "create", one)
    roost("queue", "set", name, "--visibility", "5m", "--dead-letters", dead, "--max-receives", "3")
    settings = document(roost("queue", "stats", name, "--json"))["settings"]
    assert settings["visibility_timeout_seconds"] == 300
    assert settings["dead_letters"] == {"queue": dead, "max_receives": 3}
    assert f"to {dead} after 3 receives" in roost("queue", "stats", name).stdout
    roost("queue", "set", name, "--no-dead-letters")
    assert document(roost("queue", "stats", name, "--json"))["settings"]["dead_letters"] is None
    roost("queue", "set", dead, "--dead-letter-sources", "none")
    roost("queue", "set", name, "--dead-letters", dead, "--max-receives", "3", code=REFUSED)


def test_a_fifo_queue(roost, new_name):
    name = new_name() + ".fifo"
    roost("queue", "create", name, "--content-based-deduplication", "on", "--deduplication-scope", "group")
    ids = [roost("send", name, "x", "--group", "g", "--trace", "t").stdout for _ in range(2)]
    assert ids[0] == ids[1]
    text = roost("receive", name).stdout
    assert "group     g\n" in text and "trace     t\n" in text
    assert "FIFO" in roost("queue", "stats", name).stdout
    roost("send", name, "x", code=REFUSED)
