import RoostModel

// From parameters that are sorted by their places to JSON. A part of the JSON is written from the stretch of
// parameters that begin with its place.
extension QueryTranslation {
    private func write(
        _ shape: QueryShape, _ range: Range<Int>, _ cursor: QueryKey.Cursor, to json: inout [UInt8]
    ) throws(SQSFault) {
        switch shape {
        case .text:
            guard QueryText.appendJSON(try only(range).value, to: &json) else { throw .malformedQuery }
        case .integer:
            json.append(contentsOf: String(try Self.integer(try only(range))).utf8)
        case .structure(let members):
            json.append(UInt8(ascii: "{"))
            try writeMembers(members, range, cursor, to: &json)
            json.append(UInt8(ascii: "}"))
        case .list(let element):
            json.append(UInt8(ascii: "["))
            try forEachIndex(range, cursor) { (run, cursor, isFirst) throws(SQSFault) in
                if !isFirst { json.append(UInt8(ascii: ",")) }
                try write(element, run, cursor, to: &json)
            }
            json.append(UInt8(ascii: "]"))
        case .map(let word, let value):
            json.append(UInt8(ascii: "{"))
            try forEachIndex(range, cursor) { (run, cursor, isFirst) throws(SQSFault) in
                if !isFirst { json.append(UInt8(ascii: ",")) }
                try writePair(word, value, run, cursor, to: &json)
            }
            json.append(UInt8(ascii: "}"))
        }
    }

    func writeMembers(
        _ members: [QueryParameter], _ range: Range<Int>, _ cursor: QueryKey.Cursor, to json: inout [UInt8]
    ) throws(SQSFault) {
        var start = range.lowerBound
        while start < range.upperBound {
            let (place, end, inner) = run(from: start, to: range.upperBound, .member, cursor)
            if json.last != UInt8(ascii: "{") { json.append(UInt8(ascii: ",")) }
            json.append(UInt8(ascii: "\""))
            QueryText.append(members[place &- 1].member, to: &json)
            QueryText.append("\":", to: &json)
            try write(members[place &- 1].shape, start..<end, inner, to: &json)
            start = end
        }
    }

    /// A key and its value. A structure may be missing: the action's reader says which of its members it needs.
    private func writePair(
        _ word: StaticString, _ shape: QueryShape, _ range: Range<Int>, _ cursor: QueryKey.Cursor,
        to json: inout [UInt8]
    ) throws(SQSFault) {
        let (place, end, inner) = run(from: range.lowerBound, to: range.upperBound, .member, cursor)
        guard place == 1 else { throw .missing(prefix(of: range.lowerBound) + ".\(word)") }
        try write(.text, range.lowerBound..<end, inner, to: &json)
        json.append(UInt8(ascii: ":"))
        if end < range.upperBound {
            let value = run(from: end, to: range.upperBound, .member, cursor)
            try write(shape, end..<range.upperBound, value.cursor, to: &json)
        } else if case .structure = shape {
            QueryText.append("{}", to: &json)
        } else {
            throw .missing(prefix(of: range.lowerBound) + ".\(QueryShape.mapValue)")
        }
    }

    /// Calls `body` with the parameters of each element, in their order.
    private func forEachIndex(
        _ range: Range<Int>, _ cursor: QueryKey.Cursor,
        _ body: (Range<Int>, QueryKey.Cursor, _ isFirst: Bool) throws(SQSFault) -> Void
    ) throws(SQSFault) {
        var start = range.lowerBound
        var last = 0
        while start < range.upperBound {
            let (index, end, inner) = run(from: start, to: range.upperBound, .index, cursor)
            if index == 0 {
                // The mark of an empty list or map.
                guard end &- start == 1, end == range.upperBound else { throw .conflict(parameters[start].name) }
                return
            }
            guard index == last &+ 1 else {
                throw .invalidQuery(parameters[start].name, "The number before \(index) is missing.")
            }
            try body(start..<end, inner, last == 0)
            last = index
            start = end
        }
    }

    /// The parameters from `start` on that have the same place under `cursor`.
    private func run(
        from start: Int, to limit: Int, _ part: QueryKey.Part, _ cursor: QueryKey.Cursor
    ) -> (place: Int, end: Int, cursor: QueryKey.Cursor) {
        var inner = cursor
        let place = inner.next(part, of: parameters[start].key)
        var end = start &+ 1
        while end < limit {
            var other = cursor
            guard other.next(part, of: parameters[end].key) == place else { break }
            end &+= 1
        }
        return (place, end, inner)
    }

    private func only(_ range: Range<Int>) throws(SQSFault) -> Parameter {
        guard range.count == 1 else { throw .conflict(parameters[range.lowerBound].name) }
        return parameters[range.lowerBound]
    }

    private static func integer(_ parameter: Parameter) throws(SQSFault) -> Int {
        let text = try string(parameter.value)
        guard let number = Int(text) else {
            throw .invalidValue(
                String(text.prefix(100)), of: SQSFault.shown(parameter.name), "Must be an integer.")
        }
        return number
    }

    /// The name of a parameter without its last part.
    private func prefix(of index: Int) -> String {
        let name = SQSFault.shown(parameters[index].name)
        return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }
}
