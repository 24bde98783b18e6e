import RoostModel

// What effects on keys are made of in bytes. A string is its count u32 and its bytes.

/// Where bytes go, or are counted.
protocol ByteSink {
    mutating func write<Number: FixedWidthInteger>(_ number: Number)
    mutating func write(bytes: [UInt8])
}

extension ByteWriter: ByteSink {}

struct ByteCounter: ByteSink {
    private(set) var count = 0

    mutating func write<Number: FixedWidthInteger>(_ number: Number) { count += MemoryLayout<Number>.size }
    mutating func write(bytes: [UInt8]) { count += bytes.count }
}

extension ByteSink {
    /// Shorter than 4 GiB, as everything is that a client may send.
    mutating func write(string: Bytes) {
        write(UInt32(string.count))
        write(bytes: string)
    }

    mutating func write(strings: [Bytes]) {
        write(UInt32(strings.count))
        for string in strings { write(string: string) }
    }

    mutating func write(pairs: [KeyValuePair]) {
        write(UInt32(pairs.count))
        for pair in pairs {
            write(string: pair.key)
            write(string: pair.value)
        }
    }

    mutating func write(scored: [ScoredMember]) {
        write(UInt32(scored.count))
        for member in scored {
            write(member.score.bitPattern)
            write(string: member.member)
        }
    }

    mutating func write(expiry: BrokerTime?) { write(expiry?.milliseconds ?? .min) }

    mutating func write(range: Range<Int>) {
        write(UInt64(range.lowerBound))
        write(UInt64(range.upperBound))
    }
}

extension ByteReader {
    mutating func readString() throws(EntryDecodingError) -> Bytes {
        let count: UInt32 = try read()
        return try readBytes(Int(count))
    }

    mutating func readStrings() throws(EntryDecodingError) -> [Bytes] {
        try readSome { reader throws(EntryDecodingError) in try reader.readString() }
    }

    mutating func readPairs() throws(EntryDecodingError) -> [KeyValuePair] {
        try readSome { reader throws(EntryDecodingError) in
            KeyValuePair(try reader.readString(), try reader.readString())
        }
    }

    mutating func readScored() throws(EntryDecodingError) -> [ScoredMember] {
        try readSome { reader throws(EntryDecodingError) in
            let score = Double(bitPattern: try reader.read())
            guard !score.isNaN else { throw .init(reason: "a score that is no number") }
            return ScoredMember(score, try reader.readString())
        }
    }

    /// One or more. Nothing is allocated by the count.
    private mutating func readSome<Element>(
        _ readOne: (inout ByteReader) throws(EntryDecodingError) -> Element
    ) throws(EntryDecodingError) -> [Element] {
        let count: UInt32 = try read()
        guard count > 0 else { throw .init(reason: "an effect on nothing") }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try readOne(&self)) }
        return elements
    }

    mutating func readExpiry() throws(EntryDecodingError) -> BrokerTime? {
        let time = try readTime()
        return time.milliseconds == .min ? nil : time
    }

    mutating func readPosition() throws(EntryDecodingError) -> Int {
        let position: UInt64 = try read()
        guard let position = Int(exactly: position), position < .max else { throw .init(reason: "no such position") }
        return position
    }

    mutating func readRange() throws(EntryDecodingError) -> Range<Int> {
        let (start, end) = (try readPosition(), try readPosition())
        guard start < end else { throw .init(reason: "an empty range") }
        return start..<end
    }

    mutating func readDatabase() throws(EntryDecodingError) -> UInt8 {
        let database: UInt8 = try read()
        guard database < Databases.count else { throw .init(reason: "no database \(database)") }
        return database
    }

    mutating func readEnd() throws(EntryDecodingError) -> ListEnd {
        guard let end = ListEnd(rawValue: try read()) else { throw .init(reason: "no such end of a list") }
        return end
    }
}
