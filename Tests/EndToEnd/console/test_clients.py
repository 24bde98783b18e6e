"""Who is connected, who waits for a message, and the commands that lead to the Redis port of this server."""

import http.client

import pytest

from support.resp import Connection


@pytest.fixture
def server(new_server):
    return new_server(redis=True).start()


@pytest.fixture
def connection(server):
    with Connection(server.redis_port) as connection:
        yield connection


def test_nobody_is_there_yet(console, server):
    console.open("#/clients", "Clients")
    console.sees("Nobody is connected to the Redis port")
    console.sees("No receive waits")
    assert console.command("redis-cli") == f"redis-cli -p {server.redis_port} brpop aweq 60"


def test_clients_that_wait_are_seen_with_their_queue(console, api, server, connection):
    api("PUT", "/queues/jobs")
    api("PUT", "/queues/mails")
    connection.send(["BRPOP", "jobs", "60"])
    receive = http.client.HTTPConnection("127.0.0.1", server.http_port)
    receive.request("POST", "/api/v1/queues/mails/receive", '{"wait_seconds": 20}')
    console.open("#/clients", "Clients")
    console.until(lambda: "jobs" in (rows(console, "Clients") or ""), "the client in BRPOP")
    console.until(lambda: "mails" in (rows(console, "Receives that wait") or ""), "the receive")
    assert "http" in rows(console, "Receives that wait")
    console.press("mails")
    console.until(lambda: console.heading == "mails", "the page of the queue")
    receive.close()


def rows(console, table):
    return console.script(f"return document.querySelector('table[aria-label=\"{table}\"] tbody')?.innerText")
