"""Bodies, attributes, groups, reasons, names and errors are texts of strangers: none becomes a script."""

import json
import re
import urllib.parse

import pytest

from support.clients import http_request
from support.hostile import LOOK, PAYLOADS

PER_QUEUE = 50
ATTENTION_MAX = 50
PARTS = [PAYLOADS[start:start + PER_QUEUE] for start in range(0, len(PAYLOADS), PER_QUEUE)]


def call(server, method, path, body=None):
    reply = http_request(server.http_url, method, f"/api/v1{path}", body=None if body is None else json.dumps(body))
    assert reply.status < 300, reply
    return json.loads(reply.body)


def fill_queue(server, payloads, name="hostile"):
    call(server, "PUT", f"/queues/{name}")
    messages = [{"body": text, "group": text[:60], "trace": text,
                 "attributes": {"a": {"type": "String", "value": text}}} for text in payloads]
    assert call(server, "POST", f"/queues/{name}/messages", {"messages": messages})["failed"] == 0


def escaped(text):
    return re.sub("[\u200b\u202e]", lambda match: f"\\u{ord(match[0]):04x}", text)


CLEAN = {"ran": False, "foreign": []}


def check_clean(console):
    assert console.script(LOOK) == CLEAN


# Each dialog is looked at when the browser had time to run what stands in it.
OPEN_EACH = """
const done = arguments[arguments.length - 1];
const look = () => { %s };
(async () => {
  const seen = [];
  for (const button of document.querySelectorAll('.messages tbody button')) {
    button.click();
    const dialog = document.querySelector('dialog[open]');
    await new Promise((next) => setTimeout(next));
    seen.push([dialog.textContent, look()]);
    dialog.close();
  }
  return seen;
})().then(done, (error) => done(String(error)));
""" % LOOK


def open_each(console):
    """Opens every message of the list, and gives the texts of the dialogs."""
    console.until(lambda: console.script("return document.querySelectorAll('.messages tbody button').length"))
    seen = console.driver.execute_async_script(OPEN_EACH)
    assert isinstance(seen, list), seen
    for text, found in seen:
        assert found == CLEAN, text
    check_clean(console)
    return [text for text, _ in seen]


VISIT_EACH = """
const done = arguments[arguments.length - 1];
const look = () => { %s };
const pause = (ms) => new Promise((next) => setTimeout(next, ms));
(async () => {
  const seen = [];
  for (const address of arguments[0]) {
    document.querySelector('h1').remove();
    location.hash = address;
    while (!document.querySelector('h1')) await pause(5);
    await pause(0);
    seen.push([look(), !!document.querySelector('[role=alert]')]);
  }
  return seen;
})().then(done, (error) => done(String(error)));
""" % LOOK


def visit(console, page, payloads, alerts=False):
    """Goes to the addresses that end with the payloads. `alerts`: each of them is an error."""
    addresses = [f"#/{page}" + urllib.parse.quote(payload, safe="") for payload in payloads]
    seen = console.driver.execute_async_script(VISIT_EACH, addresses)
    assert isinstance(seen, list), seen
    for address, (found, alert) in zip(addresses, seen, strict=True):
        assert found == CLEAN, address
        assert alert or not alerts, address
    check_clean(console)


def test_there_are_two_hundred():
    assert len(set(PAYLOADS)) == 200


@pytest.mark.parametrize("part", range(len(PARTS)))
def test_in_messages(console, server, part):
    payloads = PARTS[part]
    fill_queue(server, payloads)
    console.open("#/queues/hostile", "hostile")
    check_clean(console)
    shown = open_each(console)
    # Body, attribute and group at least, each whole and visible.
    for payload in payloads:
        assert any(text.count(escaped(payload)) >= 2 for text in shown), payload
    console.open("#/tail/queue/hostile", "Live tail")
    console.until(lambda: console.script("return document.querySelectorAll('.tail li').length") == PER_QUEUE)
    check_clean(console)


@pytest.mark.parametrize("part", range(len(PARTS)))
def test_in_what_is_received_and_buried(console, server, part):
    payloads = PARTS[part]
    fill_queue(server, payloads)
    console.open("#/queues/hostile/receive", "hostile")
    console.fill("Batch size", str(PER_QUEUE))
    console.press("Receive messages")
    console.until(lambda: len(console.messages()) == PER_QUEUE, "the messages")
    assert {message["text"] for message in console.messages()} == {escaped(payload) for payload in payloads}
    console.script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    check_clean(console)
    handles = call(server, "POST", "/queues/hostile/receive", {"max": 1})["messages"]
    assert handles == []
    call(server, "POST", "/queues/hostile/purge")
    fill_queue(server, payloads)
    taken = call(server, "POST", "/queues/hostile/receive", {"max": PER_QUEUE})["messages"]
    for payload, message in zip(payloads, taken, strict=True):
        call(server, "POST", "/queues/hostile/bury",
             {"handles": [message["handle"]], "reason": payload, "error": payload, "by": payload})
    console.open("#/queues/hostile?state=buried", "hostile")
    shown = open_each(console)
    for payload in payloads:
        assert any(text.count(escaped(payload)) >= 4 for text in shown), payload


def test_in_addresses_and_errors(console):
    """The name of a queue that cannot be comes back in the error of the server."""
    console.open("", "Overview")
    for payloads in PARTS:
        visit(console, "queues/", payloads, alerts=True)
    for page in ("queues?contains=", "tail/queue/", "queues/aweq?state=", "keys/0/", "nothing/"):
        visit(console, page, PAYLOADS[::10])


def test_in_reasons_and_properties(console, server):
    """What stands at the queue itself: the reason of its pause, and what other APIs keep with it."""
    # As many as the overview shows at once.
    payloads = PAYLOADS[::len(PAYLOADS) // ATTENTION_MAX]
    queues = {f"hostile-{index:02}": payload for index, payload in enumerate(payloads)}
    for name, payload in queues.items():
        call(server, "PUT", f"/queues/{name}")
        call(server, "POST", f"/queues/{name}/pause", {"reason": payload})
    for page in ("", "#/queues"):
        console.open(page)
        check_clean(console)
    console.open("", "Overview")
    for payload in payloads:
        console.sees(escaped(payload))
    check_clean(console)
    for name, payload in queues.items():
        console.go(f"#/queues/{name}/settings")
        console.sees(escaped(payload))
        check_clean(console)


def test_in_forms(console, server):
    """What is typed comes back in the commands, and in errors."""
    call(server, "PUT", "/queues/hostile")
    console.open("#/queues/hostile/send", "hostile")
    type_in = ("arguments[0].value = arguments[1];"
               "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))")
    body, delay = console.field("Message"), console.field("Delay")
    console.command("curl")
    for payload in PAYLOADS[::8]:
        console.script(type_in, delay, "")
        console.script(type_in, body, payload)
        line = console.command("curl").replace("'\\''", "'")
        assert escaped(json.dumps(payload, ensure_ascii=False)) in line
        check_clean(console)
        console.script(type_in, delay, payload)
        console.press("Send message")
        console.until(lambda: console.script("return !!document.querySelector('.problem:not([hidden])')"), "a problem")
        check_clean(console)
    assert call(server, "GET", "/queues/hostile")["totals"]["sent"] == 0
