"""The `roost` command against a running server (docs/cli.md)."""

import json
import re
import signal
import subprocess
import time
from dataclasses import dataclass

import pytest

from support.clients import wait_for, wait_for_waiters
from support.commands import run_roost
from support.resp import Connection
from support.server import BINARY, free_port

UNKNOWN_ID = "123e4567-e89b-12d3-a456-426655440000"
# In its form, but nobody got it.
HANDLE = "a" * 32
FAILED, UNREACHABLE, NOT_FOUND, REFUSED, EMPTY, NOT_CONFIRMED, USAGE, CONFIGURATION = 1, 3, 4, 5, 6, 7, 64, 78

NO_MESSAGES = {"ready": 0, "in_flight": 0, "delayed": 0, "damaged": 0, "buried": 0}


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def roost(shared_server):
    def run(*arguments, code=0, stdin=b"", url=shared_server.http_url) -> Done:
        done = run_roost(url, *arguments, stdin=stdin.encode() if isinstance(stdin, str) else stdin)
        result = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert result.code == code, result
        return result

    return run


@pytest.fixture
def name(roost, new_name):
    name = new_name()
    roost("queue", "create", name)
    return name


def bodies(roost, name, count=100):
    return [message["body"] for message in roost("peek", name, "--count", str(count), "--json").json["messages"]]


def test_create_with_settings(roost, new_name):
    name = new_name()
    options = ("--visibility", "2m", "--delay", "0s", "--retention", "unlimited", "--max-message-bytes", "256KiB",
               "--wait", "5s", "--redelivery", "back")
    assert roost("queue", "create", name, *options).out == f"{name}\n"
    wanted = {
        "visibility_timeout_seconds": 120, "delay_seconds": 0, "retention_seconds": None,
        "maximum_message_bytes": 262144, "receive_wait_seconds": 5, "redelivery": "back"}
    settings = roost("queue", "stats", name, "--json").json["settings"]
    assert settings | wanted == settings
    assert roost("queue", "create", name, "--json").json["name"] == name
    done = roost("queue", "create", name, "--visibility", "3m", code=REFUSED)
    assert "queue_exists" in done.err


def test_list_and_stats(roost, name):
    roost("send", name, "hello")
    assert re.search(rf"^{name} +1 +0 +0 ", roost("queue", "list", "--prefix", name).out, re.MULTILINE)
    (queue,) = roost("queue", "list", "--prefix", name, "--json").json["queues"]
    assert queue["counts"] == NO_MESSAGES | {"ready": 1}
    text = roost("queue", "stats", name).out
    assert name in text and "visibility timeout" in text


def test_send_receive_delete(roost, name):
    identifier = roost("send", name, "Grüße", "--attribute", "priority=7:Number", "-a", "source=shop").out.strip()
    (message,) = roost("receive", name, "--json").json["messages"]
    assert (message["id"], message["body"]) == (identifier, "Grüße")
    assert message["attributes"] == {
        "priority": {"type": "Number", "value": "7"}, "source": {"type": "String", "value": "shop"}}
    roost("delete", name, message["handle"])
    assert roost("queue", "stats", name, "--json").json["counts"] == NO_MESSAGES


def test_extend_and_release(roost, name):
    roost("send", name, "x")
    handle = roost("receive", name, "--visibility", "1h", "--json").json["messages"][0]["handle"]

    def due():
        return roost("peek", name, "--state", "in-flight", "--json").json["messages"][0]["due_ms"]

    first = due()
    assert "extended 1 message" in roost("extend", name, handle, "--visibility", "2h").err
    assert due() > first
    assert roost("extend", name, handle, "--visibility", "5m", "--json").json == {"extended": 1, "failed": []}
    assert due() < first
    roost("extend", name, handle, "--visibility", "13h", code=REFUSED)
    roost("receive", name, "--fail-if-empty", code=EMPTY)
    assert "released 1 message" in roost("release", name, handle).err
    assert roost("receive", name, "--body").out == "x\n"
    done = roost("release", name, "garbage", handle, "--json", code=REFUSED)
    assert done.json["released"] == 1 and done.json["failed"][0].startswith("garbage: ")
    assert roost("queue", "stats", name, "--json").json["counts"] == NO_MESSAGES | {"ready": 1}


