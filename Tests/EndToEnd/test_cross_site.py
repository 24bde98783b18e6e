"""What web pages of other sites may not do, on both ports."""

import json

import pytest

from support.clients import http_request, queue_info, sqs_request, json_request

EVIL = "http://evil.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def name(queue, sqs):
    sqs.send_message(QueueUrl=queue, MessageBody="must survive")
    return queue.rsplit("/", 1)[1]


# What a browser sends for a form, a fetch without and with CORS, an image, and from an old browser.
FOREIGN = [
    pytest.param({"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, id="form"),
    pytest.param({"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, id="fetch"),
    pytest.param({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}, id="image"),
    pytest.param({"Sec-Fetch-Site": "same-site"}, id="same site"),
    pytest.param({"Origin": EVIL}, id="no fetch metadata"),
    pytest.param({"Origin": "null"}, id="sandboxed frame"),
    pytest.param({"Origin": "https://127.0.0.1.evil.example"}, id="name that looks like ours"),
    pytest.param({"Host": "evil.example"}, id="rebound name"),
    pytest.param({"Host": "evil.example:9324", "Origin": "http://evil.example:9324", "Sec-Fetch-Site": "same-origin"},
                 id="rebound name, same origin"),
    pytest.param({"Host": "127.0.0.1.evil.example"}, id="rebound name that looks like ours"),
]

LOCAL_PAGE = {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-site"}


@pytest.mark.parametrize("headers", FOREIGN)
def test_sqs_port_refuses(shared_server, queue, name, headers):
    reply = sqs_request(shared_server.sqs_url, "PurgeQueue", {"QueueUrl": queue}, headers=headers)
    assert reply.status == 403
    reply = sqs_request(shared_server.sqs_url, "DeleteQueue", {"QueueUrl": queue}, headers=headers | FORM)
    assert reply.status == 403
    reply = http_request(shared_server.sqs_url, "GET", f"/000000000000/{name}", headers=headers)
    assert reply.status == 403
    assert queue_info(shared_server, name)["counts"]["ready"] == 1


@pytest.mark.parametrize("headers", FOREIGN)
def test_http_port_refuses(shared_server, name, headers):
    for method, path in (
        ("POST", f"/api/v1/queues/{name}/purge"), ("DELETE", f"/api/v1/queues/{name}"),
        ("POST", f"/api/v1/queues/{name}/receive"), ("GET", f"/api/v1/queues/{name}/messages"),
        ("GET", "/api/v1/queues"), ("GET", "/metrics"), ("GET", "/readyz"), ("GET", "/no-such-path"),
        ("POST", "/send-message"), ("GET", "/receive-message"), ("GET", "/get-stats"),
        ("DELETE", "/delete-message/x"), ("OPTIONS", "/send-message"), ("OPTIONS", f"/api/v1/queues/{name}"),
    ):
        reply = http_request(shared_server.http_url, method, path, headers=headers)
        assert reply.status == 403, (method, path)
    assert queue_info(shared_server, name)["counts"]["ready"] == 1


@pytest.mark.parametrize("headers", [
    LOCAL_PAGE,
    {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:8080"},
], ids=["localhost", "127.0.0.1", "no fetch metadata"])
def test_a_page_from_another_port_of_localhost(shared_server, queue, name, headers):
    """The AweQ paths answer it, with CORS headers: its developer tool runs there. Nothing else does."""
    url = shared_server.http_url
    json_type = {"Content-Type": "application/json"}
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    reply = http_request(url, "OPTIONS", "/send-message", headers=headers | preflight)
    assert reply.status in (200, 204)
    assert reply.headers["access-control-allow-origin"] in ("*", headers["Origin"])
    reply = http_request(url, "POST", "/send-message", json.dumps({"message": "x"}), headers | json_type)
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] in ("*", headers["Origin"])
    key = reply.json["key"]
    assert http_request(url, "GET", "/get-stats", headers=headers).status == 200
    assert http_request(url, "GET", "/receive-message?count=1000", headers=headers).status == 200
    assert http_request(url, "DELETE", f"/delete-message/{key}", headers=headers).status == 200

    for method, path in (("POST", f"/api/v1/queues/{name}/purge"), ("GET", "/api/v1/queues"), ("GET", "/metrics")):
        assert http_request(url, method, path, headers=headers).status == 403, path
    assert sqs_request(shared_server.sqs_url, "PurgeQueue", {"QueueUrl": queue}, headers=headers).status == 403
    assert queue_info(shared_server, name)["counts"]["ready"] == 1


def test_programs_and_own_pages_are_served(shared_server, queue, name):
    for port, host in ((shared_server.http_port, "localhost"), (shared_server.http_port, "127.0.0.1"),
                       (shared_server.http_port, "[::1]"), (shared_server.http_port, "a.localhost")):
        own = {"Host": f"{host}:{port}"}
        for more in ({}, {"Origin": f"http://{host}:{port}", "Sec-Fetch-Site": "same-origin"},
                     {"Sec-Fetch-Site": "none"}):
            reply = json_request(shared_server.http_url, "GET", f"/api/v1/queues/{name}", headers=own | more)
            assert reply.status == 200, (host, more)
    own = {"Host": f"localhost:{shared_server.sqs_port}", "Origin": f"http://localhost:{shared_server.sqs_port}"}
    assert sqs_request(shared_server.sqs_url, "ReceiveMessage", {"QueueUrl": queue}, headers=own).status == 200


def test_a_configured_name_is_served(new_server):
    server = new_server("--server-names", "queue.test").start()
    assert http_request(server.http_url, "GET", "/api/v1/queues", headers={"Host": "queue.test"}).status == 200
    assert sqs_request(server.sqs_url, "ListQueues", {}, headers={"Host": "queue.test:1"}).status == 200
    assert http_request(server.http_url, "GET", "/api/v1/queues", headers={"Host": "other.test"}).status == 403


def test_a_public_address_needs_insecure(new_server):
    server = new_server("--http", "0.0.0.0:0").start(wait=False)
    assert server.process.wait(30) != 0
    assert "--insecure" in server.log.read_text()
