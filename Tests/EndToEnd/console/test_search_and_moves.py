"""Searches and moves that take more than one request, and what is told meanwhile."""

import pytest


@pytest.fixture
def dead(api):
    """A queue with 300 messages to move, 30 others, and the queue for them."""
    api("PUT", "/queues/jobs"), api("PUT", "/queues/jobs-dead")
    bodies = [f"big world {number}" if number % 11 else f"other {number}" for number in range(330)]
    api("POST", "/queues/jobs-dead/messages", {"messages": [{"body": body} for body in bodies]})


def fill_redrive(console, **fields):
    console.open("#/queues/jobs-dead/dead", "jobs-dead")
    for label, value in fields.items():
        console.fill(label.replace("_", " "), value)


def test_a_search_for_a_text_with_a_space_counts_once(console, api, dead):
    console.open("#/queues/jobs-dead", "jobs-dead")
    console.fill("Search in bodies and attributes", "big world")
    console.sees("50 found. Searched 55 of 330.")
    for searched, found in ((110, 100), (165, 150)):
        console.press("Search on")
        console.sees(f"{found} found. Searched {searched} of 330.")
    line = console.command("curl")
    assert "text=big%20world" in line and "/search?" in line


def test_a_redrive_with_a_filter_goes_to_the_end(console, api, dead):
    fill_redrive(console, To_queue="jobs", Only_those_with="big world")
    console.press("Dry run")
    console.sees("Would move 300 messages. Nothing was moved. Searched 330 of 330.")
    assert api("GET", "/queues/jobs")["counts"]["ready"] == 0
    console.press("Move them")
    console.sees("Moved 300 messages. Searched 330 of 330.")
    console.has(ready=30)
    assert api("GET", "/queues/jobs")["counts"]["ready"] == 300


def test_a_redrive_with_a_filter_can_be_stopped(console, api, dead):
    fill_redrive(console, To_queue="jobs", Only_those_with="big world")
    slow = {"offline": False, "latency": 2000, "downloadThroughput": -1, "uploadThroughput": -1}
    console.driver.execute_cdp_cmd("Network.enable", {})
    console.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    try:
        console.press("Move them")
        console.sees("100 moved so far")
        console.press("Stop")
        console.sees("Stopped: what comes behind was not looked at.")
    finally:
        console.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow | {"latency": 0})
        console.driver.execute_cdp_cmd("Network.disable", {})
    moved = api("GET", "/queues/jobs")["counts"]["ready"]
    assert moved in (100, 200)
    console.sees(f"Moved {moved} messages.")


def test_a_dry_run_back_says_what_the_server_knows(console, api, dead):
    fill_redrive(console)
    console.press("Dry run")
    console.sees("Nothing was moved.")
    answer = api("POST", "/queues/jobs-dead/moves", {"dry_run": True})
    console.sees(f"Would move {answer['would_move']} messages.")
    if answer["searched"]:
        console.sees(f"Searched {answer['searched']} of {answer['of']}.")
        console.sees(f"{answer['searched'] - answer['would_move']} messages would stay")


def test_the_lines_of_a_move(console, api, dead):
    api("POST", "/queues/jobs-dead/moves", {"to": "jobs", "rate": 1})
    [move] = api("GET", "/queues/jobs-dead/moves")["moves"]
    console.open("#/queues/jobs-dead/dead", "jobs-dead")
    console.command("cancel")
    assert f"moves cancel {move['id']}" in console.command("cancel")
    assert console.command("cancel (curl)").endswith(f"/api/v1/moves/{move['id']}/cancel")
    # The queue that is proposed is made first.
    assert console.command("roost").startswith("roost queue create jobs-dead-dead ")
    console.press("Cancel")
    console.until(lambda: api("GET", "/queues/jobs-dead/moves")["moves"][0]["status"] == "cancelled", "the end")
    fill_redrive(console, Only_those_with="x")
    assert console.script("return arguments[0].disabled", console.field("Messages a second"))


def test_buried_messages_are_kicked_together(console, api):
    api("PUT", "/queues/images")
    api("POST", "/queues/images/messages", {"messages": [{"body": str(number)} for number in range(3)]})
    handles = [message["handle"] for message in api("POST", "/queues/images/receive", {"max": 3})["messages"]]
    api("POST", "/queues/images/bury", {"handles": handles})
    console.open("#/queues/images", "images")
    console.press("Kick…")
    assert " --all" in console.command("roost")
    console.fill("How many", "2")
    assert " --count 2" in console.command("roost") and '{"count":2}' in console.command("curl")
    console.press("Kick")
    console.closed()
    console.sees("2 messages kicked.")
    console.has(buried=1, ready=2)
