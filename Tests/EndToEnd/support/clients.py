"""Clients of the servers under test: boto3 without retries, plain HTTP, and bytes on a socket."""

import json
import socket
import struct
import hashlib
import http.client
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

import boto3
import botocore.config
import botocore.exceptions

_session = boto3.session.Session(
    aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
)
_session_lock = threading.Lock()


def sqs_client(url: str, read_timeout: float = 30, connections: int = 50):
    """One attempt for each call: a retry would hide what the server did."""
    config = botocore.config.Config(
        retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=read_timeout,
        max_pool_connections=connections, proxies={},
    )
    with _session_lock:
        return _session.client("sqs", endpoint_url=url, config=config)


def error_of(call, **parameters) -> dict:
    """The error that the call ends with: code, query code (as `shape`), text and HTTP status."""
    try:
        reply = call(**parameters)
    except botocore.exceptions.ClientError as error:
        details = error.response["Error"]
        return {
            "code": details["Code"],
            "shape": details.get("QueryErrorCode"),
            "text": details["Message"],
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "headers": error.response["ResponseMetadata"]["HTTPHeaders"],
        }
    raise AssertionError(f"the call succeeded: {reply}")


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict = field(default_factory=dict)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def http_request(
    url: str, method: str = "GET", path: str | None = None, body: bytes | str | None = None,
    headers: dict | None = None, timeout: float = 30,
) -> Reply:
    """One request on a connection of its own. Header names of the reply are in lower case."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, path or parts.path or "/", body=body, headers=headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.read(), {name.lower(): value for name, value in response.getheaders()})
    finally:
        connection.close()


def json_request(url: str, method: str, path: str, value=None, headers: dict | None = None, **options) -> Reply:
    body = None if value is None else json.dumps(value)
    return http_request(
        url, method, path, body=body, headers={"Content-Type": "application/json"} | (headers or {}), **options
    )


def sqs_request(url: str, action: str, value, path: str = "/", headers: dict | None = None, **options) -> Reply:
    """An SQS call without an SDK, to see the reply as it is. `value` may be the bytes of the body."""
    body = value if isinstance(value, (bytes, str)) else json.dumps(value)
    sent = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
    return http_request(url, "POST", path, body=body, headers=sent | (headers or {}), **options)


def sqs_request_bytes(action: str, value, host: str = "127.0.0.1") -> bytes:
    """The same as bytes, for sockets."""
    body = json.dumps(value).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"X-Amz-Target: AmazonSQS.{action}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def connect(port: int, timeout: float = 30) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def reset(connection: socket.socket) -> None:
    """Closes with RST instead of FIN, as a process that is killed with unread data does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_until_closed(connection: socket.socket, timeout: float = 30) -> bytes:
    """All bytes until the peer closes. Raises TimeoutError when it does not."""
    connection.settimeout(timeout)
    received = bytearray()
    while True:
        try:
            chunk = connection.recv(65536)
        except ConnectionResetError:
            return bytes(received)
        if not chunk:
            return bytes(received)
        received += chunk


def read_replies(connection: socket.socket, count: int) -> list[Reply]:
    """`count` replies from one connection, pipelined or not."""
    replies = []
    # One buffered file for all replies: a reader for each would swallow the start of the next reply.
    stream = connection.makefile("rb")
    for _ in range(count):
        status = int(stream.readline().split()[1])
        headers = {}
        while (line := stream.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        replies.append(Reply(status, stream.read(int(headers.get("content-length", 0))), headers))
    return replies


def queue_info(server, name: str) -> dict:
    return json_request(server.http_url, "GET", f"/api/v1/queues/{name}").json


def wait_for(condition, seconds: float = 10, what: str = "the condition"):
    """Polls until `condition()` is true, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.01)


def wait_for_waiters(server, queue: str, count: int) -> None:
    """Until `count` receives wait in line at the queue."""
    wait_for(lambda: queue_info(server, queue)["waiters"] == count, what=f"{count} waiters at {queue}")


def md5_of(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def md5_of_attributes(attributes: dict) -> str:
    """The sum that SQS defines over message attributes: sorted by name; length and bytes of name, type and value."""
    digest = hashlib.md5()

    def add(data: bytes) -> None:
        digest.update(struct.pack(">I", len(data)) + data)

    for name in sorted(attributes):
        attribute = attributes[name]
        add(name.encode())
        add(attribute["DataType"].encode())
        if attribute["DataType"].startswith("Binary"):
            digest.update(b"\x02")
            add(attribute["BinaryValue"])
        else:
            digest.update(b"\x01")
            add(attribute["StringValue"].encode())
    return digest.hexdigest()
