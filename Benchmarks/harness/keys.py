"""Commands on keys by redis-benchmark: Roost with every change on disk beside redis-server."""

import random
import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass, field

from comparisons import Row, others_note
from load import OtherWork
from memory import status_bytes
from servers import Redis

CONNECTIONS = 50
ELEMENT = "x" * 100
# Of a run before its rate is known.
PROBE_REQUESTS = 20_000
NAMES = 100_000
MEMORY_ELEMENTS = 1_000_000
# Times the memory of Redis.
MEMORY_CEILING = 1.3
ALWAYS, EVERYSEC = "redis, always", "redis, everysec"
# Floors of a change: at once and in a pipeline beside `always`, in a pipeline beside `everysec`.
WRITE_FLOORS = {(1, ALWAYS): 1.0, (16, ALWAYS): 1.5, (16, EVERYSEC): 0.8}


@dataclass
class Command:
    name: str
    arguments: list
    floors: dict
    # For redis-cli, before the run.
    before: list = field(default_factory=list)
    # Needs a list that is long enough.
    pops: bool = False


def fields(count):
    return [text for number in range(count) for text in (str(number), ELEMENT + str(number))]


def commands():
    reads = {(16, ALWAYS): 0.8}
    return [
        Command("LPUSH", ["lpush", "list", ELEMENT], WRITE_FLOORS),
        Command("RPOP", ["rpop", "list"], WRITE_FLOORS, pops=True),
        Command("ZADD", ["zadd", "set", "__rand_int__", "member:__rand_int__"], WRITE_FLOORS),
        Command("HSET", ["hset", "hash", "field:__rand_int__", ELEMENT], WRITE_FLOORS),
        Command("GET", ["get", "key"], reads, [["set", "key", ELEMENT]]),
        Command("HGET", ["hget", "hash", "field7"], reads, [["hset", "hash", "field7", ELEMENT]]),
        Command("LRANGE of 100", ["lrange", "list", "0", "99"], reads, [["rpush", "list"] + [ELEMENT] * 100]),
        Command("ZRANGE of 100", ["zrange", "set", "0", "99"], reads, [["zadd", "set"] + fields(100)]),
        Command("PUBLISH", ["publish", "channel", ELEMENT], {(16, ALWAYS): 0.9}),
    ]


def redis_server(bench, policy):
    options = list(Redis.OPTIONS)
    options[options.index("always")] = policy
    return Redis(bench.disk, options)


def sides(bench):
    """With the port that speaks to redis-benchmark."""
    return {
        "roost": lambda: bench.roost(redis=True),
        ALWAYS: lambda: redis_server(bench, "always"),
        EVERYSEC: lambda: redis_server(bench, "everysec"),
    }


def benchmark(server, arguments, requests, pipeline):
    """The rate that redis-benchmark saw."""
    command = ["redis-benchmark", "-p", str(server.redis_port), "-c", str(CONNECTIONS), "-n", str(requests),
               "-P", str(pipeline), "-r", str(NAMES), "-q"] + arguments
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.findall(r"([0-9.]+) requests per second", text)[-1])


def run(bench, command, pipeline, make_server):
    with make_server() as server:
        for line in command.before:
            subprocess.run(["redis-cli", "-p", str(server.redis_port)] + line, check=True, stdout=subprocess.DEVNULL)
        if command.pops:
            benchmark(server, ["lpush", "list", ELEMENT], PROBE_REQUESTS, 64)
        requests = int(benchmark(server, command.arguments, PROBE_REQUESTS, pipeline) * bench.load.duration)
        if command.pops:
            benchmark(server, ["lpush", "list", ELEMENT], requests, 64)
        others = OtherWork(server.pid)
        return {"rate": benchmark(server, command.arguments, requests, pipeline), "otherCores": others.cores()}


def keys(bench):
    if not shutil.which("redis-server") or not shutil.which("redis-benchmark"):
        raise RuntimeError("redis-server is not installed (Debian, Ubuntu: apt-get install redis-server)")
    chosen = [command for command in commands() if not bench.commands or command.name.split()[0] in bench.commands]
    if not chosen:
        raise RuntimeError(f"no such command: {', '.join(bench.commands)}")
    for command in chosen:
        for pipeline in sorted({pipeline for pipeline, _ in command.floors}):
            yield from rows(bench, command, pipeline)
    if not bench.commands:
        yield memory(bench)


def rows(bench, command, pipeline):
    peers = {peer: floor for (depth, peer), floor in command.floors.items() if depth == pipeline}
    makers = {name: make for name, make in sides(bench).items() if name == "roost" or name in peers}
    reports = bench.alternate(
        {name: (lambda make=make: run(bench, command, pipeline, make)) for name, make in makers.items()})
    middle = {name: statistics.median(report["rate"] for report in side) for name, side in reports.items()}
    for peer, floor in peers.items():
        depth = f", {pipeline} in a pipeline" if pipeline > 1 else ""
        yield Row(f"{command.name}, {CONNECTIONS} connections{depth}", "commands/s", middle["roost"], peer,
                  middle[peer], floor, note=others_note(reports["roost"], reports[peer]).lstrip(", "),
                  runs={name: reports[name] for name in ("roost", peer)})


def memory(bench):
    """Of one long list, once: the figure is no rate."""

    def growth(make_server):
        with make_server() as server:
            benchmark(server, ["ping"], PROBE_REQUESTS, 16)
            before = status_bytes(server.pid, ("VmRSS",))["VmRSS"]
            pushed = benchmark_exactly(server, MEMORY_ELEMENTS)
            return (status_bytes(server.pid, ("VmRSS",))["VmRSS"] - before) / pushed

    ours, theirs = (growth(sides(bench)[name]) for name in ("roost", ALWAYS))
    return Row(f"resident memory of an element of 100 bytes in a list of {MEMORY_ELEMENTS:,}", "bytes", ours, ALWAYS,
               theirs, ratio_ceiling=MEMORY_CEILING)


def benchmark_exactly(server, count):
    """Different elements, so that nobody can share them. How many there are then."""
    numbers = random.Random(1)
    lines = "".join(f"RPUSH long {numbers.getrandbits(400):0100x}\r\n" for _ in range(count))
    subprocess.run(["redis-cli", "-p", str(server.redis_port), "--pipe"], input=lines, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    text = subprocess.run(["redis-cli", "-p", str(server.redis_port), "llen", "long"], capture_output=True, text=True,
                          check=True).stdout
    return int(text)


ALL = {"redis-keys": keys}
