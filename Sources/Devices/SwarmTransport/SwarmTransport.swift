public import Cryptography
public import Gossip
import GossipSub
public import Kernel
public import Logging
import Messages
import Multiformats
import NIOCore
import NIOPosix
public import Primitives
import Relay
import Swarm

/// The libp2p swarm as the device of Gossip.
///
/// It translates between node ids and peer ids, frames and streams, and keeps one GossipSub stream
/// each way per peer. It decides nothing about messages.
public final class SwarmTransport: GossipTransport {
    /// Why the transport cannot be used.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The address in question.
        public let address: String
        /// Cause in words.
        public let cause: String
        /// What could not be done with the address.
        let deed: String
        /// The cause in words.
        public var description: String { "cannot \(self.deed) \(self.address): \(self.cause)" }

        init(address: String, cause: String, deed: String) {
            self.address = address
            self.cause = cause
            self.deed = deed
        }
    }

    private let swarm: Swarm
    private let bridge: TransportBridge
    private let group: MultiThreadedEventLoopGroup

    /// Where the swarm is in the network.
    public struct Place: Sendable {
        /// Multiaddrs to listen on, in text form.
        public var listen: [String]
        /// Where others reach this host, when that is not where it listens, in text form.
        public var external: [String]
        /// Whether to look for hosts of the local network, and to be found by them.
        public var findsLocalPeers = false
        /// Whether others can dial this host; nil lets peers find out.
        public var isReachable: Bool?
        /// Whether this host carries connections of others while it can be reached.
        public var servesAsRelay = true

        /// Names a place.
        public init(listen: [String], external: [String] = []) {
            self.listen = listen
            self.external = external
        }
    }

    /// What the swarm takes of machine and line at most; nil for as much as the stack and the line carry.
    public struct Bounds: Sendable {
        /// Connections, and dials under way.
        public var connections: Int?
        /// Bytes a second of all sockets, each way.
        public var bytesPerSecond: Int64?

        /// Names the bounds.
        public init(connections: Int? = nil, bytesPerSecond: Int64? = nil) {
            self.connections = connections
            self.bytesPerSecond = bytesPerSecond
        }
    }

    /// Prepares a swarm; it listens once Gossip starts it.
    ///
    /// - Parameters:
    ///   - key: host key, equal to the node key (D-11).
    ///   - place: where it is in the network.
    ///   - bounds: what it takes at most.
    ///   - logger: takes connection failures.
    ///   - onOutcome: called once, with the real listen addresses or the failure.
    /// - Throws: ``Failure`` when an address cannot be parsed.
    public init(
        key: SigningKey,
        at place: Place,
        within bounds: Bounds = Bounds(),
        logger: Logger,
        onOutcome: @escaping @Sendable (Result<[String], Failure>) -> Void
    ) throws(Failure) {
        let listen = try Self.parse(place.listen, toDo: "listen on")
        let external = try Self.parse(place.external, toDo: "announce")
        self.group = MultiThreadedEventLoopGroup(
            numberOfThreads: System.coreCount
        )
        self.bridge = TransportBridge(group: self.group, logger: logger, onOutcome: onOutcome)
        var configuration = SwarmConfiguration(
            identity: key,
            listen: listen,
            agentVersion: "valence-node/0.1.0",
            exchangeProtocols: StreamProtocol.allCases.map(\.rawValue),
            longLivedProtocols: GossipSubProtocol.ids
        )
        configuration.findsLocalPeers = place.findsLocalPeers
        if let isReachable = place.isReachable {
            configuration.reachability = isReachable ? .reachable : .unreachable
        }
        configuration.servesAsRelay = place.servesAsRelay
        self.swarm = Swarm(
            configuration: configuration,
            delegate: self.bridge,
            group: self.group,
            logger: logger
        )
        if !external.isEmpty { self.swarm.advertise(external) }
        self.limit(to: bounds)
    }

    private static func parse(_ texts: [String], toDo deed: String) throws(Failure) -> [Multiaddr] {
        try texts.map { text throws(Failure) in
            do {
                return try Multiaddr(text)
            } catch {
                throw Failure(address: text, cause: "\(error)", deed: deed)
            }
        }
    }

    /// Changes what the swarm takes at most.
    public func limit(to bounds: Bounds) {
        self.swarm.limit(
            connections: bounds.connections,
            bytesPerSecond: bounds.bytesPerSecond
        )
    }

    /// Takes connections of others from now on, or none while memory is short.
    public func setOpen(_ isOpen: Bool) { self.swarm.setOpen(isOpen) }

    /// Bytes of all sockets since the transport began.
    public var traffic: (read: UInt64, written: UInt64) { self.swarm.traffic }

    /// Begins; what happens goes to the inlet.
    public func start(reportingTo inlet: Inlet<TransportSignal>) {
        self.bridge.attach(self.swarm, inlet)
        Task { [swarm, bridge] in
            do {
                try await swarm.start()
            } catch let error as ListenError {
                let address = error.address.description
                bridge.report(
                    .failure(Failure(address: address, cause: error.cause, deed: "listen on"))
                )
            } catch {
                bridge.report(.failure(Failure(address: "", cause: "\(error)", deed: "listen on")))
            }
        }
    }

    /// Closes all connections and listeners.
    public func stop() async {
        self.bridge.stop()
        await self.swarm.shutdown()
        try? await self.group.shutdownGracefully()
    }

    /// Connects to an address.
    public func dial(_ address: String) {
        do {
            self.swarm.dial(try Multiaddr(address))
        } catch {
            self.bridge.dialFailed(address, reason: "\(error)")
        }
    }

    /// Looks for multiaddrs in the TXT records of a domain name.
    public func lookUp(_ name: String) {
        self.swarm.lookUp(name) { [bridge] result in bridge.lookedUp(name, result) }
    }

    /// Closes all connections to a peer.
    public func disconnect(_ peer: NodeID, reason: String) {
        self.swarm.disconnect(PeerID(ed25519: peer.publicKey), reason: reason)
    }

    /// Sends a frame on the peer's GossipSub stream.
    public func sendGossip(_ frame: [UInt8], to peer: NodeID) {
        self.swarm.send(frame: frame, to: PeerID(ed25519: peer.publicKey))
    }

    /// Asks a peer on a stream of its own.
    public func openExchange(token: UInt64, peer: NodeID, protocolID: String, frame: [UInt8]) {
        self.swarm.openExchange(
            token: token,
            peer: PeerID(ed25519: peer.publicKey),
            protocolID: protocolID,
            request: frame
        )
    }

    /// Answers a peer's request; nil resets its stream.
    public func answerExchange(_ id: UInt64, frame: [UInt8]?) {
        self.swarm.answerExchange(id, frame)
    }

    /// Keeps the connections of a peer when there are too many of others, or no longer.
    public func protect(_ peer: NodeID, _ isProtected: Bool) {
        let peer = PeerID(ed25519: peer.publicKey)
        if isProtected { self.swarm.protect(peer) } else { self.swarm.unprotect(peer) }
    }

    /// Says how much a connected peer is worth.
    public func setValue(_ value: Int, of peer: NodeID) {
        self.swarm.setValue(value, of: PeerID(ed25519: peer.publicKey))
    }

    /// Stops or resumes reading from all sockets.
    public func setReading(paused: Bool) { self.bridge.setPaused(paused) }
}
