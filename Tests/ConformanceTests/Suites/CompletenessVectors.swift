import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Sync

/// When a node that catches up from five peers is synced.
enum CompletenessVectors {
    private static let own = Roots(
        proposals: SHA256Digest.hash([1]),
        identities: SHA256Digest.hash([2])
    )
    private static let other = SHA256Digest.hash([3])

    /// What the peers hold, and what they do not answer.
    private struct Peers {
        let proposalMatches: Int
        let identityMatches: Int
        /// All of them leave a phase unanswered.
        let leaveOutPhase: Bool
        /// One of them has no assessments to give.
        let lackAssessments: Bool

        func answer(_ peer: NodeID, _ request: SyncRequest) -> SyncResponse? {
            guard let number = (0..<5).first(where: { SyncVectors.peer($0) == peer }) else {
                return nil
            }
            let type = request.comparison == nil ? request.types.first : nil
            let phase = type.flatMap { MessageType(rawValue: $0)?.syncPhase }
            if self.leaveOutPhase, phase == SyncPhases.contents { return nil }
            if self.lackAssessments, number == 0, phase == SyncPhases.assessments { return nil }
            return SyncResponse(
                hasMore: false,
                checkpoint: number < self.proposalMatches ? own.proposals : other,
                identityCheckpoint: number < self.identityMatches ? own.identities : other,
                differing: []
            )
        }
    }

    @Sendable static func run(_ vector: VectorCase) throws {
        let input = vector.input
        let peers = Peers(
            proposalMatches: Int(try input.integer("proposal_matches")),
            identityMatches: Int(try input.integer("identity_matches")),
            leaveOutPhase: !(try input.bool("phases_done")),
            lackAssessments: !(try input.bool("reputation_batch_from_each"))
        )
        var sync = try self.newcomer()
        var now = SyncVectors.now
        // Twelve rounds of asking those that differ take two minutes; with this entropy pauses are short.
        for _ in 0..<600 where sync.status.state != .synced {
            self.carryOut(sync.tick(now: now, entropy: 0), in: &sync, peers, now: now)
            now = now.adding(milliseconds: SyncLimits.tickMilliseconds)
        }
        let isSynced = sync.status.state == .synced
        try Check.same("synced", isSynced, try vector.expect.bool("synced"))
    }

    /// A node that has heard of a large network and meets five peers in as many networks of it (D-26).
    private static func newcomer() throws -> SyncStateMachine {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: false)
        )
        for number in 0..<6 {
            let key = try Assembly.key("node \(number)")
            let proof = VDFProof.easy(of: NodeID(key.publicKey), at: SyncVectors.now)
            let message = try Draft.announcement(proof).signed(by: key, at: SyncVectors.now)
            _ = sync.accepted(message.admitted(), now: SyncVectors.now)
        }
        _ = sync.started(newest: nil, now: SyncVectors.now, entropy: 0)
        for number in 0..<5 {
            let peer = PeerAuthenticated(peer: SyncVectors.peer(number), network: "\(number)")
            _ = sync.authenticated(peer, now: SyncVectors.now, entropy: 0)
            sync.announced(peer.peer, status: .synced)
        }
        return sync
    }

    /// Answers what the machine asks of peers and of the owners of the own trees.
    private static func carryOut(
        _ actions: [SyncAction],
        in sync: inout SyncStateMachine,
        _ peers: Peers,
        now: Timestamp
    ) {
        var queue = actions
        while !queue.isEmpty {
            switch queue.removeFirst() {
            case .request(let exchange, let request):
                if let response = peers.answer(exchange.peer, request) {
                    queue += sync.responded(response, to: exchange, now: now)
                } else {
                    queue += sync.exchangeFailed(exchange, now: now)
                }
            case .ask(.tree(let tree, _, let purpose)):
                let root = tree == .proposal ? self.own.proposals : self.own.identities
                let view = root.map { TreeView(root: $0, leaves: 1) }
                queue += sync.heard(view, of: tree, for: purpose, now: now)
            default: break
            }
        }
    }
}
