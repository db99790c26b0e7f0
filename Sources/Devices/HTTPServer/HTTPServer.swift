import Dashboard
package import Doors
import Hummingbird
import HummingbirdCore
public import Kernel
public import LocalAPI
package import Logging
import MCP
public import Messages
import NIOCore
public import Primitives
import ServiceLifecycle
import Synchronization

/// The local API over HTTP: on loopback, and on a socket in the data directory.
///
/// Routes translate to ``APICall`` and answers to JSON; no rule lives here. Every request but
/// `/healthz` and `/readyz` needs a token (ADR 0057). Any program may listen
/// on a port that the node once had; only its owner can make the socket, which is where the
/// command line brings the token.
public final class HTTPServer: APIServer {
    /// Where the server listens.
    public struct Doors: Sendable {
        /// A TCP port of 127.0.0.1, and of ::1 if that is to be had; 0 takes a free one.
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
        /// The node is about to stop; nobody should send it anything new.
        var isLeaving = false
        var port: Int?
        var hasSocket = false
    }

    private let state = Mutex(State())
    let readers = EventReaders()
    private let doors: Doors
    let tokens: TokenDesk
    let endpoints: [Endpoint<APICall>]
    let version: String
    let checksAnswers: Bool
    let uploads: any UploadStore
    let agents: MCPServer
    let vitals: @Sendable () -> Vitals
    let memory: @Sendable () -> MemoryUse
    let figures: FigureRecorder
    let topology: @Sendable () -> TopologyGraph
    let pages: DashboardPages
    private let logger: Logger
    private let onOutcome: @Sendable (Outcome) -> Void

    /// Prepares a server; it listens once the node has replayed its log.
    ///
    /// - Parameters:
    ///   - doors: where to listen.
    ///   - tokens: knows the tokens of which requests must carry one.
    ///   - endpoints: the operations that are served.
    ///   - version: the version of the software.
    ///   - checksAnswers: whether an answer that is not of its operation's form becomes a fault, for tests.
    ///   - uploads: where artefacts are written as they come in.
    ///   - vitals: what the process and its bus are like now.
    ///   - memory: what the process holds of it now, without a look at the system.
    ///   - figures: takes what is measured; it outlives the server.
    ///   - topology: who sends what to whom on its bus.
    ///   - secret: a number that nobody else knows, from which marks around strangers' texts follow.
    ///   - logger: takes one line per failure, never a token or a payload.
    ///   - onOutcome: called once, when the server listens or cannot.
    package init(
        doors: Doors,
        tokens: TokenDesk,
        endpoints: [Endpoint<APICall>],
        version: String,
        checksAnswers: Bool,
        uploads: any UploadStore,
        vitals: @escaping @Sendable () -> Vitals,
        memory: @escaping @Sendable () -> MemoryUse,
        figures: FigureRecorder,
        topology: @escaping @Sendable () -> TopologyGraph,
        secret: UInt64,
        logger: Logger,
        onOutcome: @escaping @Sendable (Outcome) -> Void
    ) {
        self.doors = doors
        self.tokens = tokens
        self.endpoints = endpoints
        self.version = version
        self.checksAnswers = checksAnswers
        self.uploads = uploads
        self.vitals = vitals
        self.memory = memory
        self.figures = figures
        self.topology = topology
        self.pages = DashboardPages(version: version)
        self.agents = MCPServer(
            endpoints.map(\.operation),
            version: version,
            secret: secret
        )
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

    /// Tells those who follow the events.
    public func tell(_ event: NodeEvent, as shown: JSONValue) {
        self.readers.tell(event, StreamedEvent(event, shown).bytes)
    }

    /// The node begins to stop: from now on it says that it is not well, while it finishes what it took.
    package func leave() { self.state.withLock { $0.isLeaving = true } }

    /// Whether the node is about to stop.
    var isLeaving: Bool { self.state.withLock { $0.isLeaving } }

    /// Ends the server; requests under way are answered with 503.
    public func stop() async {
        let (group, task, waiting) = self.state.withLock { state in
            state.isStopped = true
            let waiting = Array(state.waiting.values)
            state.waiting = [:]
            return (state.group, state.task, waiting)
        }
        for continuation in waiting { continuation.resume(returning: Self.stopping) }
        self.readers.close()
        await group?.triggerGracefulShutdown()
        await task?.value
    }

    static let stopping = APIResponse(
        status: 503,
        code: "stopping",
        detail: "the node is stopping; start it again and retry"
    )

    /// The port on loopback, once it is open.
    var port: Int? { self.state.withLock { $0.port } }

    /// Whether what takes long should come to an end.
    var isStopping: Bool { self.state.withLock { $0.isStopped } }

    // MARK: Serving

    private func serve() async {
        let responder = FrontDesk(tokens: self.tokens, routes: self.routes)
        let (book, port) = (self.connectionBook(), AsyncStream<Int>.makeStream())
        let loopback = Door(
            name: "127.0.0.1:\(self.doors.port)",
            advice: "choose another port with --api-port",
            application: self.application(
                .hostname("127.0.0.1", port: self.doors.port),
                responder,
                book
            ) { channel in
                if let bound = channel.localAddress?.port { port.continuation.yield(bound) }
                self.listening(on: channel.localAddress?.port)
            }
        )
        let socket = Door(
            name: self.doors.socket,
            advice: "check the data directory and its disk",
            application: self.application(
                .unixDomainSocket(path: self.doors.socket),
                responder,
                self.connectionBook()
            ) { _ in self.listening(on: nil) }
        )
        // Both are one port to programs, so that they share their connections.
        let other = OtherLoopback(ports: port.stream, logger: self.logger) { port in
            self.application(.hostname("::1", port: port), responder, book) { _ in }
        }
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: loopback), .init(service: socket),
                .init(
                    service: other,
                    successTerminationBehavior: .ignore,
                    failureTerminationBehavior: .ignore
                ),
            ],
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

    private func connectionBook() -> ConnectionBook {
        ConnectionBook(connectionsMax: self.doors.connectionsMax, logger: self.logger)
    }

    private func application(
        _ address: BindAddress,
        _ responder: FrontDesk,
        _ book: ConnectionBook,
        _ onRunning: @escaping @Sendable (any Channel) -> Void
    ) -> Application<FrontDesk> {
        var channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionHandler(book: book)]
        )
        channel.httpDecoder.maxHeaderListSize = HTTPLimits.headerBytesMax
        channel.httpDecoder.maxHeaderFieldSize = HTTPLimits.headerBytesMax
        return Application(
            responder: responder,
            server: .http1(configuration: channel),
            configuration: .init(address: address, serverName: "valence-node"),
            onServerRunning: { onRunning($0) },
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
    ///
    /// - Parameters:
    ///   - call: what is asked for.
    ///   - key: what it is recognised by when it comes again; nil when it is not (ADR 0060).
    /// - Returns: the answer.
    func perform(_ call: APICall, _ key: RequestKey? = nil) async -> APIResponse {
        await withCheckedContinuation { continuation in
            let request = self.state.withLock { state -> APIRequestReceived? in
                guard !state.isStopped, state.inlet != nil else { return nil }
                let id = state.nextID
                state.nextID += 1
                state.waiting[id] = continuation
                return APIRequestReceived(
                    id: Messages.RequestID(rawValue: id),
                    call: call,
                    key: key
                )
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
        detail: "the node has too much to do; try again in \(HTTPLimits.retrySeconds) seconds"
    )
}
