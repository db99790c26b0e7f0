import Cryptography
import GossipSub
import Messages
import Multiformats
import OrderedCollections
import Primitives

/// The rules of the Gossip subsystem: what goes to admission, what is relayed, who may speak.
///
/// It owns the GossipSub mesh, the exchanges under way, the in-flight credit and the budget for
/// unknown types. It parses no envelope: identifiers and duplicates of envelopes are
/// Verification's concern, because an identifier means nothing before it was recomputed.
struct GossipStateMachine: Sendable {
    var router: GossipSubRouter
    var exchanges = ExchangeTable()
    private(set) var connected: OrderedSet<NodeID> = []
    /// Where connected peers are: several at one address count less (P6); never iterated.
    private var addresses: [NodeID: Multiaddr] = [:]
    /// The last standing that Reputation told of each connected peer.
    var standings: OrderedDictionary<NodeID, PeerStandings.Standing> = [:]
    /// The value that the transport was told of each connected peer.
    var values: [NodeID: Int] = [:]
    var nextReview = Timestamp(milliseconds: 0)
    /// Peers on the graylist whose connections are being closed.
    private var shunned: Set<NodeID> = []
    private(set) var relayed: UInt64 = 0
    private(set) var refused: UInt64 = 0
    /// Peers that may speak.
    private(set) var authenticated: Set<NodeID> = []
    /// Frames of peers that have not authenticated yet.
    private var early = EarlyFrames()
    private var unknownTypes = UnknownTypeBudget()
    private var pending: [UInt64: InFlight] = [:]
    private var inFlightBytes = 0
    private var nextTicket: UInt64 = 1
    private var isPaused = false
    /// Where others can dial this node.
    private(set) var ownAddresses: [String] = []
    /// Whether peers said that they can dial this node; nil while none did.
    private(set) var isReachable: Bool?
    /// How often the mesh is tended.
    let heartbeatPause: Duration
    private let extensions: Extensions

    private struct InFlight: Sendable {
        let id: GossipMessageID
        let bytes: Int
    }

    /// Messages handed to admission and not judged yet.
    var inFlight: Int { self.pending.count }

    /// Makes a node without connections.
    ///
    /// - Parameters:
    ///   - router: without topics.
    ///   - direct: peers that are served whatever their score, by an agreement of both operators.
    ///   - heartbeat: how often the mesh is tended.
    ///   - extensions: says where own messages of types are published that the protocol does not know.
    init(
        router: GossipSubRouter,
        direct: [NodeID] = [],
        heartbeat: Duration = GossipPace().heartbeat,
        extensions: Extensions = .none
    ) {
        self.extensions = extensions
        self.heartbeatPause = heartbeat
        self.router = router
        self.router.setDirectPeers(direct.map { PeerID(ed25519: $0.publicKey) }, now: 0)
        for topic in Topic.allCases { self.router.subscribe(topic.rawValue) }
    }

    /// Peers in the mesh of each topic, in the order of `Topic.allCases`.
    var meshSizes: [Int] {
        Topic.allCases.map { self.router.meshSize(of: $0.rawValue) }
    }

    // MARK: This node's own reach

    mutating func listening(_ addresses: [String]) { self.ownAddresses = addresses }

    mutating func found(isReachable: Bool?) { self.isReachable = isReachable }

    // MARK: Connections

    mutating func peerConnected(_ peer: NodeID, address: String, isOutbound: Bool) -> [GossipAction]
    {
        self.connected.append(peer)
        self.addresses[peer] = try? Multiaddr(address)
        return [.peerConnected(peer, address: address, isOutbound: isOutbound)]
    }

    /// The peer's next stream for frames, which follows, counts at this address.
    mutating func addressChanged(_ peer: NodeID, to address: String, now: Timestamp)
        -> [GossipAction]
    {
        guard self.connected.contains(peer) else { return [] }
        self.addresses[peer] = try? Multiaddr(address)
        if self.addresses[peer]?.components.contains(.p2pCircuit) == true {
            // Nothing that it sends counts until it is reached directly again (ADR 0022).
            self.authenticated.remove(peer)
            self.router.removePeer(PeerID(ed25519: peer.publicKey), now: now.milliseconds)
        }
        return [.peerAddressChanged(peer, address: address)]
    }

