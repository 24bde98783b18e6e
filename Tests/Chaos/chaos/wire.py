"""Two clients for the SQS port with one interface: `call(action, value)` gives the reply as a dictionary.

`Bare` speaks the AWS JSON protocol on one kept connection, with as little work as possible: it carries the bulk of the
load. `Boto` is boto3 with retries off, the client that users have. `Api` is for the JSON API on the HTTP port, whose
actions are paths. All tell apart what a caller may conclude:

- Refused: a complete reply that says no. Nothing has happened.
- NotSent: no connection. Nothing has happened.
- Lost: the connection broke after the request may have left. It may have happened.
- Late: no reply in time. It may happen yet.
"""

import json
import re
import socket

import botocore.exceptions
from support import clients

READ_SECONDS = 30


class Refused(Exception):
    def __init__(self, status: int, text: str):
        super().__init__(f"{status} {text}")
        self.status = status


class NotSent(Exception):
    pass


class Lost(Exception):
    pass


class Late(Exception):
    pass


class Bare:
    def __init__(self, port: int):
        self._port = port
        self._socket: socket.socket | None = None

    def call(self, action: str, value: dict) -> dict:
        status, body = self._exchange(action, json.dumps(value).encode())
        if status == 500:
            self._close()
            raise Lost(body)
        if status != 200:
            raise Refused(status, body.decode(errors="replace")[:300])
        return json.loads(body) if body else {}

    def _head(self, action: str) -> str:
        return (f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/x-amz-json-1.0\r\n"
                f"X-Amz-Target: AmazonSQS.{action}\r\n")

    def _exchange(self, action: str, body: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            try:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=READ_SECONDS)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                raise NotSent(str(error)) from None
        head = self._head(action) + f"Content-Length: {len(body)}\r\n\r\n"
        try:
            self._socket.sendall(head.encode() + body)
            return self._read_reply()
        except TimeoutError as error:
            self._close()
            raise Late(str(error)) from None
        except OSError as error:
            self._close()
            raise Lost(str(error)) from None

    def _read_reply(self) -> tuple[int, bytes]:
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        head, body = bytes(received[:end]).lower(), received[end + 4:]
        length = int(re.search(rb"\r\ncontent-length: *(\d+)", head)[1])
        while len(body) < length:
            body += self._receive()
        if b"\r\nconnection: close" in head:
            self._close()
        return int(head.split(b" ", 2)[1]), bytes(body)

    def _receive(self) -> bytes:
        chunk = self._socket.recv(1 << 18)
        if not chunk:
            raise ConnectionResetError("closed before the end of the reply")
        return chunk

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None


class Api(Bare):
    """`call("/queues/tasks/kick", {...})`."""

    def _head(self, action: str) -> str:
        return (f"POST /api/v1{action} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
                "Content-Type: application/json\r\n")


class Boto:
    def __init__(self, port: int):
        self._sqs = clients.sqs_client(f"http://127.0.0.1:{port}", read_timeout=READ_SECONDS)

    def call(self, action: str, value: dict) -> dict:
        function = getattr(self._sqs, re.sub(r"(?<!^)([A-Z])", r"_\1", action).lower())
        try:
            return function(**value)
        except botocore.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 500:
                raise Lost(str(error)) from None
            raise Refused(status, str(error)) from None
        except botocore.exceptions.EndpointConnectionError as error:
            raise NotSent(str(error)) from None
        except (botocore.exceptions.ReadTimeoutError, botocore.exceptions.ConnectTimeoutError) as error:
            raise Late(str(error)) from None
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            raise Lost(str(error)) from None
