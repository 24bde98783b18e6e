import RoostModel

// What OBJECT and MEMORY tell of a key.

extension Keyspace {
    func answer(_ question: KeyQuestion, _ key: Bytes, _ now: BrokerTime) throws(KeyError) -> KeyReply {
        guard let record = record(key, now) else { return .null }
        return switch question {
        case .encoding: .bytes(Bytes(encoding(of: record.value).utf8))
        case .references: .integer(1)
        case .idleTime: throw .idleTimeNotTracked
        case .frequency: throw .frequencyNotTracked
        case .bytes:
            .integer(Int64(record.value.residentBytes + key.count + MemoryLayout<KeyRecord>.stride))
        }
    }

    private func encoding(of value: KeyValue) -> String {
        switch value {
        case .string(let text):
            text.count <= EncodingLimits.embeddedBytesMax
                ? IntegerText.parse(text) == nil ? "embstr" : "int" : "raw"
        case .list(let box): EncodingLimits.isShort(box[0]) ? "listpack" : "quicklist"
        case .hash(let box): EncodingLimits.isShort(box[0]) ? "listpack" : "hashtable"
        case .set(let box): EncodingLimits.name(of: box[0])
        case .sortedSet(let box): EncodingLimits.isShort(box[0].scores) ? "listpack" : "skiplist"
        case .taken: "raw"
        }
    }
}

/// Up to where Redis holds values in a short form, as it is set when nobody sets it. The form of its values also
/// depends on how they came about; here it is told by what they are now.
private enum EncodingLimits {
    static let embeddedBytesMax = 44
    private static let elementBytesMax = 64
    private static let hashFieldsMax = 512
    private static let integersMax = 512
    private static let membersMax = 128
    private static let listBytesMax = 8192

    static func isShort(_ list: PackedList) -> Bool {
        // A head, and of each element its length in front and behind.
        var bytes = 7
        list.forEach(in: 0..<list.count) { _, element in
            bytes += element.count + (element.count < 64 ? 2 : 4)
            return bytes <= listBytesMax
        }
        return bytes <= listBytesMax
    }

    static func isShort(_ hash: BytesMap) -> Bool {
        guard hash.count <= hashFieldsMax else { return false }
        var isShort = true
        hash.forEach { field, values, index in
            isShort = field.count <= elementBytesMax && values.value(index).count <= elementBytesMax
            return isShort
        }
        return isShort
    }

    static func isShort(_ scores: ValueMap<Double>) -> Bool {
        guard scores.count <= membersMax else { return false }
        var isShort = true
        scores.forEach { member, _, _ in
            isShort = member.count <= elementBytesMax
            return isShort
        }
        return isShort
    }

    static func name(of set: ByteSet) -> String {
        guard set.count <= integersMax else { return "hashtable" }
        var (areShort, areIntegers) = (set.count <= membersMax, true)
        set.forEach { member, _, _ in
            areShort = areShort && member.count <= elementBytesMax
            areIntegers = areIntegers && member.withUnsafeBytes { IntegerText.parse($0) } != nil
            return areShort || areIntegers
        }
        return areIntegers ? "intset" : areShort ? "listpack" : "hashtable"
    }
}
