/// Reads a request into a plan. Nothing has happened yet when it throws.
package typealias ActionReader =
    @Sendable (inout JSONReader, inout ActionScope) throws(SQSFault) -> Plan

/// The actions that are served, by name, the most frequent first.
package enum ActionTable {
    package struct Row: Sendable {
        package let name: StaticString
        package let read: ActionReader
    }

    package static let rows: [Row] = [
        Row(name: "SendMessage", read: SendMessage.read),
        Row(name: "ReceiveMessage", read: ReceiveMessage.read),
        Row(name: "DeleteMessage", read: DeleteMessage.read),
        Row(name: "SendMessageBatch", read: SendMessageBatch.read),
        Row(name: "DeleteMessageBatch", read: DeleteMessageBatch.read),
        Row(name: "ChangeMessageVisibility", read: ChangeMessageVisibility.read),
        Row(name: "ChangeMessageVisibilityBatch", read: ChangeMessageVisibilityBatch.read),
        Row(name: "GetQueueUrl", read: GetQueueURL.read),
        Row(name: "GetQueueAttributes", read: GetQueueAttributes.read),
        Row(name: "SetQueueAttributes", read: SetQueueAttributes.read),
        Row(name: "CreateQueue", read: CreateQueue.read),
        Row(name: "DeleteQueue", read: DeleteQueue.read),
        Row(name: "PurgeQueue", read: PurgeQueue.read),
        Row(name: "ListQueues", read: ListQueues.read),
    ]

    /// Actions of SQS that a later version serves.
    package static let notYetServed: [StaticString] = [
        "AddPermission", "CancelMessageMoveTask", "ListDeadLetterSourceQueues", "ListMessageMoveTasks",
        "ListQueueTags", "RemovePermission", "StartMessageMoveTask", "TagQueue", "UntagQueue",
    ]

    private static let prefix: StaticString = "AmazonSQS."

    /// The index in `rows` of what `X-Amz-Target` names.
    package static func index(ofTarget target: String) throws(SQSFault) -> Int {
        var target = target
        let index: Int? = target.withUTF8 { Self.index(ofTarget: UnsafeRawBufferPointer($0)) }
        if let index { return index }
        let name = target.hasPrefix("AmazonSQS.") ? String(target.dropFirst(prefix.utf8CodeUnitCount)) : ""
        if notYetServed.contains(where: { "\($0)" == name }) { throw .notYet("The action \(name)") }
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
