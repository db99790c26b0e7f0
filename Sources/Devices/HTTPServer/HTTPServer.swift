import Hummingbird
public import Kernel
public import LocalAPI
public import Logging
public import Messages
import NIOCore
import ServiceLifecycle
import Synchronization

/// The local API over HTTP on loopback.
///
/// Routes translate to ``APICall`` and answers to JSON; no rule lives here. Every request but
/// `/healthz` and `/readyz` needs the bearer token of the data directory.
public final class HTTPServer: APIServer {
    /// What became of the attempt to listen.
    public enum Outcome: Sendable {
        /// The server takes requests on this port.
        case listening(port: Int)
        /// The server could not listen, e.g. because the port is taken.
        case failed(reason: String)
    }

    private struct State {
        var inlet: Inlet<APIRequestReceived>?
        var nextID: UInt64 = 1
        var waiting: [UInt64: CheckedContinuation<APIResponse, Never>] = [:]
        var group: ServiceGroup?
        var task: Task<Void, Never>?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let port: Int
    private let token: String
    private let logger: Logger
    private let onOutcome: @Sendable (Outcome) -> Void

    /// Prepares a server; it listens once the node has replayed its log.
    ///
    /// - Parameters:
    ///   - port: a TCP port of 127.0.0.1; 0 takes a free one.
    ///   - token: the bearer token that requests must carry.
    ///   - logger: takes one line per failure, never a token or a payload.
    ///   - onOutcome: called once, when the server listens or cannot.
    public init(
        port: Int,
        token: String,
        logger: Logger,
        onOutcome: @escaping @Sendable (Outcome) -> Void
    ) {
        self.port = port
        self.token = token
        self.logger = logger
        self.onOutcome = onOutcome
    }

    /// Begins; what happens goes to the inlet.
    public func start(reportingTo inlet: Inlet<APIRequestReceived>) {
        let task = Task { await self.serve() }
        self.state.withLock {
            $0.inlet = inlet
            $0.task = task
        }
    }

    /// Answers a request.
    public func respond(to request: Messages.RequestID, with response: APIResponse) {
        let waiting = self.state.withLock {
            $0.waiting.removeValue(forKey: request.rawValue)
        }
        waiting?.resume(returning: response)
    }

    /// Ends the server; requests under way are answered with 503.
    public func stop() async {
        let (group, task, waiting) = self.state.withLock { state in
            state.isStopped = true
            let waiting = Array(state.waiting.values)
            state.waiting = [:]
            return (state.group, state.task, waiting)
        }
        for continuation in waiting { continuation.resume(returning: Self.stopping) }
        await group?.triggerGracefulShutdown()
        await task?.value
    }

    private static let stopping = APIResponse(
        status: 503,
        code: "stopping",
        detail: "the node is stopping; start it again and retry"
    )

    // MARK: Serving

    private func serve() async {
        let onOutcome = self.onOutcome
        let application = Application(
            router: self.router(),
            configuration: .init(
                address: .hostname("127.0.0.1", port: self.port),
                serverName: "valence-node"
            ),
            onServerRunning: { channel in
                onOutcome(.listening(port: channel.localAddress?.port ?? 0))
            },
            logger: self.logger
        )
        var configuration = ServiceGroupConfiguration(services: [application], logger: self.logger)
        configuration.maximumGracefulShutdownDuration = HTTPLimits.drainMax
        let group = ServiceGroup(configuration: configuration)
        let isStopped = self.state.withLock { state in
            state.group = group
            return state.isStopped
        }
        guard !isStopped else { return }
        do {
            try await group.run()
        } catch {
            let reason = "cannot serve the local API on 127.0.0.1:\(self.port): \(error); "
            onOutcome(.failed(reason: reason + "choose another port with --api-port"))
        }
    }

    /// Hands a call to the node and waits for its answer.
    func perform(_ call: APICall) async -> APIResponse {
        await withCheckedContinuation { continuation in
            let request = self.state.withLock { state -> APIRequestReceived? in
                guard !state.isStopped, state.inlet != nil else { return nil }
                let id = state.nextID
                state.nextID += 1
                state.waiting[id] = continuation
                return APIRequestReceived(id: Messages.RequestID(rawValue: id), call: call)
            }
            guard let request, let inlet = self.state.withLock({ $0.inlet }) else {
                continuation.resume(returning: Self.stopping)
                return
            }
            if !inlet.put(request) { self.respond(to: request.id, with: Self.busy) }
        }
    }

    private static let busy = APIResponse(
        status: 503,
        code: "busy",
        detail: "the node has too much to do; try again in a second"
    )

    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: GuardMiddleware(token: self.token))
        router.add(middleware: MissingRouteMiddleware())
        self.addHealth(to: router)
        self.addReads(to: router.group("v1"))
        self.addArtefacts(to: router.group("v1"))
        self.addWrites(to: router.group("v1"))
        self.addIndex(to: router)
        return router
    }
}
