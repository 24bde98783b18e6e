"""The admin token, sessions, and what is written down of actions."""

import json
import urllib.error
import urllib.request

import pytest

from support.commands import run_roost

TOKEN = "a-token-for-tests-0123456789"
BODY = "a body that belongs in no log"


def call(server, method, path, body=None, **headers):
    request = urllib.request.Request(
        f"{server.http_url}{path}", method=method, headers=headers,
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def audit_lines(server) -> list[dict]:
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("audit") == "true"]


@pytest.fixture
def guarded(new_server, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    return new_server("--admin-token-file", str(file), "--log-format", "json", "--log-level", "debug").start()


def test_the_command_line_sends_the_token(guarded, tmp_path):
    refused = run_roost(guarded.http_url, "queue", "list", text=True)
    assert refused.returncode == 5 and "--token-file" in refused.stderr
    allowed = run_roost(guarded.http_url, "queue", "list", text=True, variables={"ROOST_ADMIN_TOKEN": TOKEN})
    assert allowed.returncode == 0 and "aweq" in allowed.stdout
    assert run_roost(guarded.http_url, "stats", "--token-file", str(tmp_path / "token")).returncode == 0


def test_actions_are_written_down_without_secrets(guarded):
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert call(guarded, "PUT", "/api/v1/queues/jobs", {}, **bearer)[0] == 200
    assert call(guarded, "PUT", "/api/v1/queues/jobs", {"delay_seconds": 5}, **bearer)[0] == 409
    assert call(guarded, "POST", "/api/v1/queues/jobs/messages", {"body": BODY}, **bearer)[0] == 200
    status, headers, _ = call(guarded, "POST", "/api/v1/session", {"token": TOKEN})
    cookie = headers["Set-Cookie"].split(";")[0]
    assert status == 200 and call(guarded, "POST", "/api/v1/queues/jobs/purge", **{"Cookie": cookie})[0] == 200
    assert call(guarded, "DELETE", "/api/v1/queues/jobs", **{"Authorization": "Bearer wrong-wrong-wrong"})[0] == 401
    lines = audit_lines(guarded)
    made, refused, sent, login, purged = lines
    assert (made["by"], made["from"], made["method"], made["path"], made["status"], made["level"]) == (
        "token", "127.0.0.1", "PUT", "/api/v1/queues/jobs", "200", "info")
    assert refused["status"] == "409"
    assert sent["level"] == "debug"
    assert login["msg"] == "Login"
    assert purged["by"] == "session 1" and purged["path"].endswith("/purge")
    log = guarded.log.read_text()
    assert "no valid token" in log
    for secret in (TOKEN, BODY, cookie.split("=")[1], "wrong-wrong-wrong"):
        assert secret not in log.split("\n", 1)[1]


def test_other_machines_need_the_token(new_server, tmp_path):
    server = new_server("--http", "0.0.0.0:0")
    server.start(wait=False)
    assert server.process.wait(30) == 78
    assert "--admin-token-file" in server.log.read_text()


@pytest.mark.parametrize("mode, reason", [(0o644, "chmod 600"), (0o600, "16 or more visible ASCII characters")])
def test_a_token_that_is_none_ends_the_start(new_server, tmp_path, mode, reason):
    file = tmp_path / "token"
    file.write_text(TOKEN if mode == 0o644 else "short")
    file.chmod(mode)
    server = new_server("--admin-token-file", str(file))
    server.start(wait=False)
    assert server.process.wait(30) == 78
    log = server.log.read_text()
    assert reason in log and TOKEN not in log


def test_read_only_lets_nobody_change_anything(new_server):
    server = new_server("--console", "read-only").start()
    status, _, text = call(server, "POST", "/api/v1/queues/aweq/messages", {"body": "a"})
    assert status == 403 and json.loads(text)["code"] == "read_only"
    assert call(server, "GET", "/receive-message")[0] == 403
    assert call(server, "GET", "/api/v1/queues")[0] == 200
