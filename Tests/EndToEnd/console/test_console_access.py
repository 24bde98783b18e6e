"""What a console shows that may change nothing, and how somebody who logged in logs out."""

import json

import pytest

from support.clients import http_request

TOKEN = "a-token-for-tests-0123456789"
CHANGES = {"New queue", "Make a queue", "Pause", "Resume", "Purge", "Delete queue", "Send", "Receive", "Send message",
           "Receive messages", "Acknowledge", "Move them", "Dry run", "Cancel", "Save settings", "Kick", "Kick…",
           "Move to…", "Delete message", "Publish", "Delete key", "Disconnect", "PUT", "POST", "PATCH", "DELETE"}
BUTTONS = ("return [...document.querySelectorAll('button, a')].filter((one) => one.checkVisibility())"
           ".map((one) => one.textContent.trim())")


@pytest.fixture
def read_only(new_server):
    """It was filled while it could be."""
    server = new_server().start()
    for method, path, body in (("PUT", "queues/jobs", {}), ("POST", "queues/jobs/messages", {"body": "job 1"}),
                               ("POST", "queues/jobs/messages", {"body": "job 2"}), ("POST", "queues/jobs/receive", {}),
                               ("POST", "queues/jobs/pause", {})):
        reply = http_request(server.http_url, method, f"/api/v1/{path}", body=json.dumps(body))
        assert reply.status == 200
        if path.endswith("receive"):
            [message] = reply.json["messages"]
            http_request(server.http_url, "POST", "/api/v1/queues/jobs/bury",
                         body=json.dumps({"handles": [message["handle"]]}))
    server.stop()
    server.options = ("--console", "read-only")
    return server.start()


def test_a_read_only_console_shows_nothing_that_changes_something(console_of, read_only):
    console = console_of(read_only)
    tabs = [f"#/queues/jobs/{tab}" for tab in ("messages", "send", "receive", "dead", "settings")]
    for page in ("", "#/queues", "#/channels", "#/clients", "#/api?route=post%20/send-message",
                 "#/queues/jobs/messages?state=buried", *tabs):
        console.open(page)
        console.sees("Read-only")
        assert CHANGES & set(console.script(BUTTONS)) == set(), page
    assert console.script("return document.querySelector('form input').disabled")
    console.open("#/queues/jobs", "jobs")
    console.element("return root.querySelector('.messages tbody button');").click()
    assert CHANGES & set(console.script(BUTTONS)) == set()


def test_the_rest_of_the_pages_say_nothing_of_it(console):
    console.open("#/queues/aweq", "aweq")
    assert "Read-only" not in console.text
    assert {"Pause", "Purge", "Send", "Receive"} <= set(console.script(BUTTONS))
    assert "Log out" not in console.script(BUTTONS)


def test_who_logged_in_logs_out(console_of, new_server, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    console = console_of(new_server("--admin-token-file", str(file)).start())
    console.driver.get(f"{console.url}/console#/queues")
    console.fill("Admin token", TOKEN)
    console.press("Log in")
    console.until(lambda: console.heading == "Queues" and "aweq" in console.text, "the queues")
    console.press("Log out")
    console.sees("This server wants its admin token.")
    assert "aweq" not in console.text
    status = "return fetch('/api/v1/queues').then((one) => one.status)"
    assert console.script(status) == 401
