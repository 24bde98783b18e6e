"""The SDKs of AWS for Go, both generations, in the versions of Debian (Query), against a server that checks signatures.
The program is clients/go.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support import programs

SOURCES = Path("/usr/share/gocode")
SDKS = [SOURCES / "src/github.com/aws" / name / "service/sqs" for name in ("aws-sdk-go", "aws-sdk-go-v2")]
# Kept from run to run, as the virtual environments are: the SDKs take a while to compile.
CACHE = Path(__file__).parents[2] / ".build/go-clients"


@pytest.fixture(scope="module")
def program():
    if shutil.which("go") is None:
        pytest.skip("golang-go is not installed (make install tries to)")
    for sdk in SDKS:
        if not sdk.exists():
            pytest.skip(f"an SDK for Go is not installed: no {sdk} (make install tries to)")
    CACHE.mkdir(parents=True, exist_ok=True)
    # As Debian has it: no modules, the sources stand below GOPATH.
    environment = os.environ | {
        "GO111MODULE": "off", "GOPATH": str(SOURCES), "GOFLAGS": "", "GOCACHE": str(CACHE / "cache"),
    }
    program = CACHE / "clients"
    done = subprocess.run(
        ["go", "build", "-o", program, "."], cwd=programs.CLIENTS / "go", env=environment, capture_output=True,
        text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return program


@pytest.mark.parametrize("generation", ["v1", "v2"])
def test_every_action(program, guarded_server, new_name, report, generation):
    done = programs.run(program, generation, guarded_server.sqs_url, new_name())
    assert set(done["missing"]) <= programs.YOUNG
    assert len(done["called"]) >= 20
    report(f"client: {done['client']}: {len(done['called'])} actions")
