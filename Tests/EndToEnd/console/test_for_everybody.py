"""For screen readers, keyboards and phones, and for thousands of queues."""

import json

import pytest

from support.clients import http_request

QUEUE_PAGES = [f"#/queues/jobs/{tab}" for tab in ("messages", "send", "receive", "dead", "chart", "settings")]
PAGES = ["", "#/queues", "#/tail", "#/tail/queue/jobs", "#/channels", "#/keys", "#/clients", "#/node", "#/api",
         *QUEUE_PAGES]
CONTROLS = {
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton", "dialog", "navigation",
    "image", "progressbar", "table", "region", "DisclosureTriangle",
}


def call(server, method, path, body=None):
    reply = http_request(server.http_url, method, f"/api/v1{path}", body=None if body is None else json.dumps(body))
    assert reply.status < 300, reply
    return json.loads(reply.body)


@pytest.fixture
def jobs(server):
    call(server, "PUT", "/queues/jobs-dead")
    call(server, "PUT", "/queues/jobs", {"dead_letters": {"queue": "jobs-dead", "max_receives": 3}})
    messages = [{"body": json.dumps({"job": number}), "group": f"g{number}"} for number in range(30)]
    call(server, "POST", "/queues/jobs/messages", {"messages": messages})
    call(server, "POST", "/queues/jobs/pause", {"reason": "a reason that needs a second line on a phone"})


def nameless(console):
    """Controls without a name in the accessibility tree of the browser."""
    nodes = console.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [node for node in nodes if not node.get("ignored") and node.get("role", {}).get("value") in CONTROLS
            and not (node.get("name", {}).get("value") or "").strip()]


@pytest.mark.parametrize("page", PAGES)
def test_every_control_has_a_name(console, jobs, page):
    console.open(page)
    assert nameless(console) == []
    assert console.script("return document.querySelectorAll('h1').length") == 1
    assert console.script("return document.title").endswith("Roost")
    # Nobody is sent through the page in an order of its own.
    orders = console.script("return [...document.querySelectorAll('[tabindex]')].map((one) => one.tabIndex)")
    assert set(orders) <= {0, -1}


def test_dialogs_have_names_and_hold_the_focus(console, jobs):
    console.open("#/queues/jobs", "jobs")
    for name in ("Purge", "Pause", "Delete queue"):
        console.press(name)
        assert nameless(console) == []
        assert console.script("return document.querySelector('dialog[open]').contains(document.activeElement)")
        console.press("Cancel")
        console.closed()
    console.element("return root.querySelector('.messages tbody button');").click()
    assert nameless(console) == []


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_a_phone(console, jobs, page):
    console.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                   {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True})
    try:
        console.open(page)
        assert console.script("return document.documentElement.scrollWidth") <= 360
    finally:
        console.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("page", ["", "#/queues", "#/queues/NAME"])
def test_a_paused_queue_with_a_long_name_says_so_on_a_phone(console, server, page):
    name = "a-queue-with-a-name-that-is-as-long-as-it-may-be".ljust(80, "x")
    call(server, "PUT", f"/queues/{name}", {"contents": "bytes", "safe_pop": True})
    call(server, "POST", f"/queues/{name}/messages", {"body": "job"})
    call(server, "POST", f"/queues/{name}/pause")
    console.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                   {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True})
    try:
        console.open(page.replace("NAME", name))
        # Nothing that holds the badge cuts it.
        cut = console.element("""
            const badge = [...root.querySelectorAll('main .badge.warn')].find((one) =>
                one.textContent.includes('❚❚ paused'));
            if (!badge) return null;
            const edges = [{ left: 0, right: innerWidth }];
            for (let box = badge.parentElement; box; box = box.parentElement) edges.push(box.getBoundingClientRect());
            const { left, right, width } = badge.getBoundingClientRect();
            return [width > 10 && edges.every((edge) => edge.left <= left && right <= edge.right)];""")
        assert cut == [True]
    finally:
        console.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_keys(console, jobs):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def keys(*pressed):
        ActionChains(console.driver).send_keys(*pressed).perform()

    console.open("", "Overview")
    keys("g", "q")
    console.until(lambda: console.heading == "Queues", "the queues")
    keys("/")
    keys("jobs-d")
    rows = "return document.querySelectorAll('[data-rows] tr.open').length"
    console.until(lambda: console.script(rows) == 1, "one queue")
    keys(Keys.ESCAPE)
    keys("j", Keys.ENTER)
    console.until(lambda: console.heading == "jobs-dead", "the queue")
    keys("?")
    console.sees("Filter or search")
    keys(Keys.ESCAPE)
    console.closed()
    keys("g", "o")
    console.until(lambda: console.heading == "Overview", "the overview")
    # The first stop leads past the navigation, to this page.
    console.open("#/queues", "Queues")
    first = console.element("return document.querySelector('a, button, input');")
    assert first.get_attribute("textContent") == "Skip to the page"
    console.script("arguments[0].focus()", first)
    keys(Keys.ENTER)
    assert console.script("return document.activeElement.id") == "main"
    assert console.heading == "Queues"


def test_the_theme_is_kept(console):
    console.open("", "Overview")
    console.script("localStorage.clear()")
    console.open("", "Overview")
    for theme in ("light", "dark"):
        console.script("document.getElementById('theme').click()")
        console.open("", "Overview")
        assert console.script("return document.documentElement.dataset.theme") == theme
    console.script("localStorage.clear()")


def test_nothing_is_asked_of_another_server(console, jobs, server):
    for page in ("", "#/queues/jobs", "#/api"):
        console.open(page)
        names = console.script("return performance.getEntriesByType('resource').map((one) => one.name)")
        assert names and all(name.startswith(server.http_url) for name in names)


def test_thousands_of_queues(console, server):
    for number in range(2500):
        call(server, "PUT", f"/queues/tenant-{number:05d}")
    console.open("#/queues", "Queues")
    console.sees("2,501")
    seen = set()

    def names():
        links = "return [...document.querySelectorAll('[data-rows] a.name')].map((one) => one.textContent)"
        rows = console.script(links)
        assert len(rows) < 120, "only the rows in sight exist"
        seen.update(rows)
        return rows

    console.until(names)
    # To the end, however the server pages: what is missing is asked for on the way.
    def at_end():
        console.script("const box = document.querySelector('.rows'); box.scrollTop = box.scrollHeight")
        return "tenant-02499" in names()
    console.until(at_end, "the last queue")
    console.fill("Filter by name", "02217")
    console.until(lambda: names() == ["tenant-02217"], "the queue that was looked for")


def test_the_page_says_when_the_server_is_gone_and_comes_back(console, server, jobs):
    console.open("", "Overview")
    console.sees("connected")
    server.restart()
    link = "return document.getElementById('link').textContent"
    console.until(lambda: "connected" in console.script(link), "the server")
    console.sees("30")
