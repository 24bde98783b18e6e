"""What SQS does, behaviour by behaviour, in both protocols. The numbers are those of the list of behaviours: 1 to 65
here, FIFO queues, dead letters, moves and counts (66 to 93) in test_sqs_behaviours_queues.py, what takes time in
test_sqs_behaviours_time.py, what clients know of SQS (1, 10) in test_sqs_models.py. What needs a clock that is turned
is tested with the front end (Tests/SQSFrontendTests).
"""

import base64
import hashlib
import json
import time
import urllib.parse
import uuid

import pytest

from support.behaviours import (
    FIFO, TRACE, api, arn, attributes, bodies, delete, fifo, name_of, new_queue, queue, receive, redrive, refused,
    release, send,
)
from support.clients import json_request
from support.protocols import Query, Refused, exchange
from support.server import ACCOUNT

# Protocol


def test_02_both_paths(api, queue):
    path = urllib.parse.urlsplit(queue).path
    assert api("SendMessage", path=path, QueueUrl=queue, MessageBody="x")["MessageId"]
    assert bodies(receive(api, name_of(queue))) == ["x"]


def test_08_an_empty_receive_has_no_messages(api, queue):
    assert api("ReceiveMessage", QueueUrl=queue) == {}


def test_09_a_missing_queue(api):
    error = refused(api, "SendMessage", QueueUrl="no-such-queue", MessageBody="x")
    assert (error.status, error.code) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    assert error.shape in (None, "QueueDoesNotExist")
    version = " for this wsdl version" if api.name == "query" else ""
    assert error.text == f"The specified queue does not exist{version}."


@pytest.mark.parametrize("action, entry", [
    ("SendMessageBatch", {"MessageBody": ""}), ("DeleteMessageBatch", {"ReceiptHandle": "x"}),
    ("ChangeMessageVisibilityBatch", {"ReceiptHandle": "x", "VisibilityTimeout": 1}),
])
def test_09_a_batch_of_wrong_entries_for_a_missing_queue(api, queue, action, entry):
    entries = [{"Id": "a"} | entry]
    assert len(api(action, QueueUrl=queue, Entries=entries)["Failed"]) == 1
    error = refused(api, action, QueueUrl="no-such-queue", Entries=entries)
    assert error.code == "AWS.SimpleQueueService.NonExistentQueue"


def test_11_texts_survive_byte_for_byte(api, queue):
    body = '"&quot;\r\n\r<a>&\t\u00e9\U0001f600]]>'
    sent = send(api, queue, body)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    assert bodies(receive(api, queue)) == [body]


