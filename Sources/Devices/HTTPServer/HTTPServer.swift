import Glibc
import Hummingbird
import HummingbirdCore
public import Kernel
public import LocalAPI
public import Logging
public import Messages
import NIOCore
import ServiceLifecycle
import Synchronization

/// The local API over HTTP: on loopback, and on a socket in the data directory.
///
/// Routes translate to ``APICall`` and answers to JSON; no rule lives here. Every request but
/// `/healthz` and `/readyz` needs the bearer token of the data directory. Any program may listen
/// on a port that the node once had; only its owner can make the socket, which is where the
/// command line brings the token.
public final class HTTPServer: APIServer {
    /// Where the server listens.
    public struct Doors: Sendable {
        /// A TCP port of 127.0.0.1; 0 takes a free one.
        public var port: Int
        /// Path of a Unix socket, in a folder that the node's owner alone may enter.
        public var socket: String
        /// Connections of each.
        public var connectionsMax: Int

        /// Names the places.
        public init(port: Int, socket: String, connectionsMax: Int) {
            self.port = port
            self.socket = socket
            self.connectionsMax = connectionsMax
        }
    }

    /// The outcome of the attempt to listen.
    public enum Outcome: Sendable {
        /// The server takes requests on this port, and on the socket.
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
        var port: Int?
        var hasSocket = false
    }

    private let state = Mutex(State())
    private let doors: Doors
    private let token: String
    let uploads: any UploadStore
    private let logger: Logger
    private let onOutcome: @Sendable (Outcome) -> Void

    /// Prepares a server; it listens once the node has replayed its log.
    ///
    /// - Parameters:
    ///   - doors: where to listen.
    ///   - token: the bearer token that requests must carry.
    ///   - uploads: where artefacts are written as they come in.
    ///   - logger: takes one line per failure, never a token or a payload.
    ///   - onOutcome: called once, when the server listens or cannot.
    public init(
        doors: Doors,
        token: String,
        uploads: any UploadStore,
        logger: Logger,
        onOutcome: @escaping @Sendable (Outcome) -> Void
    ) {
        self.doors = doors
        self.token = token
        self.uploads = uploads
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
        let responder = self.router().buildResponder()
        let loopback = Door(
            name: "127.0.0.1:\(self.doors.port)",
            advice: "choose another port with --api-port",
            application: self.application(.hostname("127.0.0.1", port: self.doors.port), responder)
        )
        let socket = Door(
            name: self.doors.socket,
            advice: "check the data directory and its disk",
            application: self.application(
                .unixDomainSocket(path: self.doors.socket),
                responder
            )
        )
        var configuration = ServiceGroupConfiguration(
            services: [loopback, socket],
            logger: self.logger
        )
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
            self.onOutcome(.failed(reason: "\(error)"))
        }
    }

    private func application(
        _ address: BindAddress,
        _ responder: RouterResponder<APIContext>
    ) -> Application<RouterResponder<APIContext>> {
        let book = ConnectionBook(
            connectionsMax: self.doors.connectionsMax,
            logger: self.logger
        )
        var channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionHandler(book: book)]
        )
        channel.httpDecoder.maxHeaderListSize = HTTPLimits.headerBytesMax
        channel.httpDecoder.maxHeaderFieldSize = HTTPLimits.headerBytesMax
        return Application(
            responder: responder,
            server: .http1(configuration: channel),
            configuration: .init(address: address, serverName: "valence-node"),
            onServerRunning: { self.listening(on: $0.localAddress?.port) },
            logger: self.logger
        )
    }

    /// One door is open; the one without a port is the socket.
    private func listening(on port: Int?) {
        let open = self.state.withLock { state -> Int? in
            if let port { state.port = port } else { state.hasSocket = true }
            return state.hasSocket ? state.port : nil
        }
        if let open { self.onOutcome(.listening(port: open)) }
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

    private func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self)
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

/// One place where the server listens; its failure says which one.
private struct Door: Service {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let name: String
    let advice: String
    let application: Application<RouterResponder<APIContext>>

    func run() async throws {
        do {
            try await self.application.run()
        } catch {
            let cause = Self.words(error)
            let detail = "cannot serve the local API on \(self.name): \(cause); \(self.advice)"
            throw Failure(description: detail)
        }
    }

    /// What the system says of a failure, without the call that failed.
    private static func words(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return switch error.errnoCode {
        case EADDRINUSE: "another program listens there"
        case EACCES: "this user may not listen there"
        default: String(cString: strerror(error.errnoCode))
        }
    }
}
