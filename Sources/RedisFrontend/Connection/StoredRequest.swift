import RoostModel

/// A request that is carried out later, with its bytes.
struct StoredRequest: Sendable {
    private let bytes: Bytes
    private let ranges: [Range<Int>]
    let row: CommandRow

    /// What it takes in memory.
    var heldBytes: Int { bytes.count + ranges.count * MemoryLayout<Range<Int>>.stride }

    init(_ row: CommandRow, _ arguments: Arguments) {
        self.row = row
        var bytes: Bytes = []
        bytes.reserveCapacity(arguments.byteCount)
        var ranges: [Range<Int>] = []
        for argument in arguments.all {
            ranges.append(bytes.count..<bytes.count + argument.count)
            bytes += argument
        }
        self.bytes = bytes
        self.ranges = ranges
    }

    /// - Parameter body: gets the arguments behind the name of the command.
    func withArguments<Result>(
        _ body: (inout Arguments) throws(CommandError) -> Result
    ) throws(CommandError) -> Result {
        let result = bytes.withUnsafeBytes { buffer in
            ranges.withUnsafeBufferPointer { ranges in
                Swift.Result { () throws(CommandError) -> Result in
                    var arguments = Arguments(buffer, ranges)
                    if row.isSubcommand { _ = try arguments.next() }
                    return try body(&arguments)
                }
            }
        }
        return try result.get()
    }
}
