import DequeModule
import Messages
import OrderedCollections
import Primitives

/// One walk down one tree of one peer, to the leaves that only one side has (R-05-072, ADR 0062).
///
/// Trees of different size have other paths for the same leaves, so parts are recognised by their hashes.
struct TreeWalk: Sendable {
    private enum Step: Sendable, Equatable {
        /// The own tree is looked at.
        case looking
        /// The next request may go out at this time.
        case pausing(until: Timestamp)
        /// A request is under way.
        case asking(OutboundExchange)
    }

    /// A part of the peer's tree that this node does not know.
    private struct Part: Sendable {
        let path: [UInt8]
        /// What must stand there; nil for the whole tree, whose root comes with the answer.
        let hash: Bytes32?
    }

    let subject: TreeOfPeer
    /// Tells it from other walks when the owner of the own tree answers.
    let number: UInt64
    private let began: Timestamp
    private var step = Step.looking
    /// What is still to be looked at, the part that is being looked at first.
    private var parts: Deque<Part> = []
    private var levels = NarrowingLimits.levelsMax
    private var requests = 0
    private var throttles = 0
    /// The nodes that the own tree is being asked about.
    private var nodes: [MerkleNode] = []
    private(set) var onlyThere: OrderedSet<MessageID> = []
    /// Own leaves that the peer has, too.
    private var shared = 0
    /// Messages in the own tree.
    private var held = 0

    init(of subject: TreeOfPeer, number: UInt64, now: Timestamp) {
        self.subject = subject
        self.number = number
        self.began = now
    }

    // MARK: Where it stands

    /// Whether the peer was not asked yet.
    var isAtStart: Bool { self.requests == 0 }

    /// Whether the whole tree was looked at.
    var isWhole: Bool { self.parts.isEmpty }

    /// Whether it has taken too long.
    func isStuck(now: Timestamp) -> Bool {
        now.milliseconds(since: self.began) >= NarrowingLimits.walkMilliseconds
    }

    /// Whether the next request may go out.
    func mayAsk(now: Timestamp) -> Bool {
        if case .pausing(let until) = self.step { until <= now } else { false }
    }

    /// Whether this exchange is the one that it waits for.
    func isWaiting(for exchange: OutboundExchange) -> Bool { self.step == .asking(exchange) }

    /// Whether more may be looked at.
    var mayGoOn: Bool {
        !self.isWhole && self.requests < NarrowingLimits.requestsMax
            && self.onlyThere.count < NarrowingLimits.idsMax
    }

    /// What a walk over the whole tree found.
    var divergence: Divergence {
        Divergence(
            peer: self.subject.peer,
            tree: self.subject.tree,
            onlyThere: Array(self.onlyThere),
            onlyHere: max(0, self.held - self.shared),
            held: self.held
        )
    }

    // MARK: Asking

    /// The own tree is another one than the peer's.
    mutating func begin(_ own: TreeView, now: Timestamp) {
        self.parts = [Part(path: [], hash: nil)]
        let isSmall = own.leaves <= NarrowingLimits.smallTreeLeaves
        self.levels = isSmall ? NarrowingLimits.levelsMax : NarrowingLimits.firstLevels
        self.step = .pausing(until: now)
    }

    /// The next request goes out.
    mutating func ask(on exchange: OutboundExchange) -> SyncRequest {
        self.step = .asking(exchange)
        self.requests += 1
        return SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: Int64.max >> 11),
            limit: 1,
            merkleTree: self.subject.tree,
            depth: Int64(self.levels),
            subtreePath: (self.parts.first?.path ?? []).map { Int64($0) }
        )
    }

    // MARK: Answers

    /// What an answer comes to.
    enum Outcome: Sendable, Equatable {
        /// The own tree is asked about these nodes.
        case look([MerkleNode])
        /// It is asked the same again after a pause.
        case paused
        /// The peer changed its tree, or makes one up.
        case broken
    }

    /// The peer answered.
    mutating func take(_ response: SyncResponse, now: Timestamp) -> Outcome {
        guard response.error == nil else { return self.declined(response, now: now) }
        guard let part = self.parts.popFirst() else { return .broken }
        let nodes = response.merkleNodes.map { node in
            MerkleNode(
                path: node.path.map { UInt8(clamping: $0) },
                hash: node.hash,
                messageID: node.messageID
            )
        }
        let isEmpty = nodes.isEmpty && part.path.isEmpty
        let top =
            isEmpty
            ? MerkleTree(ids: []).root
            : TreeProof.top(of: nodes, at: part.path, levels: self.levels)
        // A peer that names neither nodes nor a root may not know the question.
        let named = part.hash ?? response.root(of: self.subject.tree) ?? (isEmpty ? nil : top)
        guard let top, top == named else { return .broken }
        self.levels = NarrowingLimits.levelsMax
        self.nodes = nodes
        self.step = .looking
        return .look(nodes)
    }

    private mutating func declined(_ response: SyncResponse, now: Timestamp) -> Outcome {
        guard response.isThrottled, self.throttles < SyncLimits.throttlesMax else {
            return .broken
        }
        self.throttles += 1
        self.step = .pausing(until: now.adding(milliseconds: response.wait))
        return .paused
    }

    /// The owner of the own tree told which of the nodes it knows.
    mutating func looked(_ own: TreeView, now: Timestamp) {
        self.held = own.leaves
        for (node, shared) in zip(self.nodes, own.shared) {
            self.shared += shared
            guard shared == 0 else { continue }
            if let id = node.messageID {
                self.onlyThere.append(id)
            } else {
                self.parts.append(Part(path: node.path, hash: node.hash))
            }
        }
        self.nodes = []
        self.throttles = 0
        self.step = .pausing(until: now)
    }
}

extension SyncResponse {
    /// The root that an answer names; nil when it does not.
    func root(of tree: SyncRequest.Tree) -> Bytes32? {
        switch tree {
        case .identity: self.identityCheckpoint
        case .proposal: self.checkpoint
        }
    }
}
