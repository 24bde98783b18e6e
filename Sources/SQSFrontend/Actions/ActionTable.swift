/// Reads a request into a plan. Nothing has happened yet when it throws.
package typealias ActionReader =
    @Sendable (inout JSONReader, inout ActionScope) throws(SQSFault) -> Plan

/// The actions of SQS, by name, the most frequent first.
package enum ActionTable {
    package struct Row: Sendable {
        package let name: StaticString
        package let read: ActionReader
        /// How the Query protocol names its parameters.
        package let query: QueryForm
    }

    package static let rows: [Row] = [
        Row(name: "SendMessage", read: SendMessage.read, query: .sendMessage),
        Row(name: "ReceiveMessage", read: ReceiveMessage.read, query: .receiveMessage),
        Row(name: "DeleteMessage", read: DeleteMessage.read, query: .deleteMessage),
        Row(name: "SendMessageBatch", read: SendMessageBatch.read, query: .sendMessageBatch),
        Row(name: "DeleteMessageBatch", read: DeleteMessageBatch.read, query: .deleteMessageBatch),
        Row(name: "ChangeMessageVisibility", read: ChangeMessageVisibility.read, query: .changeMessageVisibility),
        Row(
            name: "ChangeMessageVisibilityBatch", read: ChangeMessageVisibilityBatch.read,
            query: .changeMessageVisibilityBatch),
        Row(name: "GetQueueUrl", read: GetQueueURL.read, query: .getQueueURL),
        Row(name: "GetQueueAttributes", read: GetQueueAttributes.read, query: .getQueueAttributes),
        Row(name: "SetQueueAttributes", read: SetQueueAttributes.read, query: .setQueueAttributes),
        Row(name: "CreateQueue", read: CreateQueue.read, query: .createQueue),
        Row(name: "DeleteQueue", read: DeleteQueue.read, query: .queueOnly),
        Row(name: "PurgeQueue", read: PurgeQueue.read, query: .queueOnly),
        Row(name: "ListQueues", read: ListQueues.read, query: .listQueues),
        Row(
            name: "ListDeadLetterSourceQueues", read: ListDeadLetterSourceQueues.read,
            query: .listDeadLetterSourceQueues),
        Row(name: "StartMessageMoveTask", read: StartMessageMoveTask.read, query: .startMessageMoveTask),
        Row(name: "ListMessageMoveTasks", read: ListMessageMoveTasks.read, query: .listMessageMoveTasks),
        Row(name: "CancelMessageMoveTask", read: CancelMessageMoveTask.read, query: .cancelMessageMoveTask),
        Row(name: "TagQueue", read: TagQueue.read, query: .tagQueue),
        Row(name: "UntagQueue", read: UntagQueue.read, query: .untagQueue),
        Row(name: "ListQueueTags", read: ListQueueTags.read, query: .queueOnly),
        Row(name: "AddPermission", read: AddPermission.read, query: .addPermission),
        Row(name: "RemovePermission", read: RemovePermission.read, query: .removePermission),
    ]

    private static let prefix: StaticString = "AmazonSQS."

    /// The index in `rows` of what `X-Amz-Target` names.
    package static func index(ofTarget target: String) throws(SQSFault) -> Int {
        var target = target
        let index: Int? = target.withUTF8 { Self.index(ofTarget: UnsafeRawBufferPointer($0)) }
        if let index { return index }
        throw SQSFault(
            .unknownOperation,
            "The header X-Amz-Target names no action of SQS: \"\(target.prefix(100))\". "
                + "Expected for example AmazonSQS.SendMessage."
        )
    }

    private static func index(ofTarget target: UnsafeRawBufferPointer) -> Int? {
        let skip = prefix.utf8CodeUnitCount
        guard target.count > skip, equals(UnsafeRawBufferPointer(rebasing: target[..<skip]), prefix) else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: target[skip...])
        return rows.firstIndex { equals(name, $0.name) }
    }

    /// The index in `rows` of what the parameter Action of a Query request names.
    package static func index(ofAction name: String) throws(SQSFault) -> Int {
        var name = name
        let index: Int? = name.withUTF8 { name in rows.firstIndex { equals(UnsafeRawBufferPointer(name), $0.name) } }
        if let index { return index }
        throw .invalidAction(name)
    }

    /// Reads the body of a request for the action at `index`.
    package static func plan(
        _ index: Int, _ body: UnsafeRawBufferPointer, _ scope: inout ActionScope
    ) -> Result<Plan, SQSFault> {
        do throws(SQSFault) {
            var reader = try JSONReader(body)
            let plan = try rows[index].read(&reader, &scope)
            return .success(plan)
        } catch {
            return .failure(error)
        }
    }
}

extension JSONReader {
    /// Reads the members of the one object that a body is: `take` gets the index of each in `names`.
    mutating func readBody(
        _ names: [StaticString], _ take: (inout JSONReader, Int) throws(SQSFault) -> Void
    ) throws(SQSFault) {
        try enterObject("request")
        var seen: UInt32 = 0
        while let index = try nextMember(names, seen: &seen) { try take(&self, index) }
        try finish()
    }
}
