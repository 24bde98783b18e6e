import HTTPTypes
package import Hummingbird

/// Refuses what an operation does not take, before its route sees it, so that no route ignores anything silently:
/// query parameters that it does not know, and a body where it reads none. An empty object says nothing, and is let
/// through.
package struct OperationRules<Context: RequestContext>: RouterMiddleware {
    /// Of requests whose body is not read: enough to name what should not be there.
    private static var needlessBodyBytesMax: Int { 16 * 1024 }

    private struct Key: Hashable {
        var method: HTTPRequest.Method
        /// With names in braces, as the router has it.
        var route: String
    }

    private struct Taken {
        var parameters: [String]
        var hasBody: Bool
    }

    private let operations: [Key: Taken]
    private let bodies = BodyReader(bytesMax: Self.needlessBodyBytesMax)

    /// Requests of other routes pass as they are.
    package init(_ operations: [Operation]) {
        let taken = operations.map { operation in
            let names = operation.parameters.filter { $0.place == .query }.map(\.name)
            return (
                Key(method: operation.method, route: operation.path),
                Taken(parameters: names, hasBody: operation.takesBody)
            )
        }
        self.operations = Dictionary(taken) { first, _ in first }
    }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let key = Key(method: request.method, route: context.endpointPath ?? "")
        if let taken = operations[key] {
            _ = try Query(request, allowed: taken.parameters)
            if !taken.hasBody { _ = try await bodies.decodeIfPresent(NoFields.self, from: request) }
        }
        return try await next(request, context)
    }
}

private struct NoFields: Decodable {
    init(from decoder: any Decoder) throws { _ = try StrictFields(decoder, allowed: []) }
}
