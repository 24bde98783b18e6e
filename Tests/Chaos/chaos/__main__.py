"""Kills the broker again and again under load and checks everything that its clients saw.

Three producers and three consumers, each a process, work on standard and FIFO queues, dead letters and task queues
(queues.py). The first of each is boto3 with retries off; the others speak the same protocol over bare HTTP, because the
bulk of the load needs it. The server is killed with SIGKILL at random moments and at chosen ones: after a segment roll,
while a snapshot is written, during cleaning, during recovery. Each start has other options. At the end all queues are
drained, and the recorded history is checked. Two more processes change keys by the Redis port (keys.py), and compare
all of them with what they were told, after each start.
"""

import argparse
import os
import random
import sys
from pathlib import Path

from chaos import keys, report
from chaos.controls import CONTROLS
from chaos.run import Plan, Run

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300, help="kills of a live server, at least; default 300")
    parser.add_argument("--messages", type=int, default=2_000_000,
                        help="acknowledged messages, at least; default 2000000")
    parser.add_argument("--minutes", type=float, default=40,
                        help="the run fails if it has not reached both by then; default 40")
    parser.add_argument("--seed", type=int, help="of the random choices; printed at the end")
    parser.add_argument("--producers", type=int, default=3, help="processes that send; default 3")
    parser.add_argument("--consumers", type=int, default=3, help="processes that receive and delete; default 3")
    parser.add_argument("--backlog", type=int, default=20_000, help="producers wait above this; default 20000")
    parser.add_argument("--rate", type=int, default=5_000, help="sends a second, at most; default 5000")
    parser.add_argument("--folder", type=Path, help="where data and history go and stay; default a temporary one")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder also when all is well")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE, too")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")
    parser.add_argument("--random-only", action="store_true", help="no kills at chosen moments")
    parser.add_argument("--roll-back", action="store_true",
                        help="put older data in place after the second kill: the run has to fail")
    parser.add_argument("--control", choices=[*CONTROLS, *keys.CONTROLS],
                        help="break what was recorded of one message, or of a key: the run has to fail")
    return parser.parse_args()


def main() -> int:
    arguments = vars(parse_arguments())
    path = arguments.pop("json")
    if arguments["seed"] is None:
        arguments["seed"] = random.SystemRandom().randrange(1 << 32)
    print(f"repeat with: scripts/chaos --seed {arguments['seed']}", flush=True)
    result = Run(Plan(**arguments)).execute()
    print(report.table(result))
    if path:
        report.write_json(result, path)
    return 1 if result["failures"] else 0


# Worker processes import this file too.
if __name__ == "__main__":
    sys.exit(main())
