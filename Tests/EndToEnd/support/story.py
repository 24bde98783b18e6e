"""One story with every action of the SQS API, for clients that have the methods of boto3 (support/query_client.py).

`prefix` begins the names of the queues that the story makes.
"""

import hashlib
import json

from support.clients import md5_of, md5_of_attributes, wait_for
from support.query_client import QueryError
from support.server import ACCOUNT

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
MOVES = {"start_message_move_task", "list_message_move_tasks", "cancel_message_move_task"}


def tell(api, prefix: str) -> None:
    """The whole story. Afterwards every action that the client knows was called."""
    queues(api, prefix)
    tags_and_permissions(api, prefix)
    messages(api, prefix)
    batches(api, prefix)
    fifo(api, prefix)
    dead_letters(api, prefix)
    if api.operations >= MOVES:
        moves(api, prefix)
    errors(api, prefix)
    missing = api.operations - api.called
    assert not missing, f"{api.versions} has actions that were not called: {missing}"
    assert len(api.called) >= 20


def arn(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue.rsplit('/', 1)[1]}"


def make(api, name: str, **attributes) -> str:
    return api.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def receive(api, queue: str, count: int = 10, **members) -> list[dict]:
    return api.receive_message(QueueUrl=queue, MaxNumberOfMessages=count, **members).get("Messages", [])


def bodies(received: list[dict]) -> list[str]:
    return [message["Body"] for message in received]


def check_error(call, code: str, status: int = 400, text: str = "", **members) -> None:
    try:
        reply = call(**members)
    except QueryError as error:
        assert (error.code, error.status) == (code, status), error
        assert text in error.text
    else:
        raise AssertionError(f"no {code}, but {reply}")


def queues(api, prefix: str) -> None:
    names = [f"{prefix}-{number}" for number in range(3)]
    urls = [make(api, name, VisibilityTimeout="40") for name in names]
    assert make(api, names[0], VisibilityTimeout="40") == urls[0]
    assert api.get_queue_url(QueueName=names[1])["QueueUrl"] == urls[1]
    page = api.list_queues(QueueNamePrefix=prefix, MaxResults=2)
    rest = api.list_queues(QueueNamePrefix=prefix, MaxResults=2, NextToken=page["NextToken"])
    assert page["QueueUrls"] + rest["QueueUrls"] == urls and "NextToken" not in rest
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn(urls[0])}]}
    given = {
        "DelaySeconds": "2", "MaximumMessageSize": "2048", "MessageRetentionPeriod": "60", "VisibilityTimeout": "7",
        "ReceiveMessageWaitTimeSeconds": "5", "SqsManagedSseEnabled": "false", "Policy": json.dumps(policy)}
    api.set_queue_attributes(QueueUrl=urls[0], Attributes=given)
    shown = api.get_queue_attributes(QueueUrl=urls[0], AttributeNames=["All"])["Attributes"]
    assert json.loads(shown.pop("Policy")) == json.loads(given.pop("Policy"))
    assert {name: shown[name] for name in given} == given and shown["QueueArn"] == arn(urls[0])
    api.send_message(QueueUrl=urls[1], MessageBody="x")
    api.purge_queue(QueueUrl=urls[1])
    assert receive(api, urls[1]) == []
    check_error(api.purge_queue, "AWS.SimpleQueueService.PurgeQueueInProgress", 403, QueueUrl=urls[1])
    api.delete_queue(QueueUrl=urls[2])
    check_error(api.create_queue, "AWS.SimpleQueueService.QueueDeletedRecently", QueueName=names[2])


def tags_and_permissions(api, prefix: str) -> None:
    queue = api.create_queue(QueueName=f"{prefix}-tags", tags={"a": "1"})["QueueUrl"]
    api.tag_queue(QueueUrl=queue, Tags={"b": "", "ü": "<&>"})
    assert api.list_queue_tags(QueueUrl=queue)["Tags"] == {"a": "1", "b": "", "ü": "<&>"}
    api.untag_queue(QueueUrl=queue, TagKeys=["a", "b", "ü"])
    assert "Tags" not in api.list_queue_tags(QueueUrl=queue)
    api.add_permission(
        QueueUrl=queue, Label="one", AWSAccountIds=["111111111111"], Actions=["SendMessage", "ReceiveMessage"])
    shown = api.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]
    [statement] = json.loads(shown["Policy"])["Statement"]
    assert statement["Action"] == ["SQS:SendMessage", "SQS:ReceiveMessage"]
    api.remove_permission(QueueUrl=queue, Label="one")
    assert "Attributes" not in api.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])