def test_groups(roost, new_name):
    name = new_name() + ".fifo"
    roost("queue", "create", name, "--content-based-deduplication", "on")
    assert "No group" in roost("queue", "groups", name).err
    for body, group in (("a", "first"), ("b", "first"), ("c", "second")):
        roost("send", name, body, "--group", group)
    handle = roost("receive", name, "--json").json["messages"][0]["handle"]
    text = roost("queue", "groups", name).out
    assert re.search(r"^first +1 +1 +0 +locked$", text, re.MULTILINE)
    assert re.search(r"^second +1 +0 +0$", text, re.MULTILINE)
    done = roost("queue", "groups", name, "--limit", "1")
    assert "second" not in done.out and "--limit" in done.err
    roost("release", name, handle)
    groups = roost("queue", "groups", name, "--json").json["groups"]
    assert [(group["group"], group["ready"], group["locked"]) for group in groups] == [
        ("first", 2, False), ("second", 1, False)]
    roost("release", name, handle, code=NOT_FOUND)
    roost("extend", name, handle, "--visibility", "1m", code=NOT_FOUND)


@pytest.mark.parametrize("channel", ["news", "ü/?%2F#", ".", ".."])
def test_publish(roost, keys_server, redis_port, channel):
    def publish(*arguments, stdin=b""):
        return roost("publish", *arguments, stdin=stdin, url=keys_server.http_url)

    assert publish(channel, "nobody listens").out == "0 receivers\n"
    with Connection(redis_port) as subscriber:
        subscriber.call("SUBSCRIBE", channel)
        assert publish(channel, "it's open").out == "1 receiver\n"
        assert publish(channel, "--json", stdin=b"\xff\x00\n").json == {"receivers": 1}
        publish("--", channel, "--json")
        messages = [subscriber.read()[1:] for _ in range(3)]
        assert messages == [[channel.encode(), text] for text in (b"it's open", b"\xff\x00", b"--json")]


def test_clients(roost, keys_server, redis_port):
    def clients(*arguments, code=0):
        return roost("clients", *arguments, code=code, url=keys_server.http_url)

    with Connection(redis_port) as client:
        identifier = client.call("CLIENT", "ID")
        client.call("CLIENT", "SETNAME", "worker-7")
        client.send(("BRPOP", "jobs", 60))

        def waits():
            (row,) = [row for row in clients().out.splitlines() if "worker-7" in row]
            return row.endswith(" jobs")

        wait_for(waits, what="the client in BRPOP")
        assert identifier in [one["id"] for one in clients("--json").json["clients"]]
        assert f"client {identifier}" in clients("--close", str(identifier)).err
        with pytest.raises(ConnectionError):
            client.read()
    assert "worker-7" not in clients().out
    assert "roost clients" in clients("--close", str(identifier), code=NOT_FOUND).err


def test_a_receive_that_waits(roost, shared_server, name):
    waiting = subprocess.Popen(
        [str(BINARY), "receive", name, "--wait", "60s", "--url", shared_server.http_url], stdout=subprocess.PIPE,
        text=True)
    wait_for_waiters(shared_server, name, 1)
    assert re.search(rf"^{name} +http .* ago +in ", roost("clients").out, re.MULTILINE)
    roost("send", name, "x")
    assert "x" in waiting.communicate(timeout=30)[0]


def test_binary_attribute(roost, name):
    roost("send", name, "x", "--attribute", "raw=AAEC:Binary")
    (message,) = roost("receive", name, "--json").json["messages"]
    assert message["attributes"]["raw"]["type"] == "Binary"
    assert "AAEC" in json.dumps(message["attributes"]["raw"])


