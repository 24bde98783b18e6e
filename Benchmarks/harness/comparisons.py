"""What the broker must reach, one function each. A function yields rows."""

import os
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Optional

import signatures
from load import OTHER_CORES_MAX, OtherWork, alternate, median_report, undisturbed
from servers import Redis, Roost, Yardstick

REQUESTS = "requestsPerSecond"
MESSAGES = "messagesPerSecond"


@dataclass
class Row:
    what: str
    unit: str
    roost: float
    peer_name: str = ""
    peer: Optional[float] = None
    floor: Optional[float] = None
    ceiling: Optional[float] = None
    # Of the ratio.
    ratio_ceiling: Optional[float] = None
    note: str = ""
    runs: dict = field(default_factory=dict)

    @property
    def ratio(self):
        return self.roost / self.peer if self.peer else None

    @property
    def verdict(self):
        if self.ceiling is not None:
            return "ok" if self.roost <= self.ceiling else "MISSED"
        if self.ratio_ceiling is not None:
            return "ok" if self.ratio <= self.ratio_ceiling else "MISSED"
        if self.floor is None:
            return ""
        return "ok" if (self.roost if self.peer is None else self.ratio) >= self.floor else "MISSED"


@dataclass
class Bench:
    """What every comparison needs."""

    disk: str
    load: object
    roost_program: str
    yardstick_program: str
    slow_sync: str
    runs: int
    backlog: int
    waits_for_idle: bool = False
    backlog_messages: int = 10_000_000
    pollers: int = 10_000
    queues: int = 1_000_000
    recovery_messages: int = 10_000_000
    garbage_messages: int = 500_000
    minute: float = 60
    minute_runs: int = 3
    starts: int = 3
    segment_bytes: Optional[str] = None
    snapshot_bytes: Optional[str] = None
    baseline: Optional[str] = None
    # Of redis-keys; all when it is empty.
    commands: Optional[list] = None
    has_told_of_group: bool = False

    def alternate(self, sides, runs=None):
        prepare = undisturbed if self.waits_for_idle else lambda make_run: make_run()
        return alternate(runs or self.runs, sides, prepare)

    def roost(self, *options, program=None, **more):
        return Roost(self.disk, program or self.roost_program, options, slow_sync=self.slow_sync, **more)

    def yardstick(self, kind):
        return Yardstick(self.disk, self.yardstick_program, kind)


def compare(bench, what, unit, figure, roost, peer_name, peer, floor):
    reports = bench.alternate({"roost": roost, peer_name: peer})
    return row_of(what, unit, figure, reports, peer_name, floor)


def row_of(what, unit, figure, reports, peer_name, floor):
    ours, theirs = (median_report(reports[name], figure) for name in ("roost", peer_name))
    note = cost_note(ours, theirs) + others_note(reports["roost"], reports[peer_name])
    return Row(what, unit, ours[figure], peer_name, theirs[figure], floor, note=note,
               runs={"roost": reports["roost"], peer_name: reports[peer_name]})


def others_note(*sides):
    """What makes a figure doubtful: processors that others used in the runs."""
    cores = [report["otherCores"] for reports in sides for report in reports if "otherCores" in report]
    busy = statistics.median(cores) if cores else 0
    return f", others used {busy:.1f} cores" if busy >= OTHER_CORES_MAX else ""


def cost_note(ours, theirs=None):
    def cost(report):
        return report.get("serverCPUMicrosecondsPerRequest")

    text = f"p50 {ours['p50Microseconds'] / 1000:.2f} p99 {ours['p99Microseconds'] / 1000:.2f} ms"
    if cost(ours):
        text += f", cpu {cost(ours):.1f}"
        text += f" / {cost(theirs):.1f} us" if theirs and cost(theirs) else " us"
    return text


def constant(bench):
    with bench.roost() as server:
        request = server.constant_request()

    def run(make_server):
        with make_server() as server:
            return bench.load.run("constant", server, 32, *request)

    yield compare(
        bench, f"constant reply on the SQS port ({request[1]} /health), 32 connections", "requests/s", REQUESTS,
        lambda: run(bench.roost), "yardstick constant", lambda: run(lambda: bench.yardstick("constant")), 0.85)


