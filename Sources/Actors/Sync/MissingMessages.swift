import DequeModule
import Messages
import OrderedCollections
import Primitives

/// Messages that others refer to and this node has not seen, with who may hold them (D-88).
///
/// Anybody can name ids that do not exist, so each costs a bounded amount of work: it waits in a
/// queue and is asked for a few times together with others. When nobody brought it, it rests, each
/// time for twice as long, before everybody is asked again; after some rounds it is forgotten.
struct MissingMessages: Sendable {
    private struct Entry: Sendable {
        var holders: [NodeID]
        var asked: [NodeID] = []
        var attempts = 0
        /// Rounds in which nobody brought it.
        var rounds = 0

        /// In the round that begins no peer has been asked.
        mutating func startOver() {
            self.asked = []
            self.attempts = 0
        }
    }

    /// A request under way, or answered a moment ago: what it brought is still being judged.
    private struct Request: Sendable {
        let exchange: UInt64
        let ids: [MessageID]
        var isUnderWayUntil: Timestamp
    }

    /// Whom to ask next for an id.
    private enum Turn {
        case ask(NodeID)
        case wait
        case nobodyLeft
    }

    private var entries: [MessageID: Entry] = [:]
    /// Ids that nobody is being asked for.
    ///
    /// Found ones keep their place until it is their turn.
    private var queue: Deque<MessageID> = []
    /// Ids between two rounds, by the number of rounds behind them; each list in the order of time.
    private var resting: [Deque<(id: MessageID, until: Timestamp)>] = Array(
        repeating: [],
        count: SyncLimits.missingRoundsMax
    )
    private var requests: OrderedDictionary<NodeID, Request> = [:]
    private var pauses: [NodeID: Timestamp] = [:]

    /// Ids that are still wanted.
    var count: Int { self.entries.count }

    // MARK: Ids come and go

    /// Adds missing ids; the oldest waiting ones give way when the table is full.
    mutating func add(_ ids: [MessageID], holders: [NodeID]) {
        for id in ids where self.entries[id] == nil {
            guard self.makeRoom() else { return }
            let likely = holders.prefix(SyncLimits.likelyHoldersMax)
            self.entries[id] = Entry(holders: Array(likely))
            self.queue.append(id)
        }
    }

    /// Makes room for one more id; the places of found ids count, so the lists are bounded too.
    ///
    /// What was asked for in vain most often goes first.
    private mutating func makeRoom() -> Bool {
        while max(self.entries.count, self.queue.count + self.restingCount) >= SyncLimits.missingMax
        {
            guard let id = self.popRested() ?? self.queue.popFirst() else { return false }
            self.entries[id] = nil
        }
        return true
    }

    private var restingCount: Int { self.resting.reduce(0) { $0 + $1.count } }

    private mutating func popRested() -> MessageID? {
        self.resting.lastIndex { !$0.isEmpty }.flatMap { self.resting[$0].popFirst()?.id }
    }

    /// A round is over for an id: it rests, or is given up.
    private mutating func rest(_ id: MessageID, now: Timestamp) {
        guard var entry = self.entries[id] else { return }
        guard entry.rounds < SyncLimits.missingRoundsMax else {
            self.entries[id] = nil
            return
        }
        let pause = SyncLimits.missingPauseMilliseconds << Int64(entry.rounds)
        self.resting[entry.rounds].append((id: id, until: now.adding(milliseconds: pause)))
        entry.rounds += 1
        entry.startOver()
        self.entries[id] = entry
    }

    private mutating func wakeRested(now: Timestamp) {
        for round in self.resting.indices {
            while let first = self.resting[round].first, first.until <= now {
                self.resting[round].removeFirst()
                if self.entries[first.id] != nil { self.queue.append(first.id) }
            }
        }
    }

    /// The message has arrived.
    mutating func found(_ id: MessageID) {
        self.entries[id] = nil
    }

    // MARK: Asking

