"""The AweQ API, walked through as its README does, with curl's requests. Replies are compared byte for byte."""

import json
import re
import subprocess
import time

import pytest

from support.clients import http_request, wait_for

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "Origin, X-Requested-With, Content-Type, Accept",
    "access-control-allow-methods": "POST, GET, OPTIONS, HEAD, DELETE",
}
JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/html; charset=utf-8"
ENOUGH = "Requested batch-size available."
FEWER = "Fewer messages available than requested."
NONE = "No messages available in queue."


class AweQ:
    def __init__(self, server):
        self.url = server.http_url

    def call(self, method, path, body=None, headers=None):
        reply = http_request(self.url, method, path, body=body, headers=headers)
        if reply.status < 500 and method != "HEAD":
            assert int(reply.headers["content-length"]) == len(reply.body)
        return reply

    def ok(self, method, path, body=None):
        reply = self.call(method, path, body, {"Content-Type": "application/json"})
        assert reply.status == 200, reply
        assert reply.headers["content-type"] == JSON_TYPE
        assert reply.headers | CORS == reply.headers
        return reply.text

    def send(self, message):
        text = self.ok("POST", "/send-message", json.dumps({"message": message}))
        return re.fullmatch(rf'{{"status":"okay","key":"({UUID})"}}', text)[1]

    def receive(self, count=None):
        """The text beside the messages, and the messages."""
        text = self.ok("GET", "/receive-message" + ("" if count is None else f"?count={count}"))
        reply = json.loads(text)
        # Order of the keys and no space between them, as the seed shows it.
        entries = [
            f'{{"key":"{m["key"]}","timestamp":{m["timestamp"]},"retry_count":{m["retry_count"]},'
            f'"message":{json.dumps(m["message"], ensure_ascii=False)}}}' for m in reply["messages"]
        ]
        assert text == f'{{"status":"okay","message":"{reply["message"]}","messages":[{",".join(entries)}]}}'
        return reply["message"], reply["messages"]

    def delete(self, key):
        assert self.ok("DELETE", f"/delete-message/{key}") == '{"status":"okay"}'

    def stats(self):
        text = self.ok("GET", "/get-stats")
        match = re.fullmatch(
            r'\{"status":"okay","stats":\{"queue_length":(\d+),"checkouts_count":(\d+),'
            r'"checkout_lifetime":"(\d+s)","rescue_interval":"([1-9]\d*s)"\}\}', text)
        assert match, text
        return int(match[1]), int(match[2]), match[3]

    def counts(self):
        return self.stats()[:2]


@pytest.fixture
def aweq(server):
    return AweQ(server)


@pytest.fixture(scope="module")
def _shared_aweq(shared_server):
    return AweQ(shared_server)


@pytest.fixture
def shared_aweq(_shared_aweq):
    """The shared server's AweQ queue, emptied."""
    http_request(_shared_aweq.url, "POST", "/api/v1/queues/aweq/purge")
    return _shared_aweq


def test_walk_through(new_server):
    """The manual test of the seed document, with a checkout lifetime of two seconds instead of 120."""
    aweq = AweQ(new_server("--aweq-visibility", "2").start())
    before = int(time.time() * 1000)
    keys = [aweq.send("job-details-01")]
    assert aweq.stats() == (1, 0, "2s")
    for number in range(2, 8):
        keys.append(aweq.send(f"job-details-0{number}"))
    assert aweq.counts() == (7, 0)
    assert len(set(keys)) == 7

    batches = [aweq.receive(3) for _ in range(3)]
    assert [text for text, _ in batches] == [ENOUGH, ENOUGH, FEWER]
    first = [message for _, messages in batches for message in messages]
    assert [message["key"] for message in first] == keys
    assert [message["message"] for message in first] == [f"job-details-0{number}" for number in range(1, 8)]
    assert {message["retry_count"] for message in first} == {0}
    assert all(before - 2000 <= message["timestamp"] <= time.time() * 1000 + 2000 for message in first)
    assert aweq.receive(3) == (NONE, [])
    assert aweq.counts() == (0, 7)

    wait_for(lambda: aweq.counts() == (7, 0), 20, "the checkouts to be restored")
    text, again = aweq.receive(3)
    assert text == ENOUGH
    # Restored in checkout order, with the time of the send.
    assert again == [message | {"retry_count": 1} for message in first[:3]]

    wait_for(lambda: aweq.counts() == (7, 0), 20, "the checkouts to be restored")
    # They went to the end, as though new.
    _, (fourth,) = aweq.receive()
    assert (fourth["message"], fourth["retry_count"]) == ("job-details-04", 1)
    aweq.delete(fourth["key"])
    assert sum(aweq.counts()) == 6

    text, rest = aweq.receive(6)
    assert text == ENOUGH
    assert [(message["message"], message["retry_count"]) for message in rest] == [
        ("job-details-05", 1), ("job-details-06", 1), ("job-details-07", 1),
        ("job-details-01", 2), ("job-details-02", 2), ("job-details-03", 2)]


