"""What a group with a backlog does to the others of a standard queue."""

import dataclasses

from comparisons import row_of

BACKLOG = 100_000
GROUPS = 20
CONSUMERS = 8
# A second, of all groups together.
SENDS = 200
RECEIVES = 200
P50, P99 = "dwellP50Microseconds", "dwellP99Microseconds"


def fairness(bench):
    """Dwell time of the quiet groups. Consumers receive at a pace that does not depend on what there is."""
    reports = bench.alternate({
        "roost": lambda: dwell(bench, has_backlog=True),
        "without the backlog": lambda: dwell(bench, has_backlog=False),
    })
    for figure, name in ((P50, "p50"), (P99, "p99")):
        row = row_of(f"dwell time {name} of {GROUPS} quiet groups beside one with a backlog of {BACKLOG:,}", "ms",
                     figure, reports, "without the backlog", None)
        left = min(report["left"] for report in reports["roost"])
        yield dataclasses.replace(
            row, roost=row.roost / 1000, peer=row.peer / 1000, ratio_ceiling=2,
            note=f"{SENDS} sends and {RECEIVES} receives of up to 10 a second, at least {left:,} left; {row.note}")


def dwell(bench, has_backlog):
    seconds = bench.load.warm_up + bench.load.duration
    with bench.roost() as server:
        server.create_queue("bench")
        if has_backlog:
            # What the consumers take in the run comes on top.
            count = BACKLOG + int(RECEIVES * 10 * (seconds + 1))
            bench.load.fill(server, "bench", count, "--groups", "1", "--group-prefix", "noisy")
        report = bench.load.run("share", server, CONSUMERS, "--groups", str(GROUPS), "--rate", str(SENDS),
                                "--receive-rate", str(RECEIVES))
        report["left"] = server.waiting("bench")
        if has_backlog and report["left"] < BACKLOG:
            raise RuntimeError(f"{report['left']:,} messages are left of a backlog of {BACKLOG:,}")
        return report


ALL = {"fairness": fairness}
