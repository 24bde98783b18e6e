"""Waiting receivers: what wakes them, in which order, and what happens when they are gone."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import clients
from support.clients import connect, error_of, sqs_request_bytes, wait_for_waiters

# A poll of 20 s that was woken returns long before; one that only timed out does not.
WOKEN_SECONDS_MAX = 10


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as pool:
        yield pool


@pytest.fixture
def name(queue):
    return queue.rsplit("/", 1)[1]


def poll(sqs, queue, **parameters):
    start = time.monotonic()
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20, **parameters).get("Messages", [])
    return [message["Body"] for message in messages], time.monotonic() - start


def check_woken(future, body):
    bodies, seconds = future.result(30)
    assert bodies == [body]
    assert seconds < WOKEN_SECONDS_MAX


def test_send_wakes(shared_server, sqs, queue, name, pool):
    future = pool.submit(poll, sqs, queue)
    wait_for_waiters(shared_server, name, 1)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    check_woken(future, "x")


def test_batch_wakes_with_all_that_arrived(shared_server, sqs, queue, name, pool):
    future = pool.submit(poll, sqs, queue, MaxNumberOfMessages=10)
    wait_for_waiters(shared_server, name, 1)
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    bodies, seconds = future.result(30)
    assert 1 <= len(bodies) <= 3
    assert seconds < WOKEN_SECONDS_MAX


def test_end_of_delay_wakes(shared_server, sqs, queue, name, pool):
    future = pool.submit(poll, sqs, queue)
    wait_for_waiters(shared_server, name, 1)
    sqs.send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=1)
    check_woken(future, "x")


def test_end_of_visibility_wakes(shared_server, sqs, queue, name, pool):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=2)
    future = pool.submit(poll, sqs, queue)
    check_woken(future, "x")


def test_change_visibility_to_zero_wakes(shared_server, sqs, queue, name, pool):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    future = pool.submit(poll, sqs, queue)
    wait_for_waiters(shared_server, name, 1)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    check_woken(future, "x")


def test_a_message_that_is_there_is_returned_at_once(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    bodies, seconds = poll(sqs, queue, MaxNumberOfMessages=10)
    assert bodies == ["x"]
    assert seconds < WOKEN_SECONDS_MAX


def test_wait_ends_empty_after_its_time(sqs, queue):
    start = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)
    assert 1.9 <= time.monotonic() - start < WOKEN_SECONDS_MAX


def test_wait_of_the_queue_applies(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"ReceiveMessageWaitTimeSeconds": "2"})
    start = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    assert 1.9 <= time.monotonic() - start < WOKEN_SECONDS_MAX


def test_oldest_waiter_first_and_one_wake_up_for_each_message(shared_server, sqs, queue, name, pool):
    futures = []
    for number in range(5):
        futures.append(pool.submit(poll, sqs, queue, MaxNumberOfMessages=10))
        wait_for_waiters(shared_server, name, number + 1)
    for number, future in enumerate(futures):
        sqs.send_message(QueueUrl=queue, MessageBody=f"message {number}")
        check_woken(future, f"message {number}")
        assert clients.queue_info(shared_server, name)["waiters"] == 4 - number
        assert not any(later.done() for later in futures[number + 1:])


def test_other_queues_are_not_woken(shared_server, sqs, queue, name, pool, new_name):
    other = sqs.create_queue(QueueName=new_name())["QueueUrl"]
    future = pool.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=3)
    wait_for_waiters(shared_server, name, 1)
    sqs.send_message(QueueUrl=other, MessageBody="for the other")
    assert "Messages" not in future.result(30)


def test_deleting_the_queue_ends_the_wait(shared_server, sqs, queue, name, pool):
    future = pool.submit(error_of, sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20)
    wait_for_waiters(shared_server, name, 1)
    start = time.monotonic()
    sqs.delete_queue(QueueUrl=queue)
    assert future.result(30)["shape"] == "QueueDoesNotExist"
    assert time.monotonic() - start < WOKEN_SECONDS_MAX


def closed_poll(server, queue, close):
    """A connection that starts a long poll, and closes once it stands in line."""
    connection = connect(server.sqs_port)
    connection.sendall(sqs_request_bytes("ReceiveMessage", {"QueueUrl": queue, "WaitTimeSeconds": 20}))
    wait_for_waiters(server, queue.rsplit("/", 1)[1], 1)
    close(connection)


@pytest.mark.parametrize("close", [lambda connection: connection.close(), clients.reset], ids=["FIN", "RST"])
def test_a_closed_connection_leaves_the_line(shared_server, sqs, queue, name, close):
    closed_poll(shared_server, queue, close)
    wait_for_waiters(shared_server, name, 0)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    message = sqs.receive_message(QueueUrl=queue, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
    assert message["Attributes"] == {"ApproximateReceiveCount": "1"}


@pytest.mark.parametrize("close", [lambda connection: connection.close(), clients.reset], ids=["FIN", "RST"])
def test_poll_disconnect_send_poll(shared_server, sqs, queue, close):
    """The send may overtake the news of the close: then the lease to the dead connection has to end at once."""
    for number in range(20):
        closed_poll(shared_server, queue, close)
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
        start = time.monotonic()
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        assert [message["Body"] for message in messages] == [str(number)]
        assert time.monotonic() - start < WOKEN_SECONDS_MAX
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=messages[0]["ReceiptHandle"])


def test_a_closed_web_client_leaves_the_line(shared_server, sqs, queue, name):
    connection = connect(shared_server.http_port)
    body = '{"wait_seconds": 20}'
    connection.sendall(f"POST /api/v1/queues/{name}/receive HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    wait_for_waiters(shared_server, name, 1)
    connection.close()
    wait_for_waiters(shared_server, name, 0)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    message = sqs.receive_message(QueueUrl=queue, AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
    assert message["Attributes"] == {"ApproximateReceiveCount": "1"}


def test_waiters_of_all_doors_stand_in_one_line(shared_server, sqs, queue, name, pool):
    def web_poll():
        reply = clients.json_request(
            shared_server.http_url, "POST", f"/api/v1/queues/{name}/receive", {"wait_seconds": 20})
        return [message["body"] for message in reply.json["messages"]]

    def sqs_poll():
        return poll(sqs, queue)[0]

    futures = []
    for number, wait in enumerate((web_poll, sqs_poll, web_poll, sqs_poll)):
        futures.append(pool.submit(wait))
        wait_for_waiters(shared_server, name, number + 1)
    for number in range(4):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
        assert futures[number].result(30) == [str(number)]


def test_many_waiters(shared_server, queue, name, pool):
    sqs = clients.sqs_client(shared_server.sqs_url)
    waiting = []
    for _ in range(500):
        connection = connect(shared_server.sqs_port)
        connection.sendall(sqs_request_bytes("ReceiveMessage", {"QueueUrl": queue, "WaitTimeSeconds": 20}))
        waiting.append(connection)
    wait_for_waiters(shared_server, name, 500)
    bodies = {f"message {number}" for number in range(500)}
    for body in bodies:
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    received = [clients.read_replies(connection, 1)[0].json["Messages"] for connection in waiting]
    assert all(len(messages) == 1 for messages in received)
    assert {messages[0]["Body"] for messages in received} == bodies
    for connection in waiting:
        connection.close()
