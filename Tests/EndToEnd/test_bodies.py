"""Message bodies: size to the byte, Unicode, control characters."""

import json

import pytest

from support.clients import error_of, md5_of, sqs_request

MEBIBYTE = 1_048_576


def too_long(limit):
    return f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."


def round_trip(sqs, queue, body):
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body)
    message = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    assert message["Body"] == body
    assert sent["MD5OfMessageBody"] == message["MD5OfBody"] == md5_of(body)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.mark.parametrize("body", ["x" * MEBIBYTE, "é" * (MEBIBYTE // 2), "\n" * MEBIBYTE],
                         ids=["ascii", "two bytes each", "escaped in JSON"])
def test_exactly_one_mebibyte_passes(sqs, queue, body):
    round_trip(sqs, queue, body)


@pytest.mark.parametrize("body", ["x" * (MEBIBYTE + 1), "é" * (MEBIBYTE // 2) + "x"], ids=["ascii", "two bytes each"])
def test_one_byte_more_is_refused(sqs, queue, body):
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody=body)
    assert (error["code"], error["text"], error["status"]) == ("InvalidParameterValue", too_long(MEBIBYTE), 400)


def test_limit_of_the_queue(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    round_trip(sqs, queue, "x" * 1024)
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody="x" * 1025)
    assert error["text"] == too_long(1024)


def test_attributes_count(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    attributes = {"name": {"DataType": "String", "StringValue": "value"}}
    room = 1024 - len("name" "String" "value")
    sqs.send_message(QueueUrl=queue, MessageBody="x" * room, MessageAttributes=attributes)
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody="x" * (room + 1), MessageAttributes=attributes)
    assert error["text"] == too_long(1024)


def test_a_batch_of_exactly_one_mebibyte(sqs, queue):
    entries = [{"Id": str(number), "MessageBody": "x" * (MEBIBYTE // 8)} for number in range(8)]
    assert "Failed" not in sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    entries[0]["MessageBody"] += "x"
    error = error_of(sqs.send_message_batch, QueueUrl=queue, Entries=entries)
    assert error["shape"] == "BatchRequestTooLong"
    assert error["text"] == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."


@pytest.mark.parametrize("body", [
    "Grüße, 世界, 🐓🐔", "\t\n\r", "a\r\nb", '"&quot;\r<>\\/', " leading and trailing ", "\ud7ff\ue000\ufffd",
    "\U00010000\U0010ffff", "\u0085\u2028\u2029", "\x7f\x80\x9f", "e\u0301 is not \u00e9", "%25 %s {0} ${x}",
])
def test_characters_survive(sqs, queue, body):
    round_trip(sqs, queue, body)


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe", "\uffff"],
                         ids=lambda character: f"U+{ord(character):04X}")
def test_characters_that_sqs_refuses(sqs, queue, character):
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody=f"before{character}after")
    assert (error["code"], error["shape"], error["status"]) == (
        "InvalidMessageContents", "InvalidMessageContents", 400)


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00", r"\ud800\ud800", r"\udc00\ud800", r"\ud800x"])
def test_half_a_surrogate_pair_is_refused(shared_server, queue, escape):
    body = b'{"QueueUrl": %s, "MessageBody": "%s"}' % (json.dumps(queue).encode(), escape.encode())
    assert sqs_request(shared_server.sqs_url, "SendMessage", body).status == 400


def test_raw_and_escaped_json_mean_the_same(shared_server, sqs, queue):
    text = "Grüße 🐓\n"
    raw = json.dumps({"QueueUrl": queue, "MessageBody": text}, ensure_ascii=False).encode()
    escaped = json.dumps({"QueueUrl": queue, "MessageBody": text}, ensure_ascii=True).encode()
    for body in (raw, escaped):
        assert sqs_request(shared_server.sqs_url, "SendMessage", body).json["MD5OfMessageBody"] == md5_of(text)
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == [text, text]
