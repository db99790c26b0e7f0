import OrderedCollections
import Primitives

/// Which phases are finished while this node catches up, and which peer is read next for which one.
///
/// A phase is finished once all of a whole team have served it, and stays so, whoever comes and goes
/// (R-05-011, R-05-091).
struct PhasePlan: Sendable {
    /// One phase of one peer's log.
    struct Work: Sendable, Equatable {
        let phase: Int
        let peer: NodeID
    }

    /// What each peer served to its end.
    private var served: OrderedDictionary<NodeID, Set<Int>> = [:]
    private var finishedAt: [Int: Timestamp] = [:]

    /// What is read next of a team; nil when all of it was.
    func next(_ phases: [Int], of team: some Sequence<NodeID>) -> Work? {
        for phase in phases where self.isOpen(phase) && self.mayRead(phase, of: team) {
            if let peer = team.first(where: { !self.hasServed(phase, $0) }) {
                return Work(phase: phase, peer: peer)
            }
        }
        return nil
    }

    /// Identities and assessments are asked of every sync peer, also of one that comes late (R-05-079,
    /// R-05-095).
    private func isOpen(_ phase: Int) -> Bool {
        self.finishedAt[phase] == nil || SyncPhases.ofEveryPeer.contains(phase)
    }

    /// Whether everything that a phase builds on was read from a team; the last two do not build on each
    /// other (R-05-011, R-05-012).
    func mayRead(_ phase: Int, of team: some Sequence<NodeID>) -> Bool {
        (1..<min(phase, SyncPhases.contents)).allSatisfy { earlier in
            self.finishedAt[earlier] != nil || team.allSatisfy { self.hasServed(earlier, $0) }
        }
    }

    private func hasServed(_ phase: Int, _ peer: NodeID) -> Bool {
        self.served[peer]?.contains(phase) ?? false
    }

    /// How many of a team have served a phase.
    func readers(of phase: Int, in team: some Sequence<NodeID>) -> Int {
        team.count { self.hasServed(phase, $0) }
    }

    func areFinished(_ phases: [Int]) -> Bool {
        phases.allSatisfy { self.finishedAt[$0] != nil }
    }

    /// A peer served a phase to its end.
    mutating func served(_ work: Work) { self.served[work.peer, default: []].insert(work.phase) }

    /// Notes which phases a whole team has served, in their order.
    ///
    /// - Returns: those that are finished by that.
    mutating func finish(_ phases: [Int], of team: some Sequence<NodeID>, now: Timestamp) -> [Int] {
        var news: [Int] = []
        for phase in phases where self.finishedAt[phase] == nil {
            guard team.allSatisfy({ self.hasServed(phase, $0) }) else { break }
            self.finishedAt[phase] = now
            news.append(phase)
        }
        return news
    }

    /// Identities that were read more than an hour ago are read again before anything else (R-05-092).
    mutating func dropStale(now: Timestamp) {
        let first = SyncPhases.identities
        guard let finished = self.finishedAt[first],
            now.milliseconds(since: finished) > SyncLimits.identitiesStaleMilliseconds
        else { return }
        self.finishedAt[first] = nil
        for peer in self.served.keys { self.served[peer]?.remove(first) }
    }

    /// The peer is gone.
    mutating func forget(_ peer: NodeID) { self.served[peer] = nil }
}
