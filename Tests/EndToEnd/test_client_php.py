"""async-aws/sqs for PHP, in the version of Debian (Query), against a server that checks signatures. The program is
clients/php.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from support import programs

PACKAGE = Path("/usr/share/php/AsyncAws/Sqs/autoload.php")


def version() -> str:
    words = ["dpkg-query", "--show", "--showformat=${Version}", "php-async-aws-sqs"]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stdout or "of unknown version"


def test_every_action(guarded_server, new_name, report):
    if shutil.which("php") is None or not PACKAGE.exists():
        pytest.skip("php-cli or php-async-aws-sqs is not installed (make install tries to)")
    done = programs.run("php", programs.CLIENTS / "php/client.php", guarded_server.sqs_url, new_name())
    assert set(done["missing"]) <= programs.YOUNG
    # The waiter queueExists is one of them, and is none of SQS.
    assert len(done["called"]) >= 14
    report(f"client: async-aws/sqs {version()}: {len(done['called']) - 1} actions and the waiter queueExists")
