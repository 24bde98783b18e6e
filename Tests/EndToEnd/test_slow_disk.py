"""A disk on which an fdatasync takes a second: health is still answered, commits are shared, leases are given back."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.clients import connect, queue_info, reset, sqs_client, sqs_request_bytes
from support.server import SMALL_SEGMENTS

# Every sync, those of the start too: strace counts by thread, and several threads may sync.
SLOW = ("strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=1000000")
LIVEZ_DURING_A_SYNC_MIN = 3
ENGINES = pytest.mark.parametrize("engine", ["inline", "threaded"])


@pytest.fixture
def slow_server(new_server, strace):
    """Starts a server. Gives it, a client, and the URL of an empty queue, `slow`."""
    def start(*options):
        server = new_server(*SMALL_SEGMENTS, *options, wrapper=SLOW).start()
        sqs = sqs_client(server.sqs_url, read_timeout=60)
        return server, sqs, sqs.create_queue(QueueName="slow")["QueueUrl"]

    return start


@ENGINES
def test_livez_answers_during_a_sync(slow_server, engine):
    server, sqs, queue = slow_server("--engine", engine)
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


@ENGINES
def test_a_lease_whose_reply_cannot_be_written_ends_at_once(slow_server, engine):
    """The client goes while its receive is on its way to disk. Its ten minutes must not hide the message."""
    server, sqs, queue = slow_server("--engine", engine)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    # The mark that follows a send is synced too, and nobody is heard meanwhile.
    time.sleep(2.5)
    connection = connect(server.sqs_port)
    connection.sendall(sqs_request_bytes("ReceiveMessage", {"QueueUrl": queue, "VisibilityTimeout": 600}))
    time.sleep(0.3)
    reset(connection)
    message = sqs.receive_message(
        QueueUrl=queue, WaitTimeSeconds=20, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
    assert (message["Body"], message["Attributes"]) == ("x", {"ApproximateReceiveCount": "2"})
    # The end of the first lease is on disk, too: only the second one is there after a restart.
    server.wrapper = ()
    server.restart()
    assert queue_info(server, "slow")["counts"] == {"ready": 0, "in_flight": 1, "delayed": 0, "damaged": 0, "buried": 0}
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert queue_info(server, "slow")["counts"] == {"ready": 1, "in_flight": 0, "delayed": 0, "damaged": 0, "buried": 0}


def test_sends_share_a_slow_sync(slow_server):
    """Group commit: what arrives during a sync goes to disk with the next one."""
    server, _, queue = slow_server()
    clients = [sqs_client(server.sqs_url, read_timeout=60) for _ in range(16)]
    start = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda client: client.send_message(QueueUrl=queue, MessageBody="x"), clients))
    # One after another would take 16 s.
    assert 1 <= time.monotonic() - start < 8
