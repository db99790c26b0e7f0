import Identities
import Messages
import Primitives

/// What a voter weighed when it voted.
struct Standing: Sendable, Equatable {
    /// The score then; the one from before a suspension while suspended (D-47).
    let reputation: FixedPoint
    var isSuspended: Bool
    /// What tenure leaves of the weight (D-49).
    let tenureFactor: FixedPoint

    /// Suspension, degraded mode and tenure in this order, truncated after each step (D-46).
    func weight(isDegraded: Bool) -> FixedPoint {
        var weight = self.reputation
        if self.isSuspended {
            weight = ConsensusLimits.reputationFloor.multiplied(
                by: ConsensusLimits.suspendedShare
            )
        }
        if isDegraded { weight = weight.multiplied(by: ConsensusLimits.degradedShare) }
        return weight.multiplied(by: self.tenureFactor)
    }

    /// Why the voter has no say at all; nil when it has (R-08-004, D-47).
    var objection: VoteObjection? {
        Capability.vote.isPermitted(at: self.reputation) ? nil : .belowGate(self.reputation)
    }
}

/// Standings that Reputation reported, by identity and moment.
struct Standings: Sendable {
    private struct Key: Hashable, Sendable {
        let identity: NodeID
        let at: Timestamp
    }

    private var known: [Key: Standing] = [:]

    /// Begins with no standing.
    init() {}

    /// Takes an answer over.
    init(_ reply: VoterStandings.Reply) {
        for standing in reply.standings {
            self.known[Key(identity: standing.identity, at: standing.at)] = Standing(
                reputation: standing.reputation,
                isSuspended: standing.isSuspended,
                tenureFactor: standing.tenureFactor
            )
        }
    }

    /// Whether nobody of these has to be asked about any more.
    func cover(_ voters: [VoterStandings.Voter]) -> Bool {
        voters.allSatisfy { self.known[Key(identity: $0.identity, at: $0.at)] != nil }
    }

    /// A standing; without an answer the score at arrival stands in for it.
    func standing(of identity: NodeID, at: Timestamp, fallback: FixedPoint) -> Standing {
        self.known[Key(identity: identity, at: at)]
            ?? Standing(reputation: fallback, isSuspended: false, tenureFactor: .one)
    }
}

/// What nodes announced of their reconciliation state (R-05-106).
struct AnnouncedStates: Sendable, Codable {
    fileprivate struct State: Equatable, Comparable, Codable {
        let at: Timestamp
        let isDegraded: Bool

        /// Of two at one moment the degraded one is the later.
        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.isDegraded ? 1 : 0) < (right.at, right.isDegraded ? 1 : 0)
        }
    }

    /// In the order of time.
    private var states: [NodeID: [State]] = [:]

    /// Notes an announcement, in whatever order they come.
    ///
    /// One that changes nothing is kept as well: an older one may arrive that it ends.
    mutating func note(_ key: NodeID, isDegraded: Bool, at: Timestamp) {
        let state = State(at: at, isDegraded: isDegraded)
        var states = self.states[key] ?? []
        let place = states.firstIndex { $0 >= state } ?? states.endIndex
        guard place == states.endIndex || states[place] != state else { return }
        states.insert(state, at: place)
        if states.count > ConsensusLimits.announcedStatesMax {
            let needless = states.indices.dropFirst().first {
                states[$0].isDegraded == states[$0 - 1].isDegraded
            }
            states.remove(at: needless ?? 0)
        }
        self.states[key] = states
    }

    /// The state that a key had announced last at a moment.
    func isDegraded(_ key: NodeID, at: Timestamp) -> Bool {
        self.states[key]?.last { $0.at <= at }?.isDegraded ?? false
    }
}

extension AnnouncedStates: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("states", self.states)
    }
}

extension AnnouncedStates.State: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("at", self.at)
        writer.field("isDegraded", self.isDegraded)
    }
}
