"""TLS on all three ports: who can speak to them, reload of certificates, handshakes that never end."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import boto3
import pytest

from support.commands import run_roost
from support.server import Server


def openssl(*arguments, cwd: Path) -> str:
    result = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    return result.stdout


def make_certificate(folder: Path, name: str) -> None:
    """`cert.pem` and `key.pem` for localhost, signed by itself: so it is its own root."""
    folder.mkdir(exist_ok=True)
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.new", "-out", "cert.new",
        cwd=folder,
    )
    (folder / "key.new").chmod(0o600)
    (folder / "key.new").rename(folder / "key.pem")
    (folder / "cert.new").rename(folder / "cert.pem")


class TLSServer(Server):
    @property
    def http_url(self) -> str:
        return super().http_url.replace("http:", "https:")

    def http_connection(self) -> http.client.HTTPConnection:
        context = ssl._create_unverified_context()
        return http.client.HTTPSConnection("127.0.0.1", self.http_port, timeout=5, context=context)

    def answers_redis(self) -> bool:
        return True


@pytest.fixture
def certificates(tmp_path) -> Path:
    folder = tmp_path / "certificates"
    make_certificate(folder, "first")
    return folder


@pytest.fixture
def secured(tmp_path, certificates):
    home = tmp_path / "home"
    home.mkdir()
    options = ("--tls-cert", str(certificates / "cert.pem"), "--tls-key", str(certificates / "key.pem"))
    server = TLSServer(home, *options, "--log-format", "json", redis=True).start()
    yield server
    server.kill()


def handshake(port: int, root: Path, version: ssl.TLSVersion | None = None) -> tuple[str, str]:
    """The protocol, and the name in the certificate of the server."""
    context = ssl.create_default_context(cafile=str(root))
    context.set_ciphers("ALL:@SECLEVEL=0")
    if version is not None:
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            subject = dict(pair[0] for pair in secure.getpeercert()["subject"])
            return secure.version(), subject["commonName"]


def ports(server) -> list[int]:
    return [server.sqs_port, server.http_port, server.redis_port]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_all_ports_speak_tls_and_nothing_else(secured, certificates):
    root = certificates / "cert.pem"
    for port in ports(secured):
        assert handshake(port, root) == ("TLSv1.3", "first")
        assert handshake(port, root, ssl.TLSVersion.TLSv1_2) == ("TLSv1.2", "first")
        for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with pytest.raises((ssl.SSLError, OSError)):
                handshake(port, root, old)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            plain.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"HTTP/1.1 200" not in plain.recv(1000)


@pytest.mark.parametrize("suite", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES256-SHA"])
def test_weak_suites_are_refused(secured, suite):
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{secured.http_port}", "-tls1_2", "-cipher",
         f"{suite}:@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert "Cipher is (NONE)" in result.stdout + result.stderr


def test_boto3_over_tls(secured, certificates):
    client = boto3.client(
        "sqs", endpoint_url=f"https://localhost:{secured.sqs_port}", region_name="us-east-1",
        aws_access_key_id="a", aws_secret_access_key="b", verify=str(certificates / "cert.pem"))
    url = client.create_queue(QueueName="jobs")["QueueUrl"]
    assert url == f"https://localhost:{secured.sqs_port}/000000000000/jobs"
    bodies = ["x" * size for size in (1, 20_000, 250_000)]
    for body in bodies:
        client.send_message(QueueUrl=url, MessageBody=body)
    received = []
    while len(received) < len(bodies):
        for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]:
            received.append(message["Body"])
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert sorted(received, key=len) == bodies


@pytest.mark.skipif(shutil.which("redis-cli") is None, reason="redis-cli is not installed")
def test_redis_cli_over_tls(secured, certificates):
    command = ["redis-cli", "--tls", "--cacert", str(certificates / "cert.pem"), "-h", "localhost", "-p",
               str(secured.redis_port)]
    value = "v" * 300_000
    set_it = subprocess.run([*command, "-x", "SET", "large"], input=value, capture_output=True, text=True)
    assert set_it.stdout.strip() == "OK", set_it
    assert subprocess.run([*command, "GET", "large"], capture_output=True, text=True).stdout.strip() == value
    pipelined = "".join(f"RPUSH list {number}\n" for number in range(1000)) + "LLEN list\n"
    assert subprocess.run(command, input=pipelined, capture_output=True, text=True).stdout.split()[-1] == "1000"


class HalfClosing:
    """A client that ends its own side of TLS and goes on reading, which `ssl.SSLSocket` cannot."""

    def __init__(self, port: int):
        self.plain = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.secure = ssl._create_unverified_context().wrap_bio(self.incoming, self.outgoing)
        self.complete(self.secure.do_handshake)

    def flush(self) -> None:
        if data := self.outgoing.read():
            self.plain.sendall(data)

    def complete(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                self.fill()
            finally:
                self.flush()

    def fill(self) -> None:
        data = self.plain.recv(65536)
        self.incoming.write(data) if data else self.incoming.write_eof()

    def end(self) -> None:
        """Says close_notify, and that no more bytes come."""
        with pytest.raises(ssl.SSLWantReadError):
            self.secure.unwrap()
        self.flush()
        self.plain.shutdown(socket.SHUT_WR)

    def rest(self) -> bytes:
        """Until the server ends its side, be it without close_notify."""
        data = b""
        with contextlib.suppress(ssl.SSLEOFError):
            while more := self.complete(self.secure.read, 65536):
                data += more
        return data


@pytest.mark.parametrize("count", [1, 50_000])
def test_a_pipeline_is_answered_after_its_client_ended_its_side(secured, count):
    client = HalfClosing(secured.redis_port)
    client.complete(client.secure.write, b"RPUSH list x\r\n" * count + b"ECHO last\r\n")
    client.end()
    replies = client.rest()
    assert replies == b"".join(b":%d\r\n" % number for number in range(1, count + 1)) + b"$4\r\nlast\r\n"
    client.plain.close()


def test_the_command_line_over_tls(secured, certificates):
    url = f"https://localhost:{secured.http_port}"
    root = str(certificates / "cert.pem")
    assert run_roost(url, "stats").returncode == 3
    ok = run_roost(url, "send", "aweq", "hello", "--ca-file", root, text=True)
    assert ok.returncode == 0, ok.stderr
    got = run_roost(url, "receive", "aweq", "--body", text=True, variables={"ROOST_CA_FILE": root})
    assert got.stdout == "hello\n", got


def until(condition, seconds=20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def name_of(server, certificates) -> str:
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=10) as plain:
        with context.wrap_socket(plain) as secure:
            (certificates / "seen.pem").write_text(ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True)))
    return openssl("x509", "-in", "seen.pem", "-noout", "-subject", cwd=certificates).strip().split("=")[-1].strip()


def test_new_certificates_are_used_when_the_files_change(secured, certificates):
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", secured.redis_port), timeout=10) as plain:
        with context.wrap_socket(plain) as old:
            make_certificate(certificates, "second")
            until(lambda: name_of(secured, certificates) == "second")
            # A connection keeps what it began with.
            old.sendall(b"PING\r\n")
            assert old.recv(100) == b"+PONG\r\n"


def test_wrong_files_change_nothing_until_they_are_right(secured, certificates):
    (certificates / "cert.pem").write_text("no certificate")
    until(lambda: "the certificate stays as it was" in secured.log.read_text())
    assert name_of(secured, certificates) == "first"
    assert secured.alive


def test_sighup_reads_them_again(secured, certificates):
    os.kill(secured.pid, signal.SIGHUP)
    until(lambda: "certificate and key are read again" in secured.log.read_text())
    assert name_of(secured, certificates) == "first"


def test_half_open_handshakes_hold_up_nobody(secured, certificates):
    """1,000 clients that say nothing, and 200 that stop in the middle of their hello."""
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for port in ports(secured) for _ in range(333)]
    halves = [socket.create_connection(("127.0.0.1", secured.sqs_port), timeout=10) for _ in range(200)]
    for half in halves:
        half.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    start = time.monotonic()
    for port in ports(secured):
        assert handshake(port, certificates / "cert.pem")[1] == "first"
    assert time.monotonic() - start < 8, "served before the others were closed"
    # They are closed by the deadline of handshakes.
    for waiting in silent + halves:
        waiting.settimeout(30)
        try:
            while waiting.recv(1000):
                pass
        except ConnectionResetError:
            pass
        waiting.close()


def test_some_ports_may_stay_without(new_server, certificates):
    server = new_server(
        "--tls-cert", str(certificates / "cert.pem"), "--tls-key", str(certificates / "key.pem"), "--tls-doors", "sqs")
    server.start()
    assert server.status_of("/readyz") == 200
    assert handshake(server.sqs_port, certificates / "cert.pem")[1] == "first"


@pytest.mark.parametrize("change, reason", [
    (lambda folder: (folder / "key.pem").chmod(0o644), "chmod 600"),
    (lambda folder: (folder / "cert.pem").unlink(), "no certificate in PEM"),
    (lambda folder: (folder / "key.pem").write_text("nothing"), "no private key in PEM"),
])
def test_files_that_cannot_be_used_end_the_start(new_server, certificates, change, reason):
    change(certificates)
    server = new_server("--tls-cert", str(certificates / "cert.pem"), "--tls-key", str(certificates / "key.pem"))
    server.start(wait=False)
    assert server.process.wait(30) == 78
    assert reason in server.log.read_text()


def test_one_file_alone_is_refused(new_server, certificates):
    server = new_server("--tls-cert", str(certificates / "cert.pem"))
    server.start(wait=False)
    assert server.process.wait(30) == 78
    assert "--tls-cert and --tls-key go together" in server.log.read_text()
