"""What the JSON API shows: pages, searches, groups, keys, channels, clients, events, the OpenAPI document."""

import json
import http.client
import re
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from support.clients import http_request, json_request, wait_for


class Events:
    """A stream of events, read one after the other."""

    def __init__(self, server, query: str, last: str | None = None):
        parts = urllib.parse.urlsplit(server.http_url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self.connection.request("GET", f"/api/v1/events?{query}", headers={"Last-Event-ID": last} if last else {})
        self.response = self.connection.getresponse()
        assert self.response.status == 200
        assert self.response.getheader("content-type") == "text/event-stream"
        # The first line comes when the stream is there.
        assert self.response.readline() == b"retry: 2000\n"

    def next_event(self) -> dict:
        """The next event, of whatever kind."""
        return self.next(None)

    def next(self, kind: str | None) -> dict:
        """The next event of this kind; others are left out."""
        event = {}
        while True:
            line = self.response.readline()
            assert line, "the stream ended"
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif event:
                if "event" in event and kind in (None, event["event"]):
                    return event | {"data": json.loads(event["data"])}
                event = {}

    def close(self):
        self.connection.close()


@pytest.fixture
def call(keys_server):
    def call(method, path, value=None, status=200, headers=None):
        reply = json_request(keys_server.http_url, method, "/api/v1" + path, value, headers=headers)
        assert reply.status == status, (method, path, reply)
        return reply.json

    return call


@pytest.fixture
def name(call, new_name):
    name = new_name()
    call("PUT", f"/queues/{name}")
    return name


@pytest.fixture
def port(keys_server, redis_port):
    with redis.Redis(port=redis_port) as client:
        yield client


def send(call, name, bodies, **fields):
    sent = call("POST", f"/queues/{name}/messages", {"messages": [{"body": body} | fields for body in bodies]})
    assert sent["failed"] == 0
    return [result["id"] for result in sent["results"]]


def all_pages(call, path, member, parameter="after"):
    found, after = [], ""
    while after is not None:
        page = call("GET", path + (f"&{parameter}={urllib.parse.quote(after)}" if after else ""))
        found += page[member]
        after = page["next_after"]
    return found


def all_keys(call, path):
    found, cursor = [], ""
    while cursor is not None:
        page = call("GET", path + (f"&cursor={cursor}" if cursor else ""))
        found += page["keys"]
        cursor = page["cursor"]
    return found


def test_pages_show_every_message_once(call, name):
    ids = send(call, name, [f"m{number}" for number in range(100)])
    call("POST", f"/queues/{name}/receive", {"max": 30})
    for end, order in (("head", 1), ("tail", -1)):
        path = f"/queues/{name}/messages?limit=7&from={end}"
        assert [message["id"] for message in all_pages(call, path, "messages")] == ids[30:][::order]
        held = all_pages(call, path + "&state=in_flight", "messages")
        assert [message["id"] for message in held] == ids[:30][::order]
        assert all(message["first_received_at_ms"] and message["receive_count"] == 1 for message in held)


def test_a_page_goes_on_when_all_it_showed_is_gone(call, name):
    ids = send(call, name, [f"m{number}" for number in range(50)])
    first = call("GET", f"/queues/{name}/messages?limit=20")
    call("POST", f"/queues/{name}/delete", {"ids": [message["id"] for message in first["messages"]]})
    rest = call("GET", f"/queues/{name}/messages?limit=100&after={first['next_after']}")
    assert [message["id"] for message in rest["messages"]] == ids[20:] and rest["next_after"] is None


def test_one_message_in_every_state(call, name):
    (id,) = send(call, name, ["a"])
    look = lambda: call("GET", f"/queues/{name}/messages/{id}")
    assert (look()["state"], look()["body"], look()["body_bytes"]) == ("ready", "a", 1)
    handle = call("POST", f"/queues/{name}/receive")["messages"][0]["handle"]
    assert (look()["state"], look()["receive_count"]) == ("in_flight", 1)
    call("POST", f"/queues/{name}/bury", {"handles": [handle], "reason": "why"})
    assert look()["burial"]["reason"] == "why"
    call("POST", f"/queues/{name}/delete", {"ids": [id]})
    assert call("GET", f"/queues/{name}/messages/{id}", status=404)["code"] == "message_not_available"


def test_search(call, name):
    send(call, name, [f"order {number}" for number in range(25)] + ["ünïcode"])
    send(call, name, ["plain"], attributes={"kind": {"value": "order of an attribute"}})
    found = all_pages(call, f"/queues/{name}/search?text=order&limit=10", "messages")
    assert len(found) == 26
    last = call("GET", f"/queues/{name}/search?text={urllib.parse.quote('nïc')}")
    assert [message["body"] for message in last["messages"]] == ["ünïcode"]
    assert (last["searched"], last["of"], last["next_after"]) == (27, 27, None)


def test_groups(call, new_name):
    name = new_name() + ".fifo"
    call("PUT", f"/queues/{name}", {"content_based_deduplication": True})
    for group in ("a", "b", "c"):
        send(call, name, [f"{group}1", f"{group}2"], group=group)
    call("POST", f"/queues/{name}/receive")
    groups = all_pages(call, f"/queues/{name}/groups?limit=2", "groups")
    assert [(group["group"], group["ready"], group["in_flight"], group["locked"]) for group in groups] == [
        ("a", 1, 1, True), ("b", 2, 0, False), ("c", 2, 0, False)]


def test_idempotency_keys(call, name):
    headers = {"Idempotency-Key": "k"}
    path = f"/queues/{name}/messages"
    first = call("POST", path, {"body": "a"}, headers=headers)
    assert call("POST", path, {"body": "a"}, headers=headers) == first
    assert call("POST", path, {"body": "b"}, 422, headers)["code"] == "idempotency_key_reused"
    assert call("GET", f"/queues/{name}")["counts"]["ready"] == 1


def test_moves_with_a_filter(call, name, new_name):
    target = new_name()
    call("PUT", f"/queues/{target}")
    send(call, name, ["red", "blue"] * 5)
    assert call("POST", f"/queues/{name}/moves", {"to": target, "dry_run": True})["would_move"] == 10
    move = {"to": target, "filter": {"text": "red"}}
    assert call("POST", f"/queues/{name}/moves", move | {"dry_run": True})["would_move"] == 5
    assert call("POST", f"/queues/{name}/moves", move)["moved"] == 5
    assert call("GET", f"/queues/{target}")["counts"]["ready"] == 5


def test_a_dry_run_of_the_way_back_counts_what_has_one(call, name, new_name):
    dead, path = new_name(), f"/queues/{name}/receive"
    call("PUT", f"/queues/{dead}")
    call("PATCH", f"/queues/{name}", {"dead_letters": {"queue": dead, "max_receives": 1}})
    send(call, dead, ["sent here"] * 6)
    dry = lambda **more: call("POST", f"/queues/{dead}/moves", {"dry_run": True} | more)
    assert dry() == {"would_move": 0, "searched": 6, "of": 6, "next_after": None}
    send(call, name, ["fails"])
    call("POST", path, {"visibility_timeout_seconds": 0})
    assert call("POST", path)["messages"] == []
    assert dry() == {"would_move": 1, "searched": 7, "of": 7, "next_after": None}
    assert dry(to=name)["would_move"] == 7


def test_overview_and_sorted_queues(call, name):
    call("POST", f"/queues/{name}/pause", {"reason": "lunch"})
    kinds = [(entry["queue"], entry["kind"]) for entry in call("GET", "/overview")["attention"]]
    assert (name, "paused") in kinds
    send(call, name, ["m"] * 900)
    listed = lambda: call("GET", "/queues?sort=ready&order=desc&limit=1&contains=" + name)["queues"][0]
    from support.clients import wait_for
    wait_for(lambda: listed()["counts"]["ready"] == 900)


def test_keys(call, port):
    port.rpush("a/list", *range(250))
    port.hset("hash", mapping={"f": "v"})
    port.zadd("zset", {"m": 1.5})
    port.set(b"\xff\xfe", b"\x00\xff")
    port.set("text", "ä" * 10, px=600_000)
    facts = {key.get("key", key.get("key_base64")): key for key in call("GET", "/keys?count=1000")["keys"]}
    assert (facts["a/list"]["type"], facts["a/list"]["length"], facts["a/list"]["ttl_ms"]) == ("list", 250, None)
    assert facts["//4="]["type"] == "string" and 0 < facts["text"]["ttl_ms"] <= 600_000
    assert set(call("GET", "/keys?type=zset")["keys"][0].items()) >= {("key", "zset"), ("length", 1)}
    page = call("GET", "/keys/0/a%2Flist?offset=200&limit=100")
    assert [element["value"] for element in page["elements"]] == [str(number) for number in range(200, 250)]
    assert page["next_offset"] is None
    assert call("GET", "/keys/0/a%2Flist?limit=100")["next_offset"] == "100"
    assert call("GET", "/keys/0/hash")["elements"] == [{"field": "f", "value": "v"}]
    assert call("GET", "/keys/0/zset")["elements"] == [{"member": "m", "score": 1.5}]
    assert call("GET", "/keys/0/__79?encoding=base64", status=404)["code"] == "key_does_not_exist"
    assert call("GET", "/keys/0/__4?encoding=base64")["elements"] == [{"value_base64": "AP8="}]
    assert call("DELETE", "/keys/0/text") == {"deleted": True}
    assert call("DELETE", "/keys/0/text") == {"deleted": False}


def test_a_queue_is_listed_among_the_keys_and_not_deleted_as_one(call, name):
    send(call, name, ["kept"])
    keys = all_keys(call, f"/keys?type=queue&match={name}&count=1000")
    assert [(key["key"], key["type"], key["length"]) for key in keys] == [(name, "queue", 1)]
    assert all_keys(call, f"/keys?type=list&match={name}&count=1000") == []
    for method in ("GET", "DELETE"):
        refusal = call(method, f"/keys/0/{name}", status=409)
        assert refusal["code"] == "key_refused" and f"/api/v1/queues/{name}" in refusal["detail"]
    assert call("GET", f"/queues/{name}")["counts"]["ready"] == 1
    assert call("DELETE", f"/keys/1/{name}") == {"deleted": False}, "there are no queues in other databases"


def test_patterns_of_keys_with_spaces(call, port):
    port.set("big world", "x")
    assert [key["key"] for key in all_keys(call, "/keys?match=big+w*&count=1000")] == ["big world"]


def test_a_channel_that_no_client_subscribes_to_is_heard_by_a_stream(port, keys_server):
    events = Events(keys_server, "channels=lone*")
    assert port.publish("lonely", "x") == 0
    assert events.next("published")["data"]["channel"] == "lonely"
    events.close()


def test_channels_and_clients(call, port, keys_server, redis_port):
    with redis.Redis(port=redis_port, client_name="listener") as other, other.pubsub() as subscriber:
        subscriber.subscribe("news")
        assert subscriber.get_message(timeout=5)["type"] == "subscribe"
        assert {"channel": "news", "subscribers": 1} in call("GET", "/channels")["channels"]
        events = Events(keys_server, "channels=ne*")
        assert call("POST", "/channels/news/publish", {"message": "hello"}) == {"receivers": 1}
        assert subscriber.get_message(timeout=5)["data"] == b"hello"
        assert events.next("published")["data"]["message"] == "hello"
        port.publish("news", "again")
        assert events.next("published")["data"] == {
            "channel": "news", "message": "again", "message_bytes": 5, "is_cut": False}
        events.close()
        (client,) = [client for client in call("GET", "/clients?limit=1000")["clients"] if client["name"] == "listener"]
        assert client["door"] == "redis" and client["subscriptions"] == 1
        assert call("DELETE", f"/clients/{client['id']}") == {}
        call("DELETE", f"/clients/{client['id']}", status=404)


def test_who_waits_in_long_polls(call, name, keys_server):
    waiting = lambda: [entry for entry in call("GET", "/clients?limit=1000")["waiters"] if entry["queue"] == name]
    assert waiting() == []
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(call, "POST", f"/queues/{name}/receive", {"wait_seconds": 20})
        (entry,) = wait_for(waiting)
        assert entry["door"] == "http" and entry["until_ms"] - entry["since_ms"] in range(20_000, 20_002)
        assert call("GET", "/clients")["waiters_total"] >= 1 and call("GET", "/clients")["connections"]["http"] >= 1
        send(call, name, ["here"])
        assert poll.result()["messages"][0]["body"] == "here"
    assert waiting() == []


def test_bindings(call, name, port):
    port.execute_command("ROOST.BIND", name, "orders.*")
    from support.clients import wait_for
    wait_for(lambda: {"pattern": "orders.*", "queue": name} in call("GET", "/bindings")["bindings"])
    assert call("POST", "/channels/orders.new/publish", {"message": "m"}) == {"receivers": 1}
    assert call("GET", f"/queues/{name}/messages")["messages"][0]["body"] == "m"


def test_live_tail(call, name, keys_server):
    events = Events(keys_server, f"queues={name}")
    (id,) = send(call, name, ["first"])
    event = events.next("message")
    assert (event["data"]["id"], event["data"]["body"], event["data"]["left_out"]) == (id, "first", 0)
    send(call, name, ["x" * 100_000])
    cut = events.next("message")["data"]
    assert (len(cut["body"]), cut["body_bytes"], cut["is_cut"]) == (65_536, 100_000, True)
    other = Events(keys_server, f"queues={name}", last=event["id"])
    assert other.next("message")["data"]["body_bytes"] == 100_000, "what came after the event that was seen last"
    other.close()
    events.close()
    missed = Events(keys_server, f"queues={name}", last="0-1")
    assert missed.next("gap")["data"] == {"missed": None}
    missed.close()


def test_the_end_of_a_burst_is_told(call, name, keys_server):
    events = Events(keys_server, f"queues={name}")
    send(call, name, [f"m{number}" for number in range(60)])
    seen, left_out = 0, 0
    while seen + left_out < 60:
        data = events.next("message")["data"]
        seen, left_out = seen + ("id" in data), left_out + data["left_out"]
    assert seen + left_out == 60 and seen >= 20 and data == {"queue": name, "left_out": data["left_out"]}
    events.close()


def test_a_lone_stream_that_comes_back_misses_nothing(call, name, keys_server):
    events = Events(keys_server, f"queues={name}")
    send(call, name, ["first"])
    last = events.next("message")["id"]
    events.close()
    send(call, name, ["meanwhile"])
    again = Events(keys_server, f"queues={name}", last=last)
    send(call, name, ["after"])
    assert [again.next_event()["data"]["body"] for _ in range(2)] == ["meanwhile", "after"], "and no gap"
    again.close()


def test_stats_events(call, name, keys_server):
    events = Events(keys_server, "stats=1")
    assert "counts" in events.next("stats")["data"]["overview"]
    send(call, name, ["m"])
    while name not in [queue["name"] for queue in events.next("stats")["data"]["queues"]]:
        pass
    events.close()


def test_a_server_with_open_streams_stops(new_server):
    server = new_server().start()
    events = Events(server, "stats=1")
    assert server.stop(seconds=20) == 0
    events.close()


def test_openapi_and_node(call, keys_server):
    document = json_request(keys_server.http_url, "GET", "/openapi.json").json
    assert document["openapi"].startswith("3.1") and "/api/v1/queues/{name}/messages" in document["paths"]
    node = call("GET", "/node")
    assert node["settings"]["fsync"] == "always" and "http" in node["doors"] and node["uptime_seconds"] >= 0


def test_ports_that_the_system_chose_are_shown(new_server):
    server = new_server()
    server.sqs_port = server.http_port = 0
    server.start(wait=False)
    health = wait_for(lambda: re.search(r"http://(127.0.0.1:[1-9]\d*)/readyz", server.log.read_text()), seconds=60)
    doors = json_request(f"http://{health[1]}", "GET", "/api/v1/node").json["doors"]
    assert doors["http"] == health[1] and doors["sqs"] != doors["http"]
    assert http_request(f"http://{doors['sqs']}").status != 0, "somebody answers there"
