"""What SQS does when time passes and while receivers wait, by the numbers of the list of behaviours, in both protocols.

The end of the 60 seconds (22, 90) and of the five minutes (73) are tested where a clock can be turned: in
Tests/SQSFrontendTests/TimingTests.swift and in Tests/RoostCoreTests.
"""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from support.behaviours import (
    api, attributes, bodies, delete, fifo, name_of, new_queue, queue, receive, refused, release, send,
)
from support.clients import json_request, wait_for, wait_for_waiters

# A poll of 20 s that was woken returns long before; one that only timed out does not.
WOKEN_SECONDS_MAX = 10


@pytest.fixture
def poll(api, shared_server):
    """Starts a long poll, and returns when it waits."""
    with ThreadPoolExecutor(2) as pool:

        def start(queue: str, **members) -> Future:
            future = pool.submit(receive, api, queue, **members or {"WaitTimeSeconds": 20})
            wait_for_waiters(shared_server, name_of(queue), 1)
            return future

        yield start


def woken(future: Future) -> list[str]:
    return bodies(future.result(WOKEN_SECONDS_MAX))


def in_flight(api, queue: str) -> str:
    return attributes(api, queue)["ApproximateNumberOfMessagesNotVisible"]


def test_53_a_send_wakes(api, queue, poll):
    waiting = poll(queue)
    send(api, queue, "x")
    assert woken(waiting) == ["x"]


def test_53_the_end_of_a_delay_wakes(api, queue, poll):
    waiting = poll(queue)
    send(api, queue, "x", DelaySeconds=1)
    assert woken(waiting) == ["x"]


def test_53_the_end_of_a_lease_wakes(api, queue, poll):
    send(api, queue, "x")
    receive(api, queue, VisibilityTimeout=1)
    assert woken(poll(queue)) == ["x"]


def test_53_a_message_that_is_given_back_wakes(api, queue, poll):
    send(api, queue, "x")
    message, = receive(api, queue)
    waiting = poll(queue)
    release(api, queue, message)
    assert woken(waiting) == ["x"]


def test_53_67_a_group_that_becomes_free_wakes(api, fifo, poll):
    for body in ("1", "2"):
        send(api, fifo, body, "g")
    message, = receive(api, fifo, 1)
    waiting = poll(fifo)
    delete(api, fifo, message)
    assert woken(waiting) == ["2"]


def test_54_the_wait_of_the_queue(api, new_queue, poll):
    queue = new_queue({"ReceiveMessageWaitTimeSeconds": "20"})
    waiting = poll(queue, VisibilityTimeout=30)
    send(api, queue, "x")
    assert woken(waiting) == ["x"]


def test_62_an_extended_handle_stays_good(api, fifo):
    for group in ("a", "b"):
        send(api, fifo, group, group)
    first, _ = receive(api, fifo, VisibilityTimeout=2)
    release(api, fifo, first, 600)
    wait_for(lambda: in_flight(api, fifo) == "1", what="the end of the other lease")
    delete(api, fifo, first)
    assert bodies(receive(api, fifo)) == ["b"]


def test_70_nothing_passes_an_extended_message(api, fifo):
    for body in ("1", "2", "3"):
        send(api, fifo, body, "g")
    _, second, _ = receive(api, fifo, VisibilityTimeout=2)
    release(api, fifo, second, 600)
    wait_for(lambda: in_flight(api, fifo) == "1", what="the end of the other leases")
    assert bodies(receive(api, fifo)) == ["1"]


def test_71_leases_that_end_keep_the_order(api, fifo):
    for body in ("1", "2", "3"):
        send(api, fifo, body, "g")
    assert bodies(receive(api, fifo, VisibilityTimeout=1)) == ["1", "2", "3"]
    wait_for(lambda: in_flight(api, fifo) == "0", what="the end of the leases")
    assert bodies(receive(api, fifo)) == ["1", "2", "3"]


def test_91_retention_ends_leases_too(api, queue, shared_server):
    # Less than the 60 s of SQS, so the JSON API has to say it.
    path = f"/api/v1/queues/{name_of(queue)}"
    assert json_request(shared_server.http_url, "PATCH", path, {"retention_seconds": 2}).status == 200
    send(api, queue, "x")
    message, = receive(api, queue, VisibilityTimeout=600)
    wait_for(lambda: in_flight(api, queue) == "0", what="the end of the retention")
    assert receive(api, queue) == []
    error = refused(
        api, "ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1)
    assert error.text.endswith("Message does not exist or is not available for visibility timeout change.")
