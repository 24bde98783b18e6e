"""The console open in a browser, with many queues: how soon it can be used, and what it costs the server."""

import statistics
import sys
import time

from browser import Browser, browser_missing
from comparisons import Row, others_note
from load import OtherWork

KIB = 1 << 10
# Before the processor time is counted: what is asked for once has been asked for.
SETTLE_SECONDS = 5
# Loads of a page by a browser that has nothing in its cache.
LOADS = 5
# Each page, with what is there when it can be used.
PAGES = {
    "overview": ("", "table a.name"),
    "queues, sorted": ("#/queues?sort=ready&order=desc", "[data-rows] a.name"),
}
# Notes when the first such element stands in the page, by the clock that began with the navigation.
WATCH = """
new MutationObserver((_, self) => {
  const main = document.querySelector('main');
  if (!main || main.hasAttribute('aria-busy') || !main.querySelector('%s')) return;
  self.disconnect();
  window.usableAfter = performance.now();
}).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
"""
# The stream of events never ends, and is not in the list.
TRANSFERRED = """
const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
return { bytes: entries.reduce((sum, one) => sum + one.transferSize, 0), requests: entries.length };
"""


def console(bench):
    reason = browser_missing()
    if reason:
        print(f"console: skipped: {reason}", file=sys.stderr, flush=True)
        return
    with bench.roost() as server, Browser() as browser:
        bench.load.all_of("make-queues", server, "q", bench.pollers, 32)
        server.create_queue("backlog")
        bench.load.fill(server, "backlog", bench.backlog)
        for name, (address, selector) in PAGES.items():
            yield from rows_of(bench, server, browser, name, address, selector)


def rows_of(bench, server, browser, name, address, selector):
    url = f"http://127.0.0.1:{server.http_port}/console{address}"
    loads = [load(browser, url, selector) for _ in range(LOADS)]
    many = f"console, {bench.pollers:,} queues, {bench.backlog:,} messages"
    seen = statistics.median(one["usable"] for one in loads)
    size = max(one["bytes"] for one in loads)
    yield Row(f"{many}, {name}: first rows after", "ms", seen, ceiling=300, runs={"roost": loads},
              note=f"median of {LOADS} with an empty cache, longest {max(one['usable'] for one in loads):.0f} ms")
    # The limit is for what somebody opens first.
    yield Row(f"... {name}: transferred until then", "KiB", size / KIB, ceiling=None if address else 100,
              note=f"{loads[0]['requests']} requests, files compressed")
    cost = open_for(browser, server, url, selector, bench.minute)
    yield Row(f"... {name}: processor time of the server while it is open", "%", cost["percent"], ceiling=1,
              runs={"roost": [cost]}, note=f"of a core, over {bench.minute:g} s" + others_note([cost]))


def load(browser, url, selector):
    """One load without a cache."""
    browser.open("about:blank")
    browser.protocol("Network.clearBrowserCache")
    added = browser.protocol("Page.addScriptToEvaluateOnNewDocument", source=WATCH % selector)
    browser.open(url)
    usable = browser.until("return window.usableAfter")
    transferred = browser.script(TRANSFERRED)
    browser.protocol("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])
    return {"usable": usable, **transferred}


def open_for(browser, server, url, selector, seconds):
    browser.open("about:blank")
    browser.open(url)
    browser.until(f"return !!document.querySelector('main {selector}')")
    time.sleep(SETTLE_SECONDS)
    others = OtherWork(server.pid)
    before, start = others.server(), time.monotonic()
    time.sleep(seconds)
    busy, elapsed = others.server() - before, time.monotonic() - start
    if browser.script("return document.hidden"):
        raise RuntimeError("the page was hidden, and a hidden page asks for nothing")
    return {"percent": 100 * busy / elapsed, "seconds": elapsed}


ALL = {"console": console}
