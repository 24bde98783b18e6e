"""What the log on disk must reach: backlogs larger than memory, snapshots and cleaning, starts. One function each."""

import shutil
import statistics
import sys
import time

from comparisons import MESSAGES, REQUESTS, Row, cost_note, longest_turn_ms, row_of
from load import LoadFailed, OtherWork
from memory import GIB, MemoryGroup, NoMemoryGroup, Resident, drop_from_cache
from servers import Redis

CONNECTIONS = 32
# Larger than any log here: no snapshot starts.
NO_SNAPSHOTS = ("--snapshot-bytes", "1024GiB")
SNAPSHOTS = r"roost_snapshots_total"
SNAPSHOT_BYTES = r"roost_snapshot_bytes"
REMOVED = r"roost_wal_segments_removed_total"
MOVED = r"roost_cleaning_moved_messages_total"
BODIES_READ = r"roost_bodies_read_total"
DISK_READS = r"roost_disk_reads_total"
TURN_BESIDE_SNAPSHOT = r"roost_core_turn_beside_snapshot_seconds_max"
SNAPSHOT_SECONDS_MAX = 900


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def need_disk(bench, byte_count):
    free = shutil.disk_usage(bench.disk).free
    if free < byte_count * 1.1:
        raise RuntimeError(f"{byte_count / GIB:.0f} GiB of disk needed, {free / GIB:.0f} GiB free in {bench.disk}")


def need_features(server):
    if server.metric(SNAPSHOTS) is None:
        raise RuntimeError(f"/metrics has no {SNAPSHOTS}: this binary makes no snapshots")


def settle(server, seconds_max=SNAPSHOT_SECONDS_MAX):
    """Until neither a snapshot nor cleaning is under way: what one server does in the background must not slow down the
    one that is measured next."""
    deadline, seen, quiet_since = time.monotonic() + seconds_max, None, time.monotonic()
    while time.monotonic() - quiet_since < 1:
        now = server.metrics(SNAPSHOTS, REMOVED, MOVED)
        if server.is_snapshotting() or now != seen:
            seen, quiet_since = now, time.monotonic()
        if time.monotonic() > deadline:
            raise RuntimeError(f"snapshots and cleaning do not end within {seconds_max} s")
        time.sleep(0.1)


def counted(server, make_run, *names):
    """The report of a run, with the growth of some counters in it."""
    before = server.metrics(*names)
    report = make_run()
    after = server.metrics(*names)
    return report | {name: after[name] - before[name] for name in names}


# MARK: backlog