def send_run(bench, connections, *options, scenario="send", **more):
    with bench.roost(*options, **more) as server:
        server.create_queue("bench")
        return bench.load.run(scenario, server, connections)


def send(bench):
    def peer(connections):
        with bench.yardstick("append") as server:
            return bench.load.run("constant", server, connections)

    for connections, floor in ((32, 0.75), (256, 0.65)):
        yield compare(
            bench, f"SendMessage, {connections} connections", "messages/s", REQUESTS,
            lambda: send_run(bench, connections), "yardstick append", lambda: peer(connections), floor)


def signed(bench):
    """The same bytes to a server that verifies their signature, and to one that has no keys."""
    connections = 32

    def run(**more):
        with bench.roost(**more) as server:
            server.create_queue_without_signature("bench")
            path = os.path.join(server.data, "request")
            with open(path, "wb") as file:
                file.write(signatures.send_message(server.port, server.queue_url("bench")))
            return bench.load.run("constant", server, connections, "--request-file", path)

    yield compare(
        bench, f"SendMessage with a signature, {connections} connections", "messages/s", REQUESTS,
        lambda: run(variables=signatures.ENVIRONMENT), "roost without keys", run, 0.85)


def query(bench):
    """The same message by both protocols, each as the SDK sends it that speaks it."""
    connections = 32
    yield compare(
        bench, f"SendMessage by the Query protocol, {connections} connections", "messages/s", REQUESTS,
        lambda: send_run(bench, connections, scenario="send-query"), "roost, JSON",
        lambda: send_run(bench, connections), 0.7)


def redis(bench):
    """LPUSH from our own generator, and from redis-benchmark: its figure is the one that others know."""
    if not shutil.which("redis-server") or not shutil.which("redis-benchmark"):
        raise RuntimeError("redis-server is not installed (Debian, Ubuntu: apt-get install redis-server)")
    connections = 50

    def lpush():
        with Redis(bench.disk) as server:
            return bench.load.run("redis-lpush", server, connections)

    def redis_benchmark():
        with Redis(bench.disk) as server:
            command = ["redis-benchmark", "-p", str(server.port), "-t", "lpush", "-d", "100", "-c", str(connections),
                       "-n", str(int(bench.load.duration * 60_000)), "--csv"]
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        values = [float(cell.strip('"')) for cell in output.strip().splitlines()[-1].split(",")[1:]]
        rate, _, _, p50, _, p99, _ = values
        return {REQUESTS: rate, "p50Microseconds": p50 * 1000, "p99Microseconds": p99 * 1000}

    names = ("redis, our LPUSH", "redis-benchmark lpush")
    reports = bench.alternate(
        {"roost": lambda: send_run(bench, connections), names[0]: lpush, names[1]: redis_benchmark})
    for name in names:
        yield row_of(f"SendMessage, {connections} connections", "messages/s", REQUESTS, reports, name, 0.5)


def batch(bench):
    connections = 32
    reports = bench.alternate({"roost": lambda: send_run(bench, connections, scenario="send-batch")})["roost"]
    ours = median_report(reports, MESSAGES)
    yield Row(f"SendMessageBatch of 10, {connections} connections", "messages/s", ours[MESSAGES], floor=200_000,
              note=cost_note(ours), runs={"roost": reports})


def cycle(bench):
    """The absolute rate is that of receive and delete alone; the backlog sinks meanwhile. For the ratio the backlog
    must hold still, so both sides also send ten for each ten deleted."""
    connections, few, many = 32, 1_000, bench.backlog
    plain = []

    def without_refill(server):
        # Short: at 200,000 messages/s a backlog of 1,000,000 is gone in five seconds.
        report = bench.load.run("cycle", server, connections, duration=min(2, bench.load.duration))
        report["left"] = server.waiting("bench")
        if report["emptyReceives"]:
            raise RuntimeError(f"the backlog of {many:,} was used up: raise --backlog or lower --duration")
        return report

    def refilled(waiting):
        with bench.roost() as server:
            server.create_queue("bench")
            bench.load.fill(server, "bench", waiting)
            report = bench.load.run("cycle", server, connections, "--refill")
            if waiting == many:
                plain.append(without_refill(server))
            return report

    names = ("roost", f"roost, {few:,} waiting")
    reports = bench.alternate({names[0]: lambda: refilled(many), names[1]: lambda: refilled(few)})
    ours = median_report(plain, MESSAGES)
    left = min(report["left"] for report in plain)
    yield Row(f"receive 10 + delete 10, {many:,} waiting at the start", "messages/s", ours[MESSAGES], floor=120_000,
              note=f"{cost_note(ours)}, at least {left:,} left", runs={"roost": plain})
    yield row_of(f"receive 10 + delete 10 + send 10, {many:,} waiting", "messages/s", MESSAGES, reports, names[1], 0.9)


