import FuzzRunner
import Glibc
import SQSFrontend

private let forms: [QueryForm] = [
    .sendMessage, .sendMessageBatch, .receiveMessage, .deleteMessage, .deleteMessageBatch, .changeMessageVisibility,
    .changeMessageVisibilityBatch, .getQueueURL, .getQueueAttributes, .setQueueAttributes, .createQueue, .queueOnly,
    .listQueues,
]

/// The number of the form in front.
private let requests: [(Int, String)] = [
    (
        0,
        "Action=SendMessage&Version=2012-11-05&QueueUrl=q&MessageBody=a+b%0D%22&DelaySeconds=5"
            + "&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=Binary"
            + "&MessageAttribute.1.Value.BinaryValue=AP8%3D"
            + "&MessageAttribute.2.Name=b&MessageAttribute.2.Value.StringListValue.1=x"
    ),
    (
        1,
        "SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x"
            + "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=n&Entries.2.Id=b"
    ),
    (2, "AttributeName.1=All&MessageAttributeName=a.*&MaxNumberOfMessages=10&WaitTimeSeconds=-1"),
    (4, "DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle=h%2B"),
    (8, "AttributeNames=&X-Amz-Date=x"),
    (9, "Attribute.Name=DelaySeconds&Attribute.Value=3&Attribute.16383.Name=x"),
    (10, "QueueName=q&Tag.1.Key=k&Tag.1.Value=v&Tag.2.Key=l&Tag.2.Value="),
]

// Requests of the Query protocol, split anywhere between query string and body: they are refused, or become JSON.
exit(
    runFuzzer(seeds: { _ in requests.map { [UInt8($0.0), 7] + Array($0.1.utf8) } }) { bytes, count in
        guard let bytes, count > 2 else { return 0 }
        let form = forms[Int(bytes[0]) % forms.count]
        let text = UnsafeRawBufferPointer(start: bytes + 2, count: count - 2)
        let middle = Int(bytes[1]) % (text.count + 1)
        let uri = UnsafeRawBufferPointer(rebasing: text[..<middle])
        let body = UnsafeRawBufferPointer(rebasing: text[middle...])
        guard var translation = try? QueryTranslation(uri: uri, body: body) else { return 0 }
        _ = try? translation.action()
        guard let json = try? translation.json(form, path: bytes[1] & 1 == 0 ? "" : "/000000000000/q") else { return 0 }
        json.withUnsafeBytes { json in
            // The one thing that the translation leaves to the reader is UTF-8.
            guard var reader = try? JSONReader(json) else { return }
            precondition((try? reader.skipValue()) != nil && (try? reader.finish()) != nil)
        }
        return 0
    })
