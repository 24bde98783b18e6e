import HTTPTypes
package import Hummingbird
import Logging
import NIOHTTP1
import RoostModel

/// Turns every error of a route into a problem document, and tells browsers not to guess what a reply is.
package struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Named in the answer to an unknown path.
    package var paths: [String]

    package init(paths: [String]) { self.paths = paths }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await answer(request, context: context, next: next)
        // A client takes what stands behind such a head for the next reply.
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    private func answer(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response
        } catch let rejection as Rejection {
            return Problem(rejection).response
        } catch let error as HTTPParserError {
            // Hummingbird answers 400 itself and closes.
            throw error
        } catch let error as HTTPError where error.status == .notFound {
            return notFound(request).response
        } catch {
            context.logger.error("A route failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Problem.internalError.response
        }
    }

    private func notFound(_ request: Request) -> Problem {
        Problem(
            .notFound, "not_found", "There is no such path",
            "\(request.method.rawValue) \(request.uri.path.prefix(200)) is not served here. Paths: "
                + paths.joined(separator: ", ") + "."
        )
    }
}
