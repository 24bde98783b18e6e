import RoostModel
import RoostStorage

enum ChangeMessageVisibility {
    private static let members: [StaticString] = ["QueueUrl", "ReceiptHandle", "VisibilityTimeout"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var parameters = Parameters()
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            case 1: parameters.handle = try reader.readText("ReceiptHandle")
            default: parameters.seconds = try reader.readInteger("VisibilityTimeout")
            }
        }
        let queue = try scope.queue(url, reader)
        try parameters.checkPresence()
        let (handle, timeout) = try parameters.checked(reader)
        return .single(.changeVisibility(queue, handle, timeout: timeout), .empty(handle))
    }

    struct Parameters {
        var handle: JSONText?
        var seconds: Int?

        func checkPresence() throws(SQSFault) {
            guard handle != nil else { throw .missing("ReceiptHandle") }
            guard seconds != nil else { throw .missing("VisibilityTimeout") }
        }

        func checked(_ reader: JSONReader) throws(SQSFault) -> (ReceiptHandle, Milliseconds) {
            guard let handle, let seconds else { throw .missing("ReceiptHandle") }
            guard SQSRanges.visibilitySeconds.contains(Int64(seconds)) else {
                throw SQSRanges.invalid(seconds, of: "VisibilityTimeout", SQSRanges.visibilitySeconds)
            }
            return (try reader.handle(handle), .seconds(Int64(seconds)))
        }
    }
}

enum ChangeMessageVisibilityBatch {
    private static let members: [StaticString] = ["Id", "ReceiptHandle", "VisibilityTimeout"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        let batch = try BatchReader<ChangeMessageVisibility.Parameters>.read(
            &reader, &scope, entry: "ChangeMessageVisibilityBatchRequestEntry", readEntry)
        var entries: [Batch.Entry] = []
        entries.reserveCapacity(batch.entries.count)
        for (id, parameters) in batch.entries {
            try parameters.checkPresence()
            do throws(SQSFault) {
                let (handle, timeout) = try parameters.checked(reader)
                let outcome = Batch.Outcome.waiting(.changeVisibility(batch.queue, handle, timeout: timeout))
                entries.append(Batch.Entry(id: id, handle: handle, outcome: outcome))
            } catch {
                entries.append(Batch.Entry(id: id, outcome: .failed(error)))
            }
        }
        return .batch(Batch(entries: entries), of: batch.queue)
    }

    private static func readEntry(
        _ reader: inout JSONReader
    ) throws(SQSFault) -> (JSONText?, ChangeMessageVisibility.Parameters) {
        var id: JSONText?
        var parameters = ChangeMessageVisibility.Parameters()
        var seen: UInt32 = 0
        while let index = try reader.nextMember(members, seen: &seen) {
            switch index {
            case 0: id = try reader.readText("Id")
            case 1: parameters.handle = try reader.readText("ReceiptHandle")
            default: parameters.seconds = try reader.readInteger("VisibilityTimeout")
            }
        }
        return (id, parameters)
    }
}
