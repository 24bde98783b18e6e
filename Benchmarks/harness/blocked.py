"""Many Redis clients that wait in BRPOP on one list: what they cost, and how soon one of them is woken."""

import resource
import select
import socket
import statistics
import time

from comparisons import Row, others_note
from load import OtherWork
from memory import status_bytes

MIB = 1 << 20
LIST = "waiting"
# Pushes a second.
RATE = 500
SECONDS = 10
# Longer than any wake-up that is still one.
WAKE_SECONDS_MAX = 10
REPLY_BYTES = 4096


def request(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in map(str.encode, words))


class Waiters:
    """Connections of which each has a BRPOP under way, in the order in which they began to wait."""

    def __init__(self, port, count):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, count + 100), hard), hard))
        self.epoll = select.epoll()
        self.sockets = {}
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", port))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[client.fileno()] = client
            self.epoll.register(client.fileno(), select.EPOLLIN)
            self.wait(client)

    def wait(self, client):
        client.sendall(request("BRPOP", LIST, "0"))

    def woken(self, seconds):
        return [self.sockets[number] for number, _ in self.epoll.poll(seconds)]

    def close(self):
        self.epoll.close()
        for client in self.sockets.values():
            client.close()


def ask(connection, *words):
    connection.sendall(request(*words))
    return connection.recv(1 << 16)


def until_blocked(connection, count):
    while b"blocked_clients:%d\r\n" % count not in ask(connection, "INFO", "clients"):
        time.sleep(0.05)


def idle_percent(server):
    """Of a core, while nothing happens."""
    before, start = OtherWork(server.pid).server(), time.monotonic()
    time.sleep(SECONDS)
    return 100 * (OtherWork(server.pid).server() - before) / (time.monotonic() - start)


def wake_ups(waiters, connection):
    """Milliseconds from each push to the element at the client that was woken by it: exactly one, the first in line."""
    seconds, line = [], list(waiters.sockets.values())
    for number in range(RATE * SECONDS):
        time.sleep(1 / RATE)
        element = f"element {number}"
        start = time.monotonic()
        connection.sendall(request("LPUSH", LIST, element))
        woken = waiters.woken(WAKE_SECONDS_MAX)
        seconds.append(time.monotonic() - start)
        first = line[number % len(line)]
        if woken != [first]:
            raise RuntimeError(f"a push woke {len(woken)} clients, or another than the first in line")
        if element.encode() not in first.recv(REPLY_BYTES):
            raise RuntimeError("the client that was woken got something else than was pushed")
        connection.recv(REPLY_BYTES)
        waiters.wait(first)
    if waiters.woken(0.1):
        raise RuntimeError("clients were woken for nothing")
    return [1000 * second for second in seconds]


def waiting(bench):
    with bench.roost(redis=True) as server:
        others = OtherWork(server.pid)
        connection = socket.create_connection(("127.0.0.1", server.redis_port))
        waiters = Waiters(server.redis_port, bench.pollers)
        try:
            until_blocked(connection, bench.pollers)
            idle = idle_percent(server)
            milliseconds = sorted(wake_ups(waiters, connection))
        finally:
            waiters.close()
            connection.close()
        return {
            "wakeP50": statistics.median(milliseconds),
            "wakeP99": milliseconds[len(milliseconds) * 99 // 100],
            "wakeMax": milliseconds[-1],
            "idlePercent": idle,
            "peak": status_bytes(server.pid, ("VmHWM",))["VmHWM"],
            "otherCores": others.cores(),
        }


def blocked(bench):
    reports = bench.alternate({"roost": lambda: waiting(bench)})["roost"]

    def middle(name):
        return statistics.median(report[name] for report in reports)

    yield Row(f"wake-up p99, {bench.pollers:,} clients in BRPOP on one list", "ms", middle("wakeP99"), ceiling=5,
              runs={"roost": reports},
              note=f"p50 {middle('wakeP50'):.2f} ms, longest {middle('wakeMax'):.2f} ms, {RATE} pushes a second, each "
                   "woke the first in line and nobody else" + others_note(reports))
    yield Row("... processor time while nothing is pushed", "%", middle("idlePercent"), ceiling=3,
              note=f"of a core, over {SECONDS} s")
    yield Row("... peak resident memory (VmHWM)", "MiB", middle("peak") / MIB)


ALL = {"redis-blocked": blocked}
