"""Through the console as somebody who runs queues: each test does its work with the page, and looks with the API."""

import json
import subprocess

import pytest

from support.server import BINARY


def make_queue(console, name, kind="standard"):
    console.open("#/queues", "Queues")
    console.press("New queue")
    console.fill("Name", name)
    console.fill("Kind", kind)
    console.press("Make queue")
    console.until(lambda: console.heading.startswith(name), f"the page of {name}")


def send(console, **fields):
    for label, value in fields.items():
        console.fill(label.replace("_", " "), value)
    console.press("Send message")
    console.sees("in the queue.")


def test_dead_letters_and_the_way_back(console, api):
    make_queue(console, "mail", "work")
    send(console, Message="to nobody")
    console.tab("Settings")
    console.fill("After receives", "1")
    console.press("Save settings")
    console.sees("Saved.")
    console.tab("Receive")
    console.press("Receive messages")
    console.sees("1 message received.")
    console.press("Release")
    console.has(ready=1)
    console.press("Receive messages")
    console.sees("No messages available in the queue.")
    console.tab("Dead letters")
    console.press("mail-dead")
    console.until(lambda: console.heading == "mail-dead", "the page of the dead letters")
    console.has(ready=1)
    console.sees("to nobody")
    console.press("Dry run")
    console.sees("Would move 1 message. Nothing was moved.")
    assert api("GET", "/queues/mail-dead")["counts"]["ready"] == 1
    console.press("Move them")
    ended = "return !!document.querySelector('[data-move=completed]')"
    console.until(lambda: console.script(ended), "the end of the move")
    console.has(ready=0)
    assert api("GET", "/queues/mail")["counts"]["ready"] == 1


def test_a_message_of_a_fifo_queue_waits_for_the_one_before(console):
    make_queue(console, "payments", "fifo")
    assert console.heading == "payments.fifo"
    for number in ("1", "2"):
        send(console, Message=f"charge {number}", Group="customer-1", Deduplication_id=number)
    send(console, Message="charge 3", Group="customer-2", Deduplication_id="3")
    console.has(ready=3)
    console.tab("Receive")
    console.press("Receive messages")
    console.sees("1 message received.")
    console.press("Receive messages")
    console.until(lambda: len(console.messages()) == 2, "the other group")
    assert {message["text"] for message in console.messages()} == {"charge 1", "charge 3"}
    console.press("Receive messages")
    console.sees("No messages available in the queue.")
    first = console.element("return [...root.querySelectorAll('article')]"
                            ".find((one) => one.textContent.includes('charge 1'));")
    console.press("Acknowledge", first)
    console.until(lambda: console.counts()["in_flight"] == 1, "the acknowledgement")
    console.press("Receive messages")
    console.until(lambda: "charge 2" in {message["text"] for message in console.messages()}, "the second charge")


def test_bury_and_kick(console, api):
    make_queue(console, "images")
    send(console, Message="resize 42")
    console.tab("Receive")
    console.press("Receive messages")
    console.press("Bury…")
    console.fill("Reason", "no such image")
    console.fill("Error", "KeyError: 42")
    console.press("Bury")
    console.closed()
    console.has(buried=1, in_flight=0)
    burial = api("GET", "/queues/images/messages?state=buried")["messages"][0]["burial"]
    assert (burial["reason"], burial["error"], burial["by"]) == ("no such image", "KeyError: 42", "console")
    console.tab("Messages")
    console.press("resize 42")
    console.sees("no such image")
    console.press("Kick")
    console.closed()
    console.has(buried=0, ready=1)


def test_a_burial_is_undone(console, api):
    make_queue(console, "images")
    send(console, Message="resize 42")
    console.tab("Receive")
    console.press("Receive messages")
    console.press("Bury…")
    console.press("Bury")
    console.closed()
    console.has(buried=1, in_flight=0)
    console.press("Undo")
    console.has(buried=0, ready=1)