def test_delete_by_id(roost, name):
    first, second = (roost("send", name, body).out.strip() for body in ("a", "b"))
    roost("delete", name, "--id", first)
    assert bodies(roost, name) == ["b"]
    roost("delete", name, "--id", second, first)
    assert bodies(roost, name) == []


@pytest.mark.parametrize("data, options, body", [
    (b"from stdin\n", (), "from stdin"), (b"from stdin\n", ("--raw",), "from stdin\n"),
    (b"two\nlines", ("-",), "two\nlines"),
])
def test_send_from_stdin(roost, name, data, options, body):
    roost("send", name, *options, stdin=data)
    assert bodies(roost, name) == [body]


def test_bytes_that_are_no_text(roost, name):
    roost("send", name, stdin=b"\xff\x00\xfe")
    (message,) = roost("peek", name, "--json").json["messages"]
    assert message["body_base64"] == "/wD+"


def test_send_a_file_of_lines(roost, name, tmp_path):
    lines = [f"line {number}" for number in range(2500)]
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(lines[:1000]) + "\n\n" + "\n".join(lines[1000:]) + "\n")
    done = roost("send", name, "--file", str(path), "--in-flight", "1")
    assert "2,500" in done.out or "2500" in done.out
    assert roost("queue", "stats", name, "--json").json["counts"]["ready"] == 2500
    received = roost("receive", name, "--max", "1000", "--body").out.splitlines()
    assert received == lines[:1000]
    roost("send", name, "--file", "-", stdin="one\ntwo\n")
    assert roost("queue", "stats", name, "--json").json["totals"]["sent"] == 2502


def test_send_a_file_that_is_missing(roost, name):
    assert "no-such-file" in roost("send", name, "--file", "/no-such-file", code=FAILED).err


def test_receive_options(roost, name):
    roost("receive", name)
    roost("receive", name, "--fail-if-empty", code=EMPTY)
    roost("send", name, "x")
    assert roost("receive", name, "--body", "--visibility", "0s").out == "x\n"
    text = roost("receive", name, "--delete").out
    assert "x" in text and "handle" in text
    assert roost("queue", "stats", name, "--json").json["counts"] == NO_MESSAGES


def test_receive_waits(roost, name):
    roost("send", name, "x", "--delay", "1s")
    start = time.monotonic()
    assert roost("receive", name, "--wait", "20s", "--body").out == "x\n"
    assert time.monotonic() - start < 10


def test_peek_does_not_count(roost, name):
    for body in ("first", "second"):
        roost("send", name, body)
    assert "first" in roost("peek", name).out
    assert "second" in roost("peek", name, "--from", "tail", "--count", "1").out
    assert "first" in roost("peek", name, "--full").out
    (message,) = roost("receive", name, "--json").json["messages"]
    assert message["receive_count"] == 1
    assert "first" in roost("peek", name, "--state", "in-flight").out


def test_pause_and_resume(roost, name):
    roost("send", name, "x")
    roost("queue", "pause", name, "--reason", "maintenance")
    assert "maintenance" in roost("queue", "stats", name).out
    roost("receive", name, "--fail-if-empty", code=EMPTY)
    roost("queue", "resume", name)
    roost("receive", name, "--fail-if-empty")


def test_purge_and_delete_ask_first(roost, name):
    roost("send", name, "x")
    for command in ("purge", "delete"):
        roost("queue", command, name, code=NOT_CONFIRMED)
    assert bodies(roost, name) == ["x"]
    roost("queue", "purge", name, "--yes")
    assert bodies(roost, name) == []
    roost("queue", "delete", name, "--yes", "--json")
    roost("queue", "stats", name, code=NOT_FOUND)


@pytest.mark.parametrize("arguments", [
    ("send", "missing", "x"), ("receive", "missing"), ("peek", "missing"), ("delete", "missing", "--id", UNKNOWN_ID),
    ("queue", "groups", "missing"), ("release", "missing", HANDLE), ("extend", "missing", HANDLE, "--visibility", "1m"),
    ("queue", "stats", "missing"), ("queue", "pause", "missing"), ("queue", "purge", "missing", "--yes"),
])
def test_missing_queue(roost, arguments):
    done = roost(*arguments, code=NOT_FOUND)
    assert "missing" in done.err and done.out == ""


