/// How the Query protocol spreads a value over names of parameters.
///
/// A part of a name that leads into a list or a map is a number from 1 on. Where there is no number, 1 is meant:
/// `AttributeName=All` is an older way to write `AttributeName.1=All`.
package indirect enum QueryShape: Sendable {
    case text
    case integer
    case structure([QueryParameter])
    /// `.1`, `.2` and so on. With an empty value and no number: the empty list, as botocore writes it.
    case list(of: QueryShape)
    /// `.1.Name` and `.1.Value`; some maps have another word than Name. With an empty value and no number: the empty
    /// map, as the SDK for Go writes it.
    case map(key: StaticString, of: QueryShape)

    package static let mapValue: StaticString = "Value"
}

/// A parameter, or a part of one.
package struct QueryParameter: Sendable {
    /// In a list or a map the Query protocol names the element, for example `AttributeName`.
    package let name: StaticString
    /// What JSON calls it, for example `AttributeNames`. Accepted as a name too.
    package let member: StaticString
    package let shape: QueryShape

    private init(_ name: StaticString, _ member: StaticString, _ shape: QueryShape) {
        self.name = name
        self.member = member
        self.shape = shape
    }

    static func text(_ name: StaticString) -> Self { Self(name, name, .text) }
    static func integer(_ name: StaticString) -> Self { Self(name, name, .integer) }

    static func list(_ name: StaticString, _ member: StaticString, of shape: QueryShape = .text) -> Self {
        Self(name, member, .list(of: shape))
    }

    static func map(
        _ name: StaticString, _ member: StaticString, key: StaticString = "Name", of shape: QueryShape = .text
    ) -> Self {
        Self(name, member, .map(key: key, of: shape))
    }

}

/// The parameters of an action. Origin of the names: the service model of botocore 1.31.80, the last one that is Query.
package struct QueryForm: Sendable {
    package enum Endpoint: Sendable {
        /// The queue is that of the URL, unless QueueUrl names one.
        case queue
        /// Served on every URL, whatever queue that names.
        case any
        /// Served on `/` only.
        case root
    }

    package let endpoint: Endpoint
    package let parameters: [QueryParameter]

    package init(_ endpoint: Endpoint, _ parameters: [QueryParameter]) {
        self.endpoint = endpoint
        self.parameters = parameters
    }

    /// Of an action that takes a queue: QueueUrl comes first.
    static func onQueue(_ parameters: [QueryParameter] = []) -> Self {
        Self(.queue, [.text("QueueUrl")] + parameters)
    }
}

extension QueryForm {
    package static let sendMessage = onQueue(message)
    package static let sendMessageBatch = batch("SendMessageBatchRequestEntry", [.text("Id")] + message)
    package static let receiveMessage = onQueue([
        .integer("MaxNumberOfMessages"), .integer("WaitTimeSeconds"), .integer("VisibilityTimeout"),
        .list("AttributeName", "AttributeNames"), .list("MessageAttributeName", "MessageAttributeNames"),
        .list("MessageSystemAttributeName", "MessageSystemAttributeNames"), .text("ReceiveRequestAttemptId"),
    ])
    package static let deleteMessage = onQueue([.text("ReceiptHandle")])
    package static let deleteMessageBatch = batch(
        "DeleteMessageBatchRequestEntry", [.text("Id"), .text("ReceiptHandle")])
    package static let changeMessageVisibility = onQueue(visibility)
    package static let changeMessageVisibilityBatch = batch(
        "ChangeMessageVisibilityBatchRequestEntry", [.text("Id")] + visibility)
    package static let getQueueURL = Self(.any, [.text("QueueName"), .text("QueueOwnerAWSAccountId")])
    package static let getQueueAttributes = onQueue([.list("AttributeName", "AttributeNames")])
    package static let setQueueAttributes = onQueue([.map("Attribute", "Attributes")])
    package static let createQueue = Self(
        .root, [.text("QueueName"), .map("Attribute", "Attributes"), .map("Tag", "tags", key: "Key")])
    package static let queueOnly = onQueue()
    package static let listQueues = Self(.root, [.text("QueueNamePrefix"), .integer("MaxResults"), .text("NextToken")])

    package static let listDeadLetterSourceQueues = onQueue([.integer("MaxResults"), .text("NextToken")])
    package static let startMessageMoveTask = Self(
        .any, [.text("SourceArn"), .text("DestinationArn"), .integer("MaxNumberOfMessagesPerSecond")])
    package static let listMessageMoveTasks = Self(.any, [.text("SourceArn"), .integer("MaxResults")])
    package static let cancelMessageMoveTask = Self(.any, [.text("TaskHandle")])
    package static let tagQueue = onQueue([.map("Tag", "Tags", key: "Key")])
    package static let untagQueue = onQueue([.list("TagKey", "TagKeys")])
    package static let addPermission = onQueue([
        .text("Label"), .list("AWSAccountId", "AWSAccountIds"), .list("ActionName", "Actions"),
    ])
    package static let removePermission = onQueue([.text("Label")])

    private static func batch(_ name: StaticString, _ entry: [QueryParameter]) -> Self {
        onQueue([.list(name, "Entries", of: .structure(entry))])
    }

    private static let visibility: [QueryParameter] = [.text("ReceiptHandle"), .integer("VisibilityTimeout")]

    private static let message: [QueryParameter] = [
        .text("MessageBody"), .integer("DelaySeconds"),
        .map("MessageAttribute", "MessageAttributes", of: attributeValue),
        .map("MessageSystemAttribute", "MessageSystemAttributes", of: attributeValue),
        .text("MessageGroupId"), .text("MessageDeduplicationId"),
    ]

    private static let attributeValue = QueryShape.structure([
        .text("DataType"), .text("StringValue"), .text("BinaryValue"),
        .list("StringListValue", "StringListValues"), .list("BinaryListValue", "BinaryListValues"),
    ])
}
