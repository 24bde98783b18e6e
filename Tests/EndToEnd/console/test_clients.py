"""Who is connected, who waits for a message, and the commands that lead to the Redis port of this server."""

import http.client
import subprocess

import pytest

from support.resp import Connection
from support.server import BINARY


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


@pytest.mark.parametrize("text", ["it's open", "--json"])
def test_a_publication_is_also_a_line_of_the_command_line(console, connection, text):
    connection.call("SUBSCRIBE", "news")
    console.open("#/channels", "Channels")
    console.fill("Message", text)
    run(console.command("roost"))
    assert connection.read() == [b"message", b"news", text.encode()]


def test_a_client_is_also_disconnected_by_the_command_line(console, connection):
    connection.call("CLIENT", "SETNAME", "worker-7")
    console.open("#/clients", "Clients")
    assert console.command("roost").startswith("roost clients")
    console.until(lambda: "worker-7" in (rows(console, "Clients") or ""), "the client")
    address = console.script("return document.querySelector('table[aria-label=Clients] .mono').textContent")
    console.press(f"Disconnect {address}")
    run(console.command("roost", console.element("return document.querySelector('dialog[open]');")))
    with pytest.raises(ConnectionError):
        connection.read()


def test_the_groups_of_a_queue_have_their_line(console, api):
    api("PUT", "/queues/jobs.fifo")
    console.open("#/queues/jobs.fifo/groups", "jobs.fifo")
    assert console.command("roost").startswith("roost queue groups jobs.fifo")


def run(line):
    line = line.replace("roost ", f"{BINARY} ", 1)
    subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=60,
                   env={"PATH": f"{BINARY.parent}:/usr/bin:/bin", "NO_PROXY": "*"})


def rows(console, table):
    return console.script(f"return document.querySelector('table[aria-label=\"{table}\"] tbody')?.innerText")
