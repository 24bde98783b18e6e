"""What comes as it happens: the live tail, and streams in the page of the API."""

import time


def follow(console, api):
    """The live tail of a queue, once it is shown what happens."""
    api("PUT", "/queues/jobs")
    console.open("#/tail/queue/jobs", "Live tail")

    def seen():
        api("POST", "/queues/jobs/messages", {"body": "first"})
        return "first" in console.text
    console.until(seen, "the first message")


def test_the_tail_counts_what_it_leaves_out(console, api):
    follow(console, api)
    # A second has 20 messages of a queue, and the next one begins with how many there were more.
    time.sleep(1.5)
    api("POST", "/queues/jobs/messages", {"messages": [{"body": f"burst {number}"} for number in range(60)]})
    console.sees("burst 19")
    time.sleep(1.5)
    api("POST", "/queues/jobs/messages", {"body": "afterwards"})
    console.sees("40 left out")


def test_the_tail_says_when_it_missed_something(console, api, server):
    follow(console, api)
    # Another process does not know what this page saw last.
    server.restart()
    console.sees("missed here")
    console.sees("1 gap")


def test_a_stream_is_shown_as_it_comes_and_stopped(console, api):
    console.open("#/api", "API")
    console.fill("Filter routes", "/api/v1/events")
    console.press("GET/api/v1/events")
    console.fill("stats", "1")
    console.press("GET")
    text = "return document.querySelector('.stream')?.textContent ?? ''"
    console.until(lambda: "event: stats" in console.script(text), "an event")
    console.press("Stop")
    console.button("GET")
    console.sees("Headers")
    console.press("Text")
    assert "event: stats" in console.script("return document.querySelector('.viewer').textContent")
