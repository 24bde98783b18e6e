package import RoostModel

/// Reads the QueueUrl parameter: a URL of any host that ends in `/<account>/<queue>`, that path alone, or the bare
/// name of a queue.
package enum QueueURL {
    package static func name(of url: String, account: String) throws(SQSFault) -> QueueName {
        let parts = url.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = parts.last, let name = try? QueueName(String(last)) else {
            throw RejectionMapping.queueDoesNotExist
        }
        if parts.count >= 2 {
            let owner = parts[parts.count - 2]
            guard owner == account else {
                throw SQSFault(
                    .queueDoesNotExist,
                    "The specified queue does not exist. The queue URL names the account \"\(owner)\"; "
                        + "this server has the account \(account)."
                )
            }
        }
        return name
    }
}

/// The last queue URL of a connection. A worker names the same queue in every request, and to read the URL anew costs
/// an allocation or two.
package struct QueueURLCache {
    private var url: [UInt8] = []
    private var name: QueueName?

    package init() {}

    mutating func name(_ text: JSONText, _ reader: JSONReader, account: String) throws(SQSFault) -> QueueName {
        if let name, !text.hasEscapes, url.withUnsafeBytes({ equals($0, reader.raw(text)) }) { return name }
        let fresh = try QueueURL.name(of: reader.string(text), account: account)
        if !text.hasEscapes {
            url = reader.array(text)
            name = fresh
        }
        return fresh
    }
}
