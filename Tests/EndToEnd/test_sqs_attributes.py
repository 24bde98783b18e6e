"""Message attributes and their MD5 sums."""

import pytest

from support.clients import error_of, md5_of_attributes

MIXED = {
    "Text": {"DataType": "String", "StringValue": "Grüße, 世界"},
    "Labelled": {"DataType": "String.label", "StringValue": "x"},
    "Number": {"DataType": "Number", "StringValue": "1493147359900"},
    "Price": {"DataType": "Number.price", "StringValue": "-12.50"},
    "Bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xfe\xff"},
    "Picture": {"DataType": "Binary.png", "BinaryValue": b"\x89PNG\r\n\x1a\n"},
    "Name.with_parts-1": {"DataType": "String", "StringValue": "dots"},
    "Übergröße": {"DataType": "String", "StringValue": "umlauts"},
}


def receive(sqs, queue, *names):
    return sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0, MessageAttributeNames=list(names))["Messages"][0]


@pytest.mark.parametrize("attributes, md5", [
    ({"timestamp": {"DataType": "Number", "StringValue": "1493147359900"}}, "235c5c510d26fb653d073faed50ae77c"),
    ({"Foo": {"DataType": "String", "StringValue": "Bar"}}, "ae7155c6026991b6d54b11589678bf9c"),
])
def test_known_sums(sqs, queue, attributes, md5):
    assert md5_of_attributes(attributes) == md5
    assert sqs.send_message(
        QueueUrl=queue, MessageBody="x", MessageAttributes=attributes)["MD5OfMessageAttributes"] == md5


def test_attributes_come_back_as_they_were(sqs, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=MIXED)
    message = receive(sqs, queue, "All")
    assert message["MessageAttributes"] == MIXED
    assert sent["MD5OfMessageAttributes"] == message["MD5OfMessageAttributes"] == md5_of_attributes(MIXED)


def test_attributes_in_a_batch(sqs, queue):
    entry = {"Id": "a", "MessageBody": "x", "MessageAttributes": MIXED}
    sent = sqs.send_message_batch(QueueUrl=queue, Entries=[entry])["Successful"][0]
    assert sent["MD5OfMessageAttributes"] == md5_of_attributes(MIXED)
    assert receive(sqs, queue, "All")["MessageAttributes"] == MIXED


def test_no_attributes_no_sum(sqs, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="x")
    message = receive(sqs, queue, "All")
    for reply in (sent, message):
        assert "MD5OfMessageAttributes" not in reply
        assert "MessageAttributes" not in reply


@pytest.mark.parametrize("names, expected", [
    ([], []),
    (["All"], ["Hello", "Help.Me", "General"]),
    ([".*"], ["Hello", "Help.Me", "General"]),
    (["Hel.*"], ["Hello", "Help.Me"]),
    (["Help.*"], ["Help.Me"]),
    (["Hello"], ["Hello"]),
    (["Hello", "General"], ["Hello", "General"]),
    (["Missing", "%%%", "", "Hello"], ["Hello"]),
    (["hello"], []),
])
def test_filter_by_name(sqs, queue, names, expected):
    everything = {
        "Hello": {"DataType": "String", "StringValue": "1"},
        "Help.Me": {"DataType": "String", "StringValue": "2"},
        "General": {"DataType": "String", "StringValue": "3"},
    }
    sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=everything)
    message = receive(sqs, queue, *names)
    wanted = {name: everything[name] for name in expected}
    assert message.get("MessageAttributes", {}) == wanted
    assert message.get("MD5OfMessageAttributes") == (md5_of_attributes(wanted) if wanted else None)


@pytest.mark.parametrize("attributes", [
    {"Empty": {"DataType": "String", "StringValue": ""}},
    {"Kind": {"DataType": "Float", "StringValue": "1.0"}},
    {"LongType": {"DataType": "String." + "x" * 250, "StringValue": "1"}},
    {"": {"DataType": "String", "StringValue": "1"}},
    {"n" * 257: {"DataType": "String", "StringValue": "1"}},
    {".leading": {"DataType": "String", "StringValue": "1"}},
    {"trailing.": {"DataType": "String", "StringValue": "1"}},
    {"two..dots": {"DataType": "String", "StringValue": "1"}},
    {"AWS.reserved": {"DataType": "String", "StringValue": "1"}},
    {"Amazon.reserved": {"DataType": "String", "StringValue": "1"}},
    {"with space": {"DataType": "String", "StringValue": "1"}},
    {"Control": {"DataType": "String", "StringValue": "\x01"}},
    {"NotANumber": {"DataType": "Number", "StringValue": "twelve"}},
    {f"a{number}": {"DataType": "String", "StringValue": "1"} for number in range(11)},
], ids=lambda attributes: next(iter(attributes))[:20] or "no name")
def test_refused_attributes(sqs, queue, attributes):
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody="x", MessageAttributes=attributes)
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_trace_header_is_kept(sqs, queue):
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    # boto3 compares the sum that comes back with its own.
    sqs.send_message(QueueUrl=queue, MessageBody="x", MessageSystemAttributes=header)
    message = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["AWSTraceHeader"])["Messages"][0]
    assert message["Attributes"] == {"AWSTraceHeader": header["AWSTraceHeader"]["StringValue"]}
