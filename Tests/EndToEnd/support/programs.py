"""Programs with clients in other languages (the folder clients). They end with 1 at the first check that fails, and
otherwise write as JSON which actions they called, and which their client has that they did not call.
"""

import json
import os
import subprocess
from pathlib import Path

from support.signed import KEY, REGION, SECRET

CLIENTS = Path(__file__).parents[1] / "clients"
# Newer packages have these actions, those of Debian 12 do not.
YOUNG = {"StartMessageMoveTask", "ListMessageMoveTasks", "CancelMessageMoveTask", "startMessageMoveTask",
         "listMessageMoveTasks", "cancelMessageMoveTask"}


def run(*command: str | Path) -> dict:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
