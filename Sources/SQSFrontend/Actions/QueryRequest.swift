import RoostModel

/// Where a Query request went, and what for.
package struct QueryRequest: Sendable, Equatable {
    /// Of the URL, without the query string and a slash at the end: empty, or `/<account>/<queue>`.
    package let path: String
    /// The query string.
    package let query: String
    /// The index in `ActionTable.rows`, once it is known.
    package var action: Int?

    /// - Parameter uri: path and query string.
    package init(uri: Substring) {
        let mark = uri.firstIndex(of: "?")
        var path = uri[..<(mark ?? uri.endIndex)]
        if path.last == "/" { path.removeLast() }
        self.path = String(path)
        query = mark.map { String(uri[uri.index(after: $0)...]) } ?? ""
    }

    /// Reads the request. Sets `action` when it names one; nil when it names none.
    package mutating func plan(
        _ body: UnsafeRawBufferPointer, _ scope: inout ActionScope
    ) -> Result<Plan, SQSFault>? {
        var query = query
        return query.withUTF8 { query in
            do throws(SQSFault) {
                return try plan(UnsafeRawBufferPointer(query), body, &scope).map { .success($0) }
            } catch {
                return .failure(error)
            }
        }
    }

    private mutating func plan(
        _ query: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer, _ scope: inout ActionScope
    ) throws(SQSFault) -> Plan? {
        var translation = try QueryTranslation(uri: query, body: body)
        guard let name = try translation.action() else { return nil }
        let action = try ActionTable.index(ofAction: name)
        self.action = action
        let form = ActionTable.rows[action].query
        if form.endpoint == .root, !path.isEmpty { throw .invalidAction(name) }
        let json = try translation.json(form, path: path)
        guard json.withUnsafeBytes({ UTF8Text.isValid($0) }) else { throw .malformedQuery }
        let plan = json.withUnsafeBytes { ActionTable.plan(action, $0, &scope) }
        return try plan.get()
    }
}

extension SQSFault {
    static func invalidAction(_ name: String) -> Self {
        Self(.invalidAction, "The action \(name.prefix(100)) is not valid for this endpoint.")
    }

    /// As the Query protocol says it.
    var inQuery: SQSFault {
        switch code {
        case .queueDoesNotExist:
            // The one text of SQS that differs by protocol.
            let general = "The specified queue does not exist"
            guard message.hasPrefix(general) else { return self }
            return SQSFault(code, general + " for this wsdl version" + message.dropFirst(general.count))
        case .serializationException:
            // What the translation lets through and the reader refuses: a value in a wrong form, a name that is there
            // twice. The code is one of JSON.
            return SQSFault(.invalidParameterValue, message)
        default: return self
        }
    }
}
