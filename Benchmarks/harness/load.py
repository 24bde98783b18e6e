"""Runs of the load generator, and how they are put together: alternating, and the median of each side."""

import json
import statistics
import subprocess


class LoadFailed(RuntimeError):
    pass


class Load:
    def __init__(self, program, duration, warm_up):
        self.program, self.duration, self.warm_up = program, duration, warm_up

    def run(self, scenario, server, connections, *options, duration=None):
        """The report of one run of sqsload against a server."""
        command = [
            self.program, scenario, "--port", str(server.port), "--connections", str(connections),
            "--duration", str(duration or self.duration), "--warmup", str(self.warm_up), "--server-pid", str(server.pid), "--json",
        ] + list(options)
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0 and not result.stdout:
            raise LoadFailed(f"{' '.join(command)}: {result.stderr.strip()}\n{server.log_text()}")
        report = json.loads(result.stdout)
        if report["errors"]:
            raise LoadFailed(f"{' '.join(command)}: {report['errors']} errors, first: {report.get('firstError')}")
        if not report["messages"]:
            raise LoadFailed(f"{' '.join(command)}: no message went through")
        return report

    def fill(self, server, queue, messages, connections=32):
        report = self.run("fill", server, connections, "--queue", queue, "--messages", str(messages))
        if report["messages"] != messages:
            raise LoadFailed(f"{report['messages']} of {messages} messages accepted")
        return report


def median_report(reports, figure):
    """The run in the middle of all, by one figure, with what all runs had."""
    ordered = sorted(reports, key=lambda report: report[figure])
    middle = dict(ordered[(len(ordered) - 1) // 2])
    middle[figure] = statistics.median(report[figure] for report in reports)
    middle["all"] = [report[figure] for report in reports]
    return middle


def alternate(runs, sides):
    """`sides`: name -> function that makes one run. Returns name -> list of reports: A B A B ..."""
    reports = {name: [] for name in sides}
    for _ in range(runs):
        for name, make_run in sides.items():
            reports[name].append(make_run())
    return reports
