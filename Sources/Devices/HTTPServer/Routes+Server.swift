import Doors
import Exposition
import HTTPTypes
import Hummingbird
import LocalAPI
import NIOCore
import Primitives

// What the server serves itself: whether it works, and what there is.
extension HTTPServer {
    /// Process alive, and node able to serve; both without token and without data.
    var healthRoutes: [Route] {
        [
            Route(operation: Endpoints.health) { _ in
                Response(self.isLeaving ? Self.stopping : Self.fine)
            },
            Route(operation: Endpoints.readiness) { _ in
                Response(self.isLeaving ? Self.stopping : await self.readiness)
            },
        ]
    }

    /// Figures for programs that look at the node every few seconds.
    var metricsRoute: Route {
        Route(operation: Endpoints.metrics) { incoming in
            let format = ExpositionFormat(accept: incoming.request.headers[.accept])
            let status = await self.perform(.briefStatus)
            let moment = NodeMoment(
                status: status.status < 400 ? status.body : .emptyObject,
                readiness: await self.readiness.body,
                vitals: self.vitals()
            )
            let text = self.figures.text(of: moment, as: format)
            return Response(
                status: .ok,
                headers: [.contentType: format.mediaType, .vary: "Accept"],
                body: .init(byteBuffer: ByteBuffer(string: text))
            )
        }
    }

    /// Whether the node serves, with what its process holds of memory now.
    var readiness: APIResponse {
        get async { await self.perform(.readiness(self.memory())) }
    }

    private static let fine = APIResponse(Health().shown)
}
