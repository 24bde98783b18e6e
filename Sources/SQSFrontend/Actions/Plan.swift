package import RoostModel
package import RoostStorage

/// What a request comes to: the storage requests that it stands for, and how to make the reply from their results.
package enum Plan: Sendable {
    case single(StorageRequest, ReplyShape)
    case batch(Batch)
}

/// What the reply to a single request shows, beside what the storage answers.
package enum ReplyShape: Sendable {
    /// `{}`. The handle stands in the texts of refusals.
    case empty(ReceiptHandle?)
    case queueURL
    /// `isPaged`: the caller named MaxResults, so that it gets a NextToken.
    case queueURLs(isPaged: Bool)
    case queueAttributes(QueueAttributeNames)
    case sent(body: MD5Sum, attributes: MD5Sum?)
    case received(QueueName, MessageSelection)
}

/// A batch on its way: up to ten entries, each answered for itself.
package struct Batch: Sendable {
    package struct Entry: Sendable {
        package let id: String
        /// Of a send.
        package var sums: (body: MD5Sum, attributes: MD5Sum?)?
        /// Of a delete or a change of visibility.
        package var handle: ReceiptHandle?
        package var outcome: Outcome

        package init(
            id: String, sums: (body: MD5Sum, attributes: MD5Sum?)? = nil, handle: ReceiptHandle? = nil, outcome: Outcome
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
        case sent(MessageID)
        case done
        case refused(Rejection)
        case failed(SQSFault)
    }

    package var entries: [Entry]
    /// Entries that the storage has not answered.
    package var open = 0

    package init(entries: [Entry]) { self.entries = entries }

    /// Takes in what the storage says of one entry.
    mutating func settle(_ index: Int, _ result: Result<StorageReply, Rejection>) {
        guard entries.indices.contains(index) else { return }
        open &-= 1
        switch result {
        case .success(.sent(let sent)): entries[index].outcome = .sent(sent.id)
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
    package let account: String
    package var queueURLs = QueueURLCache()

    package init(account: String) { self.account = account }

    mutating func queue(_ url: JSONText?, _ reader: JSONReader) throws(SQSFault) -> QueueName {
        guard let url, !reader.isEmpty(url) else { throw .missing("QueueUrl") }
        return try queueURLs.name(url, reader, account: account)
    }
}
