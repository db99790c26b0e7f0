import Messages
import OrderedCollections
import Primitives

/// A tree of a peer.
struct TreeOfPeer: Hashable, Sendable {
    let peer: NodeID
    let tree: SyncRequest.Tree
}

/// What narrowing wants done.
enum NarrowingAction: Sendable, Equatable {
    /// Ask a peer for nodes.
    case request(OutboundExchange, SyncRequest)
    /// Ask the owner of an own tree; the number tells the walk.
    case look(SyncRequest.Tree, TreeQuestion, UInt64)
    /// Fetch what only the peer has.
    case fetch([MessageID], from: NodeID)
    /// Tell how the trees differ.
    case tell(Divergence)
    /// Tell that the trees are equal.
    case tellEqual(TreeOfPeer)
}

/// Which trees of which peers are compared with the own ones, and when; one at a time (ADR 0062).
struct Narrowing: Sendable {
    private struct Record: Sendable {
        /// When it is to be compared; nil while nothing asks for it.
        var due: Timestamp?
        /// Not before this time.
        var restsUntil: Timestamp?
        /// Walks in a row that did not end in equal trees.
        var walks: Int64 = 0
    }

    private var records: OrderedDictionary<TreeOfPeer, Record> = [:]
    /// What peers that are connected named last.
    private var roots: OrderedDictionary<TreeOfPeer, Bytes32> = [:]
    private var walk: TreeWalk?
    private var walks: UInt64 = 0
    /// Whose identity messages are fetched even while a session with it goes on (R-05-065).
    private var urgent: (peer: NodeID, until: Timestamp)?

    // MARK: When

    /// A peer names the roots of its trees.
    mutating func saw(_ response: SyncResponse, of peer: NodeID) {
        // An answer that only says to wait looked at no tree.
        guard response.error == nil else { return }
        for tree in SyncRequest.Tree.allCases {
            self.roots[TreeOfPeer(peer: peer, tree: tree)] = response.root(of: tree)
        }
    }

    /// A phase of a pass was read to its end (R-05-064, R-05-071).
    mutating func read(phase: Int, of peer: NodeID, now: Timestamp) {
        if phase == MessageType.didRevoke.syncPhase {
            self.want([.identity], of: peer, now: now)
        } else if phase == MessageType.propose.syncPhase {
            self.want(SyncRequest.Tree.allCases, of: peer, now: now)
        }
    }

    /// The log was compared with that of a peer.
    mutating func compared(with peer: NodeID, now: Timestamp) {
        self.want(SyncRequest.Tree.allCases, of: peer, now: now)
    }

    private mutating func want(_ trees: [SyncRequest.Tree], of peer: NodeID, now: Timestamp) {
        for tree in trees {
            self.change(TreeOfPeer(peer: peer, tree: tree)) { record in
                let earliest = max(now, record.restsUntil ?? now)
                record.due = min(record.due ?? earliest, earliest)
            }
        }
    }

