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
    private var router: GossipSubRouter
    private var peers = ConnectedPeers()
    private var ratings = PeerRatings()
    private var exchanges = StreamExchanges()
    private var inFlight = MessagesInFlight()
    private var unknownTypes = UnknownTypeBudget()
    private var relayed: UInt64 = 0
    private var refused: UInt64 = 0
    /// Where others can dial this node.
    private var ownAddresses: [String] = []
    /// Whether peers said that they can dial this node; nil while none did.
    private var isReachable: Bool?
    /// How often the mesh is tended.
    private let heartbeatPause: Duration
    private let extensions: Extensions

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

    /// What local callers see of it.
    var status: GossipStatus.Reply {
        GossipStatus.Reply(
            connectedPeers: self.peers.nodes.count,
            meshSizes: Topic.allCases.map { self.router.meshSize(of: $0.rawValue) },
            inFlight: self.inFlight.count,
            relayed: self.relayed,
            refused: self.refused,
            addresses: self.ownAddresses,
            isReachable: self.isReachable
        )
    }

    // MARK: This node's own reach

    mutating func listening(_ addresses: [String]) -> [GossipAction] {
        self.ownAddresses = addresses
        return [.listening(addresses)]
    }

    mutating func found(isReachable: Bool?) { self.isReachable = isReachable }

    // MARK: Connections

    mutating func peerConnected(_ peer: NodeID, address: String, isOutbound: Bool) -> [GossipAction]
    {
        self.peers.connected(peer, at: address)
        return [.peerConnected(peer, address: address, isOutbound: isOutbound)]
    }

    /// The peer's next stream for frames, which follows, counts at this address.
    mutating func addressChanged(_ peer: NodeID, to address: String, now: Timestamp)
        -> [GossipAction]
    {
        guard self.peers.contains(peer) else { return [] }
        if self.peers.moved(peer, to: address) {
            self.router.removePeer(PeerID(ed25519: peer.publicKey), now: now.milliseconds)
        }
        return [.peerAddressChanged(peer, address: address)]
    }

    mutating func peerDisconnected(_ peer: NodeID, reason: String, now: Timestamp)
        -> [GossipAction]
    {
        let isShunned = self.peers.disconnected(peer)
        self.ratings.forget(peer)
        self.router.removePeer(PeerID(ed25519: peer.publicKey), now: now.milliseconds)
        return self.exchanges.drop(peer, reason: reason)
            + [.peerDisconnected(peer, reason: reason, isShunned: isShunned)]
    }

    /// The peer has authenticated: its frames that were kept are processed now, and it gets this node's
    /// recent publications.
    mutating func peerAuthenticated(_ peer: NodeID, now: Timestamp) -> [GossipAction] {
        guard let early = self.peers.authenticated(peer) else { return [] }
        let id = PeerID(ed25519: peer.publicKey)
        var actions = self.router.introduce(id)
        for frame in early {
            actions += self.router.receivedEarlier(frame: frame, from: id, now: now.milliseconds)
        }
        return self.translate(actions) + self.inFlight.reconsiderReading()
    }

    // MARK: What peers are worth

    /// Reputation says what peers are worth; when it does not, they keep their old values until the next
    /// round.
    mutating func rated(_ reply: PeerStandings.Reply?, now: Timestamp) -> [GossipAction] {
        reply.map { self.weigh($0.standings, now: now) } ?? []
    }

    private mutating func weigh(_ standings: [PeerStandings.Standing], now: Timestamp)
        -> [GossipAction]
    {
        var actions: [GossipAction] = []
        for standing in standings where self.peers.contains(standing.node) {
            self.ratings.rated(standing)
            let crossing = self.router.setApplicationScore(
                standing.points,
                of: PeerID(ed25519: standing.node.publicKey),
                now: now.milliseconds
            )
            actions += self.translate(crossing)
        }
        return actions + self.ratings.revalue(places: self.meshPlaces)
    }

    /// In how many meshes each peer is.
    private var meshPlaces: [NodeID: Int] {
        var places: [NodeID: Int] = [:]
        for topic in Topic.allCases {
            for peer in self.router.meshPeers(of: topic.rawValue) {
                if let node = NodeID(peer: peer) { places[node, default: 0] += 1 }
            }
        }
        return places
    }

    /// Asks for the standing of all connected peers now and then.
    private mutating func review(now: Timestamp) -> [GossipAction] {
        guard self.ratings.takeReview(now: now), !self.peers.nodes.isEmpty else { return [] }
        return [.askStandings(Array(self.peers.nodes))]
    }

    // MARK: Exchanges

    /// A subsystem asks a peer.
    mutating func open(_ exchange: OutboundExchange, frame: [UInt8], now: Timestamp)
        -> [GossipAction]
    {
        self.exchanges.open(exchange, frame: frame, now: now, self.peers)
    }

    /// A subsystem answers a peer; nil resets the stream.
    mutating func answer(_ exchange: InboundExchange, frame: [UInt8]?) -> [GossipAction] {
        self.exchanges.answer(exchange, frame: frame)
    }

    /// A peer asks.
    mutating func exchangeRequested(
        id: UInt64,
        peer: NodeID,
        protocolID: String,
        frame: [UInt8]
    ) -> [GossipAction] {
        self.exchanges.requested(
            id: id,
            by: peer,
            protocolID: protocolID,
            frame: frame,
            self.peers
        )
    }

    /// A peer answered.
    mutating func exchangeAnswered(token: UInt64, frame: [UInt8]) -> [GossipAction] {
        self.exchanges.answered(token: token, frame: frame)
    }

    /// A stream to a peer came to nothing.
    mutating func exchangeFailed(token: UInt64, reason: String) -> [GossipAction] {
        self.exchanges.failed(token: token, reason: reason)
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
            address: self.peers.address(of: peer),
            now: now.milliseconds
        )
        let introduction =
            self.peers.maySpeak(peer)
            ? self.router.introduce(PeerID(ed25519: peer.publicKey)) : []
        let ready = self.translate(actions + introduction)
        // A stream may be opened anew; what is known of the peer then holds on.
        guard let standing = self.ratings.standing(of: peer) else {
            return ready + [.askStandings([peer])]
        }
        return ready + self.weigh([standing], now: now)
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
        let maySpeak = self.peers.maySpeak(peer)
        if !maySpeak, self.peers.hasRoom(for: frame, from: peer),
            GossipSubRouter.bringsMessages(frame)
        {
            self.peers.keep(frame, from: peer, now: now)
        }
        let actions = self.router.received(
            frame: frame,
            from: PeerID(ed25519: peer.publicKey),
            acceptingMessages: maySpeak,
            now: now.milliseconds
        )
        return self.translate(actions) + self.inFlight.reconsiderReading()
    }

    /// Tends the mesh, and gives up what took too long.
    mutating func heartbeat(now: Timestamp) -> [GossipAction] {
        let late = self.exchanges.expire(now: now)
        self.peers.forgetLate(now: now)
        return self.translate(self.router.heartbeat(now: now.milliseconds)) + late
            + self.review(now: now) + [.wake(after: self.heartbeatPause)]
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

    /// A message waits for sync: others relay it, who can judge it now.
    mutating func held(_ origin: Origin, now: Timestamp) -> [GossipAction] {
        guard case .gossip(_, _, let ticket) = origin else { return [] }
        return self.settle(ticket, .ignore, now: now)
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
        guard let id = self.inFlight.settle(ticket) else { return [] }
        if verdict == .accept { self.relayed += 1 }
        let actions = self.router.validated(id, verdict: verdict, now: now.milliseconds)
        return self.translate(actions) + self.inFlight.reconsiderReading()
    }

    // MARK: Helpers

    private mutating func translate(_ actions: [GossipSubAction]) -> [GossipAction] {
        var result: [GossipAction] = []
        for action in actions {
            switch action {
            case .send(let peer, let frame):
                if let node = NodeID(peer: peer) { result.append(.sendGossip(frame, to: node)) }
            case .deliver(let message):
                if let admission = self.admission(of: message) { result.append(admission) }
            case .penalised(let peer, let reason):
                if let node = NodeID(peer: peer) {
                    self.peers.shun(node)
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
        let ticket = self.inFlight.add(message.id, bytes: message.data.count)
        let origin = Origin.gossip(relay: relay, topic: topic, ticket: ticket)
        return .admit(message.data, origin, message.signature)
    }
}

extension NodeID {
    /// The node behind a libp2p peer; nil for peers with other key types (D-11).
    init?(peer: PeerID) {
        guard let key = peer.ed25519Key else { return nil }
        self.init(key)
    }
}
