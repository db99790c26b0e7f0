import HTTPTypes
import Hummingbird

/// Lets only local callers with the token through (threat T21).
///
/// The `Host` check stops DNS rebinding, the `Origin` check stops pages in a browser, and the
/// token stops other users of the machine.
struct GuardMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    let token: String

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard Self.isLocal(request.head.authority) else {
            return Self.refusal(.forbidden, "wrong_host", "use http://127.0.0.1 as the host")
        }
        if request.headers[.origin] != nil {
            return Self.refusal(.forbidden, "wrong_origin", "web pages may not use this API")
        }
        if Self.openPaths.contains(request.uri.path) { return try await next(request, context) }
        guard self.isAuthorized(request.headers[.authorization]) else {
            return Self.refusal(
                .unauthorized,
                "unauthorized",
                "send `Authorization: Bearer <token>`; the token is in the data directory's "
                    + "api.token"
            )
        }
        return try await next(request, context)
    }

    private static let openPaths = ["/healthz", "/readyz"]

    private static func isLocal(_ authority: String?) -> Bool {
        guard let authority else { return false }
        let host = authority.split(separator: ":").first.map(String.init) ?? authority
        return host == "127.0.0.1" || host == "localhost"
    }

    /// Compares in constant time.
    private func isAuthorized(_ header: String?) -> Bool {
        let expected = Array("Bearer \(self.token)".utf8)
        let given = Array((header ?? "").utf8)
        guard given.count == expected.count else { return false }
        return zip(given, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func refusal(_ status: HTTPResponse.Status, _ code: String, _ detail: String)
        -> Response
    {
        Response(problem: code, detail: detail, status: status)
    }
}
