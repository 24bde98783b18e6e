import FoundationEssentials
package import Hummingbird
package import NIOCore
import RoostModel

/// Reading of request bodies, with the limit that `HTTPConfiguration` sets.
package struct BodyReader: Sendable {
    package var bytesMax: Int

    package init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The whole body. The limit is checked while it is read: a declared length proves nothing, but refuses at once.
    package func read(_ request: Request) async throws -> ByteBuffer {
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > bytesMax {
            throw Problem.bodyTooLarge(max: bytesMax)
        }
        do {
            let body = try await request.body.collect(upTo: bytesMax)
            // Hummingbird takes the end of its stream for the end of the body. Half a body must not pass for a whole.
            if let declared, declared != body.readableBytes { throw Problem.incompleteBody }
            return body
        } catch is NIOTooManyBytesError {
            throw Problem.bodyTooLarge(max: bytesMax)
        }
    }

    package func decode<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
        try Self.decode(type, from: await read(request))
    }

    /// Decodes an empty body as `{}`.
    package func decodeIfPresent<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
        let body = try await read(request)
        return try Self.decode(type, from: body.readableBytes == 0 ? ByteBuffer(string: "{}") : body)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from body: ByteBuffer) throws -> Value {
        do {
            let value = try JSONDecoder().decode(type, from: Data(body.readableBytesView))
            if let name = body.withUnsafeReadableBytes({ RepeatedNames.first(in: $0) }) {
                throw Problem.invalidField("\"\(name)\" may stand there once.")
            }
            return value
        } catch let problem as Problem {
            throw problem
        } catch let rejection as Rejection {
            // A name in the body that is no queue name.
            throw Problem(rejection)
        } catch {
            throw Problem.invalidJSON("The body is not JSON that this route reads.")
        }
    }
}
