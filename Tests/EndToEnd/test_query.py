"""The Query protocol of SQS: the last boto3 that speaks it, and plain requests."""

import urllib.parse
import xml.etree.ElementTree

import pytest

from support.clients import Reply, http_request, md5_of, md5_of_attributes, sqs_request
from support.query_client import PYTHON, QueryClient, QueryError

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"
NAMESPACE = {"sqs": "http://queue.amazonaws.com/doc/2012-11-05/"}


@pytest.fixture(scope="module")
def old(shared_server):
    """boto3 1.28.80."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing: run the tests with scripts/e2e, which makes it")
    client = QueryClient(shared_server.sqs_url)
    assert client.protocol == "query"
    yield client
    client.close()


@pytest.fixture
def queue_path(queue):
    return urllib.parse.urlsplit(queue).path


def error_of(call, **parameters) -> QueryError:
    with pytest.raises(QueryError) as caught:
        call(**parameters)
    return caught.value


def get(server, path: str, **parameters) -> Reply:
    return http_request(server.sqs_url, "GET", f"{path}?{urllib.parse.urlencode(parameters)}")


def post(server, path: str = "/", **parameters) -> Reply:
    return http_request(server.sqs_url, "POST", path, body=urllib.parse.urlencode(parameters), headers=FORM)


def text_of(reply: Reply, name: str) -> str | None:
    return xml.etree.ElementTree.fromstring(reply.body).findtext(f".//sqs:{name}", namespaces=NAMESPACE)


def check(reply: Reply, status: int, code: str, text: str | None = None) -> None:
    assert (reply.status, text_of(reply, "Code"), text_of(reply, "Type")) == (status, code, "Sender")
    assert reply.headers["content-type"] == "text/xml"
    if text is not None:
        assert text_of(reply, "Message") == text


# boto3


def test_a_queue_from_its_creation_to_its_end(old, shared_server, new_name):
    name = new_name()
    url = old.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "7", "DelaySeconds": "0"})["QueueUrl"]
    assert url == shared_server.queue_url(name)
    assert old.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert old.list_queues(QueueNamePrefix=name)["QueueUrls"] == [url]
    assert "QueueUrls" not in old.list_queues(QueueNamePrefix=name + "-none")
    old.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "2048"})
    attributes = old.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["VisibilityTimeout"], attributes["MaximumMessageSize"]) == ("7", "2048")
    assert attributes["QueueArn"].endswith(f":{name}")
    assert "Attributes" not in old.get_queue_attributes(QueueUrl=url, AttributeNames=[])
    assert "Attributes" not in old.get_queue_attributes(QueueUrl=url)
    old.purge_queue(QueueUrl=url)
    old.delete_queue(QueueUrl=url)
    assert error_of(old.get_queue_url, QueueName=name).code == NO_QUEUE


def test_pages_of_queues(old, new_name):
    prefix = new_name()
    urls = [old.create_queue(QueueName=f"{prefix}-{number}")["QueueUrl"] for number in range(3)]
    first = old.list_queues(QueueNamePrefix=prefix, MaxResults=2)
    second = old.list_queues(QueueNamePrefix=prefix, MaxResults=2, NextToken=first["NextToken"])
    assert first["QueueUrls"] + second["QueueUrls"] == urls
    assert "NextToken" not in second


def test_a_message_from_send_to_delete(old, queue):
    attributes = {
        "text": {"DataType": "String.label", "StringValue": "a <b> & \"c\" é \r\n"},
        "number": {"DataType": "Number", "StringValue": "-1.5e3"},
        "binary": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
    }
    sent = old.send_message(QueueUrl=queue, MessageBody="hello", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == md5_of("hello")
    assert sent["MD5OfMessageAttributes"] == md5_of_attributes(attributes)
    assert "SequenceNumber" not in sent, "behaviour 14"
    [message] = old.receive_message(
        QueueUrl=queue, AttributeNames=["All"], MessageAttributeNames=["All"], VisibilityTimeout=30)["Messages"]
    assert (message["Body"], message["MessageId"]) == ("hello", sent["MessageId"])
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    old.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    [again] = old.receive_message(QueueUrl=queue, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}
    old.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])
    assert "Messages" not in old.receive_message(QueueUrl=queue), "behaviour 8"


def test_batches(old, queue):
    entries = [{"Id": f"e{number}", "MessageBody": f"body {number}"} for number in range(9)]
    entries.append({"Id": "bad", "MessageBody": "x", "DelaySeconds": 901})
    sent = old.send_message_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == [f"e{number}" for number in range(9)]
    assert [entry["MD5OfMessageBody"] for entry in sent["Successful"]] == [
        md5_of(f"body {number}") for number in range(9)]
    [failed] = sent["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("bad", "InvalidParameterValue", True)
    assert ">= 0 and <= 900" in failed["Message"]
    messages = old.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": str(number), "ReceiptHandle": m["ReceiptHandle"]} for number, m in enumerate(messages)]
    changed = old.change_message_visibility_batch(
        QueueUrl=queue, Entries=[handle | {"VisibilityTimeout": 60} for handle in handles])
    assert len(changed["Successful"]) == 9 and "Failed" not in changed
    deleted = old.delete_message_batch(QueueUrl=queue, Entries=handles + [{"Id": "bad", "ReceiptHandle": "garbage"}])
    assert len(deleted["Successful"]) == 9
    assert [entry["Code"] for entry in deleted["Failed"]] == ["ReceiptHandleIsInvalid"]


def test_batches_that_are_refused_whole(old, queue):
    def code(entries):
        return error_of(old.send_message_batch, QueueUrl=queue, Entries=entries).code

    message = {"Id": "a", "MessageBody": "x"}
    assert code([]) == "AWS.SimpleQueueService.EmptyBatchRequest"
    assert code([message, message]) == "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"
    assert code([message | {"Id": str(number)} for number in range(11)]) == (
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")


@pytest.mark.parametrize("body", [
    '"&quot;\r', "a\r\nb\n\rc\r", "<tag a='b'>]]></tag> &amp; &#xD;", " \t both ends \n ", "+ %41 %",
    "é😀\ufffd\x7f\x85\u2028",
], ids=ascii)
def test_content_survives_both_protocols(old, sqs, queue, body):
    """Behaviour 11."""
    assert old.send_message(QueueUrl=queue, MessageBody=body)["MD5OfMessageBody"] == md5_of(body)
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == body
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert old.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == body


def test_the_largest_message(old, queue):
    body = "é" * (524_288)
    assert old.send_message(QueueUrl=queue, MessageBody=body)["MD5OfMessageBody"] == md5_of(body)
    assert old.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == body
    error = error_of(old.send_message, QueueUrl=queue, MessageBody=body + "x")
    assert (error.code, error.status) == ("InvalidParameterValue", 400)
    assert "Message must be shorter than 1048576 bytes" in error.text


def test_errors(old, shared_server, queue):
    error = error_of(old.send_message, QueueUrl=shared_server.queue_url("missing"), MessageBody="x")
    assert (error.code, error.status) == (NO_QUEUE, 400)
    assert error.text == "The specified queue does not exist for this wsdl version.", "behaviour 9"
    for call, parameters, code in (
        (old.delete_message, {"ReceiptHandle": "garbage"}, "ReceiptHandleIsInvalid"),
        (old.receive_message, {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        (old.get_queue_attributes, {"AttributeNames": ["Foobar"]}, "InvalidAttributeName"),
        (old.send_message, {"MessageBody": "\x00"}, "InvalidMessageContents"),
        (old.send_message, {"MessageBody": ""}, "MissingParameter"),
    ):
        assert error_of(call, QueueUrl=queue, **parameters).code == code


def test_a_bare_name_as_queue_url(old, queue):
    """Behaviour 12."""
    name = queue.rsplit("/", 1)[1]
    old.send_message(QueueUrl=name, MessageBody="x")
    old.set_queue_attributes(QueueUrl=name, Attributes={"DelaySeconds": "5"})
    assert old.get_queue_attributes(QueueUrl=name, AttributeNames=["DelaySeconds"])["Attributes"] == {
        "DelaySeconds": "5"}


# Plain requests


@pytest.mark.parametrize("request_to", [get, post])
def test_actions_on_the_queue_url(shared_server, sqs, queue, queue_path, request_to):
    """Behaviours 3 and 7: no QueueUrl, no Version."""
    reply = request_to(shared_server, queue_path, Action="SendMessage", MessageBody="by path")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/xml"
    assert text_of(reply, "MD5OfMessageBody") == md5_of("by path")
    assert text_of(reply, "RequestId") == reply.headers["x-amzn-requestid"]
    received = request_to(shared_server, queue_path, Action="ReceiveMessage")
    assert text_of(received, "Body") == "by path"
    request_to(shared_server, queue_path, Action="DeleteMessage", ReceiptHandle=text_of(received, "ReceiptHandle"))
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_queue_url_parameter_overrides_the_path(shared_server, sqs, queue, queue_path, new_name):
    """Behaviour 3."""
    other = sqs.create_queue(QueueName=new_name())["QueueUrl"]
    reply = get(shared_server, queue_path, Action="SendMessage", MessageBody="x", QueueUrl=other)
    assert reply.status == 200
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    assert sqs.receive_message(QueueUrl=other)["Messages"][0]["Body"] == "x"


def test_actions_that_a_queue_url_does_not_have(shared_server, queue, queue_path, new_name):
    """Behaviour 4."""
    for action in ("CreateQueue", "ListQueues"):
        check(get(shared_server, queue_path, Action=action, QueueName=new_name()), 400, "InvalidAction",
              f"The action {action} is not valid for this endpoint.")
    name = queue.rsplit("/", 1)[1]
    reply = get(shared_server, f"/{queue_path.split('/')[1]}/another", Action="GetQueueUrl", QueueName=name)
    assert text_of(reply, "QueueUrl") == queue


def test_requests_without_a_right_action_or_parameter(shared_server, queue_path):
    """Behaviours 5 and 6."""
    check(get(shared_server, queue_path, Action="FooBar"), 400, "InvalidAction",
          "The action FooBar is not valid for this endpoint.")
    check(get(shared_server, queue_path, Action="SendMessage"), 400, "MissingParameter",
          "The request must contain the parameter MessageBody.")
    reply = http_request(shared_server.sqs_url, "GET", queue_path, headers={"Accept": "application/json"})
    assert reply.status == 404
    assert b"<UnknownOperationException" in reply.body


def test_an_empty_receive_is_an_empty_result(shared_server, queue_path):
    """Behaviour 8."""
    reply = get(shared_server, queue_path, Action="ReceiveMessage")
    assert b"<ReceiveMessageResult/>" in reply.body


def test_json_on_the_queue_url(shared_server, queue, queue_path):
    """Behaviour 2."""
    reply = sqs_request(shared_server.sqs_url, "SendMessage", {"QueueUrl": queue, "MessageBody": "x"}, path=queue_path)
    assert (reply.status, reply.json["MD5OfMessageBody"]) == (200, md5_of("x"))


@pytest.mark.parametrize("body, status, code", [
    (b"Action=SendMessage&MessageBody=%zz", 404, "MalformedQueryString"),
    (b"Action=SendMessage&MessageBody=\xff", 404, "MalformedQueryString"),
    (b"Action=SendMessage&MessageBody=x&MessageBody=x", 400, "ConflictingQueryParameter"),
    (b"Action=SendMessage&MessageBody=x&MessageAttribute.0.Name=x", 400, "InvalidQueryParameter"),
    (b"Action=SendMessage&MessageBody=x&MessageAttribute.99999999999999999999.Name=x", 400, "InvalidQueryParameter"),
    (b"Action=SendMessage&MessageBody=x&DelaySeconds=soon", 400, "InvalidParameterValue"),
    (b"Action=SendMessage&MessageBody=x&Version=2008-01-01", 400, "NoSuchVersion"),
    (b"Action=SendMessage&MessageBody=x&Colour=red", 400, "AWS.SimpleQueueService.UnsupportedOperation"),
    (b"Action=SendMessage&" + b"a=b&" * 500_000, 400, "InvalidQueryParameter"),
], ids=lambda value: ascii(value)[:40])
def test_malformed_requests(shared_server, queue_path, body, status, code):
    check(http_request(shared_server.sqs_url, "POST", queue_path, body=body, headers=FORM), status, code)


def test_a_body_that_is_too_large(shared_server, queue_path):
    head = FORM | {"Content-Length": str(1 << 30)}
    check(http_request(shared_server.sqs_url, "POST", queue_path, body=b"", headers=head), 413, "RequestEntityTooLarge")
