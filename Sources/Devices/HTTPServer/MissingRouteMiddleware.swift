import HTTPTypes
import Hummingbird

/// Says which route does not exist, and where all of them are listed.
struct MissingRouteMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let path = request.uri.path.prefix(HTTPLimits.shownPathMax)
            return Response(
                problem: "no_route",
                detail: "there is no \(request.method.rawValue) \(path); GET /v1 lists all routes",
                status: .notFound
            )
        }
    }
}
