"""`roost top`, `check`, `doctor` and `dev`, with the real binary."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import urllib.request
from pathlib import Path

import pytest

from support.commands import run_roost
from support.server import BINARY, free_port


class Screen:
    """A terminal of which everything that was written is kept."""

    def __init__(self, url: str, *arguments: str, width: int = 120, height: int = 30):
        self.written = ""
        self.child, self.descriptor = pty.fork()
        if self.child == 0:
            environment = {"PATH": os.environ["PATH"], "ROOST_URL": url, "TERM": "xterm"}
            os.execve(BINARY, [str(BINARY), *arguments], environment)
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def press(self, key: str) -> None:
        os.write(self.descriptor, key.encode())

    def read_until(self, pattern: str, seconds: float = 20) -> str:
        """What was written from now on, up to the pattern."""
        start, end = len(self.written), time.monotonic() + seconds
        while not re.search(pattern, self.written[start:], re.S):
            assert time.monotonic() < end, self.written[start:]
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    self.written += os.read(self.descriptor, 65536).decode()
                except OSError:
                    return self.written[start:]
        return self.written[start:]

    def status(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


@pytest.fixture
def filled(server):
    for name, count in (("few", 1), ("many", 3)):
        assert run_roost(server.http_url, "queue", "create", name).returncode == 0
        for _ in range(count):
            assert run_roost(server.http_url, "send", name, "x").returncode == 0
    return server


def test_top_draws_sorts_resizes_and_gives_the_terminal_back(filled):
    screen = Screen(filled.http_url, "top", "--interval", "200ms")
    first = screen.read_until(r"many +3 .*few +1 .*\x1b\[J")
    assert "\x1b[?1049h" in screen.written and "roost " in first
    screen.press("n")
    screen.read_until(r"aweq +0 .*few +1 .*many +3 ")
    screen.resize(40, 9)
    # What was drawn before the change may still come.
    screen.read_until(r"\x1b\[H(?:(?!\x1b\[H).)*\x1b\[J(?=\x1b\[H)")
    narrow = screen.read_until(r"\x1b\[H.*?\x1b\[J")
    picture = narrow.rsplit("\x1b[H", 1)[1].split("\x1b[J")[0]
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in picture.split("\r\n")]
    assert len(lines) <= 9 and max(map(len, lines)) <= 40
    screen.press("q")
    screen.read_until(r"\x1b\[\?25h\x1b\[\?1049l")
    assert screen.status() == 0


def test_top_survives_a_restart_of_the_server(filled):
    screen = Screen(filled.http_url, "top", "--interval", "200ms")
    screen.read_until(r"many +3 ")
    filled.kill()
    screen.read_until(r"It is tried again")
    filled.start()
    screen.read_until(r"many +3 ")
    screen.press("\x03")
    screen.read_until(r"\x1b\[\?1049l")
    assert screen.status() == 0


def test_top_gives_the_terminal_back_when_it_is_terminated(filled):
    screen = Screen(filled.http_url, "top")
    screen.read_until(r"many +3 ")
    os.kill(screen.child, signal.SIGTERM)
    screen.read_until(r"\x1b\[\?1049l")
    assert screen.status() == 0


def test_top_in_a_pipe_writes_once(filled):
    # Sorted lists may be a second old: of before the queue was made, if somebody asked just then.
    for _ in range(5):
        result = run_roost(filled.http_url, "top", "--interval", "100ms", text=True)
        assert result.returncode == 0 and "\x1b" not in result.stdout
        if re.search(r"^many +3 ", result.stdout, re.M):
            break
        time.sleep(0.5)
    assert re.search(r"^many +3 ", result.stdout, re.M)
    document = json.loads(run_roost(filled.http_url, "top", "--once", "--json").stdout)
    assert document["stats"]["queues"] == 3 and len(document["queues"]) == 3


@pytest.mark.parametrize("arguments, status, word", [
    ((), 0, "OK"), (("--warn-depth", "3"), 1, "WARNING"), (("--warn-depth", "1", "--crit-depth", "3"), 2, "CRITICAL"),
    (("--crit-age", "1h"), 0, "OK"),
])
def test_check_queue(filled, arguments, status, word):
    result = run_roost(filled.http_url, "check", "queue", "many", *arguments, text=True)
    assert (result.returncode, result.stderr) == (status, "")
    assert re.fullmatch(rf"{word} - many: 3 ready, oldest [^|]+, 0 in flight \| ready=3;.*\n", result.stdout)


def test_check_of_what_is_not_there(filled):
    result = run_roost(filled.http_url, "check", "queue", "none", text=True)
    assert result.returncode == 3 and result.stdout.startswith("UNKNOWN - none: ")
    assert run_roost("http://127.0.0.1:1", "check", "queue", "many").returncode == 3


def test_doctor(filled, tmp_path):
    ports = ["--sqs", f"127.0.0.1:{filled.sqs_port}", "--http", f"127.0.0.1:{filled.http_port}", "--redis", "off"]
    result = run_roost(filled.http_url, "doctor", "--data", str(filled.data), *ports, text=True)
    assert result.returncode == 0, result.stdout
    for subject in ("configuration", "open files", "memory", "disk space", "disk speed", "port sqs", "server"):
        assert re.search(rf"^(ok|note|warning) +{subject}: ", result.stdout, re.M), result.stdout
    # Nobody answers, and a port is taken.
    other = run_roost("", "doctor", "--url", "http://127.0.0.1:1", "--data", str(tmp_path / "new"), *ports, "--json")
    findings = {finding["subject"]: finding for finding in json.loads(other.stdout)["findings"]}
    assert other.returncode == 1
    assert findings["port http"]["level"] == "problem" and "--http" in findings["port http"]["next_step"]
    assert findings["server"]["level"] == "problem"
    assert not (tmp_path / "new").exists()


class Dev:
    def __init__(self, *arguments: str):
        self.http_port = free_port()
        self.process = subprocess.Popen(
            [str(BINARY), "dev", "--http", f"127.0.0.1:{self.http_port}", "--sqs", "off", "--redis", "off", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def banner(self) -> str:
        lines = []
        while not lines or "roost queue create" not in lines[-1] and "receive hello" not in lines[-1]:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            lines.append(line)
        return "".join(lines)

    def end(self) -> str:
        self.process.terminate()
        # Not communicate(): it does not see what readline() has read ahead.
        rest = self.process.stdout.read()
        assert self.process.wait(30) == 0
        return rest


def test_dev_leaves_nothing_behind():
    dev = Dev()
    folder = Path(re.search(r"Data in (\S+)", dev.banner()).group(1))
    assert re.search(r"/roost-dev-\d+-\w{6}$", str(folder)) and (folder / "IDENTITY").exists()
    assert run_roost(dev.url, "send", "aweq", "x").returncode == 0
    assert "Everything is gone when this ends" in dev.end()
    assert not folder.exists()


def test_dev_with_a_directory_keeps_it(tmp_path):
    dev = Dev("--data", str(tmp_path / "kept"))
    dev.banner()
    assert run_roost(dev.url, "send", "aweq", "stays").returncode == 0
    assert "Everything is gone" not in dev.end()
    again = Dev("--data", str(tmp_path / "kept"))
    again.banner()
    assert run_roost(again.url, "receive", "aweq", "--body").stdout == b"stays\n"
    again.end()
    assert (tmp_path / "kept").exists()


def test_demo_data_is_on_the_move():
    dev = Dev("--demo")
    dev.banner()

    def totals() -> dict:
        page = json.load(urllib.request.urlopen(f"{dev.url}/api/v1/queues"))
        return {queue["name"]: queue["totals"] for queue in page["queues"]}

    end = time.monotonic() + 60
    while totals().get("orders", {}).get("deleted", 0) == 0:
        assert time.monotonic() < end and dev.process.poll() is None
        time.sleep(0.1)
    assert {"orders", "orders-dead", "mails", "thumbnails", "shipments.fifo", "reports"} <= set(totals())
    dev.end()
