package import HTTPGuard
import HTTPTypes
package import Hummingbird
import Logging

/// What every request has to keep to before a route sees it: one `Host`, no compression, no other site.
package struct RequestRules<Context: RequestContext>: RouterMiddleware {
    package var crossSite: CrossSiteRules
    /// First components of paths that pages served from loopback addresses may use too.
    package var openToLoopbackPages: Set<Substring>

    package init(crossSite: CrossSiteRules, openToLoopbackPages: Set<Substring>) {
        self.crossSite = crossSite
        self.openToLoopbackPages = openToLoopbackPages
    }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let refusal = refusal(of: request) {
            context.logger.info("Request refused", metadata: ["reason": "\(refusal)"])
            return Response.text(refusal.text + "\n", status: refusal.status)
        }
        // The first Host becomes the authority; a second one stays among the fields.
        guard request.headers[values: .host].isEmpty else { throw Problem.invalidRequest("Host may stand there once.") }
        // The decoder would take any other coding as a body that ends with the connection.
        guard request.headers[.transferEncoding].map({ $0.lowercased() == "chunked" }) ?? true else {
            throw Problem.invalidRequest("Transfer-Encoding must be chunked.")
        }
        // A few compressed kilobytes can become gigabytes.
        guard request.headers[.contentEncoding] == nil else { throw Problem.contentEncoding }
        return try await next(request, context)
    }

    private func refusal(of request: Request) -> CrossSiteRules.Refusal? {
        let component = request.uri.path.split(separator: "/").first
        let isOpen = component.map { openToLoopbackPages.contains($0) } ?? false
        return crossSite.refusal(
            host: request.head.authority,
            // Several values are joined by commas, and no such list is an origin.
            origin: request.headers[.origin],
            secFetchSite: request.headers[.secFetchSite],
            otherOrigins: isOpen ? .loopbackAllowed : .refused
        )
    }
}

extension HTTPField.Name {
    static var secFetchSite: Self? { Self("Sec-Fetch-Site") }
}

extension HTTPFields {
    fileprivate subscript(name: HTTPField.Name?) -> String? {
        name.flatMap { self[$0] }
    }

    fileprivate subscript(values name: HTTPField.Name?) -> [String] {
        name.map { self[values: $0] } ?? []
    }
}

extension HTTPField.Name {
    fileprivate static var host: Self? { Self("Host") }
}

extension CrossSiteRules.Refusal {
    /// Header values stay out of the text: it may be shown by a browser.
    var text: String {
        switch self {
        case .crossSite, .foreignOrigin:
            "Refused: a web page of another site may not use this server."
        case .unknownHost:
            "Refused: the Host of the request is not a name of this server. Use localhost, or configure the name."
        case .missingHost: "Refused: the request has no Host."
        }
    }

    var status: HTTPResponse.Status {
        switch self {
        case .crossSite, .foreignOrigin, .unknownHost: .forbidden
        case .missingHost: .badRequest
        }
    }
}