def messages(api, prefix: str) -> None:
    queue = make(api, f"{prefix}-messages")
    attributes = {
        "text": {"DataType": "String.label", "StringValue": "a <b> & \"c\" é \r\n"},
        "number": {"DataType": "Number", "StringValue": "-1.5e3"},
        "binary": {"DataType": "Binary.png", "BinaryValue": bytes(range(256))},
    }
    body = "Grüße \N{GRINNING FACE} <&> \r\n\t+%41"
    sent = api.send_message(
        QueueUrl=queue, MessageBody=body, MessageAttributes=attributes, DelaySeconds=1,
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}})
    assert (sent["MD5OfMessageBody"], sent["MD5OfMessageAttributes"]) == (md5_of(body), md5_of_attributes(attributes))
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    # The delay ends while it waits.
    [message] = receive(
        api, queue, WaitTimeSeconds=10, AttributeNames=["All"], MessageAttributeNames=["All"], VisibilityTimeout=30)
    assert (message["Body"], message["MessageId"]) == (body, sent["MessageId"])
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    shown = message["Attributes"]
    assert (shown["ApproximateReceiveCount"], shown["AWSTraceHeader"]) == ("1", TRACE)
    assert {"SenderId", "SentTimestamp", "ApproximateFirstReceiveTimestamp"} <= set(shown)
    api.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    [again] = receive(api, queue, MessageAttributeNames=["num.*"], AttributeNames=["ApproximateReceiveCount"])
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert again["MessageAttributes"] == {"number": attributes["number"]}
    assert again["MD5OfMessageAttributes"] == md5_of_attributes(again["MessageAttributes"])
    api.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])
    # Nothing comes, and the poll ends.
    assert receive(api, queue, WaitTimeSeconds=1) == []