def turns(bench):
    """The longest turn of the core so far, after each of three phases on one server."""
    limit_ms = 5.0
    reports = bench.alternate({"roost": lambda: turns_of_one_server(bench)})["roost"]
    phases = {
        "sent": f"{bench.backlog:,} messages sent",
        "purged": "... and purged",
        "expired": "... and expired at one instant",
    }
    for phase, what in phases.items():
        longest = statistics.median(report[phase] for report in reports)
        stalls = [report[f"{phase}Stall"] for report in reports if f"{phase}Stall" in report]
        note = f"a send to another queue took up to {statistics.median(stalls):.1f} ms" if stalls else ""
        yield Row(f"longest turn of the core: {what}", "ms", longest, ceiling=limit_ms, note=note,
                  runs={"roost": reports})


def turns_of_one_server(bench):
    report = {}
    with bench.roost() as server:
        others = OtherWork(server.pid)
        for queue in ("sent", "other"):
            server.create_queue(queue)
        bench.load.fill(server, "sent", bench.backlog)
        report["sent"] = longest_turn_ms(server)
        report["purgedStall"] = longest_send_during(bench, server, lambda: server.purge("sent"))
        report["purged"] = longest_turn_ms(server)
        bench.load.fill(server, "sent", bench.backlog)
        report["expiredStall"] = longest_send_during(bench, server, lambda: server.set_retention("sent", 1))
        report["expired"] = longest_turn_ms(server)
        report["otherCores"] = others.cores()
    return report


def longest_turn_ms(server):
    seconds = server.metric(r"roost_core_turn_seconds_max")
    if seconds is None:
        raise RuntimeError("/metrics has no roost_core_turn_seconds_max")
    return seconds * 1000


def longest_send_during(bench, server, empty, seconds_max=120):
    """Milliseconds of the longest SendMessage of one connection to another queue, while the queue `sent` is emptied and
    until nothing waits there any more."""
    reports = []
    sender = threading.Thread(target=lambda: reports.append(bench.load.run("send", server, 1, "--queue", "other")))
    sender.start()
    time.sleep(bench.load.warm_up + bench.load.duration / 8)
    empty()
    deadline = time.monotonic() + seconds_max
    while server.waiting("sent") > 0:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{server.waiting('sent')} messages are left after {seconds_max} s")
        time.sleep(0.05)
    sender.join()
    if not reports:
        raise RuntimeError("the sends to another queue failed")
    return reports[0]["maxMicroseconds"] / 1000


def modes(bench):
    """Where the core runs: for the decision record, no floors."""
    engines = {
        "inline, 1 loop": ("--engine", "inline"),
        "threaded, 1 loop": ("--engine", "threaded", "--loops", "1"),
        "threaded, 2 loops": ("--engine", "threaded", "--loops", "2"),
    }
    for delay_us in (0, 5000):
        disk = f"fdatasync + {delay_us / 1000:g} ms" if delay_us else "this disk"
        for connections in (32, 256):
            sides = {
                name: (lambda options=options: send_run(bench, connections, *options, sync_delay_us=delay_us))
                for name, options in engines.items()
            }
            reports = bench.alternate(sides)
            inline = median_report(reports["inline, 1 loop"], REQUESTS)[REQUESTS]
            for name in engines:
                middle = median_report(reports[name], REQUESTS)
                yield Row(f"{disk}, {connections} connections: {name}", "messages/s", middle[REQUESTS],
                          "inline, 1 loop", inline, note=cost_note(middle), runs={name: reports[name]})


ALL = {function.__name__: function for function in (constant, send, signed, query, redis, batch, cycle, turns)}
EXTRA = {"modes": modes}
