"""SIGTERM and SIGINT: waiting polls are answered, the exit code is 0; a second signal quits at once."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.clients import (connect, read_replies, read_until_closed, sqs_client, sqs_request, sqs_request_bytes,
                             wait_for, wait_for_waiters)
from support.server import SMALL_SEGMENTS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_waiting_polls_are_answered(server, number):
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="polled")["QueueUrl"]
    with ThreadPoolExecutor(3) as pool:
        polls = [pool.submit(sqs_request, server.sqs_url, "ReceiveMessage",
                             {"QueueUrl": queue, "WaitTimeSeconds": 20}) for _ in range(3)]
        wait_for_waiters(server, "polled", 3)
        start = time.monotonic()
        server.process.send_signal(number)
        assert [(poll.result(30).status, poll.result(30).json) for poll in polls] == [(200, {})] * 3
    assert server.process.wait(30) == 0
    assert time.monotonic() - start < 10


def test_what_was_accepted_is_there_after_it(server):
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="kept")["QueueUrl"]
    for number in range(20):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    assert server.stop() == 0
    server.start()
    received = []
    while len(received) < 20:
        received += sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in received] == [str(number) for number in range(20)]


def test_idle_connections_do_not_hold_it_up(server):
    idle = [connect(port) for port in (server.sqs_port, server.http_port) for _ in range(20)]
    started = connect(server.sqs_port)
    started.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 20
    for connection in idle:
        assert read_until_closed(connection) == b""


SLOW_SYNC_SECONDS = 9
# Only syncs after the start take so long.
SLOW_SYNC = ("strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync",
             "-e", f"inject=fdatasync:delay_enter={SLOW_SYNC_SECONDS}000000:when=30+")


def hanging_send(server):
    """Sends until one waits for its sync, and gives its connection."""
    sqs = sqs_client(server.sqs_url)
    queue = sqs.create_queue(QueueName="slow")["QueueUrl"]
    connection = connect(server.sqs_port, timeout=1)
    for number in range(200):
        connection.sendall(sqs_request_bytes("SendMessage", {"QueueUrl": queue, "MessageBody": str(number)}))
        try:
            read_replies(connection, 1)
        except TimeoutError:
            return connection
    raise AssertionError("no fdatasync was slow")


def has_ended(server) -> bool:
    """Whether the process is over. Under strace it stays a zombie until the injected delay ends."""
    try:
        return Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_a_second_signal_quits_at_once(new_server, strace):
    server = new_server(*SMALL_SEGMENTS, wrapper=SLOW_SYNC).start()
    connection = hanging_send(server)
    server.process.terminate()
    # It finishes what is being committed, which takes a good while here.
    time.sleep(1)
    assert not has_ended(server)
    server.process.terminate()
    wait_for(lambda: has_ended(server), SLOW_SYNC_SECONDS / 3, "the end of the process")
    connection.close()


def test_new_connections_are_not_accepted(server):
    sqs = sqs_client(server.sqs_url)
    assert server.stop() == 0
    with pytest.raises(OSError):
        connect(server.sqs_port)
    assert server.status_of("/livez") is None
    server.start()
    wait_for(lambda: sqs.list_queues() is not None)
