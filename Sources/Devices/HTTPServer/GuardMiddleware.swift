import HTTPTypes
import Hummingbird

/// Lets only local callers with the token through (threat T21).
///
/// The `Host` check stops DNS rebinding, the `Origin` check stops pages in a browser, and the
/// token stops other users of the machine.
struct GuardMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let token: String

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        switch LocalHost(request) {
        case .unclear:
            let detail = "send one Host, such as 127.0.0.1:9090"
            return Response(problem: "bad_host", detail: detail, status: .badRequest)
        case .foreign:
            let detail = "use http://127.0.0.1 as the host"
            return Response(problem: "wrong_host", detail: detail, status: .forbidden)
        case .local: break
        }
        if request.headers[.origin] != nil {
            let detail = "web pages may not use this API"
            return Response(problem: "wrong_origin", detail: detail, status: .forbidden)
        }
        if Self.openPaths.contains(request.uri.path) { return try await next(request, context) }
        guard self.isAuthorised(request.headers[.authorization]) else { return Self.unauthorised }
        context.note(.authorised)
        return try await next(request, context)
    }

    private static let openPaths = ["/healthz", "/readyz"]

    /// The name of the scheme counts in any case (RFC 9110, 11.1); the token is compared in
    /// constant time.
    private func isAuthorised(_ header: String?) -> Bool {
        let words = (header ?? "").split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return false }
        let (expected, given) = (Array(self.token.utf8), Array(words[1].utf8))
        guard given.count == expected.count else { return false }
        return zip(given, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static var unauthorised: Response {
        var response = Response(
            problem: "unauthorized",
            detail: "send `Authorization: Bearer <token>`; the token is in the data directory's "
                + "api.token",
            status: .unauthorized
        )
        response.headers[.wwwAuthenticate] = "Bearer"
        return response
    }
}

/// Whether a request names this machine as its host.
private enum LocalHost {
    case local
    /// Another machine's name: somebody resolved it to this one.
    case foreign
    /// None, several, or no host at all.
    case unclear

    init(_ request: Request) {
        // The first Host becomes the authority; every further one stays a field.
        let hasSecond = HTTPField.Name("Host").map { request.headers[$0] != nil } ?? false
        guard let authority = request.head.authority, !hasSecond else {
            self = .unclear
            return
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 1 || (parts.count == 2 && Self.isPort(parts[1])) else {
            self = .unclear
            return
        }
        self = ["127.0.0.1", "localhost"].contains(parts[0].lowercased()) ? .local : .foreign
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(text) != nil
    }
}
