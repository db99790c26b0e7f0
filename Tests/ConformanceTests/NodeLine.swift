import Cryptography
import GossipSub
import Messages
import Multiformats
import Primitives

@testable import Consensus
@testable import Gossip
@testable import Identity
@testable import Peers
@testable import Reputation
@testable import StorageMarket
@testable import Sync
@testable import Verification

/// The line of admission with the state machines of a whole node, and a publisher in front of it.
struct NodeLine {
    /// What became of a message.
    enum Fate: CustomStringConvertible {
        /// Its judge took it in.
        case accepted(isRelayed: Bool)
        /// Nobody here understands it; others may.
        case passedOn(isRelayed: Bool)
        /// It ended.
        case refused(Refusal)
        /// The transport did not let it through.
        case lost

        var isAccepted: Bool { if case .accepted = self { true } else { false } }

        var isRelayed: Bool {
            switch self {
            case .accepted(let isRelayed), .passedOn(let isRelayed): isRelayed
            case .refused, .lost: false
            }
        }

        var code: Refusal.Code? { if case .refused(let why) = self { why.code } else { nil } }

        var description: String {
            switch self {
            case .accepted(let isRelayed): "accept, relay \(isRelayed)"
            case .passedOn(let isRelayed): "not understand, relay \(isRelayed)"
            case .refused(let refusal): "refuse, \(refusal)"
            case .lost: "not hear of it"
            }
        }
    }

    var verification = VerificationStateMachine(isLocalProfile: true)
    var reputation: ReputationStateMachine
    private let now: Timestamp
    private let own = SigningKey.generate()
    private let other = SigningKey.generate()
    private var gossip: GossipStateMachine
    private var publisher: GossipSubRouter
    private var identity: IdentityStateMachine
    private var consensus = ConsensusStateMachine()
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
        self.identity = IdentityStateMachine(key: self.own)
        self.reputation = ReputationStateMachine(
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
        self.gossip = GossipStateMachine(router: Self.router(self.own))
        self.publisher = Self.router(self.other)
        self.connect()
    }

    private static func router(_ key: SigningKey) -> GossipSubRouter {
        GossipSubRouter(
            localPeer: PeerID(ed25519: key.publicKey),
            signingKey: key,
            parameters: .standard,
            entropy: 1,
            firstSequenceNumber: 1
        )
    }

    /// The publisher learns what the node follows.
    private mutating func connect() {
        let publisher = NodeID(self.other.publicKey)
        let node = PeerID(ed25519: self.own.publicKey)
        for topic in Topic.allCases { self.publisher.subscribe(topic.rawValue) }
        let version = "/meshsub/1.1.0"
        let time = self.now.milliseconds
        self.publisher.addPeer(node, protocolID: version, isOutbound: true, now: time)
        _ = self.gossip.peerConnected(publisher, address: "", isOutbound: false)
        self.gossip.peerAuthenticated(publisher)
        let hello = self.gossip.gossipReady(
            publisher,
            protocolID: version,
            isOutbound: false,
            now: self.now
        )
        for case .sendGossip(let frame, _) in hello {
            _ = self.publisher.received(
                frame: frame,
                from: node,
                acceptingMessages: true,
                now: time
            )
        }
    }

    // MARK: Ways in

    /// A message arrives on a topic, by default on the one of its type.
    mutating func gossip(_ bytes: [UInt8], on topic: Topic? = nil) throws -> Fate {
        let name = try? RawJSON(bytes)["type"]?.string
        var own = Topic.proposals
        if case .gossip(let topic)? = name.flatMap({ MessageType(rawValue: $0) })?.channel {
            own = topic
        }
        let topic = topic ?? own
        let sent = self.publisher.publish(
            bytes,
            topic: topic.rawValue,
            now: self.now.milliseconds
        )
        for case .send(_, let frame) in sent.actions {
            let actions = self.gossip.gossipFrame(
                frame,
                from: NodeID(self.other.publicKey),
                now: self.now
            )
            for case .admit(let bytes, let origin, let signature) in actions {
                let check = signature.map { signature in { @Sendable in signature.isValid } }
                let request = AdmitMessage(
                    bytes: bytes,
                    origin: origin,
                    relaySignatureHolds: check
                )
                return self.admit(request)
            }
        }
        return .lost
    }

    /// A message comes by sync, or on a stream of its sender.
    mutating func direct(_ bytes: [UInt8], on channel: TimeChannel) -> Fate {
        let relay = NodeID(self.other.publicKey)
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
        let relayedBefore = self.gossip.relayed
        let verdict = self.judge(request)
        switch verdict {
        case .success(let admitted) where admitted.message.type == nil:
            let actions = self.gossip.judgeUnknown(admitted, now: self.now)
            for case .refuse(_, _, let refusal) in actions { return .refused(refusal) }
            return .passedOn(isRelayed: self.gossip.relayed > relayedBefore)
        case .success(let admitted):
            _ = self.gossip.accepted(admitted, now: self.now)
            return .accepted(isRelayed: self.gossip.relayed > relayedBefore)
        case .failure(let refusal):
            _ = self.gossip.refused(origin: request.origin, refusal: refusal, now: self.now)
            return .refused(refusal)
        }
    }

    private mutating func judge(_ request: AdmitMessage) -> Result<AdmittedMessage, Refusal> {
        var actions = self.verification.admit(request, now: self.now)
        if case .submit(let job, let token)? = actions.first {
            actions = self.verification.done(token, job.run())
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
            if case .refuse(_, _, let refusal) = self.identity.judge(admitted) { return refusal }
        case .syncRequest, .syncResponse, .stateSnapshot:
            for case .refuse(let refusal) in self.sync.judge(admitted, now: self.now) {
                return refusal
            }
        case nil, .reputationGossip: break
        default:
            for case .refuse(_, let refusal) in self.market.judge(admitted, blobs: MemoryBlobs()) {
                return refusal
            }
        }
        return nil
    }
}
