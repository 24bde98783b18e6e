"""W3C trace context between the JSON API and SQS clients, and in the audit log (docs/protocols/http.md)."""

import json

import pytest

from support.clients import json_request

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OTHER = f"00-{TRACE}-00f067aa0ba902b7-00"
STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"


@pytest.fixture
def post(shared_server, new_name):
    name = new_name()
    json_request(shared_server.http_url, "PUT", f"/api/v1/queues/{name}", {"maximum_message_bytes": 1024})

    def post(path, value=None, headers=None):
        reply = json_request(shared_server.http_url, "POST", f"/api/v1/queues/{name}/{path}", value, headers)
        assert reply.status == 200, reply
        return reply.json

    post.name = name
    return post


def received(shared_server, sqs, name):
    """Attributes of all messages by their bodies, as an SQS client gets them."""
    messages = sqs.receive_message(
        QueueUrl=shared_server.queue_url(name), MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    return {message["Body"]: {key: (value["DataType"], value["StringValue"])
                              for key, value in message.get("MessageAttributes", {}).items()} for message in messages}


def test_from_http_to_sqs(shared_server, sqs, post):
    post("messages", {"body": "one"}, {"traceparent": PARENT, "tracestate": STATE})
    own = {"body": "own", "attributes": {"traceparent": {"type": "String", "value": OTHER}}}
    post("messages", {"messages": [{"body": "two"}, own]}, {"traceparent": PARENT})
    assert received(shared_server, sqs, post.name) == {
        "one": {"traceparent": ("String", PARENT), "tracestate": ("String", STATE)},
        "two": {"traceparent": ("String", PARENT)},
        "own": {"traceparent": ("String", OTHER)},
    }


def test_from_sqs_to_http(shared_server, sqs, post):
    attributes = {"traceparent": {"DataType": "String", "StringValue": PARENT},
                  "tracestate": {"DataType": "String", "StringValue": STATE}}
    sqs.send_message(QueueUrl=shared_server.queue_url(post.name), MessageBody="x", MessageAttributes=attributes)
    (message,) = post("receive")["messages"]
    assert message["attributes"] == {
        "traceparent": {"type": "String", "value": PARENT}, "tracestate": {"type": "String", "value": STATE}}


@pytest.mark.parametrize("headers", [
    {"traceparent": PARENT.upper()}, {"traceparent": PARENT[:-1]}, {"traceparent": "ff" + PARENT[2:]},
    {"tracestate": STATE}, {"traceparent": f"00-{'0' * 32}-b7ad6b7169203331-01", "tracestate": STATE},
])
def test_headers_that_mean_nothing(shared_server, sqs, post, headers):
    post("messages", {"body": "x"}, headers)
    assert received(shared_server, sqs, post.name) == {"x": {}}


def test_where_it_does_not_fit_it_is_left_out(shared_server, sqs, post):
    """A queue of 1,024 bytes; the attribute takes 72."""
    bodies = ["a" * 952, "b" * 953, "c" * 1024]
    post("messages", {"messages": [{"body": body} for body in bodies]}, {"traceparent": PARENT})
    assert received(shared_server, sqs, post.name) == {
        bodies[0]: {"traceparent": ("String", PARENT)}, bodies[1]: {}, bodies[2]: {}}


def test_the_audit_log_names_the_trace(new_server):
    server = new_server("--log-format", "json").start()
    json_request(server.http_url, "PUT", "/api/v1/queues/jobs", {}, {"traceparent": PARENT})
    json_request(server.http_url, "POST", "/api/v1/queues/jobs/purge", None, {"traceparent": "00-x"})
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    made, purged = [line for line in lines if line.get("audit") == "true"]
    assert made["trace_id"] == TRACE and "trace_id" not in purged