def test_commands_of_the_seed_document(server):
    """The curl calls as they are written there, but for the address."""
    def curl(*arguments):
        done = subprocess.run(["curl", "-s", "-i", *arguments], capture_output=True, text=True, timeout=30)
        head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
        return head.splitlines()[0], head.lower(), body

    url, content = server.http_url, ("-H", "Content-Type: application/json")
    status, head, body = curl("-X", "POST", "-d", '{"message": ""}', *content, f"{url}/send-message")
    assert (status, body) == ("HTTP/1.1 400 Bad Request", "Message content required.")
    assert f"content-type: {TEXT_TYPE}" in head
    assert "content-length: 25" in head

    status, head, body = curl("-X", "POST", "-d", '{"message": "job-details-88"}', *content, f"{url}/send-message")
    assert status == "HTTP/1.1 200 OK"
    assert "content-length: 62" in head
    assert f"content-type: {JSON_TYPE}" in head
    key = json.loads(body)["key"]

    status, _, body = curl("-X", "GET", f"{url}/receive-message?count=4")
    assert [message["key"] for message in json.loads(body)["messages"]] == [key]
    status, head, body = curl("-X", "GET", f"{url}/receive-message")
    assert body == f'{{"status":"okay","message":"{NONE}","messages":[]}}'

    unknown = "123e4567-e89b-12d3-a456-426655440000"
    for one in (unknown, key):
        status, head, body = curl("-X", "DELETE", f"{url}/delete-message/{one}")
        assert (status, body) == ("HTTP/1.1 200 OK", '{"status":"okay"}')
        assert "content-length: 17" in head
    status, _, body = curl("-X", "GET", f"{url}/get-stats")
    assert re.fullmatch(
        r'\{"status":"okay","stats":\{"queue_length":0,"checkouts_count":0,"checkout_lifetime":"120s",'
        r'"rescue_interval":"[1-9]\d*s"\}\}', body)


def test_delete_does_not_need_a_checkout_and_may_be_repeated(shared_aweq):
    waiting, checked_out = shared_aweq.send("waiting"), shared_aweq.send("checked out")
    shared_aweq.delete(waiting)
    assert shared_aweq.counts() == (1, 0)
    shared_aweq.receive()
    for _ in range(3):
        shared_aweq.delete(checked_out)
    assert shared_aweq.counts() == (0, 0)


def test_a_restored_message_can_still_be_deleted_by_its_key(new_server):
    aweq = AweQ(new_server("--aweq-visibility", "1").start())
    key = aweq.send("x")
    aweq.receive()
    wait_for(lambda: aweq.counts() == (1, 0), 20, "the checkout to be restored")
    aweq.delete(key)
    assert aweq.counts() == (0, 0)


@pytest.mark.parametrize("key", ["not-a-uuid", "0", "..", "%00", "x" * 300, "ÄÖ".encode().hex()])
def test_delete_of_anything_unknown(shared_aweq, key):
    """Unknown or repeated: 200. Nothing is deleted."""
    shared_aweq.send("stays")
    reply = shared_aweq.call("DELETE", f"/delete-message/{key}")
    if key != "..":  # a path that steps upwards is another path
        assert (reply.status, reply.text) == (200, '{"status":"okay"}')
    assert shared_aweq.counts() == (1, 0)


