"""Queues of the configuration file, --auto-create and --sqs-strict-timing (docs/operating/configuration.md)."""

import subprocess

import pytest

from support import clients
from support.clients import json_request
from support.server import ACCOUNT, BINARY

CONFIGURATION = 78

QUEUES = """
queues:
  orders:
    visibility: 2m
    dead-letters: {queue: orders-dead, max-receives: 5}
    tags: {team: shop}
  orders-dead: {dead-letter-sources: [orders]}
  payments.fifo: {content-based-deduplication: on}
"""


@pytest.fixture
def configured(new_server, tmp_path):
    """A server with a file whose text can be changed between starts."""
    path = tmp_path / "roost.yaml"
    path.write_text(QUEUES)
    server = new_server("--config", str(path))
    return server, path


def settings(server, name):
    reply = json_request(server.http_url, "GET", f"/api/v1/queues/{name}")
    assert reply.status == 200, reply
    return reply.json["settings"]


def reports(server):
    lines = server.log.read_text().splitlines()
    return [line.split("declared queues: ")[1] for line in lines if "declared queues" in line]


def test_queues_are_there_when_the_server_is_ready(configured):
    server, _ = configured
    server.start()
    assert settings(server, "orders")["dead_letters"] == {"queue": "orders-dead", "max_receives": 5}
    assert settings(server, "orders-dead")["dead_letter_sources"] == ["orders"]
    assert settings(server, "payments.fifo")["content_based_deduplication"] is True
    sqs = clients.sqs_client(server.sqs_url)
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "shop"}


def test_a_second_start_changes_what_differs_and_nothing_else(configured):
    server, path = configured
    server.start()
    json_request(server.http_url, "PATCH", "/api/v1/queues/orders", {"delay_seconds": 7})
    server.restart()
    path.write_text(QUEUES.replace("2m", "3m"))
    server.restart()
    assert reports(server) == [
        "3 created, 0 changed, 0 as they were", "0 created, 0 changed, 3 as they were",
        "0 created, 1 changed, 2 as they were"]
    assert "changed queue orders: visibility 2m -> 3m" in server.log.read_text()
    orders = settings(server, "orders")
    assert (orders["visibility_timeout_seconds"], orders["delay_seconds"]) == (180, 7)


@pytest.mark.parametrize("text, words", [
    ("queues:\n  a: {dead-letters: {queue: b, max-receives: 1}}\n", "there is no queue b"),
    ("queues:\n  a: {visibilty: 2m}\n", "Did you mean visibility?"),
    ("queues:\n  a: {max-message-bytes: 1GiB}\n", "maximum_message_bytes"),
])
def test_what_cannot_be_ends_the_start(configured, text, words):
    server, path = configured
    path.write_text(text)
    server.start(wait=False)
    assert server.process.wait(30) == CONFIGURATION
    assert words in server.log.read_text() and "roost.yaml:2" in server.log.read_text()


def test_print_config_shows_them(configured):
    _, path = configured
    command = [str(BINARY), "serve", "--config", str(path), "--print-config"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "orders-dead after 5 receives" in done.stdout and f"{path}:3" in done.stdout


def test_auto_create(new_server):
    server = new_server("--auto-create").start()
    sqs = clients.sqs_client(server.sqs_url)
    url = f"{server.sqs_url}/{ACCOUNT}/made-up"
    assert sqs.send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "x"
    json_request(server.http_url, "DELETE", "/api/v1/queues/made-up")
    assert json_request(server.http_url, "GET", "/api/v1/queues/made-up").status == 404
    assert sqs.send_message(QueueUrl=url, MessageBody="y")["MessageId"]
    assert json_request(server.http_url, "POST", "/api/v1/queues/other.fifo/receive").json == {"messages": []}
    assert settings(server, "other.fifo")["fifo"] is True


def test_strict_timing_can_be_switched_off(new_server):
    server = new_server("--sqs-strict-timing", "off").start()
    sqs = clients.sqs_client(server.sqs_url)
    for _ in range(2):
        url = sqs.create_queue(QueueName="again")["QueueUrl"]
        sqs.purge_queue(QueueUrl=url)
        sqs.purge_queue(QueueUrl=url)
        sqs.delete_queue(QueueUrl=url)
    server = new_server().start()
    sqs = clients.sqs_client(server.sqs_url)
    url = sqs.create_queue(QueueName="again")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress):
        sqs.purge_queue(QueueUrl=url)