    /// What to ask now, at most one request a peer, for at most ``SyncLimits/idsPerRequestMax`` ids.
    ///
    /// - Parameters:
    ///   - connected: the peers there are.
    ///   - busy: the peer of the running session, whose allowance the session needs.
    ///   - now: the present.
    /// - Returns: the ids to ask each peer for.
    mutating func next(connected: [NodeID], busy: NodeID?, now: Timestamp)
        -> [(peer: NodeID, ids: [MessageID])]
    {
        self.takeBack(now: now)
        self.wakeRested(now: now)
        guard !self.queue.isEmpty else { return [] }
        let askable = OrderedSet(
            connected.filter { $0 != busy && self.mayAsk($0, now: now) }
        )
        guard !askable.isEmpty else { return [] }
        let all = OrderedSet(connected)
        var chosen: OrderedDictionary<NodeID, [MessageID]> = [:]
        for _ in 0..<min(self.queue.count, SyncLimits.idsPerRequestMax) {
            guard let id = self.queue.popFirst(), let entry = self.entries[id] else { continue }
            switch Self.turn(of: entry, connected: all, askable: askable) {
            case .ask(let peer): chosen[peer, default: []].append(id)
            case .wait: self.queue.append(id)
            case .nobodyLeft: self.rest(id, now: now)
            }
        }
        return chosen.map { (peer: $0.key, ids: $0.value) }
    }

    /// Likely holders come first, even if they have to be waited for; so ids that a peer made up
    /// use up the patience of that peer and not of the others.
    private static func turn(
        of entry: Entry,
        connected: OrderedSet<NodeID>,
        askable: OrderedSet<NodeID>
    ) -> Turn {
        guard entry.attempts < SyncLimits.missingAttemptsMax else { return .nobodyLeft }
        for holder in entry.holders
        where connected.contains(holder) && !entry.asked.contains(holder) {
            return askable.contains(holder) ? .ask(holder) : .wait
        }
        // Few were asked, so the first who was not is among the first few.
        if let peer = askable.first(where: { !entry.asked.contains($0) }) { return .ask(peer) }
        return connected.contains { !entry.asked.contains($0) } ? .wait : .nobodyLeft
    }

    private func mayAsk(_ peer: NodeID, now: Timestamp) -> Bool {
        self.requests[peer] == nil && (self.pauses[peer].map { $0 <= now } ?? true)
    }

    /// A request for ids goes out.
    mutating func sent(_ ids: [MessageID], exchange: UInt64, to peer: NodeID, now: Timestamp) {
        for id in ids {
            self.entries[id]?.asked.append(peer)
            self.entries[id]?.attempts += 1
        }
        self.requests[peer] = Request(
            exchange: exchange,
            ids: ids,
            isUnderWayUntil: now.adding(milliseconds: SyncLimits.idRequestMilliseconds)
        )
        self.pauses[peer] = now.adding(milliseconds: SyncLimits.idRequestPauseMilliseconds)
    }

    /// What was asked for in a request that is under way.
    func ids(of exchange: UInt64, to peer: NodeID) -> [MessageID] {
        self.requests[peer].map { $0.exchange == exchange ? $0.ids : [] } ?? []
    }

    /// The peer answered; ids that its answer did not bring are asked for again elsewhere.
    mutating func answered(_ exchange: UInt64, by peer: NodeID, now: Timestamp) {
        guard self.requests[peer]?.exchange == exchange else { return }
        self.requests[peer]?.isUnderWayUntil =
            now.adding(milliseconds: SyncLimits.settlingMilliseconds)
    }

    /// The peer wants to be left alone for a while: it is asked again, but no longer first.
    mutating func throttled(_ exchange: UInt64, by peer: NodeID, wait: Int64, now: Timestamp) {
        guard let request = self.requests[peer], request.exchange == exchange else { return }
        for id in request.ids {
            self.entries[id]?.asked.removeAll { $0 == peer }
            self.entries[id]?.holders.removeAll { $0 == peer }
        }
        self.pauses[peer] = now.adding(milliseconds: wait)
        self.takeBack(peer)
    }

    /// The request failed.
    mutating func failed(_ exchange: UInt64, by peer: NodeID) {
        if self.requests[peer]?.exchange == exchange { self.takeBack(peer) }
    }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) {
        self.takeBack(peer)
        self.pauses[peer] = nil
    }

    private mutating func takeBack(now: Timestamp) {
        let over = self.requests.filter { $0.value.isUnderWayUntil <= now }
        for peer in over.keys { self.takeBack(peer) }
    }

    private mutating func takeBack(_ peer: NodeID) {
        guard let request = self.requests.removeValue(forKey: peer) else { return }
        for id in request.ids where self.entries[id] != nil { self.queue.append(id) }
    }
}
