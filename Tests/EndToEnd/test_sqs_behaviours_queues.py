"""What SQS does with FIFO queues, dead letters, moves and counts, in both protocols: 66 to 93 of the list of
behaviours. The others are in test_sqs_behaviours.py.
"""

import base64
import hashlib
import json
import time

import pytest

from support.behaviours import (
    FIFO, TRACE, api, arn, attributes, bodies, delete, fifo, name_of, new_queue, queue, receive, redrive, refused,
    release, send,
)

# FIFO


def test_66_67_68_groups(api, fifo):
    for body, group in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a"), ("b2", "b")]:
        send(api, fifo, body, group)
    first = receive(api, fifo, 4)
    assert bodies(first) == ["a1", "a2", "a3", "b1"]
    send(api, fifo, "a4", "a")
    assert receive(api, fifo) == []
    for message in first[:2]:
        delete(api, fifo, message)
    assert receive(api, fifo) == []  # 68
    for message in first[2:]:
        delete(api, fifo, message)
    assert sorted(bodies(receive(api, fifo))) == ["a4", "b2"]


def test_69_70_71_messages_that_return(api, fifo):
    for body in ("1", "2", "3"):
        send(api, fifo, body, "g")
    send(api, fifo, "h", "h")
    first, second, third = receive(api, fifo, 3)
    release(api, fifo, first)
    assert sorted(bodies(receive(api, fifo))) == ["1", "h"]
    release(api, fifo, second)
    release(api, fifo, third)
    assert receive(api, fifo) == []


def test_72_a_lease_of_no_length(api, fifo):
    for group in ("1", "2", "3"):
        send(api, fifo, group, group)
    assert bodies(receive(api, fifo, 1, VisibilityTimeout=0)) == ["1"]
    assert bodies(receive(api, fifo, 1)) == ["2"]
    assert bodies(receive(api, fifo, 1)) == ["3"]
    assert bodies(receive(api, fifo, 1)) == ["1"]


def test_72_the_turns_go_on(api, fifo):
    for group in ("1", "2", "3"):
        send(api, fifo, group, group)
    for expected in ("1", "2"):
        assert bodies(receive(api, fifo, 1, VisibilityTimeout=0)) == [expected]
    assert bodies(receive(api, fifo)) == ["3", "1", "2"]


def test_73_duplicates_outlive_their_message(api, fifo):
    sent = send(api, fifo, "x", "g", MessageDeduplicationId="1")
    delete(api, fifo, receive(api, fifo)[0])
    again = send(api, fifo, "y", "g", MessageDeduplicationId="1")
    assert (again["MessageId"], again["SequenceNumber"]) == (sent["MessageId"], sent["SequenceNumber"])
    assert receive(api, fifo) == []


def test_74_75_scopes(api, fifo):
    def count():
        return int(attributes(api, fifo)["ApproximateNumberOfMessages"])

    for group in ("a", "b"):
        send(api, fifo, "x", group, MessageDeduplicationId="1")
    assert count() == 1
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    api("SetQueueAttributes", QueueUrl=fifo, Attributes=high)
    for group in ("a", "b"):
        send(api, fifo, "x", group, MessageDeduplicationId="2")
    assert count() == 3


