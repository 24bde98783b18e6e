import RoostModel

/// SORT and SORT_RO.
enum SortCommands {
    private typealias Failure = CommandError

    static let rows: [CommandRow] = [
        CommandRow(
            "sort", -2, [.write, .denyoom, .movablekeys], .one, since: "1.0.0",
            "Answers or stores the elements of a list or a set in order."
        ) { (arguments) throws(Failure) in try sort(&arguments, mayStore: true) },
        CommandRow(
            "sort_ro", -2, [.readonly, .movablekeys], .one, since: "7.0.0",
            "Answers the elements of a list or a set in order."
        ) { (arguments) throws(Failure) in try sort(&arguments, mayStore: false) },
    ]

    private static func sort(_ arguments: inout Arguments, mayStore: Bool) throws(CommandError) -> KeyCommand {
        let key = try arguments.bytes()
        var options = SortOptions()
        while !arguments.isAtEnd {
            if arguments.takes("ASC") {
                options.isDescending = false
            } else if arguments.takes("DESC") {
                options.isDescending = true
            } else if arguments.takes("ALPHA") {
                options.isAlphabetic = true
            } else if arguments.remaining > 2, arguments.takes("LIMIT") {
                (options.offset, options.count) = (try arguments.integer(), try arguments.integer())
            } else if mayStore, arguments.takes("STORE") {
                options.destination = try arguments.bytes()
            } else if arguments.takes("BY") {
                options.setOrder(SortPattern(try arguments.bytes()))
            } else if arguments.takes("GET") {
                options.get.append(SortPattern(try arguments.bytes()))
            } else {
                throw .syntax
            }
        }
        return .key(.sort(key, options))
    }

    /// The key, and the last one that STORE names.
    static func keys(of words: [Bytes]) -> [Bytes] {
        var (place, destination) = (2, Bytes?.none)
        while place < words.count {
            switch String(decoding: words[place], as: UTF8.self).lowercased() {
            case "limit": place += 2
            case "by", "get": place += 1
            case "store" where place + 1 < words.count:
                destination = words[place + 1]
                place += 1
            default: break
            }
            place += 1
        }
        return [words[1]] + (destination.map { [$0] } ?? [])
    }
}

extension SortOptions {
    /// Once a pattern keeps the order that there is, later ones do not change that.
    fileprivate mutating func setOrder(_ pattern: SortPattern) {
        switch by {
        case .element, .constant: return
        case nil, .key, .field: by = pattern
        }
    }
}
