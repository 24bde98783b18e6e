"""What a server tells while it reads its log, and how it ends when it is asked to then."""

import hashlib
import re
import signal
import socket
import subprocess
import time

import pytest

from support.clients import connect, http_request, json_request, sqs_client, sqs_request_bytes
from support.server import SMALL_SEGMENTS, Server

# Each read of the log takes so long: the start then takes some seconds, whatever the machine.
SLOW_READS = ("strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=pread64",
              "-e", "inject=pread64:delay_enter=150000")
BODY = "x" * 100_000
MESSAGES = 160


@pytest.fixture
def killed(new_server):
    """A server with a log of several segments that was ended by kill -9."""
    server = new_server(*SMALL_SEGMENTS).start()
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="kept")["QueueUrl"]
    for number in range(MESSAGES):
        sqs.send_message(QueueUrl=queue, MessageBody=f"{number} {BODY}")
    assert server.kill()
    return server


def start_slowly(server: Server) -> None:
    """Starts, and returns when the HTTP port answers although the log is not read."""
    server.wrapper = SLOW_READS
    server.start(wait=False)
    end = time.monotonic() + 60
    while server.status_of("/livez") is None:
        assert server.alive and time.monotonic() < end, server.log_tail()
        time.sleep(0.01)
    assert server.status_of("/readyz") == 503, "the start was not slow"


def digests(server: Server) -> dict[str, str]:
    """Of all files but the lock, which has the process id of its last holder."""
    return {str(path.relative_to(server.data)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(server.data.rglob("*")) if path.is_file() and path.name != "LOCK"}


def test_progress_is_told_while_the_log_is_read(killed, strace):
    start_slowly(killed)
    percents = []
    while True:
        reply = http_request(killed.http_url, "GET", "/readyz")
        if reply.status == 200:
            break
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        if match := re.fullmatch(r"recovering: (\d+) % of the log is read\n", reply.text):
            percents.append(int(match[1]))
        assert http_request(killed.http_url, "GET", "/livez").status == 200
        time.sleep(0.05)
    assert percents == sorted(percents)
    assert len(set(percents)) >= 3, percents
    log = killed.log.read_text()
    assert "reading the log: 10 %" in log or "reading the log: 20 %" in log, log
    counts = json_request(killed.http_url, "GET", "/api/v1/queues/kept").json["counts"]
    assert counts["ready"] == MESSAGES
    assert "\nroost_recovery_progress 1" in http_request(killed.http_url, "GET", "/metrics").text


def test_requests_are_refused_while_the_log_is_read(killed, strace):
    start_slowly(killed)
    reply = json_request(killed.http_url, "GET", "/api/v1/queues/kept")
    stats = json_request(killed.http_url, "GET", "/api/v1/stats")
    metrics = http_request(killed.http_url, "GET", "/metrics").text
    with socket.socket() as sqs:
        refused = sqs.connect_ex(("127.0.0.1", killed.sqs_port))
    assert killed.status_of("/readyz") == 503, "the start was over before everything was asked"
    assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, "recovering", "1")
    assert stats.status == 200 and stats.json["state"] == "recovering"
    assert 0 <= stats.json["recovery"]["fraction"] <= 1
    assert "\nroost_ready 0\n" in metrics
    assert refused != 0
    # An SDK that keeps trying gets through once the log is read.
    killed.wait_until_ready()
    assert "Messages" in sqs_client(killed.sqs_url).receive_message(QueueUrl=killed.queue_url("kept"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_start_at_once_and_changes_nothing(killed, strace, number):
    before = digests(killed)
    start_slowly(killed)
    killed.process.send_signal(number)
    assert killed.process.wait(5) == 0
    assert "the log is unchanged" in killed.log_tail()
    assert digests(killed) == before
    killed.wrapper = ()
    killed.start()
    counts = json_request(killed.http_url, "GET", "/api/v1/queues/kept").json["counts"]
    assert counts["ready"] == MESSAGES


def test_a_damaged_log_ends_the_start_with_its_reason(killed):
    """The HTTP port is open by then, which must not keep the process."""
    first = min(path for path in killed.data.rglob("*") if path.stat().st_size == 2 << 20)
    content = bytearray(first.read_bytes())
    content[1 << 20] ^= 1
    first.write_bytes(content)
    killed.start(wait=False)
    assert killed.process.wait(30) == 1
    tail = killed.log_tail()
    assert "roost: the server stopped: " in tail and first.name in tail, tail


def test_metrics_and_health_do_not_wait_for_a_slow_disk(new_server, strace):
    seconds = 6
    server = new_server(
        *SMALL_SEGMENTS, wrapper=("strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync",
                                  "-e", f"inject=fdatasync:delay_enter={seconds}000000:when=30+")).start()
    queue = sqs_client(server.sqs_url).create_queue(QueueName="slow")["QueueUrl"]
    connection = connect(server.sqs_port, timeout=1)
    for number in range(200):
        connection.sendall(sqs_request_bytes("SendMessage", {"QueueUrl": queue, "MessageBody": str(number)}))
        try:
            connection.recv(65536)
        except TimeoutError:
            break
    else:
        raise AssertionError("no fdatasync was slow")
    for path, longest in [("/livez", 1), ("/readyz", 1), ("/metrics", 2), ("/metrics", 2), ("/api/v1/stats", 1)]:
        start = time.monotonic()
        assert server.status_of(path) == 200
        assert time.monotonic() - start < longest, f"{path} waited for the disk"
    connection.close()


def test_the_default_command_runs_on_a_small_file_system(new_server, tmp_path):
    """64 MiB in all: segments and the largest message shrink to what fits."""
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(mount)], capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    server = new_server()
    server.data = mount / "data"
    try:
        server.start()
        assert "messages may have at most 1MiB" in server.log_tail()
        sqs = sqs_client(server.sqs_url)
        queue = sqs.create_queue(QueueName="small")["QueueUrl"]
        for number in range(20):
            sqs.send_message(QueueUrl=queue, MessageBody=f"{number} {BODY * 9}")
        server.restart()
        counts = json_request(server.http_url, "GET", "/api/v1/queues/small").json["counts"]
        assert counts["ready"] == 20
    finally:
        server.kill()
        subprocess.run(["umount", str(mount)], check=True)