    mutating func peerDisconnected(_ peer: NodeID, reason: String, now: Timestamp)
        -> [GossipAction]
    {
        self.connected.remove(peer)
        self.addresses[peer] = nil
        self.authenticated.remove(peer)
        self.early.drop(peer)
        self.standings[peer] = nil
        self.values[peer] = nil
        let isShunned = self.shunned.remove(peer) != nil
        self.router.removePeer(PeerID(ed25519: peer.publicKey), now: now.milliseconds)
        let lost = self.exchanges.drop(peer: peer)
        return lost.map { .exchangeFailed($0, "the connection ended: \(reason)") }
            + [.peerDisconnected(peer, reason: reason, isShunned: isShunned)]
    }

    /// The peer has authenticated: its frames that were kept are processed now, and it gets this node's
    /// recent publications.
    mutating func peerAuthenticated(_ peer: NodeID, now: Timestamp) -> [GossipAction] {
        guard self.connected.contains(peer), self.authenticated.insert(peer).inserted else {
            return []
        }
        let id = PeerID(ed25519: peer.publicKey)
        var actions = self.router.introduce(id)
        for frame in self.early.take(from: peer) {
            actions += self.router.receivedEarlier(frame: frame, from: id, now: now.milliseconds)
        }
        return self.translate(actions) + self.reconsiderReading()
    }

    // MARK: GossipSub

    mutating func gossipReady(
        _ peer: NodeID,
        protocolID: String,
        isOutbound: Bool,
        now: Timestamp
    ) -> [GossipAction] {
        let actions = self.router.addPeer(
            PeerID(ed25519: peer.publicKey),
            protocolID: protocolID,
            isOutbound: isOutbound,
            address: self.addresses[peer],
            now: now.milliseconds
        )
        let introduction =
            self.authenticated.contains(peer)
            ? self.router.introduce(PeerID(ed25519: peer.publicKey)) : []
        let ready = self.translate(actions + introduction)
        // A stream may be opened anew; what is known of the peer then holds on.
        guard let standing = self.standings[peer] else { return ready + [.askStandings([peer])] }
        return ready + self.rated([standing], now: now)
    }

    /// The peer resets the stream to it on RPCs that are too large for it.
    mutating func gossipStreamReset(_ peer: NodeID, largestFrame: Int) {
        self.router.streamWasReset(
            by: PeerID(ed25519: peer.publicKey),
            largestFrame: largestFrame
        )
    }

    /// Takes one RPC; messages of a peer that has not authenticated are left out (R-03-011), and a few
    /// are kept until it has.
    mutating func gossipFrame(_ frame: [UInt8], from peer: NodeID, now: Timestamp)
        -> [GossipAction]
    {
        let maySpeak = self.authenticated.contains(peer)
        if !maySpeak, self.early.hasRoom(for: frame, from: peer),
            GossipSubRouter.bringsMessages(frame)
        {
            self.early.keep(frame, from: peer, now: now)
        }
        let actions = self.router.received(
            frame: frame,
            from: PeerID(ed25519: peer.publicKey),
            acceptingMessages: maySpeak,
            now: now.milliseconds
        )
        return self.translate(actions) + self.reconsiderReading()
    }

    mutating func heartbeat(now: Timestamp) -> [GossipAction] {
        let late = self.exchanges.expire(now: now)
        self.early.expire(now: now)
        return self.translate(self.router.heartbeat(now: now.milliseconds))
            + late.map { .exchangeFailed($0, "no answer within 30 s") } + self.review(now: now)
    }

    // MARK: The fate of messages

    /// A judge accepted a message: relay it, or publish it when it is our own.
    mutating func accepted(_ admitted: AdmittedMessage, now: Timestamp) -> [GossipAction] {
        switch admitted.origin {
        case .gossip(_, _, let ticket):
            return self.settle(ticket, .accept, now: now)
        case .local:
            guard let topic = self.extensions.topic(of: admitted.message) else { return [] }
            let outcome = self.router.publish(
                admitted.message.canonical,
                topic: topic.rawValue,
                now: now.milliseconds
            )
            return self.translate(outcome.actions)
        case .exchange, .answer, .sync:
            return []
        }
    }

