"""Many connections that wait in long polls, and many queues that come and go."""

import statistics
import time

from comparisons import Row, others_note
from load import OtherWork
from memory import status_bytes
from storage import SNAPSHOTS, settle

MIB = 1 << 20
# Of a long poll, and so of the time in which each connection renews its poll once.
WAIT_SECONDS = 20
# Wake-ups a second.
RATE = 500
# Seconds before a run of pollers: they have to connect.
CONNECT_SECONDS = 3


def pollers(bench):
    reports = bench.alternate({"roost": lambda: waiting(bench)})["roost"]
    many = f"{bench.pollers:,} connections waiting on {bench.pollers:,} queues"

    def middle(name):
        return statistics.median(report[name] for report in reports)

    yield Row(f"wake-up p99, {many}", "ms", middle("wakeP99"), ceiling=5, runs={"roost": reports},
              note=f"p50 {middle('wakeP50'):.2f} ms, longest {middle('wakeMax'):.2f} ms, {RATE} a second"
                   + others_note(reports))
    yield Row("... processor time while nothing is sent", "%", middle("idlePercent"), ceiling=3,
              note=f"of a core, over {WAIT_SECONDS} s, in which {middle('renewed'):,.0f} polls were renewed")
    yield Row("... peak resident memory (VmHWM)", "MiB", middle("peak") / MIB, ceiling=200)
    yield from queues(bench)


def waiting(bench):
    with bench.roost() as server:
        bench.load.all_of("make-queues", server, "q", bench.pollers, 32)
        warm_up, bench.load.warm_up = bench.load.warm_up, CONNECT_SECONDS
        try:
            idle = bench.load.run("poll", server, bench.pollers, "--queue", "q", "--rate", "0", duration=WAIT_SECONDS)
            woken = bench.load.run("poll", server, bench.pollers, "--queue", "q", "--rate", str(RATE),
                                   duration=WAIT_SECONDS / 2)
        finally:
            bench.load.warm_up = warm_up
        busy = idle["serverCPUMicrosecondsPerRequest"] * idle["requests"] / 1e6
        return {
            "wakeP50": woken["dwellP50Microseconds"] / 1000,
            "wakeP99": woken["dwellP99Microseconds"] / 1000,
            "wakeMax": woken["dwellMaxMicroseconds"] / 1000,
            "idlePercent": 100 * busy / idle["seconds"],
            "renewed": idle["requests"],
            "peak": status_bytes(server.pid, ("VmHWM",))["VmHWM"],
            "otherCores": max(idle["otherCores"], woken["otherCores"]),
        }


def queues(bench):
    """Once: the figure is no rate, and the run is long. Snapshots come often, so that the memory that they and cleaning
    need is there after the first part: what comes on top would be that of queues."""
    first = bench.queues * 3 // 10
    with bench.roost("--snapshot-bytes", "4MiB") as server:
        others = OtherWork(server.pid)
        before = turned_over(bench, server, "first", first)
        after = turned_over(bench, server, "more", bench.queues)
        note = others_note([{"otherCores": others.cores()}])
        seconds = after["seconds"]
    yield Row(f"resident memory after {bench.queues:,} queues created and deleted, {alive(bench):,} at a time", "MiB",
              after["resident"] / MIB, f"after the first {first:,}", before["resident"] / MIB, ratio_ceiling=1.1,
              note=f"in {seconds:.0f} s, by the SQS API; snapshots {before[SNAPSHOTS]:.0f}, then "
                   f"{after[SNAPSHOTS]:.0f}{note}", runs={"roost": [before, after]})


def alive(bench):
    """How many are there at once: as many after the first part as later."""
    return min(10_000, bench.queues // 10)


def turned_over(bench, server, name, count):
    report = bench.load.all_of("turn-over-queues", server, name, count, 32, "--alive", str(alive(bench)))
    settle(server)
    time.sleep(1)
    resident = status_bytes(server.pid, ("VmRSS",))["VmRSS"]
    return report | {"resident": resident, SNAPSHOTS: server.metric(SNAPSHOTS)}


ALL = {"pollers": pollers}
