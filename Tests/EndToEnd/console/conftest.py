import json

import pytest

from support.clients import http_request
from support.console import Console, browser_missing, start_browser


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests; each test looks at a server of its own."""
    reason = browser_missing()
    if reason:
        pytest.skip(reason)
    driver = start_browser()
    yield driver
    driver.quit()


@pytest.fixture
def console_of(browser):
    """Makes the console of a running server. It must not have broken any rule of the browser when the test is over."""
    views = []

    def view(server):
        browser.get("about:blank")
        browser.get_log("browser")
        views.append(Console(browser, server.http_url))
        return views[-1]

    yield view
    for one in views:
        assert one.complaints() == []


@pytest.fixture
def console(console_of, server):
    """The console of a server of the test's own."""
    return console_of(server)


@pytest.fixture
def api(server):
    """The JSON API of that server: `api("PUT", "/queues/jobs")`."""
    def call(method, path, body=None):
        reply = http_request(server.http_url, method, f"/api/v1{path}", body=None if body is None else json.dumps(body))
        assert reply.status < 300, reply
        return json.loads(reply.body)
    return call
