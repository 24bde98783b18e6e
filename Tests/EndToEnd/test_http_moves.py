"""FIFO queues, dead letters, burials and moves in the JSON API (docs/protocols/http.md)."""

import pytest

from support.clients import http_request, json_request, wait_for


@pytest.fixture
def call(shared_server):
    def call(method, path, value=None, status=200):
        reply = json_request(shared_server.http_url, method, "/api/v1" + path, value)
        assert reply.status == status, (method, path, reply)
        return reply.json

    return call


@pytest.fixture
def make(call, new_name):
    def make(settings=None, suffix=""):
        name = new_name() + suffix
        call("PUT", f"/queues/{name}", settings or {})
        return name

    return make


def send(call, name, *bodies, **fields):
    messages = [{"body": body} | fields for body in bodies]
    reply = call("POST", f"/queues/{name}/messages", {"messages": messages})
    assert reply["failed"] == 0, reply
    return [result["id"] for result in reply["results"]]


def receive(call, name, count=10, **fields):
    return call("POST", f"/queues/{name}/receive", {"max": count} | fields)["messages"]


def look(call, name, query=""):
    return call("GET", f"/queues/{name}/messages{query}")["messages"]


def bodies(messages):
    return [message["body"] for message in messages]


def counts(call, name):
    return call("GET", f"/queues/{name}")["counts"]


def dead_letters(call, make, receives, *names):
    """A pair of queues, and messages of the first that were received too often."""
    dead = make()
    source = make({"dead_letters": {"queue": dead, "max_receives": receives}})
    send(call, source, *names)
    for _ in range(receives + 1):
        receive(call, source, visibility_timeout_seconds=0)
    assert counts(call, dead)["ready"] == len(names)
    return source, dead


def test_fifo_order_and_duplicates(call, make):
    name = make({"content_based_deduplication": True}, ".fifo")
    assert call("GET", f"/queues/{name}")["settings"]["fifo"] is True
    first = send(call, name, "a", "b", "a", group="g")
    assert first[0] == first[2] != first[1]
    (other,) = send(call, name, "a", group="h", deduplication_id="another")
    messages = receive(call, name)
    assert [(message["body"], message["group"]) for message in messages] == [("a", "g"), ("b", "g"), ("a", "h")]
    assert messages[2]["id"] == other and messages[2]["deduplication_id"] == "another"
    assert messages[0]["sequence"] < messages[1]["sequence"] < messages[2]["sequence"]


def test_fifo_refusals(call, make, new_name):
    name = make(suffix=".fifo")

    def code(method, path, value):
        return call(method, path, value, status=400)["code"]

    assert code("POST", f"/queues/{name}/messages", {"body": "x", "deduplication_id": "d"}) == "missing_group"
    assert code("POST", f"/queues/{name}/messages", {"body": "x", "group": "g"}) == "missing_deduplication"
    assert code("PATCH", f"/queues/{name}", {"redelivery": "back"}) == "back_in_fifo"
    assert code("PUT", f"/queues/{new_name()}", {"content_based_deduplication": True}) == "deduplication_without_fifo"
    assert code("PUT", f"/queues/{new_name()}", {"fifo": True}) == "invalid_field"


def test_trace_is_kept(call, make):
    name = make()
    send(call, name, "x", trace="Root=1-2", group="tenant")
    (message,) = receive(call, name)
    assert (message["trace"], message["group"]) == ("Root=1-2", "tenant")


def test_dead_letters_say_where_they_came_from_and_go_back(call, make):
    source, dead = dead_letters(call, make, 2, "a", "b")
    assert {message["dead_letter_source"] for message in look(call, dead)} == {source}
    page = call("GET", f"/queues/{dead}/dead-letter-sources")
    assert ([queue["name"] for queue in page["queues"]], page["more"]) == ([source], False)
    task = call("POST", f"/queues/{dead}/moves")
    assert (task["from"], task["to"], task["to_move"]) == (dead, None, 2)

    def done():
        (task,) = call("GET", f"/queues/{dead}/moves")["moves"]
        return task["status"] == "completed" and task["moved"] == 2 and task["finished_at_ms"]

    wait_for(done, 10, "the end of the move")
    assert bodies(receive(call, source)) == ["a", "b"]
    assert call("POST", f"/moves/{task['id']}/cancel", status=409)["code"] == "move_is_over"
    totals = call("GET", f"/queues/{dead}")["totals"]
    assert (totals["moved_in"], totals["moved_out"]) == (2, 2)


def test_single_messages_are_moved(call, make):
    source, dead = dead_letters(call, make, 1, "a", "b", "c")
    other = make()
    ids = {message["body"]: message["id"] for message in look(call, dead)}
    assert call("POST", f"/queues/{dead}/move", {"ids": [ids["b"]]}) == {"moved": 1}
    assert call("POST", f"/queues/{dead}/move", {"ids": [ids["c"], ids["b"]], "to": other}) == {"moved": 1}
    assert [bodies(look(call, name)) for name in (source, dead, other)] == [["b"], ["a"], ["c"]]


def test_a_slow_move_is_cancelled(call, make):
    name, other = make(), make()
    send(call, name, *[f"m{number}" for number in range(50)])
    task = call("POST", f"/queues/{name}/moves", {"to": other, "rate": 1})
    assert call("POST", f"/queues/{name}/moves", {"to": other}, status=409)["code"] == "move_is_running"
    cancelled = call("POST", f"/moves/{task['id']}/cancel")
    assert (cancelled["status"], cancelled["rate"]) == ("cancelled", 1)
    assert counts(call, name)["ready"] + counts(call, other)["ready"] == 50
    assert counts(call, name)["ready"] > 0


def test_buried_messages_wait_until_they_are_kicked(call, make):
    name = make()
    send(call, name, "a", "b", "c")
    handles = [message["handle"] for message in receive(call, name)]
    burial = {"reason": "no such image", "error": "line 3", "by": "worker-7"}
    assert call("POST", f"/queues/{name}/bury", {"handles": handles} | burial)["failed"] == 0
    assert (counts(call, name)["buried"], receive(call, name)) == (3, [])
    first, second, _ = look(call, name, "?state=buried")
    assert first["body"] == "a" and first["burial"].pop("at_ms") > 0 and first["burial"] == burial
    assert call("POST", f"/queues/{name}/kick", {"ids": [second["id"]]})["results"] == [{"kicked": True}]
    assert call("POST", f"/queues/{name}/kick", {"ids": [second["id"]]})["results"] == [{"kicked": False}]
    assert bodies(look(call, name)) == ["b"]
    assert call("POST", f"/queues/{name}/kick", {"count": 5}) == {"kicked": 2}
    assert bodies(receive(call, name)) == ["a", "b", "c"]


def test_metrics(call, make, shared_server):
    name = make()
    send(call, name, "x")
    (message,) = receive(call, name)
    call("POST", f"/queues/{name}/bury", {"handles": [message["handle"]]})
    text = http_request(shared_server.http_url, "GET", "/metrics").body.decode()
    assert f'roost_queue_messages{{queue="{name}",state="buried"}} 1' in text
    assert f'roost_queue_messages_moved_out_total{{queue="{name}"}} 0' in text
    assert 'roost_memory_bytes{category="deduplication"}' in text
