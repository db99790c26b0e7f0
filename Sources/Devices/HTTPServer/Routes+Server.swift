import Doors
import Hummingbird
import LocalAPI

// What the server serves itself: whether it works, and what there is.
extension HTTPServer {
    /// Process alive, and node able to serve; both without token and without data.
    var healthRoutes: [Route] {
        [
            Route(operation: Endpoints.health) { _ in
                Response(self.isLeaving ? Self.stopping : Self.fine)
            },
            Route(operation: Endpoints.readiness) { _ in
                Response(self.isLeaving ? Self.stopping : await self.perform(.readiness))
            },
        ]
    }

    private static let fine = APIResponse(Health().shown)
}
