import Doors
import Hummingbird
import LocalAPI

// What the server serves itself: whether it works, and what there is.
extension HTTPServer {
    /// Process alive, and node able to serve; both without token and without data.
    var healthRoutes: [Route] {
        [
            Route(operation: Endpoints.health) { _ in Response(Self.fine) },
            Route(operation: Endpoints.readiness) { _ in
                let answer = await self.perform(.readiness)
                return Response(answer.status == 200 ? Self.fine : answer)
            },
        ]
    }

    private static let fine = APIResponse(Health().shown)
}
