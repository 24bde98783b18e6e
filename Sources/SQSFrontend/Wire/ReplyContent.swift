import RoostModel
import RoostStorage

/// What a reply says, whichever protocol it is written in.
enum ReplyContent {
    case empty
    case sent(SentContent)
    case received(ArraySlice<ReceivedMessage>, MessageSelection)
    case queueURL(QueueName)
    case queueURLs(QueueList)
    case queueAttributes(QueueInfo, QueueAttributeNames)
    case tags([(key: String, value: String)])
    case moveStarted(MoveTask)
    case moves([MoveTask])
    /// How many messages were moved until then.
    case moveCancelled(Int)
    case batch(Batch)
}

/// What the reply to a message says.
struct SentContent {
    let id: MessageID
    let sums: MessageSums
    /// Of a FIFO queue.
    let sequence: UInt64?

    init(_ sent: SentMessage, _ sums: MessageSums, showsSequence: Bool) {
        id = sent.id
        self.sums = sums
        sequence = showsSequence ? sent.sequence : nil
    }
}

struct QueueList {
    /// What the list is called in JSON.
    let member: StaticString
    let names: [QueueName]
    /// The last one, when the caller may ask for more.
    let nextAfter: QueueName?

    /// Stands there when it is empty too.
    let isRequired: Bool

    init(_ member: StaticString, _ queues: [QueueInfo], hasMore: Bool, isRequired: Bool = false) {
        self.member = member
        self.isRequired = isRequired
        names = queues.map(\.name)
        nextAfter = hasMore ? names.last : nil
    }
}

extension ReplyShape {
    /// Nil when the storage answered something else than it was asked for.
    func content(of reply: StorageReply) -> ReplyContent? {
        switch (reply, self) {
        case (.sent(let sent), .sent(let sums, let showsSequence)):
            .sent(SentContent(sent, sums, showsSequence: showsSequence))
        case (.done, .empty), (.done, .deleted), (.done, .purged): .empty
        case (.queue(let queue), .queueURL): .queueURL(queue.name)
        case (.queue(let queue), .queueAttributes(let names)): .queueAttributes(queue, names)
        case (.queue(let queue), .tags): .tags(queue.settings.tags)
        case (.queues(let queues, let more), .queueURLs(let isPaged)):
            .queueURLs(QueueList("QueueUrls", queues, hasMore: more && isPaged))
        case (.queues(let queues, let more), .deadLetterSources(let isPaged)):
            // The one name that SQS begins with a small letter.
            .queueURLs(QueueList("queueUrls", queues, hasMore: more && isPaged, isRequired: true))
        case (.moveTask(let task), .moveStarted): .moveStarted(task)
        case (.moveTask(let task), .moveCancelled): .moveCancelled(task.moved)
        case (.moveTasks(let tasks), .moves): .moves(tasks)
        default: nil
        }
    }

    func fault(for rejection: Rejection) -> SQSFault {
        switch self {
        case .empty(let handle): RejectionMapping.fault(for: rejection, handle: handle)
        case .moveStarted(let options): RejectionMapping.faultOfMove(for: rejection, options)
        case .moves, .moveCancelled: RejectionMapping.faultOfMove(for: rejection)
        default: RejectionMapping.fault(for: rejection)
        }
    }
}

/// Names that stand in queue URLs and ARNs.
struct ReplyPlace {
    /// Whether clients speak TLS.
    let isSecure: Bool
    /// The Host header of the request: the client reached this server under that name.
    let host: String
    let arns: QueueARNs

    var account: String { arns.account }
    var scheme: StaticString { isSecure ? "https://" : "http://" }
}

/// The value of a system attribute of a message.
enum SystemAttributeValue {
    case text(String)
    case number(Int64)
    /// 20 digits, so that it sorts as text too.
    case sequence(UInt64)
}

extension ReceivedMessage {
    /// Calls `write` with name and value of each system attribute that is wanted and there.
    func forEachSystemAttribute(
        _ wanted: MessageSystemAttributes, _ place: ReplyPlace, _ write: (StaticString, SystemAttributeValue) -> Void
    ) {
        // Without access keys nobody has a name.
        if wanted.contains(.senderID) { write("SenderId", .text(labels.sender ?? place.account)) }
        if wanted.contains(.sentTimestamp) { write("SentTimestamp", .number(sentAt.milliseconds)) }
        if wanted.contains(.receiveCount) { write("ApproximateReceiveCount", .number(Int64(receiveCount))) }
        if wanted.contains(.firstReceiveTimestamp) {
            write("ApproximateFirstReceiveTimestamp", .number(firstReceivedAt.milliseconds))
        }
        if wanted.contains(.sequenceNumber) { write("SequenceNumber", .sequence(sequence)) }
        if wanted.contains(.deduplicationID), let deduplicationID {
            write("MessageDeduplicationId", .text(deduplicationID))
        }
        if wanted.contains(.groupID), let group { write("MessageGroupId", .text(group)) }
        if wanted.contains(.traceHeader), let trace = labels.trace { write("AWSTraceHeader", .text(trace)) }
        if wanted.contains(.deadLetterSource), let deadLetterSource {
            write("DeadLetterQueueSourceArn", .text(place.arns.arn(of: deadLetterSource)))
        }
    }
}

extension MoveTask {
    /// The words of SQS.
    var statusText: StaticString {
        switch status {
        case .running: "RUNNING"
        case .completed: "COMPLETED"
        case .cancelled: "CANCELLED"
        case .failed: "FAILED"
        }
    }

    var failureReason: StaticString? {
        switch status {
        case .failed(.queueIsGone): "AWS.SimpleQueueService.NonExistentQueue"
        case .failed(.unknownOrigin): "CouldNotDetermineMessageSource"
        case .running, .completed, .cancelled: nil
        }
    }

    /// Only a task that can be cancelled shows it (SQS).
    func handleText(_ arns: QueueARNs) -> String? { status == .running ? TaskHandle(self).text(arns) : nil }
}

/// The value of a member of a move task.
enum MoveTaskValue {
    case text(String)
    case number(Int64)
}

extension MoveTask {
    /// Calls `write` with name and value of each member that the task has.
    func forEachMember(_ arns: QueueARNs, _ write: (StaticString, MoveTaskValue) -> Void) {
        if let handle = handleText(arns) { write("TaskHandle", .text(handle)) }
        write("Status", .text("\(statusText)"))
        write("SourceArn", .text(arns.arn(of: from)))
        if let to { write("DestinationArn", .text(arns.arn(of: to))) }
        if let rate { write("MaxNumberOfMessagesPerSecond", .number(Int64(rate))) }
        write("ApproximateNumberOfMessagesMoved", .number(Int64(moved)))
        write("ApproximateNumberOfMessagesToMove", .number(Int64(toMove)))
        if let failureReason { write("FailureReason", .text("\(failureReason)")) }
        write("StartedTimestamp", .number(startedAt.milliseconds))
    }
}

extension Batch {
    /// What the reply says of a message that was sent.
    func sent(_ entry: Entry) -> SentContent? {
        guard case .sent(let sent) = entry.outcome, let sums = entry.sums else { return nil }
        return SentContent(sent, sums, showsSequence: showsSequence)
    }
}

extension Batch.Entry {
    /// Why this entry failed, or nil.
    var failure: SQSFault? {
        switch outcome {
        case .failed(let fault): fault
        case .refused(let rejection): RejectionMapping.fault(for: rejection, handle: handle)
        case .waiting, .submitted, .sent, .done: nil
        }
    }
}
