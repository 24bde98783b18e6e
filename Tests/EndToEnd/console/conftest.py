import pytest

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
def console(browser, server):
    """The console of a running server, which must not have broken any rule of the browser when the test is over."""
    browser.get("about:blank")
    browser.get_log("browser")
    view = Console(browser, server.http_url)
    yield view
    assert view.complaints() == []
