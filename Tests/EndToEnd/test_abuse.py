"""Clients that start and stop, never read, send garbage: memory stays bounded, others are served."""

import os
import random
import re
import resource
import select
import socket
import threading
import time
import uuid

import pytest

from support.clients import (connect, http_request, md5_of, read_replies, read_until_closed, sqs_client, sqs_request,
                             sqs_request_bytes)

STALLED_CONNECTIONS = 10_000
RESIDENT_MEBIBYTES_MAX = 600
MEBIBYTE = 1_048_576
# Slow heads and bodies are cut off after about 10 s (docs/protocols/http.md); ours wait a good deal longer.
CUT_OFF_SECONDS_MAX = 45


@pytest.fixture
def sqs(server):
    return sqs_client(server.sqs_url, read_timeout=60)


@pytest.fixture
def queue(sqs):
    return sqs.create_queue(QueueName="abused")["QueueUrl"]


def raise_file_limit(wanted) -> int:
    """Gives how many files may be open, at most what was wanted."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


class PeakMemory:
    """Watches a server's resident memory while the block runs."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            peak = self.server.resident_mebibytes("VmHWM")
            assert peak < RESIDENT_MEBIBYTES_MAX, f"the server used {peak:.0f} MiB"


def healthy(sqs, queue):
    """A client that behaves is served."""
    body = f"healthy {random.random()}"
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    message = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]
    assert message["Body"] == body
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def stalled_request(port, path) -> bytes:
    return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"X-Amz-Target: AmazonSQS.SendMessage\r\nContent-Length: {MEBIBYTE}\r\n\r\n").encode()


def send_what_fits(connections, data):
    """The server may have stopped reading, or closed the connection: both are its right."""
    for connection in connections:
        try:
            connection.send(data)
        except (BlockingIOError, ConnectionError):
            pass


@pytest.mark.parametrize("door", ["sqs", "http"])
@pytest.mark.parametrize("pieces", [(100_000,), (4_000, 30_000, 66_000)], ids=["at once", "in pieces"])
def test_ten_thousand_bodies_that_start_and_stop(server, sqs, queue, door, pieces, report):
    count = min(STALLED_CONNECTIONS, raise_file_limit(STALLED_CONNECTIONS + 500) - 500)
    if count < STALLED_CONNECTIONS:
        report(f"stalled bodies: only {count} connections, the limit of open files allows no more")
    port, path = (server.sqs_port, "/") if door == "sqs" else (server.http_port, "/send-message")
    first, *rest = pieces
    start = stalled_request(port, path) + b'{"message":"' + b"x" * first
    connections = []
    with PeakMemory(server):
        try:
            for number in range(count):
                connections.append(connect(port))
                connections[-1].setblocking(False)
                send_what_fits(connections[-1:], start)
                if number % 2000 == 1999:
                    healthy(sqs, queue)
            for size in rest:
                send_what_fits(connections, b"x" * size)
                healthy(sqs, queue)
            assert http_request(server.http_url, "GET", "/livez").status == 200
        finally:
            for connection in connections:
                connection.close()
        healthy(sqs, queue)
        peak = server.resident_mebibytes("VmHWM")
        report(f"stalled bodies at the {door} port: {count} connections, {peak:.0f} MiB")


def test_clients_that_never_read(server, sqs, queue, report):
    """50 clients ask 40 times for one mebibyte each and read nothing: two gigabytes of replies."""
    sqs.send_message(QueueUrl=queue, MessageBody="x" * MEBIBYTE)
    request = sqs_request_bytes("ReceiveMessage", {"QueueUrl": queue, "VisibilityTimeout": 0})
    connections = []
    with PeakMemory(server):
        try:
            for _ in range(50):
                connection = connect(server.sqs_port)
                connection.sendall(request * 40)
                connections.append(connection)
            other = sqs.create_queue(QueueName="other")["QueueUrl"]
            for _ in range(20):
                healthy(sqs, other)
                time.sleep(0.1)
        finally:
            for connection in connections:
                connection.close()
        healthy(sqs, other)
    report(f"clients that never read: {server.resident_mebibytes('VmHWM'):.0f} MiB")


