package import Doors

// What a server of the local API answers itself, without the node's subsystems.
extension Endpoints {
    package static let health = Operation(
        name: "health",
        kind: .read,
        scope: .open,
        path: "/healthz",
        summary: "Whether the process is alive, and not about to stop.",
        refusals: [.init(503, "stopping")],
        answer: .record(Health.self)
    )

    package static let readiness = Operation(
        name: "ready",
        kind: .read,
        scope: .open,
        path: "/readyz",
        summary: "Whether the node is able to serve, condition by condition.",
        refusals: [
            .init(503, "clock_wrong"), .init(503, "key_used_elsewhere"),
            .init(503, "storage_stopped"), .init(503, "not_synced"), .init(503, "no_peers"),
            .init(503, "stopping"),
        ],
        answer: .record(Readiness.self)
    )

    package static let metrics = Operation(
        name: "metrics",
        kind: .read,
        scope: .read,
        path: "/metrics",
        summary: "Figures of the node for Prometheus; OpenMetrics for who accepts it.",
        answer: .text
    )

    /// No tool: agents have what the pages show as it is.
    package static let newDashboardLink = Operation(
        name: "new_dashboard_link",
        kind: .act,
        scope: .read,
        path: "/v1/dashboard/links",
        summary: "Makes a link to the operator's dashboard, which opens once.",
        about: """
            Whoever opens it in a browser may read the pages below /dashboard for 12 hours, as long as the \
            token counts that asked for it. Asked again with the same Idempotency-Key, another one is made.
            """,
        refusals: [.init(503, "stopping")],
        answer: .record(DashboardLink.self)
    )

    package static let index = Operation(
        name: "index",
        kind: .read,
        scope: .read,
        path: "/v1",
        summary: "All routes, for people and agents that look around.",
        answer: .record(APIIndex.self)
    )

    package static let document = Operation(
        name: "openapi",
        kind: .read,
        scope: .read,
        path: "/openapi.json",
        summary: "This document.",
        answer: .json(.map(.anything))
    )

    static let ofServer =
        [health, readiness, metrics, newDashboardLink, index, document]
        + TokenEndpoints.all.map(\.operation)
}

/// All is well.
package struct Health: Record {
    package static let about = "All is well."
    package static let fields: [Field<Health>] = [Field("ok", "Always true.") { _ in true }]

    package init() {}
}

/// The list of all routes.
package struct APIIndex: Record {
    struct Row: Record {
        let operation: Operation

        static let about = "One operation."
        static let fields: [Field<Row>] = [
            Field("method", "The HTTP method.") { $0.operation.method },
            Field("path", "Its place; names of arguments stand in braces.") { $0.operation.path },
            Field("operation", "Its name, for `valence-node call`.") { $0.operation.name },
            Field("summary", "What it does.") { $0.operation.summary },
        ]
    }

    private let rows: [Row]

    package init(operations: [Operation]) {
        self.rows = operations.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
            .map { Row(operation: $0) }
    }

    package static let about = "All routes; /openapi.json says more of each."
    package static let fields: [Field<APIIndex>] = [Field("routes", "The routes.") { $0.rows }]
}
