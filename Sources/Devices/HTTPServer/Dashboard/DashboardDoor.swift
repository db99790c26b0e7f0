import Dashboard
import Doors
import HTTPTypes
import Hummingbird
import Kernel
import LocalAPI
import NIOCore
import Primitives

// The operator's door: pages for a browser, which a link lets in (ADR 0077).
//
// They are no operations of the table, and so in none of the documents that follow from that; the link is.
extension HTTPServer {
    /// Everything that browsers ask for.
    var dashboardRoutes: [Route] {
        let root = DashboardPlace.root
        let pages: [(path: String, place: @Sendable (IncomingRequest) -> DashboardPlace)] = [
            ("/", { _ in .overview }),
            ("/proposals", { .proposals(after: $0.value(of: "cursor")) }),
            ("/proposals/{id}", { .proposal($0.argument) }),
            ("/reputation", { _ in .reputation(of: nil) }),
            ("/reputation/{id}", { .reputation(of: $0.argument) }), ("/peers", { _ in .peers }),
            ("/storage", { _ in .storage }), ("/sync", { _ in .sync }),
            ("/topology", { _ in .topology }),
            ("/events", { .events(concern: $0.value(of: "for")) }),
        ]
        return [self.entranceRoute, Self.shortRoute] + Self.fileRoutes
            + pages.map { self.pageRoute("\(root)\($0.path)", $0.place) }
    }

    /// Makes a link; asked again with the same key it makes another, as nobody may have seen the first.
    var linkRoute: Route {
        let operation = Endpoints.newDashboardLink
        return Route(operation: operation) { incoming in
            _ = try incoming.key
            let body = try await incoming.jsonBody()
            if let flaw = operation.schema.flaw(of: body) { throw RefusedRequest.unclear(flaw) }
            guard let port = self.port else { return Response(Self.stopping) }
            let key = self.tokens.makeLink(for: incoming.caller)
            let url = "http://127.0.0.1:\(port)\(DashboardPlace.root)/enter?key=\(key)"
            let seconds = SessionLimits.linkTime.components.seconds
            return Response(APIResponse(DashboardLink(url: url, seconds: seconds).shown))
        }
    }

    private func pageRoute(
        _ path: String,
        _ place: @escaping @Sendable (IncomingRequest) -> DashboardPlace
    ) -> Route {
        Route(operation: Self.operation(path)) { incoming in
            let sessions = incoming.sessions
            guard sessions.contains(where: { self.tokens.mayRead(showing: $0) }) else {
                return Self.response(self.pages.closed())
            }
            incoming.context.note(.authorised)
            return Self.response(
                await self.pages.page(place(incoming), at: OperatorDesk(server: self))
            )
        }
    }

    /// Where a link leads.
    ///
    /// Whoever only asks for its head does not use it up.
    private var entranceRoute: Route {
        Route(operation: Self.operation("\(DashboardPlace.root)/enter")) { incoming in
            guard incoming.request.method == .get, let link = incoming.value(of: "key"),
                let session = self.tokens.openLink(link)
            else { return Self.response(self.pages.closed()) }
            var response = Self.response(self.pages.opened())
            response.headers[.setCookie] =
                "\(incoming.cookieName)=\(session); Path=\(DashboardPlace.root); "
                + "Max-Age=\(SessionLimits.sessionTime.components.seconds); HttpOnly; SameSite=Strict"
            return response
        }
    }

    private static let shortRoute = Route(operation: operation(DashboardPlace.root)) { _ in
        var headers = HTTPServer.pageHeaders
        headers[.location] = "\(DashboardPlace.root)/"
        return Response(status: .permanentRedirect, headers: headers)
    }

    private static let fileRoutes = DashboardFile.all.map { file in
        Route(operation: operation("\(DashboardPlace.root)/\(file.name)")) { _ in
            HTTPServer.response(.ok, file.mediaType, file.bytes)
        }
    }

    /// Anybody may ask: what one is shown is decided by the cookie.
    private static func operation(_ path: String) -> Operation {
        Operation(
            name: "dashboard",
            kind: .read,
            scope: .open,
            path: path,
            summary: "A page for the operator's browser.",
            answer: .text
        )
    }

    private static func response(_ page: DashboardPage) -> Response {
        Self.response(.init(code: page.status), "text/html; charset=utf-8", page.bytes)
    }

    private static func response(
        _ status: HTTPResponse.Status,
        _ type: String,
        _ bytes: [UInt8]
    ) -> Response {
        var headers = Self.pageHeaders
        headers[.contentType] = type
        return Response(
            status: status,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    /// What a browser may do with a page: show it, with the style sheet, the module and the icon of this node.
    private static let pageHeaders: HTTPFields = {
        var headers: HTTPFields = [
            .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy:
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ]
        for (name, value) in [
            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }()
}

extension IncomingRequest {
    private static let cookiePrefix = "valence_dashboard"

    /// Cookies know no ports, and one browser may read several nodes of one machine.
    fileprivate var cookieName: String {
        let authority = self.request.head.authority ?? ""
        let port = authority.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        let digits = port.filter { $0.isASCII && $0.isNumber }
        return "\(Self.cookiePrefix)_\(digits)"
    }

    /// What it shows to be let in.
    fileprivate var sessions: [String] {
        let pairs = self.request.headers[values: .cookie].flatMap { $0.split(separator: ";") }
        return pairs.compactMap { pair -> String? in
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { return nil }
            let name = sides[0].drop { $0 == " " }
            return name.hasPrefix("\(Self.cookiePrefix)_") ? String(sides[1]) : nil
        }
        .prefix(SessionLimits.cookiesMax).map(\.self)
    }

    /// What stands in the path in the place of an argument.
    fileprivate var argument: String { self.path.first?.value ?? "" }

    /// What the query says; nil when it does not.
    fileprivate func value(of name: String) -> String? {
        self.query.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}

/// Asks the node for pages, through the same table as all routes, as somebody who may only read.
private struct OperatorDesk: DashboardNode {
    let server: HTTPServer

    func perform(_ operation: String, _ arguments: JSONValue) async -> DashboardAnswer {
        // Readiness is the server's own.
        if operation == Endpoints.readiness.name {
            let answer = await self.server.readiness
            return DashboardAnswer(status: answer.status, body: answer.body)
        }
        let (status, body) = await self.server.call(operation, arguments, scope: .read)
        return DashboardAnswer(status: status, body: body)
    }

    var topology: TopologyGraph { self.server.topology() }

    var mailboxes: [SubsystemCounters] { self.server.vitals().mailboxes }
}
