import RoostModel
import RoostStorage

/// Tags of queues: names and values without a meaning to the server.
enum TagReader {
    /// In one request. SQS recommends 50 a queue. The largest body has so many that the storage would look at them for
    /// half a second before it refuses their bytes, and everybody else would wait.
    private static let tagsMax = 1000

    static func checkCount(_ count: Int, _ parameter: StaticString) throws(SQSFault) {
        guard count <= tagsMax else {
            throw SQSFault(.invalidParameterValue, "\(parameter) has more than \(tagsMax) entries.")
        }
    }

    /// Reads a map from keys to values.
    static func read(
        _ reader: inout JSONReader, _ parameter: StaticString
    ) throws(SQSFault) -> [(key: String, value: String)] {
        var tags: [(key: String, value: String)] = []
        var keys: Set<String> = []
        try reader.enterObject(parameter)
        while let text = try reader.nextName() {
            let key = reader.string(text)
            let value = try reader.readString(parameter)
            guard keys.insert(key).inserted else { throw .malformed("\(key.prefix(256)) stands twice.") }
            try check(key)
            guard value.unicodeScalars.count <= SQSRanges.tagValueLengthMax, UTF8Text.isLegalMessage(value) else {
                throw SQSFault(
                    .invalidParameterValue,
                    "Tag values must be between 0 and \(SQSRanges.tagValueLengthMax) characters in length.")
            }
            tags.append((key, value))
            try checkCount(tags.count, parameter)
        }
        return tags
    }

    static func check(_ key: String) throws(SQSFault) {
        guard SQSRanges.tagKeyLength.contains(key.unicodeScalars.count), UTF8Text.isLegalMessage(key) else {
            throw SQSFault(
                .invalidParameterValue,
                "Tag keys must be between \(SQSRanges.tagKeyLength.lowerBound) and "
                    + "\(SQSRanges.tagKeyLength.upperBound) characters in length.")
        }
    }
}

enum TagQueue {
    private static let members: [StaticString] = ["QueueUrl", "Tags"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var tags: [(key: String, value: String)] = []
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            switch index {
            case 0: url = try reader.readText("QueueUrl")
            default: tags = try TagReader.read(&reader, "Tags")
            }
        }
        let queue = try scope.queue(url, reader)
        guard !tags.isEmpty else { throw .missing("Tags") }
        var change = QueueSettingsChange()
        for tag in tags { change.properties[QueuePropertyNames.tag(tag.key)] = .some(tag.value) }
        return .single(.changeSettings(queue, change), .empty(nil))
    }
}

enum UntagQueue {
    private static let members: [StaticString] = ["QueueUrl", "TagKeys"]

    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        var url: JSONText?
        var change = QueueSettingsChange()
        try reader.readBody(members) { (reader, index) throws(SQSFault) in
            if index == 0 {
                url = try reader.readText("QueueUrl")
                return
            }
            var count = 0
            try reader.enterArray("TagKeys")
            while try reader.hasNextElement() {
                let key = try reader.readString("TagKeys")
                try TagReader.check(key)
                count &+= 1
                try TagReader.checkCount(count, "TagKeys")
                change.properties[QueuePropertyNames.tag(key)] = .some(nil)
            }
        }
        let queue = try scope.queue(url, reader)
        guard !change.properties.isEmpty else { throw .missing("TagKeys") }
        return .single(.changeSettings(queue, change), .empty(nil))
    }
}

enum ListQueueTags {
    static func read(_ reader: inout JSONReader, _ scope: inout ActionScope) throws(SQSFault) -> Plan {
        .single(.describeQueue(try reader.readQueueURL(&scope)), .tags)
    }
}
