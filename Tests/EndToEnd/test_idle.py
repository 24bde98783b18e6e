"""A server that nobody talks to does next to nothing, and a long piece of work does not shut its clients out."""

import re
import time
from pathlib import Path

import pytest

from support.clients import http_request, json_request, queue_info, sqs_client
from support.server import SMALL_SEGMENTS

# Processor time for each second that passes; a loop that spins takes all of one processor.
BUSY_FRACTION_MAX = 0.25
CLOCK_TICKS_PER_SECOND = 100


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_SECOND


@pytest.mark.parametrize("engine", ["inline", "threaded"])
@pytest.mark.parametrize("fsync", ["always", "interval", "off"])
def test_an_idle_server_rests_and_answers(new_server, fsync, engine):
    server = new_server("--fsync", fsync, "--engine", engine).start()
    sqs = sqs_client(server.sqs_url, read_timeout=5)
    queue = sqs.create_queue(QueueName="idle")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    time.sleep(1)
    before, start = processor_seconds(server.pid), time.monotonic()
    time.sleep(2)
    assert processor_seconds(server.pid) - before < BUSY_FRACTION_MAX * (time.monotonic() - start)
    assert len(sqs.receive_message(QueueUrl=queue)["Messages"]) == 1


def index_bytes(server) -> float:
    text = http_request(server.http_url, "GET", "/metrics").text
    return float(re.search(r"^roost_index_bytes (\S+)$", text, re.MULTILINE).group(1))


def test_others_are_served_during_a_purge(new_server, strace):
    """Freeing 20,000 messages takes 20 slices, and each of them waits for a sync of a tenth of a second."""
    delay = "inject=fdatasync:delay_enter=100000"
    slow = ("strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", delay)
    server = new_server(*SMALL_SEGMENTS, "--engine", "inline", wrapper=slow).start()
    sqs = sqs_client(server.sqs_url, read_timeout=60)
    large = sqs.create_queue(QueueName="large")["QueueUrl"]
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    for _ in range(20):
        json_request(server.http_url, "POST", "/api/v1/queues/large/messages", {"messages": [{"body": "x"}] * 1000})
    full = index_bytes(server)
    sqs.purge_queue(QueueUrl=large)
    for _ in range(3):
        sqs.send_message(QueueUrl=other, MessageBody="x")
    assert index_bytes(server) > full / 4, "the sends were held up until the purge was over"
    assert not any(queue_info(server, "large")["counts"].values())