def batches(api, prefix: str) -> None:
    queue = make(api, f"{prefix}-batches")
    kind = {"kind": {"DataType": "String", "StringValue": "x"}}
    entries = [{"Id": f"e{number}", "MessageBody": f"b{number}", "MessageAttributes": kind} for number in range(9)]
    sent = api.send_message_batch(
        QueueUrl=queue, Entries=[*entries, {"Id": "bad", "MessageBody": "x", "DelaySeconds": 901}])
    assert [(entry["Id"], entry["MD5OfMessageBody"]) for entry in sent["Successful"]] == [
        (f"e{number}", md5_of(f"b{number}")) for number in range(9)]
    assert {entry["MD5OfMessageAttributes"] for entry in sent["Successful"]} == {md5_of_attributes(kind)}
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]] == [
        ("bad", "InvalidParameterValue", True)]
    received = receive(api, queue, MessageAttributeNames=["All"])
    assert bodies(received) == [f"b{number}" for number in range(9)]
    assert all(message["MessageAttributes"] == kind for message in received)
    handles = [{"Id": str(number), "ReceiptHandle": m["ReceiptHandle"]} for number, m in enumerate(received)]
    changed = api.change_message_visibility_batch(
        QueueUrl=queue, Entries=[handle | {"VisibilityTimeout": 600} for handle in handles])
    assert len(changed["Successful"]) == 9 and "Failed" not in changed
    deleted = api.delete_message_batch(QueueUrl=queue, Entries=[*handles, {"Id": "bad", "ReceiptHandle": "garbage"}])
    assert len(deleted["Successful"]) == 9
    assert [(entry["Id"], entry["Code"]) for entry in deleted["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]


def fifo(api, prefix: str) -> None:
    queue = make(api, f"{prefix}.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    sent = [api.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=body[0]) for body in ("a1", "b1", "a2")]
    again = api.send_message(QueueUrl=queue, MessageBody="a1", MessageGroupId="a")
    assert (again["MessageId"], again["SequenceNumber"]) == (sent[0]["MessageId"], sent[0]["SequenceNumber"])
    numbers = [int(reply["SequenceNumber"]) for reply in sent]
    assert numbers == sorted(set(numbers))
    entries = [
        {"Id": str(number), "MessageBody": "same", "MessageGroupId": "b", "MessageDeduplicationId": f"id-{number}"}
        for number in range(3)]
    batch = api.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]
    first = receive(api, queue, 2, AttributeNames=["All"], ReceiveRequestAttemptId="attempt-1")
    assert bodies(first) == ["a1", "a2"]
    assert first[0]["Attributes"]["MessageGroupId"] == "a"
    assert first[0]["Attributes"]["SequenceNumber"] == sent[0]["SequenceNumber"]
    assert first[0]["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"a1").hexdigest()
    assert bodies(receive(api, queue, 2, ReceiveRequestAttemptId="attempt-1")) == ["a1", "a2"]
    second = receive(api, queue)
    assert bodies(second) == ["b1", "same", "same", "same"]
    assert [message["MessageId"] for message in second[1:]] == [entry["MessageId"] for entry in batch]
    assert receive(api, queue) == []
    check_error(api.send_message, "MissingParameter", text="MessageGroupId", QueueUrl=queue, MessageBody="x")


def dead_letters(api, prefix: str) -> None:
    target, source, sources = pair(api, f"{prefix}-dead")
    assert sources == [source]
    sent = api.send_message(QueueUrl=source, MessageBody="x")
    for _ in range(2):
        assert bodies(receive(api, source, VisibilityTimeout=0)) == ["x"]
    assert receive(api, source) == []
    [message] = receive(api, target, AttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn(source)
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"
    api.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": ""})
    api.set_queue_attributes(
        QueueUrl=target, Attributes={"RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})})
    policy = json.dumps({"deadLetterTargetArn": arn(target), "maxReceiveCount": 2})
    check_error(
        api.set_queue_attributes, "InvalidParameterValue", QueueUrl=source, Attributes={"RedrivePolicy": policy})


def pair(api, name: str) -> tuple[str, str, list[str]]:
    """A queue for dead letters, one whose messages go there at the third receive, and the sources of the first."""
    target = make(api, name)
    policy = {"deadLetterTargetArn": arn(target), "maxReceiveCount": 2}
    source = make(api, f"{name}-source", RedrivePolicy=json.dumps(policy))
    shown = api.get_queue_attributes(QueueUrl=source, AttributeNames=["RedrivePolicy"])["Attributes"]
    assert json.loads(shown["RedrivePolicy"]) == policy
    return target, source, api.list_dead_letter_source_queues(QueueUrl=target)["queueUrls"]


def moves(api, prefix: str) -> None:
    target, source, _ = pair(api, f"{prefix}-moves")
    # At one a second they last until the task is cancelled, also on a busy machine.
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(10)]
    api.send_message_batch(QueueUrl=source, Entries=entries)
    for _ in range(3):
        receive(api, source, VisibilityTimeout=0)
    task = api.start_message_move_task(
        SourceArn=arn(target), DestinationArn=arn(source), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    [running] = api.list_message_move_tasks(SourceArn=arn(target))["Results"]
    assert (running["Status"], running["TaskHandle"]) == ("RUNNING", task)
    assert running["MaxNumberOfMessagesPerSecond"] == 1 and running["ApproximateNumberOfMessagesToMove"] == 10
    check_error(api.start_message_move_task, "InvalidParameterValue", SourceArn=arn(target))
    moved = api.cancel_message_move_task(TaskHandle=task)["ApproximateNumberOfMessagesMoved"]
    assert moved < 10
    api.start_message_move_task(SourceArn=arn(target))

    def over():
        newest = api.list_message_move_tasks(SourceArn=arn(target), MaxResults=2)["Results"]
        return newest if newest[0]["Status"] == "COMPLETED" else None

    newest = wait_for(over, what="the end of the move")
    assert newest[0]["ApproximateNumberOfMessagesMoved"] == 10 - moved and newest[1]["Status"] == "CANCELLED"
    assert sorted(bodies(receive(api, source))) == [str(number) for number in range(10)]
    check_error(api.start_message_move_task, "ResourceNotFoundException", 404, SourceArn=arn(target) + "-none")


def errors(api, prefix: str) -> None:
    queue = make(api, f"{prefix}-errors", VisibilityTimeout="40")
    sqs = "AWS.SimpleQueueService."
    missing = {"QueueUrl": queue + "-none"}
    check_error(api.get_queue_url, sqs + "NonExistentQueue", QueueName=f"{prefix}-none")
    check_error(api.send_message, sqs + "NonExistentQueue", text="does not exist", **missing, MessageBody="x")
    check_error(api.receive_message, sqs + "NonExistentQueue", **missing)
    check_error(api.create_queue, "QueueAlreadyExists", text="VisibilityTimeout", QueueName=f"{prefix}-errors",
                Attributes={"VisibilityTimeout": "41"})
    check_error(api.create_queue, "InvalidParameterValue", QueueName="no spaces")
    entry = {"Id": "a", "MessageBody": "x"}
    for entries, code in (
        ([], "EmptyBatchRequest"),
        ([entry, entry], "BatchEntryIdsNotDistinct"),
        ([entry | {"Id": ""}], "InvalidBatchEntryId"),
        ([entry | {"Id": str(number)} for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([entry | {"MessageBody": "x" * 600_000, "Id": word} for word in "ab"], "BatchRequestTooLong"),
    ):
        check_error(api.send_message_batch, sqs + code, QueueUrl=queue, Entries=entries)
    for call, members, code in (
        (api.send_message, {"MessageBody": "\x01"}, "InvalidMessageContents"),
        (api.send_message, {"MessageBody": "x" * 1_048_577}, "InvalidParameterValue"),
        (api.send_message, {"MessageBody": "x", "MessageAttributes": {"AWS.a": {
            "DataType": "String", "StringValue": "x"}}}, "InvalidParameterValue"),
        (api.receive_message, {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        (api.delete_message, {"ReceiptHandle": "garbage"}, "ReceiptHandleIsInvalid"),
        (api.change_message_visibility, {"ReceiptHandle": "garbage", "VisibilityTimeout": 1},
         "ReceiptHandleIsInvalid"),
        (api.get_queue_attributes, {"AttributeNames": ["Foobar"]}, "InvalidAttributeName"),
        (api.set_queue_attributes, {"Attributes": {"VisibilityTimeout": "50000"}}, "InvalidAttributeValue"),
        (api.remove_permission, {"Label": "none"}, "InvalidParameterValue"),
    ):
        check_error(call, code, QueueUrl=queue, **members)
