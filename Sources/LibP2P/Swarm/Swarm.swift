import Cryptography
public import Logging
public import Multiformats
import NIOCore
public import NIOPosix
import Synchronization
import Yamux

/// Connections to libp2p peers: listens, dials, secures, muxes, and runs two kinds of streams,
/// exchanges of one request and one answer, and long-lived streams of frames.
public final class Swarm: Sendable {
    private struct State {
        var connections: [PeerID: [Connection]] = [:]
        /// Sockets, those without a proven peer among them.
        var socketCount = 0
        /// Accepted sockets without a proven peer, oldest first.
        var upgrading: [any Channel] = []
        var listeners: [any Channel] = []
        var listening: [Multiaddr] = []
        var requests: [UInt64: (connection: Connection, stream: YamuxStreamID)] = [:]
        var nextRequest: UInt64 = 1
        var isPaused = false
        var isStopped = false
    }

    let configuration: SwarmConfiguration
    let delegate: any SwarmDelegate
    let readBudget: ReadBudget
    private let group: MultiThreadedEventLoopGroup
    let logger: Logger
    private let state = Mutex(State())

    /// Prepares a swarm; ``start()`` makes it listen.
    public init(
        configuration: SwarmConfiguration,
        delegate: any SwarmDelegate,
        group: MultiThreadedEventLoopGroup,
        logger: Logger = Logger(label: "libp2p.swarm")
    ) {
        self.configuration = configuration
        self.delegate = delegate
        self.readBudget = ReadBudget(limit: configuration.bufferedBytesMax)
        self.group = group
        self.logger = logger
    }

    // MARK: Life

    /// Listens on all configured addresses and reports them.
    ///
    /// - Throws: ``ListenError`` for the first address that cannot be had.
    public func start() async throws {
        var addresses: [Multiaddr] = []
        for address in self.configuration.listen {
            let channel = try await self.bind(address)
            guard let local = Multiaddr(channel.localAddress) else { continue }
            addresses.append(local.with(peer: self.configuration.localPeer))
            self.state.withLock { $0.listeners.append(channel) }
        }
        let listening = addresses
        self.state.withLock { $0.listening = listening }
        self.delegate.listening(on: listening)
    }

    private func bind(_ address: Multiaddr) async throws -> any Channel {
        guard let (host, port) = address.tcpEndpoint else {
            throw ListenError(address: address, cause: "only TCP addresses can be listened on")
        }
        let bootstrap = ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
        do {
            return try await bootstrap.bind(host: host, port: port).get()
        } catch {
            throw ListenError(address: address, cause: "\(error)")
        }
    }

