import Cryptography
import Messages
import Multiformats
import OrderedCollections
import Primitives

@testable import Consensus
@testable import Gossip
@testable import GossipSub
@testable import Identities
@testable import Identity
@testable import Peers
@testable import Reputation
@testable import StorageMarket
@testable import Sync
@testable import Verification

/// The line of admission with the state machines of a whole node, and a peer that publishes to it.
struct NodeLine {
    /// What became of a message.
    enum Fate: CustomStringConvertible {
        /// Its judge took it in.
        case accepted(isRelayed: Bool)
        /// Nobody here understands it; others may.
        case passedOn(isRelayed: Bool)
        /// It ended.
        case refused(Refusal)
        /// Nobody here follows the topic.
        case ignored

        var isAccepted: Bool { if case .accepted = self { true } else { false } }

        var isRelayed: Bool {
            switch self {
            case .accepted(let isRelayed), .passedOn(let isRelayed): isRelayed
            case .refused, .ignored: false
            }
        }

        var code: Refusal.Code? { if case .refused(let why) = self { why.code } else { nil } }

        var description: String {
            switch self {
            case .accepted(let isRelayed): "accept, relay \(isRelayed)"
            case .passedOn(let isRelayed): "not understand, relay \(isRelayed)"
            case .refused(let refusal): "refuse, \(refusal)"
            case .ignored: "not follow the topic"
            }
        }
    }

