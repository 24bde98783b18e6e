"""Runs of the load generator, and how they are put together: alternating, and the median of each side."""

import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time

# With --wait-for-idle: processors that others may use, before a run and in it.
OTHER_CORES_MAX = 0.15
ATTEMPTS_MAX = 30
# A run that has a number of messages to reach, and does not get there.
RUN_SECONDS_MAX = 1800


class LoadFailed(RuntimeError):
    pass


class Load:
    def __init__(self, program, duration, warm_up):
        self.program, self.duration, self.warm_up = program, duration, warm_up

    def run(self, scenario, server, connections, *options, duration=None):
        """The report of one run of sqsload against a server."""
        command = self.command(scenario, server, connections, list(options), duration or self.duration)
        others = OtherWork(server.pid)
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise LoadFailed(f"{' '.join(command)}: not done after {RUN_SECONDS_MAX} s\n{server.log_text()}") from None
        other_cores = others.cores()
        if result.returncode != 0 and not result.stdout:
            raise LoadFailed(f"{' '.join(command)}: {result.stderr.strip()}\n{server.log_text()}")
        report = json.loads(result.stdout)
        if report["errors"]:
            raise LoadFailed(f"{' '.join(command)}: {report['errors']} errors, first: {report.get('firstError')}")
        if not report["messages"] and "--rate" not in options:
            raise LoadFailed(f"{' '.join(command)}: no message went through")
        report["otherCores"] = other_cores
        return report

    def command(self, scenario, server, connections, options, duration):
        return [
            self.program, scenario, "--port", str(server.port), "--connections", str(connections),
            "--duration", str(duration), "--warmup", str(self.warm_up), "--server-pid", str(server.pid), "--json",
        ] + options

    def fill(self, server, queue, messages, *options, connections=32):
        return self.all_of("fill", server, queue, messages, connections, *options)

    def drain(self, server, queue, messages, *options, connections=32):
        """Receives so many and deletes them."""
        return self.all_of("drain", server, queue, messages, connections, *options)

    def all_of(self, scenario, server, queue, messages, connections, *options):
        report = self.run(scenario, server, connections, "--queue", queue, "--messages", str(messages), *options)
        if report["messages"] != messages and "--keep-one-in" not in options:
            raise LoadFailed(f"{scenario}: {report['messages']} of {messages} messages")
        return report

    @contextlib.contextmanager
    def beside(self, scenario, server, connections, *options):
        """Load while the block runs; its figures do not count."""
        command = self.command(scenario, server, connections, list(options), duration=86_400)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def median_report(reports, figure):
    """The run in the middle of all, by one figure, with what all runs had."""
    ordered = sorted(reports, key=lambda report: report[figure])
    middle = dict(ordered[(len(ordered) - 1) // 2])
    middle[figure] = statistics.median(report[figure] for report in reports)
    middle["all"] = [report[figure] for report in reports]
    return middle


class OtherWork:
    """Processor time of everything but the server and our own children, from now on."""

    TICKS = os.sysconf("SC_CLK_TCK")

    def __init__(self, server_pid=None):
        self.server_pid = server_pid
        self.start_time, self.start = time.monotonic(), self.seconds()

    def cores(self):
        return (self.seconds() - self.start) / (time.monotonic() - self.start_time)

    def seconds(self):
        return self.all_processors() - self.server() - self.children()

    def all_processors(self):
        with open("/proc/stat") as stat:
            user, nice, system, _, _, *rest = [int(field) for field in stat.readline().split()[1:]]
        return (user + nice + system + sum(rest[:3])) / self.TICKS

    def server(self):
        try:
            with open(f"/proc/{self.server_pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / self.TICKS
        except OSError:
            return 0

    def children(self):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime


def wait_until_idle():
    while True:
        others = OtherWork()
        time.sleep(1)
        if others.cores() < OTHER_CORES_MAX:
            return


def undisturbed(make_run):
    """Repeats a run while others use the machine in it. What is repeated depends on their work, not on the result."""
    for _ in range(ATTEMPTS_MAX):
        wait_until_idle()
        report = make_run()
        if report.get("otherCores", 0) < OTHER_CORES_MAX:
            return report
        print(f"repeated: others used {report['otherCores']:.2f} processors in the run", file=sys.stderr, flush=True)
    raise LoadFailed(f"others use the machine: {ATTEMPTS_MAX} runs were disturbed")


def alternate(runs, sides, prepare=lambda make_run: make_run()):
    """`sides`: name -> function that makes one run. Returns name -> list of reports: A B A B ..."""
    reports = {name: [] for name in sides}
    for _ in range(runs):
        for name, make_run in sides.items():
            reports[name].append(prepare(make_run))
    return reports