    private func accept(_ channel: any Channel) throws {
        let limits = self.configuration
        let (isFull, oldest) = self.state.withLock { state in
            guard state.socketCount < limits.connectionsMax, !state.isStopped else {
                return (true, (any Channel)?.none)
            }
            state.socketCount += 1
            state.upgrading.append(channel)
            let isCrowded = state.upgrading.count > limits.upgradingMax
            return (false, isCrowded ? state.upgrading.removeFirst() : nil)
        }
        guard !isFull else {
            channel.close(promise: nil)
            return
        }
        oldest?.close(promise: nil)
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { $0.socketCount -= 1 }
            self.upgraded(channel)
        }
        try channel.pipeline.syncOperations.addHandler(
            ConnectionHandler(swarm: self, dialled: nil)
        )
    }

    /// The peer of a socket is proven, or the socket is closed.
    func upgraded(_ channel: any Channel) {
        self.state.withLock { $0.upgrading.removeAll { $0 === channel } }
    }

    /// Closes all listeners and connections.
    public func shutdown() async {
        let (listeners, connections) = self.state.withLock { state in
            state.isStopped = true
            return (state.listeners, state.connections.values.flatMap { $0 })
        }
        for listener in listeners { try? await listener.close() }
        for connection in connections { connection.perform { $0.close("this node stops") } }
    }

    // MARK: Connections

    /// Dials an address; a `/p2p` at its end must be the peer that answers.
    public func dial(_ address: Multiaddr) {
        guard let (host, port) = address.tcpEndpoint else {
            self.delegate.dialFailed(address, reason: "only TCP addresses can be dialled")
            return
        }
        let future = ClientBootstrap(group: self.group)
            .connectTimeout(SwarmLimits.dialTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionHandler(swarm: self, dialled: address)
                    )
                }
            }
            .connect(host: host, port: port)
        future.whenFailure { self.delegate.dialFailed(address, reason: "\($0)") }
    }

    /// Closes all connections to a peer.
    public func disconnect(_ peer: PeerID, reason: String) {
        let connections = self.state.withLock { $0.connections[peer] ?? [] }
        for connection in connections { connection.perform { $0.close(reason) } }
    }

    /// Stops reading from all sockets, so that pressure reaches the senders.
    public func pauseReading() { self.setPaused(true) }

    /// Reads again.
    public func resumeReading() { self.setPaused(false) }

    private func setPaused(_ isPaused: Bool) {
        let connections = self.state.withLock { state in
            state.isPaused = isPaused
            return state.connections.values.flatMap { $0 }
        }
        for connection in connections { connection.perform { $0.setReading(!isPaused) } }
    }

    // MARK: Streams

    /// Sends a frame, length included, on the peer's long-lived stream; dropped when it has none or
    /// reads too slowly.
    public func send(frame: [UInt8], to peer: PeerID) {
        self.primary(of: peer)?.perform { $0.send(frame: frame) }
    }

    /// Opens a stream, sends one document and reports the answer under `token`.
    public func openExchange(token: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {
        guard let connection = self.primary(of: peer) else {
            self.delegate.exchangeFailed(token: token, reason: "not connected")
            return
        }
        connection.perform {
            $0.openExchange(token: token, protocolID: protocolID, request: request)
        }
    }

    /// Answers an exchange of a peer; nil resets its stream.
    public func answerExchange(_ id: UInt64, _ answer: [UInt8]?) {
        let request = self.state.withLock { $0.requests.removeValue(forKey: id) }
        guard let (connection, stream) = request else { return }
        connection.perform { $0.answer(stream, id: id, answer) }
    }

    // MARK: For connections

    var isPaused: Bool { self.state.withLock { $0.isPaused } }

    var listening: [Multiaddr] { self.state.withLock { $0.listening } }

    func isPrimary(_ connection: Connection?) -> Bool {
        guard let connection else { return false }
        return self.primary(of: connection.peer) === connection
    }

    private func primary(of peer: PeerID) -> Connection? {
        self.state.withLock { $0.connections[peer]?.first }
    }

    func register(_ connection: Connection, _ stream: YamuxStreamID) -> UInt64 {
        self.state.withLock { state in
            let id = state.nextRequest
            state.nextRequest += 1
            state.requests[id] = (connection, stream)
            return id
        }
    }

    func began(_ connection: Connection) {
        let count = self.state.withLock { state in
            let count = state.connections[connection.peer]?.count ?? 0
            guard count < SwarmLimits.connectionsPerPeerMax else { return count + 1 }
            state.connections[connection.peer, default: []].append(connection)
            return count + 1
        }
        if count > 1, connection.isOutbound {
            // Whoever dialled waits for an outcome, and a second connection is no news otherwise.
            self.delegate.dialFailed(connection.address, reason: "the peer is connected already")
        }
        guard count <= SwarmLimits.connectionsPerPeerMax else {
            return connection.perform { $0.close("the peer has too many connections") }
        }
        self.logger.debug("connected", metadata: ["peer": "\(connection.peer)"])
        guard count == 1 else { return }
        self.delegate.connected(
            connection.peer,
            address: connection.address,
            isOutbound: connection.isOutbound
        )
        connection.perform { $0.openFrameStream() }
    }

    func ended(_ connection: Connection, reason: String) {
        let (wasPrimary, next) = self.state.withLock { state in
            let wasPrimary = state.connections[connection.peer]?.first === connection
            state.connections[connection.peer]?.removeAll { $0 === connection }
            state.requests = state.requests.filter { $0.value.connection !== connection }
            let next = state.connections[connection.peer]?.first
            if next == nil { state.connections[connection.peer] = nil }
            return (wasPrimary, next)
        }
        self.logger.debug("disconnected", metadata: ["reason": "\(reason)"])
        if let next {
            if wasPrimary { next.perform { $0.openFrameStream() } }
        } else {
            self.delegate.disconnected(connection.peer, reason: reason)
        }
    }
}

/// Why an address cannot be listened on.
public struct ListenError: Error, Sendable, CustomStringConvertible {
    /// The address.
    public let address: Multiaddr
    /// The cause in words.
    public let cause: String

    /// The cause in words.
    public var description: String { "cannot listen on \(self.address): \(self.cause)" }
}
