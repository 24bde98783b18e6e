import RoostModel

// From the name of a parameter to its place in the action.
extension QueryTranslation {
    func key(of parameter: Parameter, _ form: QueryForm) throws(SQSFault) -> QueryKey {
        guard QueryText.hasEscapes(parameter.name) else {
            return try Self.key(parameter.name, parameter, form)
        }
        guard let name = QueryText.decoded(parameter.name) else { throw .malformedQuery }
        let key: Result<QueryKey, SQSFault> = name.withUnsafeBytes { name in
            do throws(SQSFault) {
                return .success(try Self.key(name, parameter, form))
            } catch {
                return .failure(error)
            }
        }
        return try key.get()
    }

    private static func key(
        _ name: UnsafeRawBufferPointer, _ parameter: Parameter, _ form: QueryForm
    ) throws(SQSFault) -> QueryKey {
        var key = QueryKey()
        var cursor = QueryKey.Cursor()
        var parts = NameParts(name)
        let first = try member(form.parameters, &parts, name)
        cursor.set(first &+ 1, as: .member, in: &key)
        var shape = form.parameters[first].shape
        while true {
            switch shape {
            case .text, .integer:
                guard parts.isAtEnd else { throw .invalidQuery(name) }
                return key
            case .structure(let members):
                let index = try member(members, &parts, name)
                cursor.set(index &+ 1, as: .member, in: &key)
                shape = members[index].shape
            case .list(let element):
                if parts.isAtEnd, parameter.value.isEmpty { return key }
                cursor.set(try self.index(&parts, name), as: .index, in: &key)
                shape = element
            case .map(let word, let value):
                if parts.isAtEnd, parameter.value.isEmpty { return key }
                cursor.set(try self.index(&parts, name), as: .index, in: &key)
                guard let part = parts.next() else { throw .invalidQuery(name) }
                let isKey = equals(part, word)
                guard isKey || equals(part, QueryShape.mapValue) else { throw .invalidQuery(name) }
                cursor.set(isKey ? 1 : 2, as: .member, in: &key)
                shape = isKey ? .text : value
            }
        }
    }

    private static func member(
        _ members: [QueryParameter], _ parts: inout NameParts, _ name: UnsafeRawBufferPointer
    ) throws(SQSFault) -> Int {
        guard let part = parts.next() else { throw .invalidQuery(name) }
        let index = members.firstIndex { equals(part, $0.name) || equals(part, $0.member) }
        guard let index else { throw .notYet("The parameter \(SQSFault.shown(name))") }
        return index
    }

    /// 1 where the name has no number.
    private static func index(_ parts: inout NameParts, _ name: UnsafeRawBufferPointer) throws(SQSFault) -> Int {
        switch parts.nextNumber(max: QueryKey.indexMax) {
        case .none: return 1
        case .some(let number) where number >= 1: return number
        case .some:
            throw .invalidQuery(name, "Numbers in names run from 1 to \(QueryKey.indexMax), without leading zeros.")
        }
    }
}

/// The parts of a name, between its dots.
private struct NameParts {
    private let name: UnsafeRawBufferPointer
    private var position = 0

    init(_ name: UnsafeRawBufferPointer) { self.name = name }

    /// A dot at the end promises a part that does not come: then this is false, and `next` gives an empty part.
    var isAtEnd: Bool { position > name.count }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard !isAtEnd else { return nil }
        let start = position
        while position < name.count, name[position] != UInt8(ascii: ".") { position &+= 1 }
        let part = UnsafeRawBufferPointer(rebasing: name[start..<position])
        position &+= 1
        return part
    }

    /// Nil when the next part does not begin with a digit; then it stays. 0 when it is no number from 1 to `max`.
    mutating func nextNumber(max: Int) -> Int? {
        guard position < name.count, isDigit(name[position]) else { return nil }
        guard let digits = next(), digits.count <= 5, digits.first != UInt8(ascii: "0") else { return 0 }
        var number = 0
        for digit in digits {
            guard isDigit(digit) else { return 0 }
            number = number &* 10 &+ Int(digit &- UInt8(ascii: "0"))
        }
        return number <= max ? number : 0
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