class Backlog:
    """Sizes of one comparison. A small number of messages has a small cache, so that most of them are cold too."""

    MEMORY_BYTES = 3 * GIB // 2
    BODY_BYTES = 1024

    def __init__(self, messages):
        self.messages = messages
        bodies = messages * self.BODY_BYTES
        cache = min(256 << 20, max(1 << 20, bodies // 16))
        snapshot = min(64 << 20, max(64 << 10, bodies // 16))
        is_full_size = cache == 256 << 20
        self.options = () if is_full_size else ("--cache-bytes", str(cache), "--snapshot-bytes", str(snapshot))
        # As many as the cache holds with room to spare: then the hot ones are read from memory, all of them.
        self.drained = cache * 5 // 8 // self.BODY_BYTES // 10 * 10
        self.load = ("--body-bytes", str(self.BODY_BYTES))
        self.disk_bytes = messages * (self.BODY_BYTES + 200) + 4 * GIB


def memory_group(bench):
    """None, and the reason once, where there are none: then resident memory is measured all the same."""
    try:
        return MemoryGroup(Backlog.MEMORY_BYTES)
    except NoMemoryGroup as error:
        if not bench.has_told_of_group:
            say(f"skipped: the limit of 1.5 GiB: {error}")
        bench.has_told_of_group = True
        return None


def backlog(bench):
    plan = Backlog(bench.backlog_messages)
    need_disk(bench, plan.disk_bytes)
    group = memory_group(bench)
    with bench.roost(*plan.options, group=group) as server, Resident(server) as resident:
        need_features(server)
        server.create_queue("bench")
        resident.phase = "filling"
        filled = bench.load.fill(server, "bench", plan.messages, *plan.load)
        say(f"filled at {filled[MESSAGES]:,.0f} messages/s; {SNAPSHOTS} {server.metric(SNAPSHOTS):.0f}")
        resident.phase = "full"
        snapshot_under_load(bench, server, plan)
        yield from memory_rows(bench, plan, resident, group)
        reports = bench.alternate({
            "send": lambda: send_with_backlog(bench, server, plan),
            "send, empty": lambda: send_when_empty(bench, plan),
            "drain": lambda: drain_cold(bench, server, plan),
            "drain, hot": lambda: drain_hot(bench, plan),
        })
    yield send_row(plan, reports)
    yield drain_row(plan, reports)


def snapshot_under_load(bench, server, plan):
    """At least one whole snapshot while the backlog is at its full size, cold messages are received and deleted, and as
    many are sent."""
    settle(server)
    before, deadline = server.metric(SNAPSHOTS), time.monotonic() + SNAPSHOT_SECONDS_MAX
    with bench.load.beside("cycle", server, CONNECTIONS, "--refill", *plan.load) as load:
        while server.metric(SNAPSHOTS) == before:
            if load.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no snapshot in {SNAPSHOT_SECONDS_MAX} s of load:\n{server.log_text()}")
            time.sleep(0.1)
    settle(server)


def memory_rows(bench, plan, resident, group):
    whole, snapshot = resident.highest(), resident.peaks.get("snapshot full")
    if snapshot is None:
        raise RuntimeError("the snapshot was over before a sample could be taken")
    redis, sample = redis_bytes(bench, plan)
    where = f"{group.description}, its peak with page cache {group.peak_bytes() / GIB:.2f} GiB" if group else "NO LIMIT"
    accounted = resident.server.metrics(r"roost_index_bytes", r"roost_body_cache_bytes").values()
    index, bodies = (byte_count / GIB for byte_count in accounted)
    what = f"{plan.messages:,} waiting messages of 1 KiB"
    yield Row(f"peak resident memory (VmHWM), {what}", "GiB", whole / GIB,
              f"Redis, scaled from {sample:,}", redis / GIB, ceiling=1.1, runs={"peaks": [resident.peaks]},
              note=f"{where}; {parts(resident.peaks['all'])}; accounted: index {index:.2f}, bodies {bodies:.2f}")
    yield Row("... while a snapshot was written, with load (VmRSS)", "GiB", snapshot["VmRSS"] / GIB, ceiling=1.1,
              note=f"{parts(snapshot)}; snapshot {resident.server.metric(SNAPSHOT_BYTES) / (1 << 20):.0f} MiB")


def parts(sample):
    return f"anonymous {sample['RssAnon'] / GIB:.2f}, files {sample['RssFile'] / GIB:.2f}"


def redis_bytes(bench, plan):
    """What Redis uses for the same messages in one list, and the number of those that were really sent."""
    sample = min(plan.messages, 500_000)
    if not shutil.which("redis-server"):
        return 0, 0
    with Redis(bench.disk, Redis.IN_MEMORY_ONLY) as server:
        empty = server.used_memory()
        server.push(sample, plan.BODY_BYTES)
        return (server.used_memory() - empty) * plan.messages / sample, sample


def send_with_backlog(bench, server, plan):
    settle(server)
    report = counted(server, lambda: bench.load.run("send", server, CONNECTIONS, *plan.load), SNAPSHOTS)
    settle(server)
    return report


def send_when_empty(bench, plan):
    with bench.roost(*plan.options, group=memory_group(bench)) as server:
        server.create_queue("bench")
        return counted(server, lambda: bench.load.run("send", server, CONNECTIONS, *plan.load), SNAPSHOTS)


def drain_cold(bench, server, plan):
    """From the head of the backlog, which no cache holds. Page cache is dropped too: with a limit on memory there was
    little of it."""
    still_cached = drop_from_cache(server.log_directory)
    report = counted(server, lambda: bench.load.drain(server, "bench", plan.drained), BODIES_READ, DISK_READS)
    settle(server)
    return report | {"stillCached": still_cached}


def drain_hot(bench, plan):
    with bench.roost(*plan.options, group=memory_group(bench)) as server:
        server.create_queue("bench")
        bench.load.fill(server, "bench", plan.drained, *plan.load)
        settle(server)
        return counted(server, lambda: bench.load.drain(server, "bench", plan.drained), BODIES_READ, DISK_READS)


def send_row(plan, reports):
    ours = reports["send"]
    row = row_of(f"SendMessage of 1 KiB, {CONNECTIONS} connections, {plan.messages:,} waiting", "messages/s", REQUESTS,
                 {"roost": ours, "empty queue": reports["send, empty"]}, "empty queue", 0.9)
    row.note += f"; snapshots in the runs {whole(ours, SNAPSHOTS)} / {whole(reports['send, empty'], SNAPSHOTS)}"
    return row


def drain_row(plan, reports):
    cold, hot = reports["drain"], reports["drain, hot"]
    row = row_of(f"receive 10 + delete 10 of cold messages, {plan.drained:,} of {plan.messages:,} waiting",
                 "messages/s", MESSAGES, {"roost": cold, "hot, empty queue": hot}, "hot, empty queue", 0.5)
    row.note += (f"; bodies read back {whole(cold, BODIES_READ)} / {whole(hot, BODIES_READ)}, waits for the disk "
                 f"{whole(cold, DISK_READS)} / {whole(hot, DISK_READS)}")
    return row


def whole(reports, name):
    return f"{statistics.median(report[name] for report in reports):,.0f}"


# MARK: snapshots


def snapshots(bench):
    """A minute with snapshots and cleaning, against one without."""
    for what, run, unit, figure in (
        (f"SendMessage, {CONNECTIONS} connections", send_over_garbage, "messages/s", REQUESTS),
        ("receive 10 + delete 10 + send 10, 1 in 1,000 stays", cycle_with_survivors, "messages/s", MESSAGES),
    ):
        reports = bench.alternate({
            "roost": lambda: run(bench, ()),
            "without snapshots": lambda: run(bench, NO_SNAPSHOTS),
        }, runs=min(bench.runs, bench.minute_runs))
        check_upkeep(bench, reports)
        row = row_of(f"{what}, {bench.minute:g} s with snapshots and cleaning", unit, figure, reports,
                     "without snapshots", 0.8)
        ours = reports["roost"]
        row.note += (f"; {whole(ours, SNAPSHOTS)} snapshots, {whole(ours, REMOVED)} segments removed, "
                     f"{whole(ours, MOVED)} messages moved")
        yield row


def check_upkeep(bench, reports):
    for report in reports["roost"]:
        done = report[REMOVED] + report[MOVED]
        if report[SNAPSHOTS] < 3 or done == 0:
            raise RuntimeError(f"{report[SNAPSHOTS]:.0f} snapshots, {report[REMOVED]:.0f} segments removed: fewer than "
                               f"three snapshots, or no cleaning, in {bench.minute:g} s: lower --snapshot-bytes")
    if any(report[SNAPSHOTS] for report in reports["without snapshots"]):
        raise RuntimeError("a snapshot in a run without snapshots")


def upkeep_options(bench, more):
    sizes = (("--segment-bytes", bench.segment_bytes), ("--snapshot-bytes", bench.snapshot_bytes))
    return [word for name, size in sizes if size and name not in more for word in (name, size)] + list(more)


def minute_of(bench, server, scenario, *options):
    return counted(server, lambda: bench.load.run(
        scenario, server, CONNECTIONS, *options, duration=bench.minute), SNAPSHOTS, REMOVED, MOVED)


def send_over_garbage(bench, more):
    """Sends leave nothing to clean. So both sides start with a log in which nine of ten messages are dead."""
    with bench.roost(*upkeep_options(bench, NO_SNAPSHOTS)) as server:
        need_features(server)
        server.create_queue("old")
        bench.load.fill(server, "old", bench.garbage_messages, "--body-bytes", "1024")
        bench.load.drain(server, "old", bench.garbage_messages, "--keep-one-in", "10", "--visibility", "43200")
        server.stop()
        with bench.roost(*upkeep_options(bench, more), data=server.data) as again:
            again.create_queue("bench")
            return minute_of(bench, again, "send")


def cycle_with_survivors(bench, more):
    with bench.roost(*upkeep_options(bench, more)) as server:
        need_features(server)
        server.create_queue("bench")
        bench.load.fill(server, "bench", min(100_000, bench.garbage_messages))
        return minute_of(bench, server, "cycle", "--refill", "--keep-one-in", "1000", "--visibility", "43200")


def step1(bench):
    """The same without any snapshot, against an older binary."""
    if not bench.baseline:
        raise RuntimeError("--baseline PATH names the older binary to compare with")
    few = 1_000

    def cycle(make_server):
        with make_server() as server:
            server.create_queue("bench")
            bench.load.fill(server, "bench", few)
            return bench.load.run("cycle", server, CONNECTIONS, "--refill")

    def run(make_server, scenario, connections):
        with make_server() as server:
            server.create_queue("bench")
            return bench.load.run(scenario, server, connections)

    comparisons = (
        (f"SendMessage, {CONNECTIONS} connections", REQUESTS, lambda server: run(server, "send", CONNECTIONS)),
        ("SendMessage, 256 connections", REQUESTS, lambda server: run(server, "send", 256)),
        (f"SendMessageBatch of 10, {CONNECTIONS} connections", MESSAGES,
         lambda server: run(server, "send-batch", CONNECTIONS)),
        (f"receive 10 + delete 10 + send 10, {few:,} waiting", MESSAGES, cycle),
    )
    for what, figure, measure in comparisons:
        reports = bench.alternate({
            "roost": lambda: measure(lambda: bench.roost(*NO_SNAPSHOTS)),
            "baseline": lambda: measure(lambda: bench.roost(program=bench.baseline)),
        })
        yield row_of(f"{what}, no snapshots", "messages/s", figure, reports, "baseline", 0.95)


# MARK: recovery


def recovery(bench):
    """The longest turn of the core with many messages, and then starts after a kill."""
    messages = bench.recovery_messages
    need_disk(bench, messages * 700 + 4 * GIB)
    snapshot_bytes_min = min(64 << 20, max(64 << 10, messages * 10))
    options = ("--snapshot-bytes", str(snapshot_bytes_min))
    with bench.roost(*options) as server:
        need_features(server)
        server.create_queue("bench")
        filled = bench.load.fill(server, "bench", messages)
        say(f"filled at {filled[MESSAGES]:,.0f} messages/s; {server.metric(SNAPSHOTS):.0f} snapshots")
        with bench.load.beside("cycle", server, CONNECTIONS, "--refill"):
            first = server.metric(SNAPSHOTS)
            wait_for(server, lambda: server.metric(SNAPSHOTS) > first)
            longest, beside = longest_turn_ms(server), server.metric(TURN_BESIDE_SNAPSHOT) * 1000
            wait_for(server, server.is_snapshotting)
            server.kill()
        yield Row(f"longest turn of the core while snapshots of up to {messages:,} messages were written", "ms", beside,
                  ceiling=5, note=f"of all turns {longest:.2f} ms; snapshots {first + 1:.0f}")
        yield from start_rows(bench, server.data, options, "as the next snapshot began", 6)
        kill_before_publication(bench, server.data, options)
        yield from start_rows(bench, server.data, options, "before the next snapshot was whole", None)


def wait_for(server, condition):
    deadline = time.monotonic() + SNAPSHOT_SECONDS_MAX
    while not condition():
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{server.log_text()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"no snapshot in {SNAPSHOT_SECONDS_MAX} s of load")
        time.sleep(0.02)


def kill_before_publication(bench, data, options):
    """A start, load, and a kill when the snapshot that began is nearly as long as the last one."""
    with bench.roost(*options, data=data) as server:
        last = server.metric(SNAPSHOT_BYTES)
        with bench.load.beside("cycle", server, CONNECTIONS, "--refill"):
            wait_for(server, lambda: (server.snapshot_preparing_bytes() or 0) >= 0.9 * last)
            server.kill()


def start_rows(bench, data, options, moment, ceiling):
    what = f"ready after kill -9 {moment}, {bench.recovery_messages:,} messages of 100 bytes"
    warm = [start_of_copy(bench, data, options, is_cold=False) for _ in range(bench.starts)]
    middle = sorted(warm, key=lambda start: start["seconds"])[(len(warm) - 1) // 2]
    yield Row(what, "s", middle["seconds"], ceiling=ceiling, runs={"starts": warm},
              note=f"{middle['log']}; files cached, {start_cost(middle)}")
    if ceiling is not None:
        cold = start_of_copy(bench, data, options, is_cold=True)
        yield Row("... with files dropped from the page cache", "s", cold["seconds"], runs={"starts": [cold]},
                  note=f"{cold['stillCached']:.0%} of probes still cached, {start_cost(cold)}")


def start_cost(start):
    return f"{start['processorSeconds']:.1f} s of processor time, others used {start['otherCores']:.1f} cores"


def start_of_copy(bench, data, options, is_cold):
    """A start changes the directory: each one gets a copy of what the kill left."""
    copy = f"{data}-copy"
    shutil.copytree(data, copy)
    try:
        still_cached = drop_from_cache(copy) if is_cold else None
        others = OtherWork()
        with bench.roost(*options, data=copy) as server:
            used = OtherWork(server.pid).server()
            other_cores = others.cores() - used / server.start_seconds
            there = server.waiting_or_in_flight("bench")
            # A connection that cycles has at most ten that are deleted and not sent again.
            if abs(there - bench.recovery_messages) > 10 * CONNECTIONS:
                raise LoadFailed(f"{there:,} of {bench.recovery_messages:,} messages are there after the start")
            log = next((line.split("] ")[-1] for line in server.log_lines() if "log read" in line), "")
            report = {"seconds": server.start_seconds, "log": log.strip(), "stillCached": still_cached,
                      "processorSeconds": used, "otherCores": other_cores}
            server.kill()
            return report
    finally:
        shutil.rmtree(copy, ignore_errors=True)


ALL = {function.__name__: function for function in (backlog, snapshots, recovery)}
# Needs a binary to compare with.
EXTRA = {"step1": step1}
