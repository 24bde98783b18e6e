"""A connection that speaks RESP, 2 or 3, and gives replies as values or as the bytes that came."""

import socket


class ReplyError(Exception):
    """An error reply. `code` is its first word."""

    @property
    def code(self) -> str:
        return str(self).split(" ", 1)[0]

    def __eq__(self, other):
        return isinstance(other, ReplyError) and str(self) == str(other)

    __hash__ = Exception.__hash__


class Push(list):
    """A push message of RESP3."""


class Connection:
    def __init__(self, port: int, protocol: int = 2, timeout: float = 30):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        if protocol != 2:
            self.call("HELLO", protocol)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send(self, *commands) -> None:
        """Commands, each a tuple of arguments, in one write."""
        self._socket.sendall(b"".join(map(encode, commands)))

    def call(self, *arguments):
        """The value of the reply. An error reply is raised."""
        self.send(arguments)
        value = self.read()
        if isinstance(value, ReplyError):
            raise value
        return value

    def pipeline(self, *commands) -> list:
        """The values of the replies; error replies stand among them."""
        self.send(*commands)
        return [self.read() for _ in commands]

    def read(self):
        return self.read_both()[0]

    def read_both(self) -> tuple[object, bytes]:
        """The next reply as a value, and its bytes."""
        parts = []
        return self._read(parts), b"".join(parts)

    def _take(self, parts: list, count: int | None = None) -> bytes:
        data = self._file.readline() if count is None else self._file.read(count)
        if not data.endswith(b"\r\n") or (count is not None and len(data) != count):
            raise ConnectionError("the server closed the connection")
        parts.append(data)
        return data[:-2]

    def _read(self, parts: list):
        line = self._take(parts)
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return rest
            case b"-":
                return ReplyError(rest.decode())
            case b":" | b"(":
                return int(rest)
            case b",":
                return float(rest)
            case b"_":
                return None
            case b"#":
                return rest == b"t"
        count = int(rest)
        if count < 0:
            return None
        match kind:
            case b"$":
                return self._take(parts, count + 2)
            case b"=":
                return self._take(parts, count + 2)[4:]
            case b"*":
                return [self._read(parts) for _ in range(count)]
            case b">":
                return Push(self._read(parts) for _ in range(count))
            case b"~":
                return {self._read(parts) for _ in range(count)}
            case b"%":
                return {self._read(parts): self._read(parts) for _ in range(count)}
        raise AssertionError(f"not the start of a reply: {line!r}")


def encode(arguments: tuple) -> bytes:
    words = [word if isinstance(word, bytes) else str(word).encode() for word in arguments]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
