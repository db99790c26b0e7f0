import Messages
import Primitives
import TestSupport

@testable import Sync

/// One node of an ``ExchangeTown``: the real state machine of sync, and plain stand-ins for the subsystems
/// that it asks.
struct ExchangeNode {
    let id: NodeID
    let isFounder: Bool
    private let configuration: SyncConfiguration
    var sync: SyncStateMachine
    private(set) var log = PlainLog()
    private var trees: [SyncRequest.Tree: KeptMerkleTree] = [:]
    /// It has no room for what others serve.
    var isFull = false

    /// A founder counts as synced from its start.
    init(_ id: NodeID, isFounder: Bool) {
        self.id = id
        self.isFounder = isFounder
        self.configuration = SyncConfiguration(isSyncedAtStart: isFounder, isLocalProfile: false)
        self.sync = SyncStateMachine(configuration: self.configuration)
    }

    // MARK: The log

    mutating func add(_ message: Message, isOwn: Bool) {
        self.log.add(message, isOwn: isOwn)
        self.trees = [:]
    }

    /// Tells the machine of a message that is in the log.
    mutating func tell(_ message: Message, _ origin: Origin, at now: Timestamp, isReplay: Bool) {
        let admitted = message.admitted(from: origin, at: now)
        self.sync.logged(MessageLogged(sequence: 1, admitted: admitted, isReplay: isReplay))
    }

    /// Ends the process and begins a new one on the same log.
    mutating func restart(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.sync = SyncStateMachine(configuration: self.configuration)
        let stranger = NodeID(Bytes32.zero)
        for entry in self.log.entries {
            let origin: Origin = entry.isOwn ? .local(nil) : .sync(peer: stranger)
            self.tell(entry.message, origin, at: now, isReplay: true)
        }
        return self.sync.started(newest: nil, now: now, entropy: entropy)
    }

    // MARK: What the machine asks

    mutating func answer(_ question: SyncQuestion, now: Timestamp) -> [SyncAction] {
        switch question {
        case .page(let query, let reading): self.sync.heard(self.log.page(query), for: reading)
        case .messages(let query, let reading):
            self.sync.heard(self.log.messages(query), for: reading)
        case .chain(_, let purpose):
            self.sync.heard(IdentityChain.Reply(entries: [], hasMore: false), for: purpose)
        case .archived(_, let page): self.sync.heard(Set<MessageID>(), for: page)
        case .votes(_, let reading):
            self.sync.heard(ProposalVotes.Reply(entries: [], hasMore: false), for: reading)
        case .tree(let tree, let question, let purpose):
            self.sync.heard(self.look(at: tree, question), of: tree, for: purpose, now: now)
        case .scores(_, let reading):
            self.sync.heard(CurrentScores.Reply(entries: [], hasMore: false), for: reading)
        case .ownKeys, .allScores: []
        }
    }

    private mutating func look(at tree: SyncRequest.Tree, _ question: TreeQuestion) -> TreeView {
        let members = self.log.ids { type in
            tree == .proposal ? type == .propose : type.syncPhase == 1
        }
        var kept = self.trees[tree] ?? KeptMerkleTree()
        if self.trees[tree] == nil { kept.keep(members) }
        let view = TreeView(answering: question, about: &kept, members: Set(members))
        self.trees[tree] = kept
        return view
    }
}
