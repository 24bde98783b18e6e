"""The commands of README.md, in their order and as they are printed, in a shell."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.clients import queue_info
from support.server import BINARY

README = Path(__file__).parents[2] / "README.md"


def lines_between(start: str, end: str) -> list[str]:
    """The commands from one heading to another."""
    text = README.read_text().split(f"\n## {start}\n")[1].split(f"\n## {end}\n")[0]
    return [line for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
            for line in block.replace("\\\n", "").splitlines() if line]


LINES = lines_between("A first message", "Kill it")
KEY_LINES = lines_between("Who may", "What it promises")
COMMAND_SECONDS_MAX = 60


class Shell:
    """Each command in a `sh` of its own, with the variables that the ones before it left."""

    def __init__(self, directory: Path, environment: dict):
        self.directory, self.environment = directory, environment

    def run(self, line: str) -> str:
        """What the command wrote to stdout. It has to succeed."""
        variables = self.directory / "variables"
        # -a exports every variable that the line sets, so that `env` sees it.
        script = f'{line}\ncode=$?; env -0 >"{variables}"; exit $code'
        done = subprocess.run(
            ["sh", "-a", "-c", script], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        assert done.returncode == 0, f"{line}\nended with {done.returncode}: {done.stdout}{done.stderr}"
        self.environment = dict(pair.split("=", 1) for pair in variables.read_text().split("\0") if pair)
        return done.stdout


@pytest.fixture
def server(new_server):
    """With all doors that the README speaks of."""
    return new_server(redis=True).start()


@pytest.fixture
def shell(server, tmp_path):
    """A directory that looks like the built project, and an environment that knows nothing of this one but PATH."""
    (tmp_path / ".build/release").mkdir(parents=True)
    (tmp_path / ".build/release/roost").symlink_to(BINARY.absolute())
    (tmp_path / "bin").mkdir()
    # By the interpreter of the tests: the first line of an installed script names one that may have moved.
    aws = tmp_path / "bin/aws"
    aws.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(sys.executable).with_name("aws")}" "$@"\n')
    aws.chmod(0o755)
    return Shell(tmp_path, {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8",
        "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "AWS_MAX_ATTEMPTS": "1",
        # The commands of roost name no address: they use the default, which is not the one of this server.
        "ROOST_URL": server.http_url,
    })


def with_ports_of(server, line: str) -> str:
    for usual, port in ((":9324", f":{server.sqs_port}"), (":9325", f":{server.http_port}"),
                        ("-p 6380", f"-p {server.redis_port}")):
        line = line.replace(usual, port)
    return line


def counts(server, queue: str) -> tuple[int, int]:
    """Ready, in flight."""
    found = queue_info(server, queue)["counts"]
    return found["ready"], found["in_flight"]


def body_of(reply: str):
    """The JSON body of what `curl -i` printed."""
    head, _, body = reply.partition("\n\n")
    assert re.match(r"HTTP/1\.1 200\b", head), reply
    return json.loads(body)


def runner(server, shell, remaining):
    """Runs the commands of the README one after the other."""
    def run(start: str, **replacements: str) -> str:
        """The next one, which has to begin with `start`."""
        line = next(remaining, "(no more commands)")
        assert line.startswith(start), f"the README goes on with: {line}\nthis test expects: {start}"
        line = with_ports_of(server, line)
        for placeholder, value in replacements.items():
            assert placeholder in line
            line = line.replace(placeholder, value)
        return shell.run(line)

    return run


def test_commands_of_the_readme(server, shell):
    for program in ("curl", "redis-cli"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    remaining = iter(LINES)
    run = runner(server, shell, remaining)

    run("export AWS_ACCESS_KEY_ID=")
    run("endpoint=")
    run("url=")
    assert json.loads(run("aws sqs create-queue"))["QueueUrl"] == server.queue_url("orders")
    sent = json.loads(run("aws sqs send-message"))
    (received,) = json.loads(run("aws sqs receive-message"))["Messages"]
    assert (received["MessageId"], received["Body"]) == (sent["MessageId"], "hello")
    run("aws sqs delete-message", PASTE_THE_HANDLE_HERE=received["ReceiptHandle"])
    assert counts(server, "orders") == (0, 0)

    body_of(run("curl -i -X POST"))
    (received,) = body_of(run("curl -i -X GET"))["messages"]
    assert received["message"] == "job-details-01"
    stats = body_of(run("curl -i -X GET"))["stats"]
    assert (stats["queue_length"], stats["checkouts_count"]) == (0, 1)
    body_of(run("curl -i -X DELETE", PASTE_THE_KEY_HERE=received["key"]))
    assert counts(server, "aweq") == (0, 0)

    sent = json.loads(run("curl -X POST"))
    (received,) = json.loads(run("curl -X POST"))["messages"]
    assert received["body"] == "hello" and received["id"] in json.dumps(sent)

    run("export PATH=")
    run("roost queue create orders")
    run("roost send orders 'hello'")
    assert "hello" in run("roost peek orders")
    assert "hello" in run("roost receive orders --delete")
    assert "orders" in run("roost queue stats orders")
    # What the JSON API received above is still in flight.
    assert counts(server, "orders") == (0, 1)

    assert run("redis-cli -p 6380 lpush orders") == "1\n"
    assert run("roost receive orders") == "resize image 42\n"
    run("roost send orders")
    assert run("redis-cli -p 6380 brpop orders") == "orders\nresize image 43\n"

    run("roost queue create payments.fifo")
    assert run("roost send payments.fifo") == run("roost send payments.fifo")
    assert run("roost receive payments.fifo") == "charge 7\n"

    run("roost queue create mail-dead")
    run("roost queue create mail ")
    run("roost send mail ")
    assert "to nobody" in run("roost receive mail ")
    assert "to nobody" not in run("roost receive mail")
    assert counts(server, "mail-dead") == (1, 0) and "mail-dead" in run("roost dlq list")
    run("roost dlq redrive mail-dead")
    assert counts(server, "mail-dead") == (0, 0) and counts(server, "mail") == (1, 0)

    run("roost queue create jobs")
    run("roost send jobs")
    received = run("roost receive jobs")
    assert "resize image 42" in received
    run("roost bury jobs", PASTE_THE_HANDLE_HERE=re.search(r"handle +(\S+)", received)[1])
    buried = run("roost peek jobs")
    assert "no such image" in buried and counts(server, "jobs") == (0, 0)
    run("roost kick jobs")
    assert counts(server, "jobs") == (1, 0)
    assert list(remaining) == []


def test_signed_commands_of_the_readme(new_server, shell):
    start, request = KEY_LINES
    assignment, command = start.split(" ", 1)
    assert command == "roost serve"
    server = new_server(environment=dict([assignment.split("=", 1)])).start()
    shell.environment["AWS_DEFAULT_REGION"] = "us-east-1"
    shell.environment["endpoint"] = server.sqs_url
    shell.run(request)
    with pytest.raises(AssertionError, match="InvalidClientTokenId|UnrecognizedClientException"):
        shell.run(request.replace("AWS_ACCESS_KEY_ID=shop", "AWS_ACCESS_KEY_ID=other"))
    with pytest.raises(AssertionError, match="SignatureDoesNotMatch|InvalidSignatureException"):
        shell.run(request.replace("b6f2d0c4", "00000000"))
