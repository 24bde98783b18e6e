package import RoostModel
import RoostStorage

enum StartMessageMoveTask {
    private static let members: [StaticString] = ["SourceArn", "DestinationArn", "MaxNumberOfMessagesPerSecond"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var source: String?
        var destination: String?
        var rate: Int?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: source = try reader.readString("SourceArn")
            case 1: destination = try reader.readString("DestinationArn")
            default: rate = try reader.readInteger("MaxNumberOfMessagesPerSecond")
            }
        }
        var options = MoveOptions(from: try scope.queue(source, of: "SourceArn"), needsDeadLetterQueue: true)
        // A blank one is none (SQS).
        if let destination, !destination.isEmpty { options.to = try scope.queue(destination, of: "DestinationArn") }
        if let rate {
            guard 1...Limits.moveRateMax ~= rate else {
                throw SQSRanges.invalid(
                    rate, of: "MaxNumberOfMessagesPerSecond", 1...Int64(Limits.moveRateMax))
            }
            options.rate = rate
        }
        return .single(.startMove(options), .moveStarted(options))
    }
}

enum ListMessageMoveTasks {
    private static let members: [StaticString] = ["SourceArn", "MaxResults"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var source: String?
        var limit = 1
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: source = try reader.readString("SourceArn")
            default: limit = try reader.readInteger("MaxResults")
            }
        }
        guard SQSRanges.moveTaskResults.contains(Int64(limit)) else {
            throw SQSRanges.invalid(limit, of: "MaxResults", SQSRanges.moveTaskResults)
        }
        return .single(.listMoves(try scope.queue(source, of: "SourceArn"), limit: limit), .moves)
    }
}

enum CancelMessageMoveTask {
    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var text: String?
        try reader.readBody(["TaskHandle"]) { (reader, _) throws(SQSFault) in
            text = try reader.readString("TaskHandle")
        }
        guard let text, !text.isEmpty else { throw .missing("TaskHandle") }
        guard let handle = TaskHandle(text, scope.arns) else {
            throw SQSFault(.invalidParameterValue, "Value \(text.prefix(1024)) for parameter TaskHandle is invalid.")
        }
        // The queue in the handle decides who may cancel, so the task has to be one of that queue.
        return .question(.listMoves(handle.source, limit: Limits.moveTasksPerQueueMax)) { reply throws(SQSFault) in
            guard case .moveTasks(let tasks) = reply else { throw .wrongReply }
            guard tasks.contains(where: { $0.id == handle.id }) else { throw RejectionMapping.moveTaskDoesNotExist }
            return .single(.cancelMove(id: handle.id), .moveCancelled)
        }
    }
}

/// What names a move task to clients: base64 of `{"taskId":...,"sourceArn":...}`.
package struct TaskHandle: Equatable {
    package let id: UInt64
    package let source: QueueName

    package init(_ task: MoveTask) {
        id = task.id
        source = task.from
    }

    /// Nil for anything that this type would not have written.
    package init?(_ text: String, _ arns: QueueARNs) {
        guard text.utf8.count <= 1024, let bytes = Base64.decode([UInt8](text.utf8)),
            let (id, arn) = bytes.withUnsafeBytes({ try? Self.members($0) }), let id = UInt64(id),
            case .queue(let source) = arns.queue(of: arn)
        else { return nil }
        self.id = id
        self.source = source
    }

    private static func members(
        _ bytes: UnsafeRawBufferPointer
    ) throws(SQSFault) -> (id: String, arn: String) {
        var reader = try JSONReader(bytes)
        var id = ""
        var arn = ""
        try reader.readBody(["taskId", "sourceArn"]) { (reader, index) throws(SQSFault) in
            if index == 0 { id = try reader.readString("taskId") } else { arn = try reader.readString("sourceArn") }
        }
        return (id, arn)
    }

    package func text(_ arns: QueueARNs) -> String {
        var text: [UInt8] = []
        Base64.encode([UInt8](#"{"taskId":"\#(id)","sourceArn":"\#(arns.arn(of: source))"}"#.utf8)) { text.append($0) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension ActionScope {
    fileprivate func queue(_ arn: String?, of parameter: String) throws(SQSFault) -> QueueName {
        guard let arn, !arn.isEmpty else { throw .missing(parameter) }
        switch arns.queue(of: arn) {
        case .queue(let name): return name
        case .elsewhere: throw RejectionMapping.resourceNotFound(parameter, " \(arns.place)")
        case .invalid:
            throw SQSFault(
                .invalidParameterValue,
                "You must use this format to specify the \(parameter): "
                    + "arn:<partition>:<service>:<region>:<account-id>:<resource-id>")
        }
    }
}
