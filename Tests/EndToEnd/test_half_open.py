"""A client whose machine is gone without a word is found by keepalive."""

import socket
import time

import pytest
from support.resp import Connection, encode

TCP_REPAIR = 19
KEEPALIVE_SECONDS = 60
PATIENCE_SECONDS = 30


def vanish(client: socket.socket) -> None:
    """Ends the socket, and the other side hears nothing of it (tcp(7), TCP_REPAIR)."""
    try:
        client.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except PermissionError:
        pytest.skip("only root may end a connection without a word")
    client.close()


def blocked_clients(connection: Connection) -> int:
    lines = connection.call("INFO", "clients").decode().splitlines()
    return int(next(line for line in lines if line.startswith("blocked_clients:")).partition(":")[2])


def test_a_vanished_client_waits_no_longer(new_server):
    server = new_server(redis=True).start()
    client = socket.create_connection(("127.0.0.1", server.redis_port))
    client.sendall(encode(("BRPOP", "list", 0)))
    with Connection(server.redis_port) as connection:
        while blocked_clients(connection) == 0:
            time.sleep(0.01)
        vanish(client)
        start = time.monotonic()
        while blocked_clients(connection):
            assert time.monotonic() - start < KEEPALIVE_SECONDS + PATIENCE_SECONDS, "nobody asked whether it is there"
            time.sleep(0.5)
        assert connection.call("LPUSH", "list", "x") == 1
        assert connection.call("LRANGE", "list", 0, -1) == [b"x"]
