import Cryptography
import Kernel
import Messages
import Primitives

@testable import Sync

extension Bytes32 {
    /// The root of a tree without leaves.
    static let emptyRoot = MerkleTree(ids: []).root
}

extension Wiring {
    /// Takes the place of Identity where own snapshots are concerned.
    borrowing func publishesNothing() {
        self.receives(PublishMessage.self) { _, _, _ in }
        self.answers(IdentityKeys.self) { _, envelope, outbox in
            let nobody = NodeID(Bytes32.zero)
            let keys = IdentityKeys.Reply(
                key: nobody,
                identity: nobody,
                keys: [],
                isSuspended: false
            )
            outbox.reply(keys, to: envelope.replyAddress)
        }
    }
}

extension PeerAuthenticated {
    /// A peer in a network of its own, as in the local profile.
    static func alone(_ peer: NodeID) -> PeerAuthenticated {
        PeerAuthenticated(peer: peer, network: peer.hex)
    }
}

extension SyncStateMachine {
    /// The replay of a log is over that says nothing of when the node stopped.
    mutating func started(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.started(newest: nil, now: now, entropy: entropy)
    }

    /// A peer in a network of its own connects.
    mutating func authenticated(_ peer: NodeID, now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.authenticated(.alone(peer), now: now, entropy: entropy)
    }

    /// Carries out what the machine wants, and all that follows from it, at one moment.
    ///
    /// - Parameters:
    ///   - actions: what it wants.
    ///   - now: the moment.
    ///   - own: the own roots.
    ///   - answer: what a peer answers; nil breaks the session.
    /// - Returns: everything but requests and questions about the own root.
    mutating func carryOut(
        _ actions: [SyncAction],
        now: Timestamp,
        own: Roots = Roots(proposals: .emptyRoot, identities: nil),
        answer: (NodeID, SyncRequest) throws -> SyncResponse?
    ) rethrows -> [SyncAction] {
        var (queue, others) = (actions, [SyncAction]())
        while !queue.isEmpty {
            switch queue.removeFirst() {
            case .request(let exchange, let request):
                if let response = try answer(exchange.peer, request) {
                    queue += self.responded(response, to: exchange, now: now)
                } else {
                    queue += self.exchangeFailed(exchange, now: now)
                }
            case .ask(.tree(_, _, .own(.judgement, _))): queue += self.judge(own, now: now)
            case .ask(.tree(_, _, .own(.comparison(let peer), _))): self.compare(own, with: peer)
            case .ask(.tree(let tree, _, let purpose)):
                let empty = TreeView(root: .emptyRoot, leaves: 0)
                queue += self.heard(empty, of: tree, for: purpose, now: now)
            case .await: break
            case let other: others.append(other)
            }
        }
        return others
    }

    /// A tick among peers that have nothing and whose logs are the same whenever they are compared.
    mutating func tickAmongEmpty(now: Timestamp, entropy: UInt64 = 0) -> [SyncAction] {
        self.carryOut(self.tick(now: now, entropy: entropy), now: now) { _, _ in .nothing }
    }
}

extension [SyncAction] {
    /// What has to do with sessions: without questions for scores and snapshots, and without telling what is awaited.
    var ofSessions: [SyncAction] {
        self.filter { action in
            switch action {
            case .await: false
            case .request(_, let request): !request.wantsScores && !request.wantsSnapshots
            default: true
            }
        }
    }
}

extension SyncRequest {
    /// Whether it asks for scores, as it is done beside the sessions.
    var wantsScores: Bool { self.types == [ScorePoll.typeName] }

    /// Whether it asks for snapshots, as it is done beside the sessions, too.
    var wantsSnapshots: Bool { self.types == [SnapshotPoll.typeName] }
}

extension SyncResponse {
    /// The answer of a peer that holds nothing.
    static let nothing = SyncResponse(hasMore: false, checkpoint: .emptyRoot, differing: [])
}