def test_12_a_queue_by_its_name(api, queue):
    name = name_of(queue)
    send(api, name, "x")
    api("SetQueueAttributes", QueueUrl=name, Attributes={"RedrivePolicy": ""})
    assert attributes(api, name, "ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "1"}


def test_13_urls_follow_the_host(api, queue):
    found = api("GetQueueUrl", QueueName=name_of(queue), headers={"Host": "localhost:81"})
    assert found["QueueUrl"] == f"http://localhost:81/{ACCOUNT}/{name_of(queue)}"


def test_14_sequence_numbers_are_for_fifo(api, queue, fifo):
    assert "SequenceNumber" not in send(api, queue, "x")
    assert send(api, fifo, "x", "g")["SequenceNumber"].isdecimal()
    entry = {"Id": "a", "MessageBody": "y", "MessageGroupId": "g"}
    batch = api("SendMessageBatch", QueueUrl=fifo, Entries=[entry])
    assert batch["Successful"][0]["SequenceNumber"].isdecimal()


# CreateQueue and attributes


def test_15_16_17_18_creating_again(api, new_queue):
    queue = new_queue({"VisibilityTimeout": "7"})
    name = name_of(queue)
    assert api("CreateQueue", QueueName=name)["QueueUrl"] == queue
    api("SetQueueAttributes", QueueUrl=queue, Attributes={"VisibilityTimeout": "8"})
    send(api, queue, "x")
    assert api("CreateQueue", QueueName=name, Attributes={"VisibilityTimeout": "8"})["QueueUrl"] == queue
    error = refused(api, "CreateQueue", QueueName=name, Attributes={"VisibilityTimeout": "7", "DelaySeconds": "0"})
    assert (error.status, error.code) == (400, "QueueAlreadyExists")
    assert error.text.endswith("a different value for attribute VisibilityTimeout")


@pytest.mark.parametrize("name", ["FifoQueue", "ContentBasedDeduplication"])
def test_19_20_fifo_attributes_on_a_standard_queue(api, queue, name):
    error = refused(api, "SetQueueAttributes", QueueUrl=queue, Attributes={name: "false"})
    assert (error.code, error.text) == ("InvalidAttributeName", f"Unknown Attribute {name}.")


@pytest.mark.parametrize("name, value", [("DeduplicationScope", "queue"), ("FifoThroughputLimit", "perQueue")])
def test_19_high_throughput_on_a_standard_queue(api, name, value):
    error = refused(api, "CreateQueue", QueueName="standard", Attributes={name: value})
    assert error.code == "InvalidAttributeName"
    assert error.text == f"You can specify the {name} only when FifoQueue is set to true."


def test_20_a_queue_stays_fifo(api, fifo):
    api("SetQueueAttributes", QueueUrl=fifo, Attributes=FIFO)
    error = refused(api, "SetQueueAttributes", QueueUrl=fifo, Attributes={"FifoQueue": "false"})
    assert error.code == "InvalidAttributeValue"
    assert error.text.endswith("Modifying queue type is not supported.")


@pytest.mark.parametrize("name, attributes", [("a.fifo", {}), ("a", FIFO), ("a.fifo", {"FifoQueue": "false"})])
def test_21_the_name_and_the_attribute_agree(api, name, attributes):
    assert refused(api, "CreateQueue", QueueName=name, Attributes=attributes).code == "InvalidParameterValue"


def test_22_a_queue_that_was_just_deleted(api, queue):
    api("DeleteQueue", QueueUrl=queue)
    error = refused(api, "CreateQueue", QueueName=name_of(queue))
    assert (error.status, error.code) == (400, "AWS.SimpleQueueService.QueueDeletedRecently")
    assert error.text == (
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.")


def test_23_default_attributes(api, queue, new_queue):
    assert api("GetQueueAttributes", QueueUrl=queue) == {}
    standard = attributes(api, queue)
    assert sorted(standard) == [
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp", "DelaySeconds", "LastModifiedTimestamp", "MaximumMessageSize", "MessageRetentionPeriod",
        "QueueArn", "ReceiveMessageWaitTimeSeconds", "SqsManagedSseEnabled", "VisibilityTimeout"]
    assert standard["SqsManagedSseEnabled"] == "true"
    fifo = attributes(api, new_queue(FIFO))
    assert {name: fifo[name] for name in set(fifo) - set(standard)} == {
        "FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue"}


def test_24_an_unknown_attribute(api, queue):
    error = refused(api, "GetQueueAttributes", QueueUrl=queue, AttributeNames=["Foobar"])
    assert (error.code, error.text) == ("InvalidAttributeName", "Unknown Attribute Foobar.")


def test_25_the_empty_value_takes_it_away(api, queue, new_queue):
    policy = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}
    given = {"Policy": json.dumps(policy), "KmsMasterKeyId": "alias/x", "KmsDataKeyReusePeriodSeconds": "600"}
    given |= redrive(new_queue(), 3)
    api("SetQueueAttributes", QueueUrl=queue, Attributes=given)
    assert attributes(api, queue).keys() >= given.keys()
    empty = {"Policy": "", "RedrivePolicy": "", "KmsMasterKeyId": "", "KmsDataKeyReusePeriodSeconds": "300"}
    api("SetQueueAttributes", QueueUrl=queue, Attributes=empty)
    assert not attributes(api, queue).keys() & given.keys()


def test_26_one_kind_of_encryption(api, queue):
    api("SetQueueAttributes", QueueUrl=queue, Attributes={"KmsMasterKeyId": "x"})
    assert attributes(api, queue, "SqsManagedSseEnabled") == {"SqsManagedSseEnabled": "false"}
    both = {"KmsMasterKeyId": "x", "SqsManagedSseEnabled": "true"}
    assert refused(api, "SetQueueAttributes", QueueUrl=queue, Attributes=both).code == "InvalidAttributeName"


def test_27_redrive_policies(api, queue, new_queue):
    target = new_queue()
    for policy in ({"deadLetterTargetArn": arn(target)}, {"maxReceiveCount": 1},
                   {"deadLetterTargetArn": arn(target), "maxReceiveCount": "a"}):
        given = {"RedrivePolicy": json.dumps(policy)}
        assert refused(api, "SetQueueAttributes", QueueUrl=queue, Attributes=given).code == "InvalidParameterValue"
    api("SetQueueAttributes", QueueUrl=queue, Attributes=redrive(target, "42"))
    assert json.loads(attributes(api, queue)["RedrivePolicy"]) == {
        "deadLetterTargetArn": arn(target), "maxReceiveCount": 42}


def test_28_units_of_time(api, queue):
    now = time.time()
    assert abs(int(attributes(api, queue)["CreatedTimestamp"]) - now) < 60
    send(api, queue, "x")
    shown = receive(api, queue, AttributeNames=["All"])[0]["Attributes"]
    for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"):
        assert abs(int(shown[name]) / 1000 - now) < 60


def test_29_tags(api, queue):
    assert api("ListQueueTags", QueueUrl=queue) == {}
    api("TagQueue", QueueUrl=queue, Tags={"a": "1", "A": "", "ü": "<&>"})
    api("TagQueue", QueueUrl=queue, Tags={"a": "2"})
    assert api("ListQueueTags", QueueUrl=queue)["Tags"] == {"a": "2", "A": "", "ü": "<&>"}
    api("UntagQueue", QueueUrl=queue, TagKeys=["A", "a", "ü", "unknown"])
    assert api("ListQueueTags", QueueUrl=queue) == {}


def test_29_tags_of_a_new_queue(api, new_queue):
    queue = new_queue(tags={"a": "1"})
    assert api("ListQueueTags", QueueUrl=queue)["Tags"] == {"a": "1"}


def test_30_permissions(api, queue):
    api("AddPermission", QueueUrl=queue, Label="one", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
    api("AddPermission", QueueUrl=queue, Label="two", AWSAccountIds=["111111111111", "222222222222"], Actions=["*"])
    policy = json.loads(attributes(api, queue)["Policy"])
    assert (policy["Version"], policy["Id"]) == ("2008-10-17", arn(queue) + "/SQSDefaultPolicy")
    assert policy["Statement"][0] == {
        "Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "SQS:SendMessage", "Resource": arn(queue)}
    assert policy["Statement"][1]["Principal"] == {
        "AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]}
    again = refused(
        api, "AddPermission", QueueUrl=queue, Label="one", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
    assert again.code == "InvalidParameterValue" and again.text.endswith("Already exists.")
    unknown = refused(api, "RemovePermission", QueueUrl=queue, Label="three")
    assert unknown.code == "InvalidParameterValue" and unknown.text.endswith("can't find label.")
    for label in ("one", "two"):
        api("RemovePermission", QueueUrl=queue, Label=label)
    assert "Policy" not in attributes(api, queue)


# Sending


def test_31_an_empty_body(api, queue):
    error = refused(api, "SendMessage", QueueUrl=queue, MessageBody="")
    assert (error.code, error.text) == ("MissingParameter", "The request must contain the parameter MessageBody.")


def test_32_the_limit_of_the_queue(api, new_queue):
    queue = new_queue({"MaximumMessageSize": "1024"})
    send(api, queue, "x" * 1024)
    error = refused(api, "SendMessage", QueueUrl=queue, MessageBody="x" * 1025)
    assert error.code == "InvalidParameterValue"
    assert error.text == "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."


def test_33_batches_that_are_too_long(api, queue, new_queue):
    def batch(target, *sizes):
        entries = [{"Id": str(index), "MessageBody": "x" * size} for index, size in enumerate(sizes)]
        return api("SendMessageBatch", QueueUrl=target, Entries=entries)

    with pytest.raises(Refused) as caught:
        batch(queue, 1_048_576, 1)
    assert caught.value.code == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert caught.value.text == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    reply = batch(new_queue({"MaximumMessageSize": "1024"}), 1024, 1025)
    assert [entry["Id"] for entry in reply["Successful"]] == ["0"]
    assert (reply["Failed"][0]["Code"], reply["Failed"][0]["SenderFault"]) == ("InvalidParameterValue", True)


def test_34_characters_that_are_not_allowed(api, queue):
    assert refused(api, "SendMessage", QueueUrl=queue, MessageBody="a\x01").code == "InvalidMessageContents"
    entries = [{"Id": "a", "MessageBody": "a\x01"}, {"Id": "b", "MessageBody": "b"}]
    reply = api("SendMessageBatch", QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in reply["Successful"]] == ["b"]
    assert [entry["Id"] for entry in reply["Failed"]] == ["a"]


@pytest.mark.parametrize("ids, code", [
    ([str(number) for number in range(20)], "TooManyEntriesInBatchRequest"), (["a b"], "InvalidBatchEntryId"),
    ([""], "InvalidBatchEntryId"), (["x" * 81], "InvalidBatchEntryId"), (["a", "a"], "BatchEntryIdsNotDistinct"),
    ([], "EmptyBatchRequest"),
])
def test_35_batches_are_checked_first(api, queue, ids, code):
    entries = [{"Id": word, "MessageBody": "x"} for word in ids]
    error = refused(api, "SendMessageBatch", QueueUrl=queue, Entries=entries)
    assert error.code == f"AWS.SimpleQueueService.{code}"
    if len(ids) == 20:
        assert error.text == "Maximum number of entries per request are 10. You have sent 20."
    assert receive(api, queue) == []


def test_36_fifo_needs_a_group(api, fifo):
    error = refused(api, "SendMessage", QueueUrl=fifo, MessageBody="x")
    assert (error.code, error.text) == ("MissingParameter", "The request must contain the parameter MessageGroupId.")
    entries = [{"Id": "a", "MessageBody": "x", "MessageGroupId": "g"}, {"Id": "b", "MessageBody": "x"}]
    batch = refused(api, "SendMessageBatch", QueueUrl=fifo, Entries=entries)
    assert (batch.code, batch.text) == ("InvalidParameterValue", error.text)
    assert receive(api, fifo) == []


@pytest.mark.parametrize("given", [{}, {"MessageDeduplicationId": "1"}])
def test_37_fifo_needs_an_id(api, new_queue, given):
    queue = new_queue(FIFO)
    error = refused(api, "SendMessage", QueueUrl=queue, MessageBody="x", MessageGroupId="g")
    assert error.code == "InvalidParameterValue"
    entries = [{"Id": "a", "MessageBody": "x", "MessageGroupId": "g"} | given,
               {"Id": "b", "MessageBody": "x", "MessageGroupId": "g"}]
    batch = refused(api, "SendMessageBatch", QueueUrl=queue, Entries=entries)
    assert (batch.code, batch.text) == (error.code, error.text)
    assert receive(api, queue) == []


@pytest.mark.parametrize("name", ["", "x" * 129, "a b"])
def test_38_names_of_groups_and_messages(api, queue, fifo, name):
    rule = "can only include alphanumeric and punctuation characters. 1 to 128 in length."
    for target, given in [(queue, {"MessageGroupId": name}), (fifo, {"MessageGroupId": name}),
                          (fifo, {"MessageGroupId": "g", "MessageDeduplicationId": name})]:
        error = refused(api, "SendMessage", QueueUrl=target, MessageBody="x", **given)
        assert error.code == "InvalidParameterValue" and error.text.endswith(rule)


def test_39_no_delay_of_its_own(api, fifo):
    error = refused(api, "SendMessage", QueueUrl=fifo, MessageBody="x", MessageGroupId="g", DelaySeconds=2)
    assert error.code == "InvalidParameterValue"
    send(api, fifo, "x", "g", DelaySeconds=0)


def test_40_groups_of_a_standard_queue(api, queue):
    send(api, queue, "x", "tenant")
    assert receive(api, queue, AttributeNames=["MessageGroupId"])[0]["Attributes"] == {"MessageGroupId": "tenant"}


@pytest.mark.parametrize("name, value", [
    ("a", {"DataType": "String", "StringValue": ""}), ("a", {"DataType": "Text", "StringValue": "x"}),
    ("a", {"DataType": "String." + "x" * 250, "StringValue": "x"}),
    ("a..b", {"DataType": "String", "StringValue": "x"}),
    ("AWS.x", {"DataType": "String", "StringValue": "x"}), ("a", {"DataType": "String", "StringValue": "\x01"}),
])
def test_41_42_attributes(api, queue, name, value):
    error = refused(api, "SendMessage", QueueUrl=queue, MessageBody="x", MessageAttributes={name: value})
    assert error.code == "InvalidParameterValue"


def test_41_umlauts_in_names(api, queue):
    send(api, queue, "x", MessageAttributes={"größe": {"DataType": "Number", "StringValue": "1"}})


# Sums


@pytest.mark.parametrize("given, sum", [
    ({"timestamp": ("Number", "1493147359900")}, "235c5c510d26fb653d073faed50ae77c"),
    ({"Foo": ("String", "Bar")}, "ae7155c6026991b6d54b11589678bf9c"),
    ({"Hello": ("String", "There"), "General": ("String", "Kenobi"), "Help.Me": ("String", "Me")},
     "4c360f3fdafd970e05fae2f149d997f5"),
])
def test_43_sums_of_attributes(api, queue, given, sum):
    values = {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in given.items()}
    assert send(api, queue, "x", MessageAttributes=values)["MD5OfMessageAttributes"] == sum
    got = receive(api, queue, MessageAttributeNames=["All"])[0]
    assert (got["MD5OfMessageAttributes"], got["MessageAttributes"]) == (sum, values)


def test_44_the_trace_header_has_a_sum_of_its_own(api, queue):
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    sent = send(api, queue, "x", MessageSystemAttributes=system)
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    assert "MD5OfMessageAttributes" not in sent
    assert receive(api, queue, AttributeNames=["All"])[0]["Attributes"]["AWSTraceHeader"] == TRACE


def test_45_without_attributes_there_is_no_sum(api, queue):
    assert "MD5OfMessageAttributes" not in send(api, queue, "x")
    got = receive(api, queue, MessageAttributeNames=["All"])[0]
    assert not {"MD5OfMessageAttributes", "MessageAttributes"} & set(got)


def test_46_49_filters(api, queue):
    values = {name: {"DataType": "String", "StringValue": "x"} for name in ("Hello", "Help.Me", "General")}
    send(api, queue, "x", MessageAttributes=values)
    whole = None
    for names, expected in [(["All"], set(values)), ([".*"], set(values)), (["Hello"], {"Hello"}),
                            (["Help.*"], {"Help.Me"}), (["unknown", "a b", ""], set())]:
        message = receive(api, queue, VisibilityTimeout=0, MessageAttributeNames=names)[0]
        assert set(message.get("MessageAttributes", {})) == expected
        whole = whole or message["MD5OfMessageAttributes"]
        assert (message.get("MD5OfMessageAttributes") == whole) == (expected == set(values))


@pytest.mark.parametrize("pattern, sum", [
    ("Hel.*", "83fee93c1bcd8b9a5a923ffacdc636c7"), ("Hello", "a311262e065454b75da111d535b8dacd"),
    ("Help.*", "e3559934329581483df4474944b301c4"), ("hel.*", None),
])
def test_46_sums_of_what_is_returned(api, queue, pattern, sum):
    values = {"Hello": "There", "General": "Kenobi", "Help.Me": "Me"}
    values = {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
    send(api, queue, "x", MessageAttributes=values)
    assert receive(api, queue, MessageAttributeNames=[pattern])[0].get("MD5OfMessageAttributes") == sum


def test_47_48_types_with_labels_and_sums_of_bytes(api, queue):
    values = {"n": {"DataType": "Number.x", "StringValue": "1"}}
    sent = send(api, queue, "é", MessageAttributes=values)
    data = b"".join(len(part).to_bytes(4, "big") + part if part != b"\x01" else part
                    for part in (b"n", b"Number.x", b"\x01", b"1"))
    assert sent["MD5OfMessageAttributes"] == hashlib.md5(data).hexdigest()
    assert sent["MD5OfMessageBody"] == hashlib.md5("é".encode()).hexdigest()
    assert receive(api, queue, MessageAttributeNames=["All"])[0]["MessageAttributes"] == values


def test_48_the_sum_is_of_what_is_shown(api, queue, shared_server):
    # SQS takes no such body, other APIs do. An SDK compares the sum with what it got.
    path = f"/api/v1/queues/{name_of(queue)}/messages"
    body = base64.b64encode(b"a\xff\x01b").decode()
    assert json_request(shared_server.http_url, "POST", path, {"body_base64": body}).status == 200
    message, = receive(api, queue)
    assert message["MD5OfBody"] == hashlib.md5(message["Body"].encode()).hexdigest()


# Receiving


def test_50_two_lists_of_names(api, queue):
    send(api, queue, "x")
    assert "Attributes" not in receive(api, queue, VisibilityTimeout=0)[0]
    both = {"AttributeNames": ["SenderId"], "MessageSystemAttributeNames": ["SentTimestamp"]}
    shown = receive(api, queue, VisibilityTimeout=0, **both)[0]["Attributes"]
    assert list(shown) == (["SenderId"] if api.name == "query" else ["SentTimestamp"])


@pytest.mark.parametrize("given, rule", [
    ({"MaxNumberOfMessages": 11}, "Must be between 1 and 10, if provided."),
    ({"WaitTimeSeconds": 21}, "Must be >= 0 and <= 20, if provided."),
    ({"WaitTimeSeconds": -1}, "Must be >= 0 and <= 20, if provided."),
])
def test_51_ranges(api, queue, given, rule):
    error = refused(api, "ReceiveMessage", QueueUrl=queue, **given)
    assert error.code == "InvalidParameterValue" and error.text.endswith(rule)


def test_52_54_long_polls(api, new_queue):
    queue = new_queue({"ReceiveMessageWaitTimeSeconds": "20"})
    send(api, queue, "x")
    assert bodies(receive(api, queue, 10)) == ["x"]
    assert receive(api, queue, WaitTimeSeconds=0) == []


def test_55_every_receive_has_a_handle_of_its_own(api, queue):
    send(api, queue, "x")
    handles = {receive(api, queue, VisibilityTimeout=0)[0]["ReceiptHandle"] for _ in range(3)}
    assert len(handles) == 3


def test_56_57_a_message_that_returns_keeps_its_place(api, queue):
    send(api, queue, "a")
    first = receive(api, queue, 1)[0]
    send(api, queue, "b")
    release(api, queue, first)
    assert bodies(receive(api, queue, 1)) == ["a"]


def test_56_a_change_of_visibility_does_not_last(api, queue):
    send(api, queue, "x")
    release(api, queue, receive(api, queue)[0])
    assert bodies(receive(api, queue)) == ["x"]
    assert receive(api, queue) == []
    assert attributes(api, queue)["ApproximateNumberOfMessagesNotVisible"] == "1"


# Handles


def test_58_59_handles(api, queue):
    error = refused(api, "DeleteMessage", QueueUrl=queue, ReceiptHandle="garbage")
    assert error.code == "ReceiptHandleIsInvalid"
    assert error.text == 'The input receipt handle "garbage" is not a valid receipt handle.'
    send(api, queue, "x")
    message = receive(api, queue)[0]
    for _ in range(2):
        delete(api, queue, message)


def test_60_an_expired_handle_deletes(api, queue):
    send(api, queue, "x")
    message = receive(api, queue, VisibilityTimeout=0)[0]
    delete(api, queue, message)
    assert receive(api, queue) == []


def test_61_an_older_handle_deletes_nothing(api, queue):
    send(api, queue, "x")
    older = receive(api, queue, VisibilityTimeout=0)[0]
    newer = receive(api, queue)[0]
    delete(api, queue, older)
    release(api, queue, newer)
    assert bodies(receive(api, queue)) == ["x"]


def test_62_an_expired_handle_of_a_fifo_queue(api, fifo):
    send(api, fifo, "x", "g")
    message = receive(api, fifo, VisibilityTimeout=0)[0]
    error = refused(api, "DeleteMessage", QueueUrl=fifo, ReceiptHandle=message["ReceiptHandle"])
    assert error.code == "InvalidParameterValue"
    assert error.text.endswith("for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")


def test_63_a_lease_that_is_over_begins_again(api, queue):
    send(api, queue, "x")
    message = receive(api, queue, VisibilityTimeout=0)[0]
    release(api, queue, message, 600)
    assert receive(api, queue) == []


def test_63_a_deleted_message(api, queue):
    send(api, queue, "x")
    message = receive(api, queue)[0]
    delete(api, queue, message)
    error = refused(
        api, "ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1)
    assert error.code == "InvalidParameterValue"
    assert error.text.endswith("Message does not exist or is not available for visibility timeout change.")


def test_64_an_older_handle_ends_a_later_lease(api, queue):
    send(api, queue, "x")
    first = receive(api, queue, VisibilityTimeout=0)[0]
    receive(api, queue)
    release(api, queue, first)
    assert bodies(receive(api, queue)) == ["x"]


def test_65_twelve_hours_in_all(api, queue):
    send(api, queue, "x")
    message = receive(api, queue, VisibilityTimeout=43_200)[0]
    time.sleep(1.1)
    error = refused(
        api, "ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"],
        VisibilityTimeout=43_200)
    assert error.code == "InvalidParameterValue"


# Query alone


@pytest.fixture
def form(shared_server):
    return Query(shared_server.sqs_port)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_03_07_the_queue_of_the_path(form, method):
    first, second = (form("CreateQueue", QueueName=f"q-{uuid.uuid4().hex[:12]}")["QueueUrl"] for _ in range(2))
    path = urllib.parse.urlsplit(first).path
    form("SendMessage", path=path, method=method, MessageBody="first")
    form("SendMessage", path=path, method=method, MessageBody="second", QueueUrl=second)
    assert bodies(receive(form, first)) == ["first"]
    assert bodies(receive(form, second)) == ["second"]


def test_04_05_06_actions_of_a_queue_url(form, shared_server):
    queue = form("CreateQueue", QueueName=f"q-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    path = urllib.parse.urlsplit(queue).path
    for action in ("CreateQueue", "ListQueues", "MakeCoffee"):
        error = refused(form, action, path=path)
        assert (error.status, error.code) == (400, "InvalidAction")
        assert error.text == f"The action {action} is not valid for this endpoint."
    assert form("GetQueueUrl", path=path, QueueName=name_of(queue))["QueueUrl"] == queue
    assert refused(form, "SendMessage", path=path).code == "MissingParameter"
    status, _, body = exchange(shared_server.sqs_port, "GET", path, b"", {"Accept": "application/json"})
    assert status == 404 and b"<UnknownOperationException" in body
