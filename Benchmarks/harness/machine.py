"""What a figure depends on: machine, disk, versions."""

import os
import platform
import shutil
import subprocess
import time


def first_line(*command, cwd=None):
    try:
        output = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=True).stdout
        return output.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def describe(root, roost_program, disk):
    lscpu = dict(line.split(":", 1) for line in subprocess.run(
        ["lscpu"], capture_output=True, text=True).stdout.splitlines() if ":" in line)
    with open("/proc/meminfo") as meminfo:
        memory_gib = int(meminfo.readline().split()[1]) / (1 << 20)
    with open("/proc/loadavg") as loadavg:
        load = loadavg.read().split()[0]
    p50, p99 = sync_latency_us(disk)
    commit = first_line("git", "rev-parse", "--short", "HEAD", cwd=root)
    return {
        "cpu": lscpu.get("Model name", "unknown").strip(),
        "cores": os.cpu_count(),
        "memory": f"{memory_gib:.0f} GiB",
        "kernel": platform.release(),
        "filesystem": " on ".join(first_line("findmnt", "-no", "FSTYPE,SOURCE", "-T", disk).split()),
        "fdatasync of 4 KiB": f"p50 {p50:.0f} us, p99 {p99:.0f} us (zero-filled file)",
        "load average": f"{load} at the start: other work on this machine makes the figures worthless",
        "priority": f"nice {os.getpriority(os.PRIO_PROCESS, 0)}",
        "swift": first_line("swift", "--version"),
        "roost": f"{first_line(roost_program, '--version')}, commit {commit}",
        "flags": "swift build -c release; roost serve --redis off, fsync always (default); engine and loops: default",
        "redis": first_line("redis-server", "--version") if shutil.which("redis-server") else "not installed",
        "yardsticks": "swift-nio 2.101.2, 1 event loop",
        "client": "sqsload, 1 thread, on the same machine, 100-byte bodies",
    }


def sync_latency_us(disk, count=200, size=4096):
    path = os.path.join(disk, "sync-probe")
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, bytes(count * size), 0)
        os.fsync(file)
        taken = sorted(timed_sync(file, size, index * size) for index in range(count))
    finally:
        os.close(file)
        os.unlink(path)
    return taken[count // 2] * 1e6, taken[count * 99 // 100] * 1e6


def timed_sync(file, size, offset):
    os.pwrite(file, b"x" * size, offset)
    start = time.perf_counter()
    os.fdatasync(file)
    return time.perf_counter() - start
