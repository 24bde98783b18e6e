import RoostModel
import RoostStorage

enum DeleteMessage {
    private static let members: [StaticString] = ["QueueUrl", "ReceiptHandle"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var text: JSONText?
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            default: text = try reader.readText("ReceiptHandle")
            }
        }
        let queue = try scope.queue(url, reader)
        guard let text else { throw .missing("ReceiptHandle") }
        let handle = try reader.handle(text)
        return .single(.delete(queue, handle), .empty(handle))
    }
}

enum DeleteMessageBatch {
    private static let members: [StaticString] = ["Id", "ReceiptHandle"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        let batch = try BatchReader<JSONText?>.read(&reader, &scope, entry: "DeleteMessageBatchRequestEntry", readEntry)
        var entries: [Batch.Entry] = []
        entries.reserveCapacity(batch.entries.count)
        for (id, text) in batch.entries {
            guard let text else { throw .missing("ReceiptHandle") }
            do throws(SQSFault) {
                let handle = try reader.handle(text)
                entries.append(Batch.Entry(id: id, handle: handle, outcome: .waiting(.delete(batch.queue, handle))))
            } catch {
                entries.append(Batch.Entry(id: id, outcome: .failed(error)))
            }
        }
        return .batch(Batch(entries: entries), of: batch.queue)
    }

    private static func readEntry(_ reader: inout JSONReader) throws(SQSFault) -> (JSONText?, JSONText?) {
        var id: JSONText?
        var handle: JSONText?
        var seen: UInt32 = 0
        while let index = try reader.nextMember(members, seen: &seen) {
            switch index {
            case 0: id = try reader.readText("Id")
            default: handle = try reader.readText("ReceiptHandle")
            }
        }
        return (id, handle)
    }
}

extension JSONReader {
    func handle(_ text: JSONText) throws(SQSFault) -> ReceiptHandle {
        if !text.hasEscapes, let handle = ReceiptHandle(bytes: raw(text)) { return handle }
        let string = string(text)
        guard let handle = ReceiptHandle(string) else {
            throw RejectionMapping.invalidReceiptHandle(String(string.prefix(1024)))
        }
        return handle
    }
}