@pytest.mark.parametrize("body", [
    "", "{", "[]", "null", '"text"', "{}", '{"message": ""}', '{"message": 5}', '{"message": null}',
    '{"message": ["x"]}', '{"message": {"a": 1}}', '{"other": "x"}', "message=x", b"\xff\xfe", b'{"message": "\xff"}',
])
def test_message_content_required(shared_aweq, body):
    reply = shared_aweq.call("POST", "/send-message", body, {"Content-Type": "application/json"})
    assert (reply.status, reply.body) == (400, b"Message content required.")
    assert reply.headers["content-type"] == TEXT_TYPE
    assert reply.headers | CORS == reply.headers
    assert shared_aweq.counts() == (0, 0)


@pytest.mark.parametrize("count", ["0", "-1", "1001", "two", "", "1.5", "99999999999999999999", "1&count=2"])
def test_bad_count(shared_aweq, count):
    shared_aweq.send("stays")
    reply = shared_aweq.call("GET", f"/receive-message?count={count}")
    assert reply.status == 400
    assert reply.text
    assert shared_aweq.counts() == (1, 0)


def test_count_of_a_thousand(shared_aweq):
    for number in range(30):
        shared_aweq.send(f"m{number}")
    text, messages = shared_aweq.receive(1000)
    assert text == FEWER
    assert [message["message"] for message in messages] == [f"m{number}" for number in range(30)]


@pytest.mark.parametrize("message", ["Grüße 🐓", 'quotes " and \\ and /', "a\nb\tc", "\u2028", " ", "0"])
def test_messages_survive(shared_aweq, message):
    shared_aweq.send(message)
    _, (received,) = shared_aweq.receive()
    assert received["message"] == message


def test_sixteen_mebibytes(shared_aweq):
    size = 16 * 1_048_576
    message = "x" * size
    key = shared_aweq.send(message)
    reply = shared_aweq.call("GET", "/receive-message")
    assert reply.json["messages"][0]["message"] == message
    shared_aweq.delete(key)
    refused = shared_aweq.call("POST", "/send-message", json.dumps({"message": message + "x"}))
    assert 400 <= refused.status < 500
    assert shared_aweq.counts() == (0, 0)


@pytest.mark.parametrize("path", ["/send-message", "/receive-message", "/get-stats", "/delete-message/x"])
def test_options_and_head(shared_aweq, path):
    shared_aweq.send("not taken by HEAD")
    options = shared_aweq.call("OPTIONS", path)
    assert options.status in (200, 204)
    assert options.headers | CORS == options.headers
    head = shared_aweq.call("HEAD", path)
    assert head.body == b""
    assert head.headers | CORS == head.headers
    assert head.status == 200
    assert shared_aweq.counts() == (1, 0)


def test_other_methods_and_paths_do_not_exist(shared_aweq):
    shared_aweq.send("stays")
    for method, path in (("GET", "/send-message"), ("POST", "/receive-message"), ("GET", "/delete-message/x"),
                         ("DELETE", "/delete-message/"), ("PUT", "/get-stats"), ("GET", "/nothing")):
        assert shared_aweq.call(method, path).status in (404, 405), (method, path)
    assert shared_aweq.counts() == (1, 0)


def test_its_queue_can_be_reached_by_the_other_doors(shared_aweq, sqs):
    key = shared_aweq.send("by AweQ")
    message = sqs.receive_message(QueueUrl="aweq")["Messages"][0]
    assert (message["MessageId"], message["Body"]) == (key, "by AweQ")
    assert shared_aweq.counts() == (0, 1)
    sqs.delete_message(QueueUrl="aweq", ReceiptHandle=message["ReceiptHandle"])
    sqs.send_message(QueueUrl="aweq", MessageBody="by SQS")
    _, (message,) = shared_aweq.receive()
    assert message["message"] == "by SQS"


def test_another_queue_by_configuration(new_server):
    server = new_server("--aweq-queue", "jobs").start()
    AweQ(server).send("x")
    assert http_request(server.http_url, "GET", "/api/v1/queues/jobs").json["counts"]["ready"] == 1


def test_off(new_server):
    server = new_server("--aweq", "off").start()
    for method, path in (("POST", "/send-message"), ("GET", "/receive-message"), ("GET", "/get-stats"),
                         ("DELETE", "/delete-message/x")):
        assert http_request(server.http_url, method, path).status == 404


def test_settings_of_its_queue(aweq):
    settings = http_request(aweq.url, "GET", "/api/v1/queues/aweq").json["settings"]
    assert (settings["visibility_timeout_seconds"], settings["redelivery"], settings["retention_seconds"]) == (
        120, "back", None)
