"""Accepted means on disk: seen from the system calls, no reply leaves before the fdatasync that covers its record."""

import http.client
import json
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from support import trace
from support.clients import md5_of, sqs_client, wait_for
from support.server import SMALL_SEGMENTS

ENGINES = pytest.mark.parametrize("engine", ["inline", "threaded"])
CLIENTS = 8
SENDS_EACH = 25


def traced_server(new_server, tmp_path, *options, inject=(), redis=False):
    log = tmp_path / "strace.log"
    server = new_server(*SMALL_SEGMENTS, *options, wrapper=trace.wrapper(log, *inject), redis=redis).start()
    return server, log


def finish(server, log) -> list[trace.Call]:
    """Ends the server and waits until the tracer has written everything: it says so in its last line."""
    pid = server.pid
    server.kill()
    last = re.compile(rf"^{pid} +\+\+\+ ", re.MULTILINE)
    wait_for(lambda: last.search(log.read_text(errors="replace")[-4000:]), 30, "the end of the trace")
    return trace.read(log)


def concurrent_sends(server) -> dict[str, str]:
    """Many clients at once, so that commits hold several records. Gives the MD5 of each body by its marker."""
    queue = sqs_client(server.sqs_url).create_queue(QueueName="ordered")["QueueUrl"]
    md5_by_marker, lock = {}, threading.Lock()

    def send(_):
        sqs = sqs_client(server.sqs_url)
        for _ in range(SENDS_EACH):
            marker = uuid.uuid4().hex
            assert sqs.send_message(QueueUrl=queue, MessageBody=marker)["MD5OfMessageBody"] == md5_of(marker)
            with lock:
                md5_by_marker[marker] = md5_of(marker)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, range(CLIENTS)))
    return md5_by_marker


def concurrent_commands(server) -> dict[str, str]:
    """Pipelines of Redis commands that write and read what was written, and other clients that read it meanwhile."""
    markers, done = [], threading.Event()

    def write(number):
        client = redis.Redis(port=server.redis_port)
        for _ in range(SENDS_EACH):
            key, marker = f"key-{number}", uuid.uuid4().hex
            commands = client.pipeline(transaction=False)
            commands.set(key, marker).get(key).lpush(f"list-{number}", marker).rpop(f"list-{number}")
            commands.publish(key, marker)
            assert commands.execute()[:2] == [True, marker.encode()]
            markers.append(marker)

    def read():
        client = redis.Redis(port=server.redis_port)
        while not done.is_set():
            client.mget([f"key-{number}" for number in range(CLIENTS)])
            client.get("key-0")

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(write, range(CLIENTS)))
    done.set()
    reader.join()
    return {marker: marker for marker in markers}


class OneAfterAnother:
    """One connection to each port, and one request at a time."""

    def __init__(self, server):
        self.server = server
        self.sqs = http.client.HTTPConnection("127.0.0.1", server.sqs_port, timeout=30)
        self.http = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=30)
        self.requests = 0

    def call(self, connection, method, path, value, headers):
        connection.request(method, path, None if value is None else json.dumps(value), headers)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, body
        self.requests += 1
        return json.loads(body or b"{}")

    def action(self, action, **value):
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
        return self.call(self.sqs, "POST", "/", value, headers)

    def web(self, method, path, value=None):
        return self.call(self.http, method, path, value, {"Content-Type": "application/json"})