def test_76_the_sum_of_the_body(api, fifo):
    send(api, fifo, "abc", "g", MessageAttributes={"a": {"DataType": "String", "StringValue": "x"}})
    send(api, fifo, "abc", "g")
    send(api, fifo, "other", "g", MessageDeduplicationId=hashlib.sha256(b"abc").hexdigest())
    message, = receive(api, fifo, AttributeNames=["All"])
    assert message["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"abc").hexdigest()


def test_77_a_purge_forgets_duplicates(api, fifo):
    send(api, fifo, "x", "g")
    receive(api, fifo)
    api("PurgeQueue", QueueUrl=fifo)
    send(api, fifo, "x", "g")
    assert bodies(receive(api, fifo)) == ["x"]


def test_78_numbers_rise(api, fifo):
    numbers = [int(send(api, fifo, str(number), "g")["SequenceNumber"]) for number in range(5)]
    assert numbers == sorted(set(numbers))
    for _ in range(2):
        message = receive(api, fifo, 1, VisibilityTimeout=0, AttributeNames=["SequenceNumber"])[0]
        assert int(message["Attributes"]["SequenceNumber"]) == numbers[0]


def test_79_dead_letters_of_fifo_queues(api, new_queue, queue):
    source, target = new_queue(FIFO), new_queue(FIFO)
    error = refused(api, "SetQueueAttributes", QueueUrl=source, Attributes=redrive(queue, 1))
    assert error.code == "InvalidParameterValue"
    api("SetQueueAttributes", QueueUrl=source, Attributes=redrive(target, 1))
    ids = [send(api, source, body, "g", MessageDeduplicationId=body)["MessageId"] for body in ("a", "b")]
    assert bodies(receive(api, source, 1, VisibilityTimeout=0)) == ["a"]
    assert bodies(receive(api, source, 1)) == ["b"]
    message, = receive(api, target)
    assert (message["MessageId"], message["Body"]) == (ids[0], "a")


def test_80_a_batch_keeps_its_order(api, fifo):
    entries = [{"Id": str(number), "MessageBody": str(number), "MessageGroupId": "g"} for number in range(10)]
    api("SendMessageBatch", QueueUrl=fifo, Entries=entries)
    assert bodies(receive(api, fifo)) == [str(number) for number in range(10)]


# Dead letters, moves, counts


def test_81_82_dead_letters(api, queue, new_queue):
    target = new_queue()
    api("SetQueueAttributes", QueueUrl=queue, Attributes=redrive(target, 1))
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    values = {"a": {"DataType": "String", "StringValue": "x"}}
    sent = send(api, queue, "x", MessageSystemAttributes=system, MessageAttributes=values)
    assert bodies(receive(api, queue, VisibilityTimeout=0)) == ["x"]
    assert receive(api, queue) == []
    message, = receive(api, target, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert (message["MessageId"], message["MessageAttributes"]) == (sent["MessageId"], values)
    shown = message["Attributes"]
    assert shown["DeadLetterQueueSourceArn"] == arn(queue)
    assert (shown["ApproximateReceiveCount"], shown["AWSTraceHeader"]) == ("2", TRACE)


def test_sources_of_a_dead_letter_queue(api, new_queue):
    target = new_queue()
    assert api("ListDeadLetterSourceQueues", QueueUrl=target).get("queueUrls", []) == []
    sources = sorted(new_queue(redrive(target, 1)) for _ in range(3))
    assert api("ListDeadLetterSourceQueues", QueueUrl=target)["queueUrls"] == sources
    page = api("ListDeadLetterSourceQueues", QueueUrl=target, MaxResults=2)
    assert page["queueUrls"] == sources[:2]
    rest = api("ListDeadLetterSourceQueues", QueueUrl=target, MaxResults=2, NextToken=page["NextToken"])
    assert rest["queueUrls"] == sources[2:] and "NextToken" not in rest


def dead_letters(api, new_queue, count: int) -> tuple[str, list[str]]:
    """A queue with a dead letter of each of `count` sources."""
    target = new_queue()
    sources = [new_queue(redrive(target, 1)) for _ in range(count)]
    for source in sources:
        send(api, source, source)
        receive(api, source, VisibilityTimeout=0)
        assert receive(api, source) == []
    return target, sources


def moved(api, source: str) -> dict:
    """The newest task once it is over."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        task = api("ListMessageMoveTasks", SourceArn=arn(source))["Results"][0]
        if task["Status"] != "RUNNING":
            return task
        time.sleep(0.02)
    raise AssertionError(f"still running: {task}")


def test_83_moves_that_cannot_be(api, queue, new_queue):
    error = refused(api, "StartMessageMoveTask", SourceArn=arn(queue))
    assert (error.status, error.code) == (400, "InvalidParameterValue")
    assert error.text == "Source queue must be configured as a Dead Letter Queue."
    target, _ = dead_letters(api, new_queue, 1)
    missing = refused(api, "StartMessageMoveTask", SourceArn=arn(target), DestinationArn=arn(queue) + "-no")
    assert (missing.status, missing.code) == (404, "ResourceNotFoundException")
    missing = refused(api, "StartMessageMoveTask", SourceArn=arn(queue) + "-no")
    assert (missing.status, missing.code) == (404, "ResourceNotFoundException")


def test_83_86_87_one_move_at_a_time(api, new_queue):
    target, sources = dead_letters(api, new_queue, 3)
    handle = api("StartMessageMoveTask", SourceArn=arn(target), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    second = refused(api, "StartMessageMoveTask", SourceArn=arn(target))
    assert second.code == "InvalidParameterValue"
    running = api("ListMessageMoveTasks", SourceArn=arn(target))["Results"][0]
    assert (running["Status"], running["TaskHandle"]) == ("RUNNING", handle)
    assert api("CancelMessageMoveTask", TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] < 3
    over = api("ListMessageMoveTasks", SourceArn=arn(target))["Results"][0]
    assert over["Status"] == "CANCELLED" and "TaskHandle" not in over


def test_84_85_each_message_goes_back_to_its_source(api, new_queue):
    target, sources = dead_letters(api, new_queue, 2)
    api("StartMessageMoveTask", SourceArn=arn(target))
    task = moved(api, target)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert "DestinationArn" not in task
    for source in sources:
        message, = receive(api, source, AttributeNames=["All"])
        assert message["Body"] == source
        # Otherwise it would bounce straight back.
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_84_a_move_to_one_queue(api, queue, new_queue):
    target, sources = dead_letters(api, new_queue, 2)
    api("StartMessageMoveTask", SourceArn=arn(target), DestinationArn=arn(queue))
    task = moved(api, target)
    assert (task["Status"], task["DestinationArn"]) == ("COMPLETED", arn(queue))
    assert sorted(bodies(receive(api, queue))) == sorted(sources)


def test_86_a_target_that_goes_away(api, queue, new_queue):
    target, _ = dead_letters(api, new_queue, 3)
    api("StartMessageMoveTask", SourceArn=arn(target), DestinationArn=arn(queue), MaxNumberOfMessagesPerSecond=1)
    api("DeleteQueue", QueueUrl=queue)
    task = moved(api, target)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")


def test_87_handles_of_tasks(api):
    assert refused(api, "CancelMessageMoveTask", TaskHandle="x").code == "InvalidParameterValue"


def test_87_a_task_that_nobody_started(api, queue):
    handle = base64.b64encode(json.dumps({"taskId": "999999999", "sourceArn": arn(queue)}).encode()).decode()
    error = refused(api, "CancelMessageMoveTask", TaskHandle=handle)
    assert (error.status, error.code, error.text) == (404, "ResourceNotFoundException", "Task does not exist.")


def test_88_blocked_messages_count_as_visible(api, fifo):
    for number in range(6):
        send(api, fifo, str(number), str(number % 3))
    receive(api, fifo, 2)
    shown = attributes(api, fifo)
    assert [shown["ApproximateNumberOfMessages" + part] for part in ("", "NotVisible", "Delayed")] == ["4", "2", "0"]


def test_89_delayed_messages_are_counted_apart(api, queue):
    send(api, queue, "x", DelaySeconds=900)
    shown = attributes(api, queue)
    assert [shown["ApproximateNumberOfMessages" + part] for part in ("", "NotVisible", "Delayed")] == ["0", "0", "1"]


def test_90_a_second_purge(api, queue):
    api("PurgeQueue", QueueUrl=queue)
    error = refused(api, "PurgeQueue", QueueUrl=queue)
    assert (error.status, error.code) == (403, "AWS.SimpleQueueService.PurgeQueueInProgress")
    assert error.text == f"Only one PurgeQueue operation on {name_of(queue)} is allowed every 60 seconds."


def test_92_the_trace_header_of_the_request(api, queue):
    api("SendMessage", QueueUrl=queue, MessageBody="x", headers={"X-Amzn-Trace-Id": TRACE})
    assert receive(api, queue, AttributeNames=["AWSTraceHeader"])[0]["Attributes"] == {"AWSTraceHeader": TRACE}


def test_93_empty_lists_are_left_out(api, queue):
    entries = [{"Id": "a", "MessageBody": "x"}]
    assert set(api("SendMessageBatch", QueueUrl=queue, Entries=entries)) == {"Successful"}
    entries = [{"Id": "a", "ReceiptHandle": "x"}]
    assert set(api("DeleteMessageBatch", QueueUrl=queue, Entries=entries)) == {"Failed"}
