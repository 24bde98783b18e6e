"""The manual test script of the AweQ document, walked in the console, in its order."""

import re

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
TEXTS = [f"job-details-0{number}" for number in range(1, 8)]


def send(console, text):
    """Sends a message with the form, and gives the id that the page tells."""
    before = sent_ids(console)
    console.fill("Message", text)
    console.press("Send message")
    console.until(lambda: len(sent_ids(console)) > len(before), "the id of the message")
    return sent_ids(console)[0]


def sent_ids(console):
    return console.script("return [...document.querySelectorAll('.sent .message-id')].map((one) => one.textContent)")


def receive(console, count, outcome):
    """Receives a batch, and gives those messages that were not there before."""
    before = {message["id"] for message in console.messages()}
    console.fill("Batch size", str(count))
    console.press("Receive messages")
    console.sees(outcome)
    return [message for message in console.messages() if message["id"] not in before]


def take(console, count, outcome):
    """The same after a new load of the page, which holds nothing yet."""
    console.open("#/queues/aweq/receive", "aweq")
    return receive(console, count, outcome)


def test_the_whole_script(console):
    console.open("#/queues/aweq/settings", "aweq")
    console.fill("Visibility timeout", "30s")
    console.press("Save settings")
    console.sees("Saved.")

    # Producer writes, obtains message id.
    console.tab("Send")
    console.fill("Message", "")
    console.press("Send message")
    console.until(lambda: console.script("return document.querySelector('.problem:not([hidden])')?.textContent"),
                  "the refusal of an empty message")
    ids = [send(console, TEXTS[0])]
    assert re.fullmatch(UUID, ids[0])
    console.has(ready=1, in_flight=0)

    # Consumer polls, batches are disjoint.
    ids += [send(console, text) for text in TEXTS[1:]]
    assert len(set(ids)) == 7
    console.has(ready=7, in_flight=0)
    console.tab("Receive")
    batches = [receive(console, 3, "3 messages received."), receive(console, 3, "3 messages received."),
               receive(console, 3, "1 message received, fewer than asked for.")]
    assert [message["text"] for message in sum(batches, [])] == TEXTS
    assert [message["id"] for message in sum(batches, [])] == ids
    assert {message["receives"] for message in sum(batches, [])} == {"first receive"}
    console.has(ready=0, in_flight=7)
    assert receive(console, 10, "No messages available in the queue.") == []

    # Consumed messages are returned when not acknowledged.
    console.has(ready=7, in_flight=0)
    again = take(console, 3, "3 messages received.")
    assert {message["receives"] for message in again} == {"receive 2"}
    for _ in again:
        console.press("Release")
    console.has(ready=7, in_flight=0)

    # Acknowledged messages are deleted.
    [gone] = take(console, 1, "1 message received.")
    console.fill("Message id", gone["id"])
    console.press("Acknowledge", console.element(
        "return [...root.querySelectorAll('form')].find((one) => one.textContent.includes('Acknowledge by id'));"))
    console.sees(f"Message {gone['id']} is deleted.")
    console.until(lambda: sum(console.counts().values()) == 6, "six messages")
    rest = take(console, 10, "received, fewer than asked for.")
    console.has(ready=0, in_flight=6)
    assert {message["text"] for message in rest} == set(TEXTS) - {gone["text"]}


def test_the_button_beside_a_message_acknowledges_it(console):
    console.open("#/queues/aweq/send", "aweq")
    send(console, "job-details-01")
    console.tab("Receive")
    receive(console, 1, "1 message received.")
    console.press("Acknowledge", console.element("return root.querySelector('article.message');"))
    console.sees("✓ acknowledged")
    console.has(ready=0, in_flight=0)
