import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Sync

/// A peer of a ``Newcomer``.
struct Neighbour {
    let id = NodeID(SigningKey.generate().publicKey)
    var network = 0
    var isBootstrap = false
    var state: SyncState? = .synced
    var clockOffset: Int64?

    /// One for each number, which is its network.
    static func inNetworks(_ numbers: Int...) -> [Neighbour] {
        numbers.map { Neighbour(network: $0) }
    }

    fileprivate var event: PeerAuthenticated {
        PeerAuthenticated(
            peer: self.id,
            network: "\(self.network)",
            isBootstrap: self.isBootstrap,
            clockOffsetMilliseconds: self.clockOffset
        )
    }
}

/// A node that catches up among neighbours, outside the local profile; they hold nothing unless told
/// otherwise, and answer at once.
struct Newcomer {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// A session or a question, as neighbours saw it.
    struct Asked {
        let peer: NodeID
        /// Nil for a comparison.
        let phase: Int?
        let since: Timestamp
        let at: Timestamp
    }

    private(set) var sync: SyncStateMachine
    private(set) var now = Self.start
    private(set) var asked: [Asked] = []
    private(set) var changes: [SyncAction] = []
    private var random: SplitMix64
    /// Who answers nothing, and about which phases; nil is about everything.
    var mute: [NodeID: Int?] = [:]
    /// The phase about which every neighbour throttles the first request that it gets, for half a minute.
    var tiring: Int?
    private var tired: Set<NodeID> = []
    /// What neighbours say of their trees, unless these are empty.
    var roots: [NodeID: Roots] = [:]
    var own = Roots(proposals: .emptyRoot, identities: .emptyRoot)

    /// A node whose replay is over: of a large network it has heard of many nodes (D-26), the newest message
    /// of its log arrived at a time, and the seed is for what is left to chance.
    init(
        isLarge: Bool = true,
        namesBootstrap bootstrap: Bool = false,
        past: [Message] = [],
        newest: Timestamp? = nil,
        seed: UInt64 = 1
    ) throws {
        self.random = SplitMix64(seed: seed)
        self.sync = SyncStateMachine(
            configuration: SyncConfiguration(
                isSyncedAtStart: false,
                isLocalProfile: false,
                namesBootstrapNodes: bootstrap
            )
        )
        for message in past { self.sync.logged(message) }
        if isLarge { try self.hearOfNodes() }
        let entropy = self.random.next()
        _ = self.sync.started(newest: newest, now: Self.start, entropy: entropy)
    }

    private mutating func hearOfNodes() throws {
        for number in 0..<6 {
            let key = try SigningKey.named("node \(number)")
            let proof = VDFProof.easy(of: NodeID(key.publicKey), at: Self.start)
            let message = try Draft.announcement(proof).signed(by: key, at: Self.start)
            _ = self.sync.accepted(message.admitted(), now: Self.start)
        }
    }

    mutating func meet(_ neighbours: [Neighbour]) {
        for neighbour in neighbours {
            let entropy = self.random.next()
            _ = self.sync.authenticated(neighbour.event, now: self.now, entropy: entropy)
            self.sync.announced(neighbour.id, status: neighbour.state)
        }
    }

    mutating func log(_ message: Message, from peer: NodeID) {
        self.sync.logged(message, from: peer)
    }

    mutating func offer(bytes: Int64) {
        self.sync.offered(StorageOffered(allocatedBytes: bytes, availableBytes: 0, copyCount: 0))
    }

    /// Lets nothing happen for a while.
    mutating func sleep(milliseconds: Int64) {
        self.now = self.now.adding(milliseconds: milliseconds)
    }

    /// Lives on, with two looks a second.
    mutating func live(seconds: Int64) {
        for _ in 0..<seconds * 2 {
            self.look()
            self.now = self.now.adding(milliseconds: SyncLimits.tickMilliseconds)
        }
    }

    /// Looks once.
    mutating func look() {
        let actions = self.sync.tick(now: self.now, entropy: self.random.next())
        var sync = self.sync
        self.changes += sync.carryOut(actions, now: self.now, own: self.own) { peer, request in
            self.answer(peer, request)
        }
        self.sync = sync
    }

    private mutating func answer(_ peer: NodeID, _ request: SyncRequest) -> SyncResponse? {
        let types = request.comparison == nil ? request.types : []
        let phase = types.first.flatMap { MessageType(rawValue: $0)?.syncPhase }
        let seen = Asked(peer: peer, phase: phase, since: request.sinceTimestamp, at: self.now)
        if !request.wantsScores, !request.wantsSnapshots { self.asked.append(seen) }
        if let silence = self.mute[peer], silence == nil || silence == phase { return nil }
        if let tiring, phase == tiring, self.tired.insert(peer).inserted {
            return .throttled(since: request.sinceTimestamp, request.sinceID, wait: 30_000)
        }
        let roots = self.roots[peer] ?? Roots(proposals: .emptyRoot, identities: .emptyRoot)
        return SyncResponse(
            hasMore: false,
            checkpoint: roots.proposals,
            identityCheckpoint: roots.identities,
            differing: []
        )
    }

    /// Lets a cycle of incremental sync pass, and what it asks for.
    mutating func liveOneCycle() {
        self.sleep(milliseconds: SyncLimits.incrementalMilliseconds)
        self.live(seconds: 40)
    }

    mutating func forget() { (self.asked, self.changes) = ([], []) }

    var state: SyncState { self.sync.status.state }

    /// Who was asked for a phase, in order.
    func asked(for phase: Int?) -> [NodeID] { self.asked.filter { $0.phase == phase }.map(\.peer) }

    /// A message of phase 3 with an identifier of its own.
    static func withdrawal(at time: Timestamp = Self.start) throws -> Message {
        let id = SHA256Digest.hash(NodeID(SigningKey.generate().publicKey).array)
        return try EnvelopeCodec.sign(
            .withdraw,
            payload: .object([("proposal_id", .string(id.hex))]),
            timestamp: time,
            key: .generate()
        )
    }
}