def test_web_clients_that_never_read(server, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x" * MEBIBYTE)
    request = "GET /api/v1/queues/abused/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    connections = []
    with PeakMemory(server):
        for _ in range(50):
            connection = connect(server.http_port)
            connection.sendall(request * 40)
            connections.append(connection)
        other = sqs.create_queue(QueueName="other")["QueueUrl"]
        for _ in range(20):
            healthy(sqs, other)
            assert http_request(server.http_url, "GET", "/api/v1/queues").status == 200
            time.sleep(0.1)
        for connection in connections:
            connection.close()


def trickle(connections, piece, seconds, ended):
    """Writes a byte to each connection every half second until the other side closes."""
    end = time.monotonic() + seconds
    open_ones = dict(connections)
    while open_ones and time.monotonic() < end:
        for name, connection in list(open_ones.items()):
            try:
                if name.endswith("trickles"):
                    connection.send(piece)
                readable, _, _ = select.select([connection], [], [], 0)
                if readable and not connection.recv(65536):
                    raise ConnectionResetError
            except (ConnectionError, OSError):
                ended[name] = time.monotonic()
                del open_ones[name]
        time.sleep(0.5)
    return list(open_ones)


def test_slow_heads_and_bodies_are_cut_off(server, sqs, queue):
    connections = {}
    for door, port, path in (("sqs", server.sqs_port, "/"), ("http", server.http_port, "/send-message")):
        for part, data in (("head", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "),
                           ("body", stalled_request(port, path) + b'{"message":"')):
            for pace in ("stops", "trickles"):
                connection = connect(port)
                connection.sendall(data)
                connections[f"{door} {part} {pace}"] = connection
    ended = {}
    left = trickle(connections, b"x", CUT_OFF_SECONDS_MAX, ended)
    assert left == [], "still open"
    healthy(sqs, queue)


def test_a_slow_client_that_makes_progress_is_served(server, sqs, queue):
    """40 KiB/s for five seconds: slow, but no reason to cut it off."""
    body = "x" * 200_000
    data = sqs_request_bytes("SendMessage", {"QueueUrl": queue, "MessageBody": body})
    connection = connect(server.sqs_port)
    for start in range(0, len(data), 20_000):
        connection.sendall(data[start:start + 20_000])
        time.sleep(0.5)
    assert read_replies(connection, 1)[0].json["MD5OfMessageBody"] == md5_of(body)
    connection.close()


def test_long_polls_are_not_cut_off(server, sqs, queue):
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=15)


def test_pipelined_requests_are_answered_in_order(server, sqs, queue):
    bodies = [f"pipelined {number}" for number in range(50)]
    connection = connect(server.sqs_port)
    connection.sendall(b"".join(sqs_request_bytes("SendMessage", {"QueueUrl": queue, "MessageBody": body})
                                for body in bodies))
    replies = read_replies(connection, len(bodies))
    assert [reply.json["MD5OfMessageBody"] for reply in replies] == [md5_of(body) for body in bodies]
    connection.close()


def test_a_waiting_poll_holds_back_what_is_pipelined_after_it(server, sqs, queue):
    connection = connect(server.sqs_port)
    connection.sendall(sqs_request_bytes("ReceiveMessage", {"QueueUrl": queue, "WaitTimeSeconds": 2})
                       + sqs_request_bytes("GetQueueUrl", {"QueueName": "abused"}))
    first, second = read_replies(connection, 2)
    assert first.json == {}
    assert second.json["QueueUrl"].endswith("/abused")
    connection.close()


def test_a_request_in_single_bytes(server, sqs, queue):
    connection = connect(server.sqs_port)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in sqs_request_bytes("SendMessage", {"QueueUrl": queue, "MessageBody": "in single bytes"}):
        connection.sendall(bytes([byte]))
    assert read_replies(connection, 1)[0].json["MD5OfMessageBody"] == md5_of("in single bytes")
    connection.close()


def test_half_a_request_has_no_effect(server, sqs, queue):
    data = sqs_request_bytes("SendMessage", {"QueueUrl": queue, "MessageBody": "never"})
    for length in (1, 20, len(data) // 2, len(data) - 1):
        connection = connect(server.sqs_port)
        connection.sendall(data[:length])
        connection.close()
    connection = connect(server.sqs_port)
    connection.sendall(data[:-1])
    connection.shutdown(socket.SHUT_WR)
    assert b"200 OK" not in read_until_closed(connection, 60)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def head(*lines) -> bytes:
    return "\r\n".join(["POST / HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()


BODY = b'{"QueueName": "smuggled"}'
TARGET = "X-Amz-Target: AmazonSQS.CreateQueue"
CHUNKED = "Transfer-Encoding: chunked"
LENGTH = f"Content-Length: {len(BODY)}"
ONE_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


@pytest.mark.parametrize("data", [
    pytest.param(head(TARGET, LENGTH, CHUNKED) + ONE_CHUNK, id="length and chunked"),
    pytest.param(head(TARGET, LENGTH, "Content-Length: 5") + BODY, id="two lengths"),
    pytest.param(head(TARGET, "Content-Length: -1") + BODY, id="negative length"),
    pytest.param(head(TARGET, f"Content-Length: +{len(BODY)}") + BODY, id="signed length"),
    pytest.param(head(TARGET, "Content-Length: 99999999999999999999") + BODY, id="length beyond 64 bits"),
    pytest.param(head(TARGET, "Content-Length: 9223372036854775807") + BODY, id="the largest length"),
    pytest.param(head(TARGET, "Content-Length: 0x19") + BODY, id="hexadecimal length"),
    pytest.param(head(TARGET, "Transfer-Encoding: xchunked") + ONE_CHUNK, id="unknown coding"),
    pytest.param(head(TARGET, "Transfer-Encoding: chunked, identity") + ONE_CHUNK, id="chunked is not last"),
    pytest.param(head(TARGET, CHUNKED) + b"fffffffffffffffff\r\n" + BODY, id="chunk beyond 64 bits"),
    pytest.param(head(TARGET, CHUNKED) + b"zz\r\n" + BODY, id="chunk size that is no number"),
    pytest.param(head(TARGET, LENGTH.replace(":", " :")) + BODY, id="space before the colon"),
    pytest.param(head(TARGET, LENGTH, "Host: other") + BODY, id="two hosts"),
    pytest.param(head(TARGET, LENGTH, "X-Folded: a\r\n b") + BODY, id="folded line"),
    pytest.param(head(TARGET, LENGTH).replace(b"Host: 127.0.0.1\r\n", b"") + BODY, id="no host"),
    pytest.param(head(TARGET, LENGTH, "X-Null: a\0b") + BODY, id="NUL in a field"),
    pytest.param(head(TARGET, LENGTH, *(f"X-{n}: y" for n in range(2000))) + BODY, id="2,000 fields"),
    pytest.param(head(TARGET, LENGTH, "X-Long: " + "y" * 200_000) + BODY, id="a field of 200 kB"),
    pytest.param(head(TARGET, LENGTH).replace(b"POST /", b"POST /" + b"y" * 200_000) + BODY, id="a path of 200 kB"),
    pytest.param(head(TARGET, f"Content-Length: {64 * MEBIBYTE}") + b"y" * 100_000, id="64 MiB declared"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500, id="TLS"),
    pytest.param(b"*1\r\n$4\r\nPING\r\n", id="Redis protocol"),
    pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
    pytest.param(b"\x00" * 1000, id="zeros"),
    pytest.param(b"GET\r\n\r\n", id="no target"),
])
@pytest.mark.parametrize("door", ["sqs", "http"])
def test_malformed_requests(shared_server, door, data):
    """Refused and closed, with nothing done; a request that hides behind them is not read."""
    name = uuid.uuid4().hex[:len("smuggled")]
    data = (data + head(TARGET, LENGTH) + BODY).replace(b"smuggled", name.encode())
    connection = connect(shared_server.sqs_port if door == "sqs" else shared_server.http_port)
    try:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the server has closed already
    received = read_until_closed(connection, 60)
    assert not received.startswith(b"HTTP/1.1 2"), received[:200]
    assert len(re.findall(rb"HTTP/1\.1 \d\d\d ", received)) <= 1, "the connection is closed after the first refusal"
    assert name not in http_request(shared_server.http_url, "GET", f"/api/v1/queues?prefix={name}").text
    connection.close()


def test_compressed_requests_are_refused(server):
    reply = sqs_request(server.sqs_url, "CreateQueue", BODY, headers={"Content-Encoding": "gzip"})
    assert reply.status == 415


def test_chunked_bodies_work(server, sqs, queue):
    body = sqs_request_bytes("SendMessage", {"QueueUrl": queue, "MessageBody": "chunked"}).partition(b"\r\n\r\n")[2]
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[n:n + 7]), body[n:n + 7]) for n in range(0, len(body), 7))
    connection = connect(server.sqs_port)
    connection.sendall(head("X-Amz-Target: AmazonSQS.SendMessage", CHUNKED) + pieces + b"0\r\n\r\n")
    assert read_replies(connection, 1)[0].json["MD5OfMessageBody"] == md5_of("chunked")
    connection.close()


def test_expect_continue(server, sqs, queue):
    body = b'{"QueueName": "expected"}'
    connection = connect(server.sqs_port)
    connection.sendall(head(TARGET, f"Content-Length: {len(body)}", "Expect: 100-continue"))
    connection.settimeout(10)
    interim = connection.recv(65536)
    assert interim.startswith(b"HTTP/1.1 100 ")
    connection.sendall(body)
    assert read_replies(connection, 1)[0].json["QueueUrl"].endswith("/expected")
    connection.close()


def test_random_bytes(server, sqs, queue, seed):
    """Valid requests with a few bytes changed, cut or doubled, at both ports."""
    chance = random.Random(seed)
    valid = [
        sqs_request_bytes("SendMessage", {
            "QueueUrl": queue, "MessageBody": "x", "DelaySeconds": 1,
            "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}}}),
        sqs_request_bytes("ReceiveMessage", {"QueueUrl": queue, "MaxNumberOfMessages": 10}),
        b"GET /receive-message?count=4 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b'POST /send-message HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 15\r\n\r\n{"message":"x"}',
    ]
    for _ in range(1500):
        data = bytearray(chance.choice(valid))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0: data[place] = chance.randrange(256)
                case 1: del data[place:place + chance.randint(1, 8)]
                case 2: data[place:place] = data[place:place + chance.randint(1, 8)]
            if not data:
                break
        connection = connect(chance.choice((server.sqs_port, server.http_port)))
        try:
            connection.sendall(bytes(data))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)
        except OSError:
            pass
        connection.close()
    assert server.alive
    sqs.purge_queue(QueueUrl=queue)
    healthy(sqs, queue)


def test_many_connections_come_and_go(server, sqs, queue):
    """No connection leaves a file open behind it."""
    def open_files():
        return len(os.listdir(f"/proc/{server.pid}/fd"))

    healthy(sqs, queue)
    before = open_files()
    for _ in range(2000):
        connect(server.sqs_port).close()
        connect(server.http_port).close()
    healthy(sqs, queue)
    end = time.monotonic() + 20
    while open_files() > before + 20:
        assert time.monotonic() < end, f"{before} files before, {open_files()} now"
        time.sleep(0.1)


def test_healthy_client_beside_a_flood(server, sqs, queue):
    """Four clients that send garbage as fast as they can do not keep one that behaves from its work."""
    stop = threading.Event()

    def flood():
        while not stop.is_set():
            try:
                with connect(server.sqs_port, timeout=5) as connection:
                    connection.sendall(b"\xff" * 4096)
                    connection.recv(65536)
            except OSError:
                pass

    threads = [threading.Thread(target=flood, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            healthy(sqs, queue)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def test_content_that_is_not_for_an_action(server):
    assert sqs_request(server.sqs_url, "SendMessage", b"x" * 1000).status == 400
    assert http_request(server.sqs_url, "POST", "/", body=b"{}").status == 400
    assert http_request(server.sqs_url, "GET", "/").status in (400, 404, 405)
    assert http_request(server.sqs_url, "PUT", "/", body=b"{}").status in (400, 404, 405)
