"""Memory of a server: a control group that limits it, samples of what is resident, and what of its files is cached."""

import os
import threading
import time

GIB = 1 << 30
CONTROLLERS = "/sys/fs/cgroup"


class NoMemoryGroup(RuntimeError):
    pass


class MemoryGroup:
    """A control group with a memory limit, made for one server and removed behind it. Page cache counts in it too.

    Version 1: below the own group. Version 2: below the nearest ancestor that hands on the memory controller, because
    a group with processes cannot.
    """

    def __init__(self, limit_bytes, root=CONTROLLERS, own="/proc/self/cgroup"):
        self.limit_bytes = limit_bytes
        self.is_v1, parent = find_parent(root, own)
        self.path = os.path.join(parent, f"roost-bench-{os.getpid()}-{time.monotonic_ns()}")
        try:
            os.mkdir(self.path)
        except OSError as error:
            raise NoMemoryGroup(f"no memory control group: {error}") from error
        try:
            self.write("memory.limit_in_bytes" if self.is_v1 else "memory.max", limit_bytes)
            # With swap the limit would say nothing about what the server needs.
            self.write("memory.memsw.limit_in_bytes" if self.is_v1 else "memory.swap.max",
                       limit_bytes if self.is_v1 else 0, optional=True)
        except OSError as error:
            self.remove()
            raise NoMemoryGroup(f"no memory control group: {error}") from error

    @property
    def description(self):
        return f"cgroup v{1 if self.is_v1 else 2} of {self.limit_bytes / GIB:g} GiB"

    def write(self, name, value, optional=False):
        try:
            with open(os.path.join(self.path, name), "w") as file:
                file.write(str(value))
        except OSError:
            if not optional:
                raise

    def wrapped(self, command):
        """The command inside the group, under the same process id."""
        join = 'echo $$ > "$0" && exec "$@"'
        return ["/bin/sh", "-c", join, os.path.join(self.path, "cgroup.procs")] + command

    def peak_bytes(self):
        with open(os.path.join(self.path, "memory.max_usage_in_bytes" if self.is_v1 else "memory.peak")) as file:
            return int(file.read())

    def remove(self):
        for _ in range(50):
            try:
                return os.rmdir(self.path)
            except FileNotFoundError:
                return None
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.path} cannot be removed")


def find_parent(root, own):
    """(is version 1, directory below which a group with a memory limit can be made)"""
    try:
        with open(own) as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError as error:
        raise NoMemoryGroup(f"no memory control group: {error}") from error
    for _, controllers, path in groups:
        if "memory" in controllers.split(","):
            return True, os.path.join(root, "memory", path.lstrip("/"))
    for _, controllers, path in groups:
        if controllers:
            continue
        group = os.path.normpath(os.path.join(root, path.lstrip("/")))
        while group.startswith(root):
            if hands_on_memory(group) and os.access(group, os.W_OK):
                return False, group
            group = os.path.dirname(group)
    raise NoMemoryGroup("no memory control group: none that hands on the memory controller and can be written")


def hands_on_memory(group):
    try:
        with open(os.path.join(group, "cgroup.subtree_control")) as file:
            return "memory" in file.read().split()
    except OSError:
        return False


class Resident(threading.Thread):
    """Samples a process every 20 ms: resident bytes (VmRSS), anonymous and of files, and the largest of each phase."""

    FIELDS = ("VmRSS", "RssAnon", "RssFile")

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.peaks = {}
        self.ended = threading.Event()

    def __enter__(self):
        self.phase = "all"
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()

    def run(self):
        while not self.ended.wait(0.02):
            try:
                sample = status_bytes(self.server.pid, self.FIELDS)
            except OSError:
                return
            phases = ["all", self.phase]
            if self.server.is_snapshotting():
                phases.append(f"snapshot {self.phase}")
            for phase in phases:
                if sample["VmRSS"] > self.peaks.get(phase, {"VmRSS": 0})["VmRSS"]:
                    self.peaks[phase] = sample

    def highest(self):
        """VmHWM: the kernel's own peak, which no sample can miss."""
        return status_bytes(self.server.pid, ("VmHWM",))["VmHWM"]


def status_bytes(pid, fields):
    values = dict.fromkeys(fields, 0)
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            name, _, rest = line.partition(":")
            if name in values:
                values[name] = int(rest.split()[0]) * 1024
    return values


def drop_from_cache(directory):
    """Asks the kernel to forget the files below `directory`. Returns the part that is still cached, by samples."""
    os.sync()
    cached, probes = 0, 0
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                file = os.open(os.path.join(parent, name), os.O_RDONLY)
            except FileNotFoundError:
                continue
            try:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                size = os.fstat(file).st_size
                for offset in range(0, size, max(4096, size // 16)):
                    probes += 1
                    cached += is_cached(file, offset)
            finally:
                os.close(file)
    return cached / max(1, probes)


def is_cached(file, offset):
    try:
        return os.preadv(file, [bytearray(1)], offset, os.RWF_NOWAIT) > 0
    except (BlockingIOError, OSError):
        return False