    var verification = VerificationStateMachine(isLocalProfile: true)
    var reputation: Bookkeeping
    private let now: Timestamp
    private let own = SigningKey.generate()
    private let other = SigningKey.generate()
    private var gossip: GossipStateMachine
    private var published: UInt64 = 0
    private(set) var identity = Registrar(KeyRegistry())
    var consensus = Governance()
    private var market = StorageMarketStateMachine()
    private var peers: PeersStateMachine
    private var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
    )

    init(now: Int64?) throws {
        guard let now else { throw VectorFailure("the message has no timestamp") }
        try self.init(now: Timestamp(milliseconds: now))
    }

    init(now: Timestamp, scores: [(NodeID, FixedPoint)] = []) throws {
        let node = NodeID(self.own.publicKey)
        self.now = now
        self.reputation = Bookkeeping(
            configuration: ReputationConfiguration(
                genesis: scores.map { .init(identity: $0.0, score: $0.1) },
                ownIdentity: node
            )
        )
        self.peers = PeersStateMachine(
            configuration: PeersConfiguration(
                ownNode: node,
                bootstrap: [],
                isLocalProfile: true
            ),
            now: now
        )
        self.gossip = Self.gossip(of: self.own)
        self.connect()
    }

    /// The gossip of a node that knows nobody yet.
    static func gossip(of key: SigningKey) -> GossipStateMachine {
        GossipStateMachine(
            router: GossipSubRouter(
                localPeer: PeerID(ed25519: key.publicKey),
                signingKey: key,
                parameters: .standard,
                entropy: 1,
                firstSequenceNumber: 1
            )
        )
    }

    private var relay: NodeID { NodeID(self.other.publicKey) }

    private mutating func connect() {
        _ = self.gossip.peerConnected(self.relay, address: "", isOutbound: false)
        _ = self.gossip.peerAuthenticated(self.relay, now: self.now)
        _ = self.gossip.gossipReady(
            self.relay,
            protocolID: "/meshsub/1.1.0",
            isOutbound: false,
            now: self.now
        )
    }

    // MARK: Ways in

    /// A message arrives on a topic, by default on the one of its type.
    mutating func gossip(_ bytes: [UInt8], on topic: String? = nil) throws -> Fate {
        let topic = topic ?? Self.topic(of: bytes)
        let frame = self.frame(bytes, topic)
        for case .admit(let bytes, let origin, let signature) in self.gossip.gossipFrame(
            frame,
            from: self.relay,
            now: self.now
        ) {
            let check = signature.map(RelayCheck.init)
            return self.admit(
                AdmitMessage(bytes: bytes, origin: origin, relaySignatureHolds: check)
            )
        }
        guard Topic(rawValue: topic) == nil else {
            throw VectorFailure("the transport did not let the message through")
        }
        return .ignored
    }

    /// The topic of the type; unknown types may come on any.
    private static func topic(of bytes: [UInt8]) -> String {
        let name = try? RawJSON(bytes)["type"]?.string
        guard case .gossip(let topic)? = name.flatMap({ MessageType(rawValue: $0) })?.channel else {
            return Topic.proposals.rawValue
        }
        return topic.rawValue
    }

    /// The RPC of a peer that publishes the message.
    private mutating func frame(_ bytes: [UInt8], _ topic: String) -> [UInt8] {
        self.published += 1
        let frame = PubsubMessage.signed(
            data: bytes,
            topic: topic,
            from: PeerID(ed25519: self.other.publicKey),
            sequenceNumber: self.published,
            by: self.other
        ).encodeFrame()
        // The length in front belongs to the stream.
        let prefix = (try? Varint.decode(frame[...]))?.length ?? 0
        return Array(frame.dropFirst(prefix))
    }

    /// A message comes by sync, or on a stream of its sender.
    mutating func direct(_ bytes: [UInt8], on channel: TimeChannel) -> Fate {
        let relay = self.relay
        let sender = (try? RawJSON(bytes)["from"]?.string).flatMap { NodeID(hex: $0) }
        let origin: Origin =
            switch channel {
            case .gossip: .gossip(relay: relay, topic: .proposals, ticket: 0)
            case .sync: .sync(peer: relay)
            case .stream:
                .exchange(InboundExchange(id: 1, peer: sender ?? relay, streamProtocol: .sync))
            }
        return self.admit(AdmitMessage(bytes: bytes, origin: origin))
    }

    // MARK: The line

    private mutating func admit(_ request: AdmitMessage) -> Fate {
        let relayedBefore = self.gossip.status.relayed
        let verdict = self.judge(request)
        switch verdict {
        case .success(let admitted) where admitted.message.type == nil:
            let actions = self.gossip.judgeUnknown(admitted, now: self.now)
            for case .refuse(_, _, let refusal) in actions { return .refused(refusal) }
            return .passedOn(isRelayed: self.gossip.status.relayed > relayedBefore)
        case .success(let admitted):
            _ = self.gossip.accepted(admitted, now: self.now)
            return .accepted(isRelayed: self.gossip.status.relayed > relayedBefore)
        case .failure(let refusal):
            _ = self.gossip.refused(origin: request.origin, refusal: refusal, now: self.now)
            return .refused(refusal)
        }
    }

    private mutating func judge(_ request: AdmitMessage) -> Result<AdmittedMessage, Refusal> {
        var actions = self.verification.admit(request, now: self.now)
        while case .submit(let job, let token)? = actions.first {
            actions = self.verification.done(token, job.run(), now: self.now, entropy: 7)
        }
        for case .refuse(_, _, let refusal) in actions { return .failure(refusal) }
        guard case .pass(let message, let origin, let receivedAt)? = actions.first,
            case .rate(let rating) = self.identity.identify(
                IdentifySender(message: message, origin: origin, receivedAt: receivedAt)
            )
        else { return .failure(Refusal(.busy, "the line stopped")) }
        if let refusal = self.reputation.gateRefusal(rating) { return .failure(refusal) }
        let admitted = AdmittedMessage(
            message: message,
            origin: origin,
            receivedAt: receivedAt,
            sender: rating.sender,
            reputation: self.reputation.score(of: rating.sender.identity)
        )
        return self.owner(judges: admitted).map { .failure($0) } ?? .success(admitted)
    }

    /// Why the owner of the type refuses; nil when it takes the message in.
    private mutating func owner(judges admitted: AdmittedMessage) -> Refusal? {
        switch admitted.message.type {
        case .request, .propose, .withdraw, .vote, .adopt, .comment:
            for case .refuse(_, let refusal) in self.consensus.judge(admitted) { return refusal }
        case .peerAnnounce, .peerListRequest, .peerListResponse, .authChallenge, .authResponse:
            for case .refuse(let refusal) in self.peers.judge(admitted, now: self.now) {
                return refusal
            }
        case .keyRotate, .keyConflict, .didLink, .didRevoke:
            self.rememberPast(of: admitted.message)
            for case .refuse(_, _, let refusal) in self.identity.judge(admitted) {
                return refusal
            }
        case .syncRequest, .syncResponse, .stateSnapshot:
            for case .refuse(_, _, let refusal) in self.sync.judge(admitted, now: self.now) {
                return refusal
            }
        case nil, .reputationGossip: break
        default:
            for case .refuse(_, let refusal) in self.market.judge(admitted, now: self.now) {
                return refusal
            }
        }
        return nil
    }

    /// A revocation presumes a link, which a case of a single message cannot bring along.
    private mutating func rememberPast(of message: Message) {
        guard case .didRevoke(let revocation) = message.payload else { return }
        var registry = KeyRegistry()
        let (root, child) = (revocation.rootKey, revocation.revokedKey)
        registry.table.keys[root] = KeyRecord(children: [child], wasRoot: true)
        registry.table.keys[child] = KeyRecord(root: root)
        self.identity = Registrar(registry)
    }
}
