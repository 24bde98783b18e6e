"""Errors of the SQS API as botocore sees them: code of the Query protocol, shape, text, HTTP status."""

import pytest

from support.clients import error_of, sqs_request

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


def check(error, code, shape, text, status=400):
    assert (error["code"], error["shape"], error["status"]) == (code, shape, status)
    if text is not None:
        assert error["text"] == text


@pytest.mark.parametrize("action, parameters", [
    ("send_message", {"MessageBody": "x"}),
    ("send_message_batch", {"Entries": [{"Id": "a", "MessageBody": "x"}]}),
    ("receive_message", {}),
    ("get_queue_attributes", {"AttributeNames": ["All"]}),
    ("set_queue_attributes", {"Attributes": {"DelaySeconds": "1"}}),
    ("purge_queue", {}),
    ("delete_queue", {}),
])
def test_missing_queue(shared_server, sqs, action, parameters):
    error = error_of(getattr(sqs, action), QueueUrl=shared_server.queue_url("missing"), **parameters)
    check(error, NO_QUEUE, "QueueDoesNotExist", "The specified queue does not exist.")


def test_missing_queue_with_a_good_handle(shared_server, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = {"ReceiptHandle": sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]}
    sqs.delete_queue(QueueUrl=queue)
    visibility = {"VisibilityTimeout": 0}
    for call, parameters in (
        (sqs.delete_message, handle),
        (sqs.change_message_visibility, handle | visibility),
        (sqs.delete_message_batch, {"Entries": [{"Id": "a"} | handle]}),
        (sqs.change_message_visibility_batch, {"Entries": [{"Id": "a"} | handle | visibility]}),
    ):
        check(error_of(call, QueueUrl=queue, **parameters), NO_QUEUE, "QueueDoesNotExist",
              "The specified queue does not exist.")


def test_missing_queue_by_name(sqs):
    error = error_of(sqs.get_queue_url, QueueName="missing")
    check(error, NO_QUEUE, "QueueDoesNotExist", "The specified queue does not exist.")


def test_shape_and_header_of_an_error(shared_server):
    reply = sqs_request(shared_server.sqs_url, "GetQueueUrl", {"QueueName": "missing"})
    assert reply.status == 400
    assert reply.headers["content-type"] == "application/x-amz-json-1.0"
    assert reply.headers["x-amzn-query-error"] == f"{NO_QUEUE};Sender"
    assert reply.json == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "The specified queue does not exist.",
    }
    assert reply.headers["x-amzn-requestid"]


def test_queue_name(sqs):
    for name in ("with space", "dots.in.it", "x" * 81, "../etc", "ümlaut"):
        assert error_of(sqs.create_queue, QueueName=name)["code"] == "InvalidParameterValue", name


def test_garbage_handle(sqs, queue):
    text = 'The input receipt handle "garbage" is not a valid receipt handle.'
    for call, more in ((sqs.delete_message, {}), (sqs.change_message_visibility, {"VisibilityTimeout": 1})):
        error = error_of(call, QueueUrl=queue, ReceiptHandle="garbage", **more)
        check(error, "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", text)


def test_handle_of_the_right_form_that_nobody_made(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    forged = ("B" if handle[10] == "A" else "A").join([handle[:10], handle[11:]])
    assert error_of(sqs.delete_message, QueueUrl=queue, ReceiptHandle=forged)["code"] == "ReceiptHandleIsInvalid"


def test_handle_of_another_queue(sqs, queue, new_name):
    other = sqs.create_queue(QueueName=new_name())["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    assert error_of(sqs.delete_message, QueueUrl=other, ReceiptHandle=handle)["code"] == "ReceiptHandleIsInvalid"


def test_unknown_attribute_name(sqs, queue):
    error = error_of(sqs.get_queue_attributes, QueueUrl=queue, AttributeNames=["Foobar"])
    check(error, "InvalidAttributeName", "InvalidAttributeName", "Unknown Attribute Foobar.")
    error = error_of(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"Foobar": "1"})
    check(error, "InvalidAttributeName", "InvalidAttributeName", "Unknown Attribute Foobar.")


@pytest.mark.parametrize("name, value", [
    ("VisibilityTimeout", "43201"), ("VisibilityTimeout", "-1"), ("VisibilityTimeout", "soon"),
    ("DelaySeconds", "901"), ("MessageRetentionPeriod", "59"), ("MessageRetentionPeriod", "1209601"),
    ("MaximumMessageSize", "1023"), ("MaximumMessageSize", "1048577"), ("ReceiveMessageWaitTimeSeconds", "21"),
])
def test_attribute_value_out_of_range(sqs, queue, name, value):
    error = error_of(sqs.set_queue_attributes, QueueUrl=queue, Attributes={name: value})
    assert (error["code"], error["status"]) == ("InvalidAttributeValue", 400)
    assert name in error["text"]


def test_refused_attributes_change_nothing(sqs, queue):
    error_of(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"DelaySeconds": "5", "VisibilityTimeout": "x"})
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (attributes["DelaySeconds"], attributes["VisibilityTimeout"]) == ("0", "30")