def test_what_is_destroyed_is_asked_for_by_name(console, api):
    make_queue(console, "old-jobs")
    send(console, Message="job {n}", Repeat="1200")
    console.has(ready=1200)
    first = api("GET", "/queues/old-jobs/messages?limit=2")["messages"]
    assert [message["body"] for message in first] == ["job 01", "job 02"]
    console.press("Purge")
    field = console.element("return root.querySelector('[data-confirm]');")
    field.send_keys("old-job")
    assert console.script("return document.querySelector('dialog button[type=submit]').disabled")
    field.clear()
    console.confirm("old-jobs", "Delete all messages")
    console.has(ready=0)
    console.press("Delete queue")
    console.confirm("old-jobs", "Delete queue")
    console.until(lambda: console.heading == "Queues", "the list of queues")
    assert [queue["name"] for queue in api("GET", "/queues")["queues"]] == ["aweq"]


def test_pause_and_resume(console, api):
    make_queue(console, "webhooks")
    console.press("Pause")
    console.fill("Reason", "the partner is down")
    console.press("Pause", console.element("return root.querySelector('dialog form');"))
    console.closed()
    console.sees("the partner is down")
    reason = lambda: (api("GET", "/queues/webhooks")["pause"] or {}).get("reason")
    assert reason() == "the partner is down"
    console.press("Undo")
    console.until(lambda: reason() is None, "the queue to go on")
    api("POST", "/queues/webhooks/pause", {"reason": "again"})
    console.press("Resume")
    console.until(lambda: reason() is None, "the queue to go on")
    console.press("Undo")
    console.until(lambda: reason() == "again", "the queue to be paused as before")


def question(console, title):
    """The dialog with this title, over that of the message."""
    return console.element("return [...document.querySelectorAll('dialog[open]')].find((one) =>"
                           " one.querySelector('h2').textContent === arguments[0]);", title, what=title)


def test_one_message_is_moved_and_deleted(console, api):
    api("PUT", "/queues/a"), api("PUT", "/queues/b")
    for body in ("first", "second"):
        api("POST", "/queues/a/messages", {"body": body})
    console.open("#/queues/a", "a")
    console.press("first")
    console.press("Move to…")
    dialog = question(console, "Move this message")
    console.script("const field = arguments[0].querySelector('input'); field.value = 'b';"
                   "field.dispatchEvent(new Event('input', {bubbles: true}))", dialog)
    console.press("Move", dialog)
    console.closed()
    console.until(lambda: api("GET", "/queues/b")["counts"]["ready"] == 1, "the move")
    console.press("second")
    console.press("Delete message")
    console.press("Delete message", question(console, "Delete this message"))
    console.closed()
    console.has(ready=0)


def test_a_binary_body_and_attributes(console, api):
    api("PUT", "/queues/bytes", {"contents": "bytes"})
    console.open("#/queues/bytes/send", "bytes")
    console.element("return [...root.querySelectorAll('label')].find((one) => one.textContent.includes('base64'))"
                    ".querySelector('input');").click()
    console.fill("Message", "/wABAg==")
    console.press("Add attribute")
    console.fill("Attribute name", "kind")
    console.fill("Attribute value", "thumb")
    console.press("Send message")
    console.has(ready=1)
    [message] = api("GET", "/queues/bytes/messages")["messages"]
    assert message["body_base64"] == "/wABAg=="
    assert message["attributes"] == {"kind": {"type": "String", "value": "thumb"}}
    console.tab("Messages")
    console.press("binary")
    console.press("Hex")
    console.sees("ff 00 01 02")


def test_numbers_are_shown_as_they_were_sent_and_what_is_hidden_is_seen(console, api):
    body = '{"id": 12345678901234567890, "rate": 1.10e+400, "id": -0, "name": "evil\u202egnp.exe\u200b"}'
    api("PUT", "/queues/jobs")
    api("POST", "/queues/jobs/messages", {"body": body})
    console.open("#/queues/jobs", "jobs")
    console.element("return root.querySelector('.messages tbody button');").click()
    tree = console.element("return root.querySelector('.tree');").text
    for part in ("id: 12345678901234567890", "rate: 1.10e+400", "id: -0", "evil\\u202egnp.exe\\u200b"):
        assert part in tree
    assert "\u202e" not in console.text


@pytest.mark.parametrize("text", [
    "it's \"quoted\" $(id) `id` \\ ;&|", "--json", "line one\nline two", "{not json", "ü 🐦"])
