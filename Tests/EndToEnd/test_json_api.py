"""The JSON API, health and metrics (docs/protocols/http.md)."""

import base64
import time

import pytest

from support.clients import http_request, json_request, wait_for


@pytest.fixture
def call(shared_server):
    def call(method, path, value=None):
        reply = json_request(shared_server.http_url, method, "/api/v1" + path, value)
        assert reply.status == 200, (method, path, reply)
        assert reply.headers["content-type"].startswith("application/json")
        return reply.json

    return call


@pytest.fixture
def refused(shared_server):
    def refused(method, path, value=None):
        reply = json_request(shared_server.http_url, method, "/api/v1" + path, value)
        assert reply.headers["content-type"].startswith("application/problem+json"), reply
        assert reply.json["status"] == reply.status
        assert reply.json["title"] and reply.json["detail"] and reply.json["type"]
        return reply.status, reply.json["code"]

    return refused


@pytest.fixture
def name(call, new_name):
    name = new_name()
    call("PUT", f"/queues/{name}")
    return name


def counts(call, name):
    counts = call("GET", f"/queues/{name}")["counts"]
    return counts["ready"], counts["in_flight"], counts["delayed"]


def test_settings(call, name):
    assert call("GET", f"/queues/{name}")["settings"] == {
        "visibility_timeout_seconds": 30, "delay_seconds": 0, "retention_seconds": 345600,
        "maximum_message_bytes": 1048576, "receive_wait_seconds": 0, "redelivery": "front",
        "contents": "text", "fifo": False, "content_based_deduplication": False, "deduplication_scope": "queue",
        "dead_letters": None, "dead_letter_sources": "all", "safe_pop": False, "properties": {}}
    wanted = {
        "visibility_timeout_seconds": 1.5, "delay_seconds": 0.25, "retention_seconds": None,
        "maximum_message_bytes": 5000000, "receive_wait_seconds": 2, "redelivery": "back"}
    for settings in (call("PATCH", f"/queues/{name}", wanted)["settings"], call("GET", f"/queues/{name}")["settings"]):
        assert settings | wanted == settings


def test_create_again(call, refused, name):
    assert call("PUT", f"/queues/{name}", {"visibility_timeout_seconds": 30})["name"] == name
    assert refused("PUT", f"/queues/{name}", {"visibility_timeout_seconds": 31}) == (409, "queue_exists")


def test_list(call, name):
    names = [f"{name}-{letter}" for letter in "abc"]
    for one in names:
        call("PUT", f"/queues/{one}")
    page = call("GET", f"/queues?prefix={name}-&limit=2")
    assert [queue["name"] for queue in page["queues"]] == names[:2]
    assert (page["more"], page["next_after"]) == (True, names[1])
    page = call("GET", f"/queues?prefix={name}-&after={names[1]}")
    assert [queue["name"] for queue in page["queues"]] == names[2:]
    assert (page["more"], page["next_after"]) == (False, None)


def test_send_receive_delete(call, name):
    sent = call("POST", f"/queues/{name}/messages", {"body": "Grüße"})
    (message,) = call("POST", f"/queues/{name}/receive")["messages"]
    assert (message["id"], message["body"], message["receive_count"]) == (sent["id"], "Grüße", 1)
    assert message["sent_at_ms"] == sent["sent_at_ms"] <= message["first_received_at_ms"]
    assert counts(call, name) == (0, 1, 0)
    assert call("POST", f"/queues/{name}/delete", {"handles": [message["handle"]]}) == {"results": [{}], "failed": 0}
    assert counts(call, name) == (0, 0, 0)


def test_delete_by_id(call, name):
    identifier = call("POST", f"/queues/{name}/messages", {"body": "x"})["id"]
    call("POST", f"/queues/{name}/delete", {"ids": [identifier]})
    assert counts(call, name) == (0, 0, 0)


def test_send_many(call, name):
    messages = [{"body": f"m{number}"} for number in range(1000)]
    reply = call("POST", f"/queues/{name}/messages", {"messages": messages})
    assert (len(reply["results"]), reply["failed"]) == (1000, 0)
    received = call("POST", f"/queues/{name}/receive", {"max": 1000})["messages"]
    assert [message["body"] for message in received] == [f"m{number}" for number in range(1000)]
    reply = call("POST", f"/queues/{name}/delete", {"handles": [message["handle"] for message in received]})
    assert (len(reply["results"]), reply["failed"]) == (1000, 0)
    assert counts(call, name) == (0, 0, 0)