def test_empty_body(sqs, queue):
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody="")
    assert (error["code"], error["status"]) == ("MissingParameter", 400)
    assert error["text"] == "The request must contain the parameter MessageBody."


def test_missing_body(shared_server, queue):
    reply = sqs_request(shared_server.sqs_url, "SendMessage", {"QueueUrl": queue})
    assert reply.status == 400
    assert reply.headers["x-amzn-query-error"] == "MissingParameter;Sender"


@pytest.mark.parametrize("parameters, text", [
    ({"MaxNumberOfMessages": 11}, "Must be between 1 and 10, if provided."),
    ({"MaxNumberOfMessages": 0}, "Must be between 1 and 10, if provided."),
    ({"WaitTimeSeconds": 21}, "Must be >= 0 and <= 20, if provided."),
    ({"WaitTimeSeconds": -1}, "Must be >= 0 and <= 20, if provided."),
    ({"VisibilityTimeout": 43201}, None),
    ({"VisibilityTimeout": -1}, None),
])
def test_receive_parameters(sqs, queue, parameters, text):
    error = error_of(sqs.receive_message, QueueUrl=queue, **parameters)
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    if text:
        (name, value), = parameters.items()
        assert error["text"] == f"Value {value} for parameter {name} is invalid. Reason: {text}"


@pytest.mark.parametrize("delay", [-1, 901])
def test_delay_out_of_range(sqs, queue, delay):
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody="x", DelaySeconds=delay)
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert "DelaySeconds" in error["text"]


def test_visibility_out_of_range(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    for timeout in (-1, 43201):
        error = error_of(
            sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=timeout)
        assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
        assert "VisibilityTimeout" in error["text"]


def test_visibility_of_a_deleted_message(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    error = error_of(sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=5)
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert "Message does not exist or is not available for visibility timeout change." in error["text"]


def entries(count, **more):
    return [{"Id": f"e{number}", "MessageBody": "x"} | more for number in range(count)]


@pytest.mark.parametrize("batch, name, text", [
    (entries(20), "TooManyEntriesInBatchRequest",
     "Maximum number of entries per request are 10. You have sent 20."),
    ([], "EmptyBatchRequest", None),
    (entries(2, Id="same"), "BatchEntryIdsNotDistinct", None),
    (entries(1, Id="with space"), "InvalidBatchEntryId", None),
    (entries(1, Id=""), "InvalidBatchEntryId", None),
    (entries(1, Id="x" * 81), "InvalidBatchEntryId", None),
    (entries(2, MessageBody="y" * 600_000), "BatchRequestTooLong",
     "Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes."),
])
def test_batch_is_refused_whole(sqs, queue, batch, name, text):
    error = error_of(sqs.send_message_batch, QueueUrl=queue, Entries=batch)
    check(error, f"AWS.SimpleQueueService.{name}", name, text)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue), "nothing of a refused batch is stored"


@pytest.mark.parametrize("action", ["delete_message_batch", "change_message_visibility_batch"])
def test_other_batches_have_the_same_rules(sqs, queue, action):
    def entry(identifier):
        more = {"VisibilityTimeout": 1} if action.startswith("change") else {}
        return {"Id": identifier, "ReceiptHandle": "x"} | more

    call = getattr(sqs, action)
    for batch, name in (
        ([entry(str(number)) for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([], "EmptyBatchRequest"),
        ([entry("same"), entry("same")], "BatchEntryIdsNotDistinct"),
        ([entry("with space")], "InvalidBatchEntryId"),
    ):
        assert error_of(call, QueueUrl=queue, Entries=batch)["shape"] == name


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b'{"QueueName": 5}', b'{"QueueName": "x"} trailing', b'{"QueueName": "\xff"}',
    b'{"QueueName": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
], ids=lambda body: f"{len(body)} bytes: {body[:16]!r}")
def test_malformed_json(shared_server, body):
    reply = sqs_request(shared_server.sqs_url, "CreateQueue", body)
    assert reply.status == 400
    assert reply.json["__type"]


def test_unknown_action(shared_server):
    reply = sqs_request(shared_server.sqs_url, "MakeCoffee", {})
    assert reply.status == 400
    assert reply.json["__type"].endswith(("UnknownOperationException", "InvalidAction"))
