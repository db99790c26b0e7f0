import Cryptography
import Discovery
public import Logging
public import Multiformats
import NIOCore
public import NIOPosix
import Relay
import Synchronization
import TLS
import Yamux

/// Connections to libp2p peers: listens, dials, secures, muxes, and runs two kinds of streams,
/// exchanges of one request and one answer, and long-lived streams of frames.
///
/// It carries out what its ``ConnectionManager`` decides.
public final class Swarm: Sendable {
    struct State {
        var manager: ConnectionManager
        /// How to close accepted sockets, and calls through relays, whose peer is not proven.
        var sockets: [ConnectionManager.ID: Closing] = [:]
        var connections: [ConnectionManager.ID: Connection] = [:]
        /// What is on its way from each connected peer.
        var readBudgets: [PeerID: ByteBudget] = [:]
        var listeners: [any Channel] = []
        var listening: [Multiaddr] = []
        var discovery: MDNSDiscovery?
        /// What identify tells instead of where this host listens; nil for just that.
        var advertised: [Multiaddr]?
        /// Addresses at which dials found this host itself.
        var ownAddresses: [Multiaddr] = []
        /// What peers found about this host by dialling it.
        var reachability: AutoNATClient
        var relay: RelayBook
        /// Times at which peers behind relays are dialled on their word.
        var upgrades = RateBudget(RelayLimits.upgradesPerWindowMax, in: RelayLimits.upgradeWindow)
        /// Dials through a relay that is being dialled itself.
        var dialsThrough: [PeerID: [Dial]] = [:]
        /// Looks after reservations and the verdict about reachability.
        var upkeep: RepeatedTask?
        var interfaces: InterfaceWatch
        var requests: [UInt64: (connection: Connection, stream: YamuxStreamID)] = [:]
        var nextRequest: UInt64 = 1
        /// One for each event loop that has connections.
        var batchers: [ObjectIdentifier: FrameBatcher] = [:]
        /// Sockets that wait for the answer to a goodbye.
        var goodbyes = 0
        var isPaused = false
        var isStopped = false
    }

    typealias Closing = @Sendable () -> Void

    let configuration: SwarmConfiguration
    let delegate: any SwarmDelegate
    let readBudget: ByteBudget
    let writeBudget: ByteBudget
    let shaper: TrafficShaper
    let group: MultiThreadedEventLoopGroup
    /// The static secret of all handshakes of this process; one that it meets again is its own.
    let noiseSecret = SecureRandom.bytes(32)
    /// What makes TLS of sockets; nil when it is not to be offered.
    let tls: TLSHost?
    let logger: Logger
    let state: Mutex<State>

    /// Prepares a swarm; ``start()`` makes it listen.
    public init(
        configuration: SwarmConfiguration,
        delegate: any SwarmDelegate,
        group: MultiThreadedEventLoopGroup,
        logger: Logger = Logger(label: "libp2p.swarm")
    ) {
        self.configuration = configuration
        self.delegate = delegate
        self.readBudget = ByteBudget(limit: configuration.bufferedBytesMax)
        self.writeBudget = ByteBudget(limit: configuration.pendingBytesMax)
        self.shaper = TrafficShaper(bytesPerSecond: configuration.bytesPerSecondMax)
        self.group = group
        self.logger = logger
        self.tls = Self.makeTLS(configuration, logger)
        let manager = ConnectionManager(
            localPeer: configuration.localPeer,
            limits: configuration.connections
        )
        let state = State(
            manager: manager,
            reachability: AutoNATClient(known: configuration.knownReachability),
            relay: RelayBook(
                ownPeer: configuration.localPeer,
                terms: configuration.relayTerms
            ),
            interfaces: InterfaceWatch(pause: configuration.interfacePause)
        )
        self.state = Mutex(state)
    }

    private static func makeTLS(_ configuration: SwarmConfiguration, _ logger: Logger) -> TLSHost? {
        guard configuration.securityProtocols.contains(.tls) else { return nil }
        do {
            return try TLSHost(identity: configuration.identity, muxers: [Link.yamux])
        } catch {
            logger.error("no TLS: \(error)", metadata: ["event": "tls_failed"])
            return nil
        }
    }

    /// What sockets can be secured by, best first.
    var securityProtocols: [SecurityProtocol] {
        self.configuration.securityProtocols.filter { $0 != .tls || self.tls != nil }
    }

