"""Access keys: what botocore signs is accepted, everything else is not."""

import json
import urllib.parse

import boto3
import botocore.auth
import botocore.config
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.clients import error_of, http_request

ALL, ALL_SECRET = "AKIDALL", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SOME, SOME_SECRET = "AKIDSOME", "another-secret-of-40-characters-in-length"
OTHER, OTHER_SECRET = "AKIDOTHER", "third-secret-0123456789"
KEYS = f"""
- id: {ALL}
  secret: {ALL_SECRET}
- id: {SOME}
  secret: {SOME_SECRET}
  queues: [orders, "mail-*"]
  actions: [SendMessage, "Get*"]
- id: {OTHER}
  secret: {OTHER_SECRET}
  account: "111111111111"
"""


def client(server, key=ALL, secret=ALL_SECRET, token=None, region="us-east-1"):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, proxies={})
    return boto3.session.Session(key, secret, token, region_name=region).client(
        "sqs", endpoint_url=server.sqs_url, config=config)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with access keys, and two queues."""
    from support.server import Server

    home = tmp_path_factory.mktemp("guarded")
    file = home / "keys.yaml"
    file.write_text(KEYS)
    file.chmod(0o600)
    server = Server(home, "--access-keys-file", str(file)).start()
    for name in ("orders", "mail-in", "other"):
        client(server).create_queue(QueueName=name)
    yield server
    server.kill()


def signed(server, signer=SigV4Auth, *more, key=ALL, secret=ALL_SECRET, method="POST", path="/", headers=None,
           body=None):
    request = AWSRequest(method, server.sqs_url + path, headers=headers or {}, data=body)
    signer(Credentials(key, secret), "sqs", "us-east-1", *more).add_auth(request)
    return request


def send(server, request, body=None):
    parts = urllib.parse.urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return http_request(server.sqs_url, request.method, target, body=request.data if body is None else body,
                        headers=dict(request.headers.items()))


def test_a_signed_client_works(guarded):
    sqs = client(guarded)
    url = guarded.queue_url("orders")
    sqs.send_message(QueueUrl=url, MessageBody="héllo \N{GRINNING FACE}" * 1000)
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert url in sqs.list_queues()["QueueUrls"]


def test_any_region_and_a_session_token_are_accepted(guarded):
    for sqs in (client(guarded, region="eu-north-1"), client(guarded, region="elasticmq"),
                client(guarded, token="t/+=" * 100)):
        sqs.list_queues()


@pytest.mark.parametrize(("key", "secret", "code"), [
    (ALL, "x" * 40, "SignatureDoesNotMatch"), (ALL, SOME_SECRET, "SignatureDoesNotMatch"),
    ("AKIDNOBODY", ALL_SECRET, "InvalidClientTokenId"), ("test", "test", "InvalidClientTokenId"),
])
def test_wrong_credentials_are_refused(guarded, key, secret, code):
    error = error_of(client(guarded, key, secret).list_queues)
    assert (error["code"], error["status"]) == (code, 403)


def test_a_request_without_signature_is_refused(guarded):
    reply = http_request(guarded.sqs_url, "POST", "/", body=b"{}", headers={"X-Amz-Target": "AmazonSQS.ListQueues"})
    assert reply.status == 403
    assert "MissingAuthenticationToken" in reply.text
    reply = http_request(guarded.sqs_url, "GET", "/?Action=ListQueues")
    assert reply.status == 403
    assert "<Code>MissingAuthenticationToken</Code>" in reply.text
    assert http_request(guarded.sqs_url, "GET", "/health").status == 200


def test_a_tampered_body_is_refused(guarded):
    body = json.dumps({"QueueUrl": guarded.queue_url("orders"), "MessageBody": "true"}).encode()
    headers = {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"}
    request = signed(guarded, headers=headers, body=body)
    assert send(guarded, request).status == 200
    reply = send(guarded, request, body.replace(b"true", b"fals"))
    assert reply.status == 403
    assert "SignatureDoesNotMatch" in str(reply.headers)


def test_an_old_signature_is_refused(guarded, monkeypatch):
    now = botocore.auth.get_current_datetime
    import datetime

    for minutes, text in ((-16, "Signature expired"), (16, "Signature not yet current")):
        monkeypatch.setattr(botocore.auth, "get_current_datetime",
                            lambda *a, **k: now(*a, **k) + datetime.timedelta(minutes=minutes))
        error = error_of(client(guarded).list_queues)
        assert error["code"] == "SignatureDoesNotMatch" and text in error["text"]


def test_a_presigned_url_works_until_it_is_changed_or_expires(guarded, monkeypatch):
    request = signed(guarded, SigV4QueryAuth, 60, method="GET", path="/?Action=ListQueues&QueueNamePrefix=mail")
    reply = send(guarded, request)
    assert reply.status == 200 and "mail-in" in reply.text and "orders" not in reply.text
    request.url = request.url.replace("QueueNamePrefix=mail", "QueueNamePrefix=orde")
    assert send(guarded, request).status == 403
    now = botocore.auth.get_current_datetime
    import datetime

    monkeypatch.setattr(botocore.auth, "get_current_datetime",
                        lambda *a, **k: now(*a, **k) - datetime.timedelta(seconds=90))
    reply = send(guarded, signed(guarded, SigV4QueryAuth, 60, method="GET", path="/?Action=ListQueues"))
    assert reply.status == 400 and "RequestExpired" in reply.text


def test_a_presigned_url_of_boto3_works(guarded):
    url = client(guarded).generate_presigned_url("list_queues", ExpiresIn=60, HttpMethod="GET")
    parts = urllib.parse.urlsplit(url)
    query = urllib.parse.parse_qs(parts.query)
    headers = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    wanted = {name: value for name, value in headers.items() if name.lower() in query["X-Amz-SignedHeaders"][0]}
    reply = http_request(guarded.sqs_url, "POST", f"{parts.path or '/'}?{parts.query}", body=b"{}", headers=wanted)
    # Signed for another method than it was sent with.
    assert reply.status == 403


def test_a_key_may_do_what_it_was_given(guarded):
    sqs = client(guarded, SOME, SOME_SECRET)
    for name in ("orders", "mail-in"):
        sqs.send_message(QueueUrl=guarded.queue_url(name), MessageBody="x")
        sqs.send_message_batch(QueueUrl=guarded.queue_url(name), Entries=[{"Id": "a", "MessageBody": "x"}])
        assert sqs.get_queue_url(QueueName=name)["QueueUrl"].endswith(name)
        sqs.get_queue_attributes(QueueUrl=guarded.queue_url(name), AttributeNames=["All"])


def test_a_key_may_do_nothing_else(guarded):
    sqs = client(guarded, SOME, SOME_SECRET)
    orders, other = guarded.queue_url("orders"), guarded.queue_url("other")
    for call, parameters in [
        (sqs.send_message, {"QueueUrl": other, "MessageBody": "x"}),
        (sqs.send_message_batch, {"QueueUrl": other, "Entries": [{"Id": "a", "MessageBody": "x"}]}),
        (sqs.get_queue_url, {"QueueName": "other"}),
        (sqs.receive_message, {"QueueUrl": orders}),
        (sqs.purge_queue, {"QueueUrl": orders}),
        (sqs.delete_queue, {"QueueUrl": orders}),
        (sqs.create_queue, {"QueueName": "orders"}),
        (sqs.set_queue_attributes, {"QueueUrl": orders, "Attributes": {"DelaySeconds": "1"}}),
        (sqs.list_queues, {}),
    ]:
        error = error_of(call, **parameters)
        assert (error["code"], error["status"]) == ("AccessDenied", 403), call
        assert f"user/{SOME} is not authorized to perform: sqs:" in error["text"]
    stranger = client(guarded, OTHER, OTHER_SECRET)
    assert error_of(stranger.send_message, QueueUrl=orders, MessageBody="x")["status"] == 403


def test_secrets_stay_out_of_logs_and_replies(guarded):
    error = error_of(client(guarded, ALL, "x" * 40).list_queues)
    for text in (guarded.log.read_text(), str(error)):
        for secret in (ALL_SECRET, SOME_SECRET, OTHER_SECRET):
            assert secret not in text
    assert f"access keys: {ALL}, {SOME}, {OTHER}" in guarded.log.read_text()


def test_keys_from_the_environment(new_server):
    server = new_server(environment={
        "ROOST_ACCESS_KEY_ID": ALL, "ROOST_SECRET_ACCESS_KEY": ALL_SECRET, "ROOST_ACCESS_KEYS": f"{SOME}:{SOME_SECRET}",
    }).start()
    client(server).list_queues()
    client(server, SOME, SOME_SECRET).list_queues()
    assert error_of(client(server, ALL, SOME_SECRET).list_queues)["code"] == "SignatureDoesNotMatch"


def test_a_file_that_others_can_read_is_refused(new_server, tmp_path):
    file = tmp_path / "keys.yaml"
    file.write_text(KEYS)
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        server = new_server("--access-keys-file", str(file)).start(wait=False)
        assert server.process.wait(20) == 78
        assert f"chmod 600 {file}" in server.log_tail()
        assert not server.data.exists()


def test_the_start_says_that_signatures_are_not_checked(new_server):
    server = new_server().start()
    assert "no access keys, so signatures are not checked" in server.log_tail()


def test_other_addresses_need_keys(new_server):
    refused = new_server()
    refused.options = ("--sqs", f"0.0.0.0:{refused.sqs_port}")
    refused.start(wait=False)
    assert refused.process.wait(20) == 78
    assert "--access-keys-file" in refused.log_tail()
    served = new_server(environment={"ROOST_ACCESS_KEYS": f"{ALL}:{ALL_SECRET}"})
    served.options = ("--sqs", f"0.0.0.0:{served.sqs_port}")
    served.start()
    client(served).list_queues()