def test_refusals(roost, name):
    assert roost("send", name, "x" * 100_000, stdin=b"").code == 0
    roost("send", name, stdin=b"x" * 1_048_577, code=REFUSED)
    roost("send", name, "", code=REFUSED)
    roost("delete", name, "garbage", code=REFUSED)
    roost("queue", "create", "dots.are.not.allowed", code=REFUSED)


@pytest.mark.parametrize("arguments", [
    ("fly",), ("send",), ("receive", "q", "--max", "0"), ("receive", "q", "--wait", "soon"), ("queue", "create"),
    ("send", "q", "x", "--attribute", "nameless"), ("serve", "--no-such-option"),
])
def test_wrong_arguments(roost, arguments):
    assert roost(*arguments, code=USAGE).err


def test_nobody_listens(roost):
    url = f"http://127.0.0.1:{free_port()}"
    done = roost("queue", "list", url=url, code=UNREACHABLE)
    assert url in done.err and "roost serve" in done.err


@pytest.mark.parametrize("arguments", [
    ("--fsync", "sometimes"), ("--sqs", "nowhere"), ("--http", "0.0.0.0:9999"), ("--storage", "redis://127.0.0.1"),
    ("--segment-bytes", "1"),
])
def test_wrong_configuration(roost, arguments):
    done = roost("serve", *arguments, code=CONFIGURATION)
    assert arguments[0].lstrip("-") in done.err


def test_print_config(roost, tmp_path):
    path = tmp_path / "roost.yaml"
    path.write_text("fsync: interval\nmax-message-bytes: 4MiB\n")
    done = roost("serve", "--config", str(path), "--data", "/elsewhere", "--print-config", "--json")
    options = done.json["options"]
    assert (options["fsync"]["value"], options["fsync"]["source"]["kind"]) == ("interval", "file")
    assert options["data"]["value"] == "/elsewhere"


def test_help_and_version(roost):
    text = roost("--help").out
    for command in ("serve", "queue", "send", "receive", "delete", "peek", "bench"):
        assert command in text
        assert roost(command, "--help").out
    assert re.search(r"\d+\.\d+\.\d+", roost("--version").out)


def test_what_serve_prints(shared_server):
    text = shared_server.log.read_text()
    assert shared_server.sqs_url in text and f"{shared_server.http_url}/api/v1" in text
    assert "Try:" in text


def test_bench(roost):
    done = roost("bench", "--count", "2000", "--producers", "2", "--consumers", "2", "--batch", "10")
    assert re.search(r"^sent 2,?000 = received 2,?000 \+ left 0, duplicates 0, lost 0$", done.out, re.MULTILINE)
    for column in ("MSGS/S", "MB/S", "P50", "P99", "P99.9"):
        assert column in done.out


def test_bench_leaves_messages_without_consumers(roost, new_name):
    name = new_name()
    done = roost("bench", "--count", "500", "--consumers", "0", "--queue", name, "--json").json
    assert done["verification"] | {"sent": 500, "received": 0, "left": 500, "lost": 0} == done["verification"]
    assert roost("queue", "stats", name, "--json").json["counts"]["ready"] == 500
    roost("bench", "--queue", name, "--count", "1", code=REFUSED)


def test_bench_by_duration(roost):
    done = roost("bench", "--duration", "1s", "--json").json
    assert done["verification"]["sent"] > 0
    assert (done["verification"]["lost"], done["verification"]["duplicates"], done["verification"]["left"]) == (0, 0, 0)


def test_bench_goes_on_counting_after_control_c(shared_server):
    process = subprocess.Popen(
        [str(BINARY), "bench", "--duration", "60s", "--json", "--url", shared_server.http_url],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline()
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    verification = json.loads(out)["verification"]
    assert verification["sent"] == verification["received"] + verification["left"] > 0
    assert verification["lost"] == 0
