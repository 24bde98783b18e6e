"""Concurrent consumers share a queue without getting one message twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

from support import clients

CONSUMERS = 8
PRODUCERS = 3
MESSAGES = 1500


def test_no_message_is_delivered_twice_inside_its_visibility(shared_server, sqs, queue):
    lock = threading.Lock()
    received = []
    done = threading.Event()

    def produce(first):
        client = clients.sqs_client(shared_server.sqs_url)
        for start in range(first, MESSAGES, 10 * PRODUCERS):
            entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(start, min(start + 10, MESSAGES))]
            assert "Failed" not in client.send_message_batch(QueueUrl=queue, Entries=entries)

    def consume(number):
        client = clients.sqs_client(shared_server.sqs_url)
        while not done.is_set():
            reply = client.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=600,
                AttributeNames=["ApproximateReceiveCount"])
            for message in reply.get("Messages", []):
                assert message["Attributes"]["ApproximateReceiveCount"] == "1"
                with lock:
                    received.append(message["Body"])
                    enough = len(received) >= MESSAGES
                if number % 2:
                    client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                if enough:
                    done.set()

    with ThreadPoolExecutor(CONSUMERS + PRODUCERS) as pool:
        consumers = [pool.submit(consume, number) for number in range(CONSUMERS)]
        try:
            for producer in [pool.submit(produce, number * 10) for number in range(PRODUCERS)]:
                producer.result(120)
            for consumer in consumers:
                consumer.result(120)
        finally:
            done.set()
    assert sorted(received) == sorted(f"m{number}" for number in range(MESSAGES))
