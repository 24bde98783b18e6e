"""What is in deploy/ names metrics, options and paths that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.server import BINARY

DEPLOY = Path(__file__).parents[2] / "deploy"
# Of Prometheus itself.
METRICS_OF_OTHERS = {"up"}


def families(server) -> set[str]:
    import urllib.request

    text = urllib.request.urlopen(f"{server.http_url}/metrics").read().decode()
    found = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    return found | {f"{name}_{suffix}" for name in found for suffix in ("bucket", "sum", "count")}


def metrics_in(text: str) -> set[str]:
    return set(re.findall(r"\broost_[a-z_]+\b", text))


def test_alerts_and_dashboard_use_metrics_that_there_are(server):
    known = families(server)
    rules = re.findall(r"expr:.*?(?=\n +(?:for|labels):)", (DEPLOY / "prometheus/rules.yaml").read_text(), re.S)
    dashboard = json.loads((DEPLOY / "grafana/roost.json").read_text())
    expressions = rules + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 30
    for expression in expressions:
        used = metrics_in(expression)
        assert used or "up{" in expression, expression
        assert used <= known, f"{used - known} of {expression}"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_alerts_fire_when_they_should():
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "rules-test.yaml"]):
        result = subprocess.run(["promtool", *command], cwd=DEPLOY / "prometheus", capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_one_that_systemd_takes(tmp_path):
    unit = tmp_path / "roost.service"
    unit.write_text((DEPLOY / "systemd/roost.service").read_text().replace("/usr/local/bin/roost", str(BINARY)))
    result = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert result.returncode == 0 and not result.stderr, result.stderr


def test_variables_in_files_are_options():
    known = set(re.findall(r"`(ROOST_[A-Z_]+)`", (DEPLOY.parent / "docs/operating/configuration.md").read_text()))
    for name in ("systemd/roost.service", "docker/Dockerfile", "docker/compose.yaml"):
        used = set(re.findall(r"\bROOST_[A-Z_]+", (DEPLOY / name).read_text()))
        assert used and used <= known, f"{name}: {used - known}"