def every_mutation(server) -> int:
    """One of each request that changes something, by every door. Gives their number."""
    client = OneAfterAnother(server)
    queue = client.action("CreateQueue", QueueName="stepped")["QueueUrl"]
    client.action("SetQueueAttributes", QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    client.action("SendMessage", QueueUrl=queue, MessageBody="one")
    client.action("SendMessageBatch", QueueUrl=queue, Entries=[{"Id": n, "MessageBody": n} for n in "abc"])
    messages = client.action("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    handles = [message["ReceiptHandle"] for message in messages]
    assert len(handles) == 4
    client.action("ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=handles[0], VisibilityTimeout=5)
    client.action("ChangeMessageVisibilityBatch", QueueUrl=queue, Entries=[
        {"Id": "a", "ReceiptHandle": handles[1], "VisibilityTimeout": 600}])
    client.action("DeleteMessage", QueueUrl=queue, ReceiptHandle=handles[2])
    client.action("DeleteMessageBatch", QueueUrl=queue, Entries=[{"Id": "a", "ReceiptHandle": handles[3]}])
    client.action("PurgeQueue", QueueUrl=queue)
    client.action("DeleteQueue", QueueUrl=queue)

    key = client.web("POST", "/send-message", {"message": "hello"})["key"]
    client.web("GET", "/receive-message")
    client.web("DELETE", f"/delete-message/{key}")

    base = "/api/v1/queues/web"
    client.web("PUT", base, {"delay_seconds": 0})
    client.web("PATCH", base, {"visibility_timeout_seconds": 9})
    client.web("POST", f"{base}/messages", {"body": "one"})
    handle = client.web("POST", f"{base}/receive", {})["messages"][0]["handle"]
    client.web("POST", f"{base}/visibility", {"handles": [handle], "visibility_timeout_seconds": 60})
    client.web("POST", f"{base}/delete", {"handles": [handle]})
    client.web("POST", f"{base}/pause", {"reason": "test"})
    client.web("POST", f"{base}/resume")
    client.web("POST", f"{base}/messages", {"body": "two"})
    client.web("POST", f"{base}/purge")
    client.web("DELETE", base)
    return client.requests


@ENGINES
def test_no_reply_before_its_sync(new_server, tmp_path, strace, engine):
    server, log = traced_server(new_server, tmp_path, "--engine", engine)
    markers = concurrent_sends(server)
    found, early = trace.uncovered_sends(finish(server, log), markers)
    assert early == []
    assert found == len(markers) == CLIENTS * SENDS_EACH


@ENGINES
def test_no_reply_of_redis_before_its_sync(new_server, tmp_path, strace, engine):
    server, log = traced_server(new_server, tmp_path, "--engine", engine, redis=True)
    markers = concurrent_commands(server)
    found, early = trace.uncovered_sends(finish(server, log), markers)
    assert early == []
    assert found == len(markers) == CLIENTS * SENDS_EACH


@ENGINES
def test_no_reply_before_its_sync_for_every_mutation(new_server, tmp_path, strace, engine):
    server, log = traced_server(new_server, tmp_path, "--engine", engine)
    # Everything up to here, the start and the questions for readiness, is not looked at.
    lines = len(log.read_text(errors="replace").splitlines())
    requests = every_mutation(server)
    calls = [call for call in finish(server, log) if call.entered >= lines]
    found, early = trace.uncovered_steps(calls)
    assert early == []
    assert found == requests


def test_early_acknowledgement_is_caught(new_server, tmp_path, strace):
    """The negative control: the same checks on a server that replies before the sync."""
    server, log = traced_server(new_server, tmp_path, "--test-acknowledge-early")
    markers = concurrent_sends(server)
    _, early = trace.uncovered_sends(finish(server, log), markers)
    assert early, "a server that acknowledges early was not caught"


def test_early_acknowledgement_of_redis_is_caught(new_server, tmp_path, strace):
    server, log = traced_server(new_server, tmp_path, "--test-acknowledge-early", redis=True)
    markers = concurrent_commands(server)
    _, early = trace.uncovered_sends(finish(server, log), markers)
    assert early, "a server that acknowledges early was not caught"


def test_early_acknowledgement_is_caught_for_steps(new_server, tmp_path, strace):
    server, log = traced_server(new_server, tmp_path, "--test-acknowledge-early")
    lines = len(log.read_text(errors="replace").splitlines())
    every_mutation(server)
    _, early = trace.uncovered_steps([call for call in finish(server, log) if call.entered >= lines])
    assert early, "a server that acknowledges early was not caught"


@ENGINES
def test_failed_sync_is_final(new_server, tmp_path, strace, engine):
    """After a failed fdatasync nobody knows what is on disk: nothing more is acknowledged, and the process ends."""
    server, log = traced_server(
        new_server, tmp_path, "--engine", engine, inject=["fdatasync:error=EIO:when=40"])
    queue = sqs_client(server.sqs_url).create_queue(QueueName="failing")["QueueUrl"]
    acked, lock = {}, threading.Lock()

    def send(_):
        sqs = sqs_client(server.sqs_url)
        for _ in range(500):
            marker = uuid.uuid4().hex
            try:
                sqs.send_message(QueueUrl=queue, MessageBody=marker)
            except Exception:  # any end of the connection, or a refusal: not acknowledged
                if not server.alive:
                    return
                continue
            with lock:
                acked[marker] = md5_of(marker)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, range(CLIENTS)))
    assert server.process.wait(30) not in (0, None), "the process has to end after a failed sync"

    calls = trace.read(log)
    failed = [call for call in calls if call.name == "fdatasync" and call.result == -1]
    assert len(failed) == 1, "the fault was not injected"
    _, early = trace.uncovered_sends(calls, acked)
    assert early == []
    late = [c.text[:160] for c in calls if c.is_reply and c.entered > failed[0].returned and '"MessageId"' in c.text]
    assert late == [], "acknowledged after the failed sync"
    assert "fdatasync" in server.log_tail() or "sync" in server.log_tail()

    server.wrapper = ()
    server.start()
    sqs = sqs_client(server.sqs_url)
    recovered = set()
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        recovered |= {message["Body"] for message in messages}
    assert acked.keys() <= recovered
    assert acked, "nothing was acknowledged before the fault"
