"""The short version of the kill loop (scripts/chaos; `make chaos` is the full one)."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).parents[1]
KILLS, MESSAGES, MINUTES = 16, 50_000, 3


def chaos(folder, *options, timeout=600):
    environment = os.environ | {"PYTHONPATH": f"{TESTS / 'Chaos'}:{TESTS / 'EndToEnd'}"}
    return subprocess.run(
        [sys.executable, "-m", "chaos", "--folder", folder, *options], env=environment, capture_output=True, text=True,
        timeout=timeout)


def test_kill_loop(tmp_path, seed, report):
    figures = tmp_path / "figures.json"
    run = chaos(tmp_path / "run", "--seed", str(seed), "--kills", str(KILLS), "--messages", str(MESSAGES),
                "--minutes", str(MINUTES), "--json", figures)
    assert run.returncode == 0, run.stdout + run.stderr
    result = json.loads(figures.read_text())
    report(f"kill loop: {result['kills']} kills of a live server {result['kills_by_kind']}, {result['acked']} "
           f"acknowledged, {result['lost']} lost, {result['recovered']} recovered; {result['grouped']} in groups, "
           f"{result['dead letters']} dead letters, {result['burials']} burials; {result['keys']['commands']} changes "
           f"of keys, read {result['keys']['checks']} times, {result['keys_wrong']} differences; seed {seed}"
           + "".join(f"; skipped: {text}" for text in result["skipped"]))


CONTROLS = {"lose": ["--control", "lose"], "resurrect": ["--control", "resurrect"], "roll-back": ["--roll-back"],
            "keys-lose": ["--control", "keys-lose"]}
RULES = {"lose": ["R1 "], "resurrect": ["R3 "], "roll-back": ["R1 ", "K1 "], "keys-lose": ["K1 "]}


def test_a_breach_fails_the_run(tmp_path, seed):
    """Negative controls of the whole chain: the harness drops an acknowledged message from the recorded history, adds a
    delivery of a deleted one, counts a change of a key that was never sent, or puts older data in place between a kill
    and the next start."""
    def run(name: str):
        return chaos(tmp_path / name, "--seed", str(seed), "--kills", "2", "--messages", "1000", "--minutes", "1",
                     "--random-only", *CONTROLS[name])

    with ThreadPoolExecutor(len(CONTROLS)) as pool:
        runs = dict(zip(CONTROLS, pool.map(run, CONTROLS)))
    for name, done in runs.items():
        text = f"{name}:\n{done.stdout}{done.stderr}"
        assert done.returncode == 1 and "FAILED" in done.stdout, text
        assert all(rule in done.stdout for rule in RULES[name]), text
