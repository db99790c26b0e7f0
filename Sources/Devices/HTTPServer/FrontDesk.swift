import Doors
import HTTPTypes
import Hummingbird

/// Takes every request, and looks at one thing after another (ADR 0052): who calls (threat T21), which
/// route, which method, whether the caller's scope is enough (ADR 0057); what the body is comes later,
/// in the route.
struct FrontDesk: HTTPResponder {
    typealias Context = APIContext

    let tokens: TokenDesk
    let routes: [Route]

    func respond(to request: Request, context: APIContext) async -> Response {
        let response = await self.response(to: request, context)
        // The same without what follows the head (RFC 9110, 9.3.2).
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to request: Request, _ context: APIContext) async -> Response {
        do {
            return try await self.answer(request, context)
        } catch let refusal as RefusedRequest {
            return refusal.response
        } catch {
            return RefusedRequest.unclear("the body could not be read; send it again").response
        }
    }

    private func answer(_ request: Request, _ context: APIContext) async throws -> Response {
        try LocalCaller.check(request)
        guard let target = RequestTarget(request.head.path ?? "/") else {
            throw RefusedRequest.unclear("the path or the query is no percent-encoded UTF-8")
        }
        let path = self.path(target.segments)
        let isOpen = path.contains { $0.route.operation.scope == .open }
        let caller = try isOpen ? Caller.nobody : self.caller(of: request)
        if !isOpen { context.note(.authorised) }
        guard !path.isEmpty else { throw RefusedRequest.noRoute(request) }
        let methods = path.flatMap(\.route.operation.methods)
        let place = path.first {
            $0.route.operation.methods.contains { $0 == request.method.rawValue }
        }
        guard let place else { throw RefusedRequest.noMethod(request, methods) }
        let scope = place.route.operation.scope
        guard caller.may(scope) else { throw RefusedRequest.scope(scope) }
        let incoming = IncomingRequest(
            request: request,
            context: context,
            caller: caller,
            path: place.values,
            query: target.query
        )
        return try await place.route.answer(incoming)
    }

    private func caller(of request: Request) throws(RefusedRequest) -> Caller {
        guard let token = LocalCaller.token(of: request) else { throw .unauthorised }
        guard let caller = self.tokens.caller(bringing: token) else { throw .wrongToken }
        return caller
    }

    private typealias Place = (route: Route, values: [(name: String, value: String)])

    /// The routes of one path; of several that fit the one with fewer arguments in it is meant.
    private func path(_ segments: [String]) -> [Place] {
        let fitting = self.routes.compactMap { route in
            route.operation.match(segments).map { (route: route, values: $0) }
        }
        let fewest = fitting.map(\.values.count).min()
        return fitting.filter { $0.values.count == fewest }
    }
}

/// A request on its way to an answer.
struct IncomingRequest {
    let request: Request
    let context: APIContext
    /// Who asks.
    let caller: Caller
    /// What stands in the path in the place of arguments.
    let path: [(name: String, value: String)]
    let query: [(name: String, value: String)]
}

/// What is served at one place with one method.
struct Route: Sendable {
    let operation: Operation
    let answer: @Sendable (IncomingRequest) async throws -> Response
}

extension Operation {
    /// The methods with which it is asked for: what can be read can be asked for without its body, but for
    /// streams, which have nothing else.
    fileprivate var methods: [String] {
        if case .events = self.answer { return [self.method] }
        return self.kind == .read ? [self.method, HTTPRequest.Method.head.rawValue] : [self.method]
    }
}
