import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Sync

extension StateSnapshot {
    /// What a node says that holds something, or nothing.
    static func of(
        _ roots: Roots = Roots(proposals: .emptyRoot, identities: .emptyRoot),
        summary: Bytes32 = .zero,
        at time: Timestamp
    ) -> StateSnapshot {
        StateSnapshot(
            identityMerkleRoot: roots.identities ?? .emptyRoot,
            proposalMerkleRoot: roots.proposals,
            reputationSummaryHash: summary,
            activeNodeCount: 1,
            snapshotTimestamp: time,
            identityCount: 2,
            proposalCount: 3
        )
    }

    func signed(by name: String) throws -> Message {
        try Draft(self).signed(by: .named(name), at: self.snapshotTimestamp)
    }
}

/// A node that catches up among peers that serve scores and snapshots, and nothing else.
struct SnapshotScene {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    struct Asked {
        let peer: NodeID
        let request: SyncRequest
    }

    private(set) var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
    )
    private(set) var now = Self.start
    private(set) var asked: [Asked] = []
    private(set) var findings: [Snapshots.Finding] = []
    /// Snapshots that were handed to admission.
    private(set) var admitted: [MessageID] = []
    private(set) var refusals: [Refusal.Code] = []
    /// What every peer says of whom.
    var scores: [SyncResponse.CurrentReputation] = []
    /// What each peer serves.
    var served: [NodeID: [[UInt8]]] = [:]
    /// Who holds something else than nothing.
    var roots: [NodeID: Roots] = [:]
    /// Answers in the place of the usual ones to questions for snapshots; nil is none.
    var answers: [NodeID: [SyncResponse?]] = [:]

    static func node(_ name: String) throws -> NodeID {
        NodeID(try SigningKey.named(name).publicKey)
    }

    init(past: [Message] = []) {
        for message in past { self.sync.logged(message) }
        _ = self.sync.started(now: Self.start, entropy: 0)
    }

    /// Peers that are believed from 0.7 on, each in the network of its number modulo a count, and others
    /// that publish nothing.
    static func publishers(
        _ count: Int,
        networks: Int,
        outsiders: Int = 2,
        past: [Message] = []
    ) throws -> SnapshotScene {
        var scene = SnapshotScene(past: past)
        for number in 0..<outsiders { try scene.meet("outsider \(number)", network: 100 + number) }
        for number in 0..<count {
            try scene.meet("peer \(number)", network: number % networks)
            try scene.rate("peer \(number)", 700_000)
        }
        return scene
    }

    mutating func meet(
        _ name: String,
        network: Int,
        isBootstrap: Bool = false,
        state: SyncState? = .synced
    ) throws {
        let node = try Self.node(name)
        let event = PeerAuthenticated(
            peer: node,
            network: "\(network)",
            isBootstrap: isBootstrap
        )
        _ = self.sync.authenticated(event, now: self.now, entropy: 0)
        self.sync.announced(node, status: state)
    }

    mutating func rate(_ name: String, _ score: Int64) throws {
        self.scores.append(
            SyncResponse.CurrentReputation(
                nodeID: try Self.node(name),
                reputation: FixedPoint(millionths: score),
                lastAssessment: Self.start
            )
        )
    }

    /// A peer serves a snapshot that it signed, or that another one did.
    mutating func serve(_ snapshot: StateSnapshot, by name: String, from peer: String? = nil) throws
    {
        let message = try snapshot.signed(by: name)
        self.served[try Self.node(peer ?? name), default: []].append(message.canonical)
    }

    mutating func live(seconds: Int) throws {
        for _ in 0..<seconds * 2 {
            self.now = self.now.adding(milliseconds: SyncLimits.tickMilliseconds)
            try self.look()
        }
    }

    private mutating func look() throws {
        var sync = self.sync
        let actions = sync.tick(now: self.now, entropy: 0)
        let others = sync.carryOut(actions, now: self.now) { self.answer($0, $1) }
        for action in others { try self.note(action, &sync) }
        self.sync = sync
    }

    private mutating func answer(_ peer: NodeID, _ request: SyncRequest) -> SyncResponse? {
        self.asked.append(Asked(peer: peer, request: request))
        if request.wantsScores {
            return SyncResponse(hasMore: false, reputationCurrent: self.scores)
        }
        guard request.wantsSnapshots else {
            guard let roots = self.roots[peer] else { return .nothing }
            return SyncResponse(
                hasMore: false,
                checkpoint: roots.proposals,
                identityCheckpoint: roots.identities,
                differing: request.comparison == nil ? nil : []
            )
        }
        if let answer = self.answers[peer]?.first {
            self.answers[peer]?.removeFirst()
            return answer
        }
        return SyncResponse(messages: self.served[peer] ?? [], hasMore: false)
    }

    /// Stands for the rest of admission, which finds nothing wrong.
    private mutating func note(_ action: SyncAction, _ sync: inout SyncStateMachine) throws {
        switch action {
        case .admit(let bytes, let peer):
            let message = try EnvelopeCodec.decode(bytes)
            self.admitted.append(message.id)
            let judged = sync.judge(message.admitted(from: .sync(peer: peer)), now: self.now)
            for action in judged { try self.note(action, &sync) }
        case .refuse(_, _, let refusal): self.refusals.append(refusal.code)
        case .tellSnapshots(let finding): self.findings.append(finding)
        default: break
        }
    }

    /// Who was asked for snapshots.
    var asksForSnapshots: [NodeID] { self.asked.filter(\.request.wantsSnapshots).map(\.peer) }
}
