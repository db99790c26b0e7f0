import Gossip
import Kernel
import Primitives
import Synchronization

/// How often something went wrong in a simulated network.
public struct FaultCount: Sendable, Equatable {
    /// Frames that were lost by chance.
    public internal(set) var lost: UInt64 = 0
    /// Frames that arrived twice.
    public internal(set) var duplicated: UInt64 = 0
    /// Frames that later ones could overtake.
    public internal(set) var overtaken: UInt64 = 0
    /// Dials, frames, questions and answers that a cut kept from their receiver.
    public internal(set) var cut: UInt64 = 0
}

// What goes wrong between nodes, and when it ends.
extension SimulatedNetwork {
    /// What becomes of one frame.
    struct Fate {
        var isDuplicated = false
        /// How much longer it is under way than what is sent after it; nil when nothing overtakes it.
        var delay: Duration?
    }

    // MARK: The driver's side

    /// Splits the network: nodes hear those of their own island alone.
    func divide(_ islands: [[Int]]) {
        let pairs = islands.enumerated().flatMap { island, nodes in nodes.map { ($0, island) } }
        self.state.withLock { $0.islands = Dictionary(pairs) { first, _ in first } }
    }

    /// What some nodes say does not reach others, whom they hear.
    func silence(_ nodes: [Int], for others: [Int]) {
        let links = nodes.flatMap { node in others.map { Link(from: node, to: $0) } }
        self.state.withLock { $0.silenced.formUnion(links) }
    }

    /// No partition, no loss and nothing out of order from now on.
    func endFaults() {
        self.state.withLock { state in
            state.islands = [:]
            state.silenced = []
            state.isCalm = true
        }
    }

    /// From now on this goes wrong; partitions that are there stay.
    func begin(_ faults: FaultPlan) {
        self.state.withLock { state in
            state.faults = faults
            state.isCalm = false
        }
    }

    /// Two nodes never reach each other, also after ``endFaults()``.
    func estrange(_ one: Int, _ other: Int) {
        self.state.withLock { state in
            state.strangers.formUnion([Link(from: one, to: other), Link(from: other, to: one)])
        }
    }

    /// Ends every connection that the faults of this moment cut in either direction, as a time-out of it
    /// would.
    func dropCutConnections(at moment: Moment) {
        let links = self.state.withLock { $0.connections }
        let cut = links.filter {
            self.isCut($0.from, $0.to, at: moment) || self.isCut($0.to, $0.from, at: moment)
        }
        self.drop(cut, at: moment)
    }

    private func drop(_ links: Set<Link>, at moment: Moment) {
        self.state.withLock { $0.connections.subtract(links) }
        for link in links.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
            let ended = TransportSignal.disconnected(
                peer: self.nodes[link.from],
                reason: "connection timed out"
            )
            self.schedule(ended, to: link.to, at: moment)
        }
    }

    /// Has somebody hear every question and answer that leaves.
    func listen(_ tap: @escaping ExchangeTap) { self.state.withLock { $0.tap = tap } }

    /// What went wrong so far.
    var mishaps: FaultCount { self.state.withLock { $0.mishaps } }

    // MARK: The nodes' side

    /// Whether something that leaves now is kept from its receiver; that is counted.
    func isHeldBack(_ one: Int, _ other: Int, at moment: Moment) -> Bool {
        guard self.isCut(one, other, at: moment) else { return false }
        self.state.withLock { $0.mishaps.cut += 1 }
        return true
    }

    private func isCut(_ one: Int, _ other: Int, at moment: Moment) -> Bool {
        let elapsed = moment.duration(since: self.start)
        return self.state.withLock { state in
            let link = Link(from: one, to: other)
            if state.strangers.contains(link) { return true }
            guard !state.isCalm else { return false }
            return state.islands[one] != state.islands[other] || state.silenced.contains(link)
                || state.faults.separates(one, other, at: elapsed)
        }
    }

    /// What becomes of a frame that leaves now; nil when it is lost.
    func fate(from one: Int, to other: Int, at moment: Moment) -> Fate? {
        guard !self.isHeldBack(one, other, at: moment) else { return nil }
        return self.state.withLock { $0.fate() }
    }
}

extension SimulatedNetwork.State {
    fileprivate mutating func fate() -> SimulatedNetwork.Fate? {
        var fate = SimulatedNetwork.Fate()
        guard !self.isCalm else { return fate }
        guard self.random.index(below: 1_000) >= self.faults.lossPerMille else {
            self.mishaps.lost += 1
            return nil
        }
        fate.isDuplicated = self.happens(self.faults.duplicatesPerMille)
        if fate.isDuplicated { self.mishaps.duplicated += 1 }
        guard self.happens(self.faults.overtakenPerMille) else { return fate }
        self.mishaps.overtaken += 1
        let most = Int(clamping: Int64(self.faults.overtakenMost / .microseconds(1)))
        fate.delay = .microseconds(Int64(self.random.index(below: max(most, 0) + 1)))
        return fate
    }

    /// Chance is asked only where it decides something, so that other runs stay as they are.
    private mutating func happens(_ perMille: Int) -> Bool {
        perMille > 0 && self.random.index(below: 1_000) < perMille
    }
}