    /// Whether ids are fetched from the peer although a session with it needs its allowance.
    func isUrgent(_ peer: NodeID, now: Timestamp) -> Bool {
        self.urgent.map { $0.peer == peer && now < $0.until } ?? false
    }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) {
        for tree in SyncRequest.Tree.allCases {
            let subject = TreeOfPeer(peer: peer, tree: tree)
            self.roots[subject] = nil
            self.records[subject]?.due = nil
        }
        if self.walk?.subject.peer == peer { self.walk = nil }
    }

    // MARK: The walk

    /// What to do now; called twice a second.
    mutating func next(
        among candidates: Candidates,
        _ numbers: inout ExchangeNumbers,
        now: Timestamp
    ) -> [NarrowingAction] {
        guard var walk = self.walk else { return self.begin(candidates, now: now) }
        guard !walk.isStuck(now: now) else {
            self.giveUp(now: now)
            return []
        }
        guard walk.mayAsk(now: now) else { return [] }
        let exchange = numbers.exchange(with: walk.subject.peer)
        let request = walk.ask(on: exchange)
        self.walk = walk
        return [.request(exchange, request)]
    }

    /// Only trees of peers that have caught up say anything (R-05-009).
    private mutating func begin(_ candidates: Candidates, now: Timestamp) -> [NarrowingAction] {
        let due = self.records.first { subject, record in
            record.due.map { $0 <= now } ?? false && candidates.isSynced(subject.peer)
        }
        guard let subject = due?.key else { return [] }
        self.records[subject]?.due = nil
        self.walks += 1
        self.walk = TreeWalk(of: subject, number: self.walks, now: now)
        return [.look(subject.tree, .root, self.walks)]
    }

    /// Whether this exchange belongs to the walk.
    func isWaiting(for exchange: OutboundExchange) -> Bool {
        self.walk?.isWaiting(for: exchange) ?? false
    }

    /// The peer answered.
    mutating func answered(_ response: SyncResponse, now: Timestamp) -> [NarrowingAction] {
        guard var walk = self.walk else { return [] }
        let outcome = walk.take(response, now: now)
        self.walk = walk
        switch outcome {
        case .look(let nodes): return [.look(walk.subject.tree, .shared(nodes), walk.number)]
        case .paused: return []
        case .broken:
            self.giveUp(now: now)
            return []
        }
    }

    /// An exchange failed.
    mutating func failed(_ exchange: OutboundExchange, now: Timestamp) {
        if self.isWaiting(for: exchange) { self.giveUp(now: now) }
    }

    /// The owner of an own tree answered; nil when it did not.
    mutating func looked(_ own: TreeView?, number: UInt64, now: Timestamp) -> [NarrowingAction] {
        guard var walk = self.walk, walk.number == number else { return [] }
        guard let own else {
            self.giveUp(now: now)
            return []
        }
        if walk.isAtStart {
            guard self.roots[walk.subject] != own.root else {
                return self.agreed(on: walk.subject)
            }
            walk.begin(own, now: now)
        } else {
            walk.looked(own, now: now)
        }
        self.walk = walk
        return walk.mayGoOn ? [] : self.finish(walk, now: now)
    }

    // MARK: How it ends

    private mutating func agreed(on subject: TreeOfPeer) -> [NarrowingAction] {
        self.walk = nil
        self.change(subject) { record in
            record.walks = 0
            record.restsUntil = nil
        }
        return [.tellEqual(subject)]
    }

    private mutating func finish(_ walk: TreeWalk, now: Timestamp) -> [NarrowingAction] {
        let found = walk.divergence
        guard !walk.isWhole || !found.onlyThere.isEmpty || found.onlyHere > 0 else {
            return self.agreed(on: walk.subject)
        }
        self.walk = nil
        self.rest(walk.subject, comesAgain: !found.onlyThere.isEmpty, now: now)
        var actions: [NarrowingAction] = []
        if !found.onlyThere.isEmpty {
            let ids = Array(found.onlyThere.prefix(NarrowingLimits.idsMax))
            actions.append(.fetch(ids, from: found.peer))
            self.hurry(walk.subject, now: now)
        }
        return walk.isWhole ? actions + [.tell(found)] : actions
    }

    /// A revocation must not wait until a session is over.
    private mutating func hurry(_ subject: TreeOfPeer, now: Timestamp) {
        guard subject.tree == .identity else { return }
        let until = now.adding(milliseconds: NarrowingLimits.pauseMilliseconds)
        self.urgent = (peer: subject.peer, until: until)
    }

    private mutating func giveUp(now: Timestamp) {
        guard let subject = self.walk?.subject else { return }
        self.walk = nil
        self.rest(subject, comesAgain: true, now: now)
    }

    /// The trees still differ, as far as is known: it is left for a while (R-05-073).
    private mutating func rest(_ subject: TreeOfPeer, comesAgain: Bool, now: Timestamp) {
        self.change(subject) { record in
            let doublings = min(record.walks, NarrowingLimits.pauseDoublingsMax)
            let until = now.adding(milliseconds: NarrowingLimits.pauseMilliseconds << doublings)
            record.restsUntil = until
            record.walks += 1
            let isAgain = comesAgain && record.walks <= NarrowingLimits.repetitionsMax
            record.due = isAgain || record.due != nil ? until : nil
        }
    }

    private mutating func change(_ subject: TreeOfPeer, _ change: (inout Record) -> Void) {
        var record = self.records[subject] ?? Record()
        change(&record)
        self.records[subject] = record
        if self.records.count > NarrowingLimits.treesMax { self.records.removeFirst() }
    }
}