def test_one_bad_message_among_many(call, name):
    reply = call("POST", f"/queues/{name}/messages", {"messages": [{"body": "a"}, {"body": ""}, {"body": "c"}]})
    assert reply["failed"] == 1
    assert reply["results"][1]["error"]["code"] == "message_empty"
    received = call("POST", f"/queues/{name}/receive", {"max": 10})["messages"]
    assert [message["body"] for message in received] == ["a", "c"]


def test_bytes_and_attributes(call, name):
    data = bytes(range(256))
    attributes = {
        "priority": {"type": "Number", "value": "7"},
        "thumbnail": {"type": "Binary", "value_base64": base64.b64encode(b"\x00\x01\x02").decode()},
    }
    body = {"body_base64": base64.b64encode(data).decode(), "attributes": attributes}
    call("POST", f"/queues/{name}/messages", body)
    (message,) = call("POST", f"/queues/{name}/receive")["messages"]
    assert base64.b64decode(message["body_base64"]) == data
    assert message["attributes"] == attributes


def test_peek_does_not_count(call, name):
    for body in ("first", "second", "third"):
        call("POST", f"/queues/{name}/messages", {"body": body})
    call("POST", f"/queues/{name}/messages", {"body": "later", "delay_seconds": 600})

    def peek(query):
        return [message["body"] for message in call("GET", f"/queues/{name}/messages{query}")["messages"]]

    assert peek("") == ["first", "second", "third"]
    assert peek("?from=tail&limit=2") == ["third", "second"]
    assert peek("?state=delayed") == ["later"]
    call("POST", f"/queues/{name}/receive")
    assert peek("?state=in_flight") == ["first"]
    assert peek("?limit=1") == ["second"]
    (message,) = call("POST", f"/queues/{name}/receive")["messages"]
    assert (message["body"], message["receive_count"]) == ("second", 1)


def test_visibility(call, refused, name):
    call("POST", f"/queues/{name}/messages", {"body": "x"})
    (message,) = call("POST", f"/queues/{name}/receive", {"visibility_timeout_seconds": 600})["messages"]
    handles = {"handles": [message["handle"]], "visibility_timeout_seconds": 0}
    assert call("POST", f"/queues/{name}/visibility", handles)["failed"] == 0
    assert counts(call, name) == (1, 0, 0)


def test_receive_waits(call, name):
    call("POST", f"/queues/{name}/messages", {"body": "x", "delay_seconds": 0.5})
    start = time.monotonic()
    (message,) = call("POST", f"/queues/{name}/receive", {"wait_seconds": 20})["messages"]
    assert message["body"] == "x"
    assert 0.45 <= time.monotonic() - start < 10


def test_retention_removes_messages_in_every_state(call, name):
    call("POST", f"/queues/{name}/messages", {"body": "in flight"})
    (message,) = call("POST", f"/queues/{name}/receive", {"visibility_timeout_seconds": 600})["messages"]
    call("POST", f"/queues/{name}/messages", {"body": "ready"})
    call("PATCH", f"/queues/{name}", {"retention_seconds": 0.5})
    wait_for(lambda: counts(call, name) == (0, 0, 0), 10, "the end of retention")
    assert call("POST", f"/queues/{name}/receive")["messages"] == []
    # The handle of an expired message still deletes without an error.
    assert call("POST", f"/queues/{name}/delete", {"handles": [message["handle"]]})["failed"] == 0
    assert call("GET", f"/queues/{name}")["totals"]["expired"] == 2


def test_retention_counts_from_when_a_message_becomes_available(call, name):
    call("PATCH", f"/queues/{name}", {"retention_seconds": 2})
    call("POST", f"/queues/{name}/messages", {"body": "x", "delay_seconds": 3})
    (message,) = call("POST", f"/queues/{name}/receive", {"wait_seconds": 20})["messages"]
    assert message["body"] == "x"


def test_pause_and_resume(call, name):
    call("POST", f"/queues/{name}/messages", {"body": "x"})
    assert call("POST", f"/queues/{name}/pause", {"reason": "the database is down"})["pause"]["reason"] == (
        "the database is down")
    assert call("POST", f"/queues/{name}/receive")["messages"] == []
    call("POST", f"/queues/{name}/messages", {"body": "y"})
    assert counts(call, name) == (2, 0, 0)
    assert call("POST", f"/queues/{name}/resume")["pause"] is None
    assert len(call("POST", f"/queues/{name}/receive", {"max": 10})["messages"]) == 2


def test_purge_and_delete(call, refused, name):
    call("POST", f"/queues/{name}/messages", {"body": "x"})
    call("POST", f"/queues/{name}/purge")
    assert counts(call, name) == (0, 0, 0)
    call("DELETE", f"/queues/{name}")
    assert refused("GET", f"/queues/{name}") == (404, "queue_does_not_exist")


