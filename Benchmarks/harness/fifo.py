"""FIFO queues against standard queues, with many messages waiting."""

from comparisons import MESSAGES, REQUESTS, row_of
from load import LoadFailed
from storage import settle

# Each standard queue gets the same load, without what only FIFO queues have.
FIFO, STANDARD = "bench.fifo", "bench"
GROUPS = 100_000


def fifo(bench):
    """In many groups all connections receive. Of one group a single batch is in flight, so there one connection
    receives and deletes, on both sides."""
    for groups, receivers in ((GROUPS, 32), (1, 1)):
        where = f"{bench.backlog:,} waiting in {groups:,} groups" if groups > 1 else f"{bench.backlog:,} in one group"
        reports = bench.alternate({
            "roost": lambda: one_server(bench, FIFO, receivers, "--groups", str(groups), "--deduplicate"),
            "standard queue": lambda: one_server(bench, STANDARD, receivers),
        })
        yield row(reports, "send", f"FIFO SendMessage, 32 connections, {where}", REQUESTS)
        yield row(reports, "batch", f"FIFO SendMessageBatch of 10, 32 connections, {where}", MESSAGES)
        yield row(reports, "cycle", f"FIFO receive 10 + delete 10, {connections(receivers)}, {where}", MESSAGES)


def connections(count):
    return f"{count} connection" + ("s" if count > 1 else "")


def one_server(bench, queue, receivers, *marks):
    """All bodies in memory: what they cost when they are not is another comparison."""
    with bench.roost("--cache-bytes", "2GiB") as server:
        server.create_queue(queue, **({"FifoQueue": "true"} if queue == FIFO else {}))
        bench.load.fill(server, queue, bench.backlog, *marks)
        settle(server)
        report = {"cycle": receive(bench, server, queue, receivers)}
        bench.load.fill(server, queue, bench.backlog - server.waiting_or_in_flight(queue), *marks)
        settle(server)
        report["send"] = bench.load.run("send", server, 32, "--queue", queue, *marks)
        report["batch"] = bench.load.run("send-batch", server, 32, "--queue", queue, *marks)
        return report | {"otherCores": max(run["otherCores"] for run in report.values())}


def receive(bench, server, queue, connections):
    # Short: the backlog must not be used up.
    report = bench.load.run(
        "cycle", server, connections, "--queue", queue, duration=min(2, bench.load.duration))
    if report["emptyReceives"]:
        raise LoadFailed(f"{report['emptyReceives']} empty receives, {server.waiting(queue):,} waiting")
    return report


def row(reports, phase, what, figure):
    of_phase = {side: [report[phase] for report in sides] for side, sides in reports.items()}
    return row_of(what, "messages/s", figure, of_phase, "standard queue", 0.8)


ALL = {"fifo": fifo}
