"""boto3 in three generations against a server that checks signatures: the newest (JSON), the last one that speaks the
Query protocol, and the one of Debian. Each calls every action that it has.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from support import story
from support.query_client import PYTHON, QueryClient
from support.signed import KEY, SECRET

DEBIAN = Path("/usr/bin/python3")


def interpreter_of_debian() -> Path:
    """An interpreter from PATH would not find the packages of Debian."""
    if not DEBIAN.exists() or subprocess.run([DEBIAN, "-I", "-c", "import boto3"], capture_output=True).returncode:
        pytest.skip("python3-boto3 is not installed (make install tries to)")
    return DEBIAN


@pytest.fixture(params=["newest", "query", "debian"])
def client(request, guarded_server):
    python = {"newest": lambda: sys.executable, "query": lambda: PYTHON, "debian": interpreter_of_debian}
    client = QueryClient(guarded_server.sqs_url, python[request.param](), KEY, SECRET)
    yield client
    client.close()


def test_every_action(client, new_name, report):
    story.tell(client, new_name())
    report(f"client: {client.versions} ({client.protocol}): {len(client.called)} actions")


def test_generations(guarded_server):
    """The two that are pinned are what they are meant to be."""
    for python, protocol, actions in ((sys.executable, "json", 23), (PYTHON, "query", 23)):
        client = QueryClient(guarded_server.sqs_url, python, KEY, SECRET)
        client.close()
        assert client.protocol == protocol
        assert len(client.operations) == actions