def test_totals_and_age(call, name):
    for _ in range(3):
        call("POST", f"/queues/{name}/messages", {"body": "x"})
    (message,) = call("POST", f"/queues/{name}/receive")["messages"]
    call("POST", f"/queues/{name}/delete", {"handles": [message["handle"]]})
    info = call("GET", f"/queues/{name}")
    assert info["totals"] == {"sent": 3, "received": 1, "deleted": 1, "returned": 0, "expired": 0,
                              "moved_out": 0, "moved_in": 0}
    assert 0 <= info["oldest_message_age_seconds"] < 60


@pytest.mark.parametrize("method, path, value, status, code", [
    ("GET", "/queues/missing", None, 404, "queue_does_not_exist"),
    ("POST", "/queues/missing/messages", {"body": "x"}, 404, "queue_does_not_exist"),
    ("GET", "/nothing", None, 404, "not_found"),
    ("PUT", "/queues/with%20space", None, 400, "invalid_queue_name"),
    ("PUT", "/queues/x", {"colour": "red"}, 400, "unknown_field"),
    ("GET", "/queues?colour=red", None, 400, "unknown_field"),
    ("PUT", "/queues/x", [], 400, "invalid_json"),
    ("PUT", "/queues/x", {"redelivery": "sideways"}, 400, None),
    ("PUT", "/queues/x", {"visibility_timeout_seconds": -1}, 400, None),
    ("PUT", "/queues/x", {"visibility_timeout_seconds": 1e300}, 400, None),
])
def test_refusals(refused, method, path, value, status, code):
    seen = refused(method, path, value)
    assert seen == (status, code or seen[1])


@pytest.mark.parametrize("value, status, code", [
    ({"body": ""}, 400, "message_empty"),
    ({}, 400, "missing_field"),
    ({"body": 5}, 400, "invalid_field"),
    ({"body": "x", "delay_seconds": 1e12}, 400, "invalid_delay"),
    ({"body": "x" * 1_048_577}, 413, "message_too_large"),
    ({"body": "x", "attributes": {"a": {"type": "Float", "value": "1"}}}, 400, "invalid_attribute"),
])
def test_refused_messages(call, refused, name, value, status, code):
    assert refused("POST", f"/queues/{name}/messages", value) == (status, code)
    assert counts(call, name) == (0, 0, 0)


def test_refused_handles(call, refused, name):
    reply = call("POST", f"/queues/{name}/delete", {"handles": ["garbage"]})
    assert reply["failed"] == 1
    assert reply["results"][0]["error"]["code"] == "invalid_handle"


def test_compressed_requests_are_refused(shared_server, name):
    reply = http_request(
        shared_server.http_url, "POST", f"/api/v1/queues/{name}/messages", b"\x1f\x8b", {"Content-Encoding": "gzip"})
    assert (reply.status, reply.json["code"]) == (415, "content_encoding")


def test_stats(call, name):
    stats = call("GET", "/stats")
    assert (stats["fsync"], stats["state"]) == ("always", "ready")
    assert stats["queues"] >= 1
    assert stats["commits"]["count"] > 0
    assert stats["log"]["bytes"] > 0


def test_health_and_version(shared_server):
    for path in ("/livez", "/readyz", "/healthz"):
        assert http_request(shared_server.http_url, "GET", path).status == 200
    assert http_request(shared_server.http_url, "GET", "/version").json["name"] == "roost"


def test_readiness_names_a_weaker_fsync(new_server):
    server = new_server("--fsync", "interval").start()
    assert "interval" in http_request(server.http_url, "GET", "/readyz").text
    assert "interval" in server.log.read_text()


def test_metrics(shared_server, call, name):
    call("POST", f"/queues/{name}/messages", {"body": "x"})
    reply = http_request(shared_server.http_url, "GET", "/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    lines = reply.text.splitlines()
    assert f'roost_queue_messages{{queue="{name}",state="ready"}} 1' in lines
    values = {line.split(" ")[0]: line.split(" ")[1] for line in lines if line and not line.startswith("#")}
    assert values["roost_ready"] == "1"
    assert float(values["roost_messages_sent_total"]) >= 1
    assert float(values["roost_wal_fsync_duration_seconds_count"]) >= 1
    resident = shared_server.resident_mebibytes() * 2**20
    assert float(values["process_resident_memory_bytes"]) == pytest.approx(resident, rel=0.5)
    assert 0 < time.time() - float(values["process_start_time_seconds"]) < 24 * 3600
    assert 3 < int(values["process_open_fds"]) < int(values["process_max_fds"])
    # Every series has its help and type.
    described = {line.split(" ")[2] for line in lines if line.startswith("# TYPE")}
    for series in values:
        family = series.split("{")[0]
        assert family in described or family.rsplit("_", 1)[0] in described, series
