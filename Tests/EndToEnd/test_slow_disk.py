"""A disk on which an fdatasync takes a second: health is still answered, and nothing is acknowledged early."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.clients import sqs_client
from support.server import SMALL_SEGMENTS

SLOW = ("strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=1000000")
LIVEZ_DURING_A_SYNC_MIN = 3


@pytest.mark.parametrize("engine", ["inline", "threaded"])
def test_livez_answers_during_a_sync(new_server, strace, engine):
    server = new_server(*SMALL_SEGMENTS, "--engine", engine, wrapper=SLOW).start()
    sqs = sqs_client(server.sqs_url, read_timeout=60)
    queue = sqs.create_queue(QueueName="slow")["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        start = time.monotonic()
        send = pool.submit(sqs.send_message, QueueUrl=queue, MessageBody="x")
        answered = 0
        while not send.done():
            assert server.status_of("/livez") == 200
            answered += not send.done()
        send.result()
        assert time.monotonic() - start >= 1, "the sync was not slow"
    assert answered >= LIVEZ_DURING_A_SYNC_MIN


def test_sends_share_a_slow_sync(new_server, strace):
    """Group commit: what arrives during a sync goes to disk with the next one."""
    server = new_server(*SMALL_SEGMENTS, wrapper=SLOW).start()
    sqs = sqs_client(server.sqs_url, read_timeout=60)
    queue = sqs.create_queue(QueueName="slow")["QueueUrl"]
    clients = [sqs_client(server.sqs_url, read_timeout=60) for _ in range(16)]
    start = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda client: client.send_message(QueueUrl=queue, MessageBody="x"), clients))
    # One after another would take 16 s.
    assert 1 <= time.monotonic() - start < 8
