import HTTPTypes
package import Hummingbird
import NIOCore

/// The console at `/console`: one page and its files, all from the binary. What it shows, it asks the JSON API for.
package struct ConsoleRoutes: Sendable {
    package init() {}

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("/") { _, _ in
            Response(status: .seeOther, headers: [.location: "/console"])
        }
        router.get("console") { request, _ in page(request) }
        router.get("console/:digest/**") { request, context in
            try file(request, context.parameters.get("digest"), context.parameters.getCatchAll())
        }
    }

    /// The page is asked for each time: it names the files of the version that runs.
    private func page(_ request: Request) -> Response {
        response(ConsoleAssets.shared.page, to: request, caching: "no-cache")
    }

    private func file(_ request: Request, _ digest: String?, _ path: [Substring]) throws -> Response {
        let assets = ConsoleAssets.shared
        guard digest == assets.digest, let asset = assets[path.joined(separator: "/")] else {
            throw HTTPError(.notFound)
        }
        return response(asset, to: request, caching: "public, max-age=31536000, immutable")
    }

    private func response(_ asset: ConsoleAssets.Asset, to request: Request, caching: String) -> Response {
        var headers = Self.securityHeaders
        headers[.eTag] = asset.tag
        headers[.cacheControl] = caching
        headers[.vary] = "Accept-Encoding"
        if isKnown(asset.tag, to: request) { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = asset.contentType
        guard let compressed = asset.compressed, takesGzip(request) else {
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.bytes))
        }
        headers[.contentEncoding] = "gzip"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: compressed))
    }

    private func isKnown(_ tag: String, to request: Request) -> Bool {
        request.headers[values: .ifNoneMatch].contains { known in
            known.split(separator: ",").contains { part in
                let part = part.trimmed
                return part == "*" || part == tag || part == "W/" + tag
            }
        }
    }

    private func takesGzip(_ request: Request) -> Bool {
        request.headers[values: .acceptEncoding].contains { value in
            value.split(separator: ",").contains { coding in
                let parts = coding.split(separator: ";").map(\.trimmed)
                return parts.first == "gzip" && !parts.dropFirst().contains { $0 == "q=0" || $0.hasPrefix("q=0.000") }
            }
        }
    }

    /// Nothing from elsewhere, nothing inline, in no frame: a body that got into the page as HTML could do nothing.
    private static var securityHeaders: HTTPFields {
        var headers = HTTPFields()
        headers[.contentSecurityPolicy] = [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
            "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
        ].joined(separator: "; ")
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        if let name = HTTPField.Name("Cross-Origin-Opener-Policy") { headers[name] = "same-origin" }
        return headers
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let last = lastIndex(where: { !isSpace($0) }) else { return "" }
        return self[...last].drop(while: isSpace)
    }
}
