import RoostModel

/// Reads what the three batch actions have in common, and refuses whole calls before anything is submitted.
struct BatchReader<Parameters> {
    var queue: QueueName
    var entries: [(id: String, parameters: Parameters)]

    private static var members: [StaticString] { ["QueueUrl", "Entries"] }
    private static var idLengthMax: Int { 80 }

    typealias EntryReader = (inout JSONReader) throws(SQSFault) -> (id: JSONText?, parameters: Parameters)

    /// `entry`: the name that SQS has for an entry, for its texts. `readEntry` reads the members of one.
    static func read(
        _ reader: inout JSONReader, _ scope: inout ActionScope, entry: StaticString, _ readEntry: EntryReader
    ) throws(SQSFault) -> Self {
        var url: JSONText?
        var found: [(JSONText?, Parameters)] = []
        var count = 0
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            if index == 0 {
                url = try reader.readText("QueueUrl")
                return
            }
            try reader.enterArray("Entries")
            while try reader.hasNextElement() {
                count &+= 1
                if count > Limits.sqsBatchEntriesMax {
                    try reader.skipValue()
                } else {
                    try reader.enterObject(entry)
                    found.append(try readEntry(&reader))
                }
            }
        }
        let queue = try scope.queue(url, reader)
        try check(count, entry)
        return Self(queue: queue, entries: try withIDs(found, reader))
    }

    private static func check(_ count: Int, _ entry: StaticString) throws(SQSFault) {
        guard count > 0 else {
            throw SQSFault(.emptyBatchRequest, "There should be at least one \(entry) in the request.")
        }
        guard count <= Limits.sqsBatchEntriesMax else {
            throw SQSFault(
                .tooManyEntriesInBatchRequest,
                "Maximum number of entries per request are \(Limits.sqsBatchEntriesMax). You have sent \(count)."
            )
        }
    }

    private static func withIDs(
        _ found: [(JSONText?, Parameters)], _ reader: JSONReader
    ) throws(SQSFault) -> [(id: String, parameters: Parameters)] {
        var entries: [(id: String, parameters: Parameters)] = []
        entries.reserveCapacity(found.count)
        for (text, parameters) in found {
            guard let text else { throw .missing("Id") }
            let id = reader.string(text)
            guard !id.isEmpty, id.utf8.count <= idLengthMax, id.utf8.allSatisfy(isIDByte) else {
                throw SQSFault(
                    .invalidBatchEntryId,
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                        + "It can be at most \(idLengthMax) letters long."
                )
            }
            guard !entries.contains(where: { $0.id == id }) else {
                throw SQSFault(.batchEntryIdsNotDistinct, "Id \(id) repeated.")
            }
            entries.append((id, parameters))
        }
        return entries
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