    /// The name of this host.
    public var localPeer: PeerID { self.configuration.localPeer }

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
        self.lookAtInterfaces()
        self.delegate.listening(on: listening)
        self.startUpkeep()
        if self.configuration.findsLocalPeers { await self.findLocalPeers() }
    }

    private func bind(_ address: Multiaddr) async throws -> any Channel {
        guard let (host, port, _) = address.tcpEndpoint else {
            throw ListenError(address: address, cause: "only TCP addresses can be listened on")
        }
        var bootstrap = ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
        if case .ip6? = address.components.first {
            // The same port can then be listened on over IPv4 as well.
            let isIPv6Only = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
            bootstrap = bootstrap.serverChannelOption(isIPv6Only, value: 1)
        }
        do {
            return try await bootstrap.bind(host: host, port: port).get()
        } catch {
            throw ListenError(address: address, cause: DialFailure.listening(error))
        }
    }

    private func accept(_ channel: any Channel) throws {
        let network = NetworkKey(
            Multiaddr(channel.remoteAddress),
            countsLoopback: self.configuration.connections.countsLoopback
        )
        let (admission, evicted) = self.state.withLock { state in
            guard !state.isStopped else {
                return (ConnectionManager.Admission.refused("this node stops"), Closing?.none)
            }
            let admission = state.manager.accepted(from: network, now: .now())
            guard case .admitted(let id, let oldest) = admission else { return (admission, nil) }
            state.sockets[id] = { channel.closeAbruptly() }
            return (admission, oldest.flatMap { state.sockets.removeValue(forKey: $0) })
        }
        evicted?()
        guard case .admitted(let id, _) = admission else {
            channel.close(promise: nil)
            return
        }
        channel.closeFuture.whenComplete { _ in self.socketClosed(id) }
        let connection = ConnectionHandler(
            swarm: self,
            id: id,
            dial: nil,
            securities: self.securityProtocols
        )
        try self.carry(channel, connection)
    }

    /// Makes a socket carry a connection.
    func carry(_ channel: any Channel, _ connection: ConnectionHandler) throws {
        let shaping = ShapingHandler(self.shaper)
        try channel.pipeline.syncOperations.addHandlers(
            shaping,
            SocketCarrier(channel, shaping, connection)
        )
    }

    /// Closes all listeners and connections.
    public func shutdown() async {
        let (listeners, connections, sockets, discovery) = self.state.withLock { state in
            state.isStopped = true
            let connections = Array(state.connections.values)
            state.upkeep?.cancel()
            return (state.listeners, connections, Array(state.sockets.values), state.discovery)
        }
        await discovery?.stop()
        for listener in listeners { try? await listener.close() }
        for connection in connections { connection.tell { $0.close("this node stops") } }
        for close in sockets { close() }
    }

    // MARK: Peers

    /// Closes all connections to a peer.
    public func disconnect(_ peer: PeerID, reason: String) {
        let connections = self.state.withLock { state in
            state.manager.connections(of: peer).compactMap { state.connections[$0] }
        }
        for connection in connections { connection.tell { $0.close(reason) } }
    }

    /// Keeps the connections of a peer when there are too many of others.
    public func protect(_ peer: PeerID) { self.state.withLock { $0.manager.protect(peer) } }

    /// Lets the connections of a peer be closed again when there are too many.
    public func unprotect(_ peer: PeerID) { self.state.withLock { $0.manager.unprotect(peer) } }

    /// Says how much a connected peer is worth: those of little value go first when there are too
    /// many connections.
    ///
    /// A new peer is worth 0.
    public func setValue(_ value: Int, of peer: PeerID) {
        self.state.withLock { $0.manager.setValue(value, of: peer) }
    }

    /// Changes what identify tells about where this host can be reached, and tells it to all peers
    /// that want to know; nil is where it listens.
    public func advertise(_ addresses: [Multiaddr]?) {
        let isNew = self.state.withLock { state in
            let isNew = state.advertised != addresses
            state.advertised = addresses
            if isNew { state.reachability.reset() }
            return isNew
        }
        if isNew { self.pushIdentity() }
    }

    /// Asks a connected peer to dial this host; once several networks agree,
    /// ``SwarmDelegate/reachabilityChanged(to:)`` tells whether it can be reached.
    public func askReachability(of peer: PeerID) {
        self.primary(of: peer)?.tell { $0.ask(.reachability) }
    }

    // MARK: Reading

    /// Stops reading from all sockets, so that pressure reaches the senders.
    public func pauseReading() { self.setPaused(true) }

    /// Reads again.
    public func resumeReading() { self.setPaused(false) }

    private func setPaused(_ isPaused: Bool) {
        let connections = self.state.withLock { state in
            state.isPaused = isPaused
            return Array(state.connections.values)
        }
        for connection in connections { connection.perform { $0.roomChanged() } }
    }

    // MARK: Streams

    /// Sends a frame, length included, on the peer's long-lived stream; dropped when it has none or
    /// reads too slowly.
    public func send(frame: [UInt8], to peer: PeerID) {
        self.primary(of: peer)?.send(frame: frame)
    }

    /// Opens a stream, sends one document and reports the answer under `token`.
    ///
    /// This side's half of the stream closes behind the request or, when it stays open, once the answer
    /// is whole: some peers take the end of one half for the end of both.
    public func openExchange(
        token: UInt64,
        peer: PeerID,
        protocolID: String,
        request: [UInt8],
        staysOpen: Bool = false
    ) {
        guard let connection = self.primary(of: peer) else {
            self.delegate.exchangeFailed(token: token, reason: "not connected")
            return
        }
        connection.tell {
            $0.openExchange(
                token: token,
                protocolID: protocolID,
                request: request,
                staysOpen: staysOpen
            )
        }
    }

    /// Answers an exchange of a peer; nil resets its stream.
    public func answerExchange(_ id: UInt64, _ answer: [UInt8]?) {
        let request = self.state.withLock { $0.requests.removeValue(forKey: id) }
        guard let (connection, stream) = request else { return }
        connection.tell { $0.answer(answer, to: id, on: stream) }
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
