/// The text of a policy, to which statements can be added and from which they can be taken. What it does not change
/// stays as it was written.
struct PolicyDocument {
    struct Statement {
        let label: String?
        let text: String
    }

    private var version = #""2008-10-17""#
    private var id: String?
    private var statements: [Statement] = []

    /// - Parameter text: of a policy that `PolicyReader` accepts; nil for a queue without one.
    /// - Parameter id: of a new policy.
    init(_ text: String?, id: String) throws(SQSFault) {
        guard var text else {
            self.id = "\"\(id)\""
            return
        }
        let parts: Result<Self, SQSFault> = text.withUTF8 { bytes in
            do throws(SQSFault) {
                return .success(try Self(reading: UnsafeRawBufferPointer(bytes)))
            } catch {
                return .failure(error)
            }
        }
        self = try parts.get()
    }

    private init(reading bytes: UnsafeRawBufferPointer) throws(SQSFault) {
        var reader = try JSONReader(bytes)
        try reader.enterObject("Policy")
        while let name = try reader.nextName() {
            switch reader.string(name) {
            case "Version": version = try reader.source { reader throws(SQSFault) in try reader.skipValue() }
            case "Id": id = try reader.source { reader throws(SQSFault) in try reader.skipValue() }
            default: try readStatements(&reader)
            }
        }
        try reader.finish()
    }

    private mutating func readStatements(_ reader: inout JSONReader) throws(SQSFault) {
        guard try reader.nextIsArray() else { return try readStatement(&reader) }
        try reader.enterArray("Statement")
        while try reader.hasNextElement() { try readStatement(&reader) }
    }

    private mutating func readStatement(_ reader: inout JSONReader) throws(SQSFault) {
        var label: String?
        let text = try reader.source { reader throws(SQSFault) in
            try reader.enterObject("Statement")
            while let name = try reader.nextName() {
                if reader.matches(name, "Sid") { label = try reader.readString("Sid") } else { try reader.skipValue() }
            }
        }
        statements.append(Statement(label: label, text: text))
    }

    func contains(_ label: String) -> Bool { statements.contains { $0.label == label } }

    mutating func append(_ statement: Statement) { statements.append(statement) }

    mutating func remove(_ label: String) { statements.removeAll { $0.label == label } }

    /// Nil without statements. Throws when the policy has become larger than policies may be.
    func checkedText() throws(SQSFault) -> String? {
        guard !statements.isEmpty else { return nil }
        guard statements.count <= PolicyReader.statementsMax else {
            throw SQSFault(
                .overLimit,
                "\(statements.count) Statements were found, maximum allowed is \(PolicyReader.statementsMax).")
        }
        let list = statements.map(\.text).joined(separator: ",")
        let identity = id.map { #""Id":\#($0),"# } ?? ""
        var text = #"{"Version":\#(version),\#(identity)"Statement":[\#(list)]}"#
        let isValid = text.withUTF8 { (try? PolicyReader.read(UnsafeRawBufferPointer($0))) != nil }
        guard isValid else {
            throw SQSFault(
                .overLimit,
                "The policy would have more than \(PolicyReader.bytesMax) bytes or "
                    + "\(PolicyReader.principalsMax) principals.")
        }
        return text
    }
}

extension PolicyDocument.Statement {
    /// As AddPermission writes them. Nothing in the values wants to be escaped.
    init(label: String, accounts: [String], actions: [String], resource: String) {
        let principals = Self.list(accounts.map { "arn:aws:iam::\($0):root" })
        let actions = Self.list(actions.map { "SQS:\($0)" })
        self.label = label
        text =
            #"{"Sid":"\#(label)","Effect":"Allow","Principal":{"AWS":\#(principals)},"Action":\#(actions),"#
            + #""Resource":"\#(resource)"}"#
    }

    /// One value alone, or a list.
    private static func list(_ values: [String]) -> String {
        let quoted = values.map { "\"\($0)\"" }
        return quoted.count == 1 ? quoted[0] : "[\(quoted.joined(separator: ","))]"
    }
}

extension JSONReader {
    /// The text of what `read` reads.
    fileprivate mutating func source(
        _ read: (inout JSONReader) throws(SQSFault) -> Void
    ) throws(SQSFault) -> String {
        _ = try nextIsObject()
        let start = position
        try read(&self)
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }
}