def test_the_lines_to_copy_do_what_the_form_does(console, api, server, text):
    api("PUT", "/queues/jobs")
    console.open("#/queues/jobs/send", "jobs")
    console.script("const field = arguments[0]; field.value = arguments[1];"
                   "field.dispatchEvent(new Event('input', {bubbles: true}))", console.field("Message"), text)
    console.fill("Delay", "1h")
    path = f"{BINARY.parent}:/usr/bin:/bin"
    for kind in ("curl", "roost"):
        line = console.command(kind)
        line = line.replace("roost ", f"{BINARY} ", 1) if kind == "roost" else line
        environment = {"PATH": path, "NO_PROXY": "*"}
        subprocess.run(["bash", "-c", line], check=True, capture_output=True, env=environment, timeout=60)
    delayed = api("GET", "/queues/jobs/messages?state=delayed")["messages"]
    assert [message["body"] for message in delayed] == [text, text]


def test_the_live_tail_shows_what_is_sent(console, api):
    api("PUT", "/queues/jobs")
    console.open("#/tail/queue/jobs", "Live tail")
    for number in range(3):
        api("POST", "/queues/jobs/messages", {"body": f"job {number}"})
        console.sees(f"job {number}")
    rows = console.script("return [...document.querySelectorAll('.tail .body')].map((one) => one.textContent)")
    assert rows == ["job 2", "job 1", "job 0"]


def test_queues_are_sorted_by_their_rates(console, api):
    api("PUT", "/queues/quiet"), api("PUT", "/queues/busy")
    console.open("#/queues?sort=name", "Queues")
    console.press("In/s")
    first = "return [...document.querySelectorAll('[data-rows] tr.open')[0].querySelectorAll('a.name, td.q-in')]" \
            ".map((one) => one.textContent)"

    def is_first():
        api("POST", "/queues/busy/messages", {"messages": [{"body": "job"}] * 20})
        name, rate = console.script(first)
        return name == "busy" and float(rate.replace(",", "")) > 0

    console.until(is_first, "the queue to which messages are sent")


def test_each_action_has_its_line(console, api):
    api("PUT", "/queues/jobs")
    id_, other = [api("POST", "/queues/jobs/messages", {"body": body})["id"] for body in ("job 1", "job 2")]
    api("POST", "/queues/jobs/pause", {})
    console.open("#/queues/jobs/receive", "jobs")
    assert console.command("roost").startswith("roost queue resume jobs")
    assert console.command("curl").endswith("/api/v1/queues/jobs/resume")
    console.press("Resume")
    console.until(lambda: "Paused" not in console.text, "the queue to go on")
    console.press("Receive messages")
    console.sees("1 message received.")
    extend = console.command("extend (curl)")
    assert '"visibility_timeout_seconds":' in extend and "/visibility" in extend
    [handle] = json.loads(console.command("release (curl)").split(" -d ")[1].strip("'"))["handles"]
    assert console.command("release").startswith(f"roost release jobs {handle}")
    assert console.command("extend").startswith(f"roost extend jobs {handle} --visibility ")
    api("POST", "/queues/jobs/bury", {"handles": [handle]})
    console.tab("Messages")
    console.press("job 2")
    assert console.command("curl", dialog(console)).endswith(f"/messages/{other}")
    console.press("Close")
    console.open("#/queues/jobs/messages?state=buried", "jobs")
    console.press("job 1")
    assert f"kick jobs --id {id_}" in console.command("kick", dialog(console))


def dialog(console):
    return console.element("return document.querySelector('dialog[open]');")


@pytest.mark.parametrize("seconds, text", [(0.0000004, "0.4 µs"), (0.0004, "400 µs"), (0.0014, "1.4 ms"),
                                           (0.042, "42 ms"), (3725, "1 h 2 min")])
def test_short_times_are_told_in_small_units(console, seconds, text):
    console.open("", "Overview")
    told = console.driver.execute_async_script("""
        import(document.querySelector('link[href$="/text.js"]').href)
            .then(({ duration }) => arguments[1](duration(arguments[0])))""", seconds)
    assert told == text
