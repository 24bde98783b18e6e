package import RoostModel
package import RoostStorage

/// What a request comes to: the storage requests that it stands for, and how to make the reply from their results.
package indirect enum Plan: Sendable {
    case single(StorageRequest, ReplyShape)
    case batch(Batch)
    /// The answer to a question decides how it goes on. A question changes nothing.
    case question(StorageRequest, NextStep)
    /// Reads the policy of the queue and writes it: no other plan that does may be under way meanwhile.
    case exclusive(QueueName, Plan)

    package typealias NextStep = @Sendable (StorageReply) throws(SQSFault) -> Plan

    /// A batch. One of which no entry is left to submit still has a queue: it has to be there, and the caller has to be
    /// allowed to use it.
    static func batch(_ batch: Batch, of queue: QueueName) -> Self {
        if batch.entries.contains(where: { $0.outcome.isWaiting }) { return .batch(batch) }
        return .describe(queue) { _ throws(SQSFault) in .batch(batch) }
    }

    /// A question about a queue.
    static func describe(
        _ queue: QueueName, _ next: @escaping @Sendable (QueueInfo) throws(SQSFault) -> Plan
    ) -> Self {
        .question(.describeQueue(queue)) { reply throws(SQSFault) in
            guard case .queue(let info) = reply else { throw .wrongReply }
            return try next(info)
        }
    }
}

/// What the reply to a single request shows, beside what the storage answers.
package enum ReplyShape: Sendable {
    /// `{}`. The handle stands in the texts of refusals.
    case empty(ReceiptHandle?)
    case deleted(QueueName)
    case purged(QueueName)
    case queueURL
    /// `isPaged`: the caller named MaxResults, so that it gets a NextToken.
    case queueURLs(isPaged: Bool)
    case deadLetterSources(isPaged: Bool)
    case queueAttributes(QueueAttributeNames)
    case tags
    case sent(MessageSums, showsSequence: Bool)
    case received(QueueName, MessageSelection)
    case moveStarted(MoveOptions)
    case moves
    case moveCancelled
}

/// MD5 sums in the reply to a message.
package struct MessageSums: Sendable, Equatable {
    package var body: MD5Sum
    package var attributes: MD5Sum?
    package var systemAttributes: MD5Sum?
}

/// A batch on its way: up to ten entries, each answered for itself.
package struct Batch: Sendable {
    package struct Entry: Sendable {
        package let id: String
        /// Of a send.
        package var sums: MessageSums?
        /// Of a delete or a change of visibility.
        package var handle: ReceiptHandle?
        package var outcome: Outcome

        package init(
            id: String, sums: MessageSums? = nil, handle: ReceiptHandle? = nil, outcome: Outcome
        ) {
            self.id = id
            self.sums = sums
            self.handle = handle
            self.outcome = outcome
        }
    }

    package enum Outcome: Sendable {
        case waiting(StorageRequest)
        case submitted
        case sent(SentMessage)
        case done
        case refused(Rejection)
        case failed(SQSFault)

        var isWaiting: Bool { if case .waiting = self { true } else { false } }
    }

    package var entries: [Entry]
    /// Entries that the storage has not answered.
    package var open = 0
    /// Of a FIFO queue: its messages have numbers.
    package var showsSequence: Bool

    package init(entries: [Entry], showsSequence: Bool = false) {
        self.entries = entries
        self.showsSequence = showsSequence
    }

    /// Takes in what the storage says of one entry.
    mutating func settle(_ index: Int, _ result: Result<StorageReply, Rejection>) {
        guard entries.indices.contains(index) else { return }
        open &-= 1
        switch result {
        case .success(.sent(let sent)): entries[index].outcome = .sent(sent)
        case .success: entries[index].outcome = .done
        case .failure(let rejection): entries[index].outcome = .refused(rejection)
        }
    }

    /// The fault that the call as a whole comes to, if its queue is missing or the storage has stopped, or if no entry
    /// was taken for a reason that passes: SDKs repeat a call that got a 503, but not the entries of one that did not.
    var faultOfWholeCall: SQSFault? {
        var passing: Rejection?
        var isRefusedByAll = true
        for entry in entries {
            guard case .refused(let rejection) = entry.outcome else {
                isRefusedByAll = false
                continue
            }
            if RejectionMapping.concernsWholeCall(rejection) { return RejectionMapping.fault(for: rejection) }
            if RejectionMapping.isPassing(rejection) { passing = rejection } else { isRefusedByAll = false }
        }
        return isRefusedByAll ? passing.map { RejectionMapping.fault(for: $0) } : nil
    }
}

/// What an action may use while it reads its request.
package struct ActionScope {
    package let arns: QueueARNs
    package var queueURLs = QueueURLCache()
    /// Of this request:
    package var caller = Caller()

    /// What is known of a request beside its parameters.
    package struct Caller: Sendable {
        /// The id of the access key.
        package var sender: String?
        /// The header X-Amzn-Trace-Id.
        package var trace: String?
        package var isQuery = false
    }

    package init(account: String, region: String = "us-east-1") {
        arns = QueueARNs(account: account, region: region)
    }

    mutating func queue(_ url: JSONText?, _ reader: JSONReader) throws(SQSFault) -> QueueName {
        guard let url, !reader.isEmpty(url) else { throw .missing("QueueUrl") }
        return try queueURLs.name(url, reader, account: arns.account)
    }
}

extension SQSFault {
    /// A fault of the server.
    static let wrongReply = SQSFault(.internalFailure, "Internal error.")
}