    /// A message ended before acceptance: tell the mesh, or the peer that waits on a stream.
    mutating func refused(origin: Origin, refusal: Refusal, now: Timestamp) -> [GossipAction] {
        self.refused += 1
        switch origin {
        case .gossip(_, _, let ticket):
            return self.settle(ticket, refusal.blamesRelay ? .reject : .ignore, now: now)
        case .exchange(let exchange):
            return self.answer(exchange, frame: nil)
        case .answer(let exchange):
            return [.exchangeFailed(exchange, "the answer was refused: \(refusal)")]
        case .local, .sync:
            return []
        }
    }

    /// Relays a message of a type this node does not know, within its sender's budget (§14).
    mutating func judgeUnknown(_ admitted: AdmittedMessage, now: Timestamp) -> [GossipAction] {
        guard case .gossip(_, _, let ticket) = admitted.origin else {
            let refusal = Refusal(.unknownType, "unknown types are only relayed")
            return [.refuse(admitted.origin, admitted.message.id, refusal)]
        }
        guard self.unknownTypes.spend(admitted.sender.identity, now: now) else {
            let detail = "over \(GossipLimits.unknownTypesPerHourMax) unknown messages an hour"
            let refusal = Refusal(.unknownType, detail)
            return [.refuse(admitted.origin, admitted.message.id, refusal)]
        }
        return self.settle(ticket, .accept, now: now)
    }

    private mutating func settle(_ ticket: UInt64, _ verdict: GossipVerdict, now: Timestamp)
        -> [GossipAction]
    {
        guard let settled = self.pending.removeValue(forKey: ticket) else { return [] }
        self.inFlightBytes -= settled.bytes
        if verdict == .accept { self.relayed += 1 }
        let actions = self.router.validated(settled.id, verdict: verdict, now: now.milliseconds)
        return self.translate(actions) + self.reconsiderReading()
    }

    // MARK: Helpers

    mutating func translate(_ actions: [GossipSubAction]) -> [GossipAction] {
        var result: [GossipAction] = []
        for action in actions {
            switch action {
            case .send(let peer, let frame):
                if let node = NodeID(peer: peer) { result.append(.sendGossip(frame, to: node)) }
            case .deliver(let message):
                if let admission = self.admission(of: message) { result.append(admission) }
            case .penalised(let peer, let reason):
                if let node = NodeID(peer: peer) {
                    self.shunned.insert(node)
                    result.append(.disconnect(node, reason: "\(reason)"))
                }
            }
        }
        return result
    }

    private mutating func admission(of message: GossipMessage) -> GossipAction? {
        guard let relay = NodeID(peer: message.propagatedFrom),
            let topic = Topic(rawValue: message.topic)
        else { return nil }
        let ticket = self.nextTicket
        self.nextTicket += 1
        self.pending[ticket] = InFlight(id: message.id, bytes: message.data.count)
        self.inFlightBytes += message.data.count
        let origin = Origin.gossip(relay: relay, topic: topic, ticket: ticket)
        return .admit(message.data, origin, message.signature)
    }

    private mutating func reconsiderReading() -> [GossipAction] {
        let isTooMuch =
            self.inFlight >= GossipLimits.inFlightHighWater
            || self.inFlightBytes >= GossipLimits.inFlightBytesHighWater
        if !self.isPaused, isTooMuch {
            self.isPaused = true
            return [.setReading(paused: true)]
        }
        let isLittle =
            self.inFlight <= GossipLimits.inFlightLowWater
            && self.inFlightBytes <= GossipLimits.inFlightBytesLowWater
        if self.isPaused, isLittle {
            self.isPaused = false
            return [.setReading(paused: false)]
        }
        return []
    }
}

extension NodeID {
    /// The node behind a libp2p peer; nil for peers with other key types (D-11).
    init?(peer: PeerID) {
        guard let key = peer.ed25519Key else { return nil }
        self.init(key)
    }
}
