import Messages
import OrderedCollections
import Primitives

/// Who votes in step with whom, over the newest decided proposals (§11, D-50).
///
/// A vote is one bit in a register of 128 proposals, so that two identities are compared with three
/// instructions.
struct CollusionWatch: Sendable {
    /// An identity's newest vote on a proposal that is not decided yet.
    struct Ballot: Sendable {
        let timestamp: Timestamp
        let id: MessageID
        let stance: Vote.Stance
    }

    /// Identities that vote in step.
    struct Group: Sendable, Equatable {
        /// Sorted.
        let members: [NodeID]
        /// The others did not agree on what the group agrees on, so the step is no accident.
        let isHigh: Bool
    }

    /// Endorse and reject of one identity; abstentions are in neither.
    private struct Pattern: Sendable {
        var voted: UInt128 = 0
        var endorsed: UInt128 = 0
    }

    private var open: OrderedDictionary<MessageID, OrderedDictionary<NodeID, Ballot>> = [:]
    private var patterns: OrderedDictionary<NodeID, Pattern> = [:]
    private var decided = 0
    private var penalised: OrderedDictionary<NodeID, Timestamp> = [:]

    // MARK: Folding

    /// Notes a vote; the newest by (timestamp, id) stands.
    mutating func voted(_ vote: Vote, _ message: Message, by identity: NodeID) {
        let ballot = Ballot(timestamp: message.timestamp, id: message.id, stance: vote.stance)
        self.keep(ballot, of: identity, on: vote.proposalID)
        if self.open.count > GamingLimits.openProposalsMax { self.open.removeFirst() }
    }

    private mutating func keep(_ ballot: Ballot, of identity: NodeID, on proposal: MessageID) {
        if let held = self.open[proposal]?[identity],
            (held.timestamp, held.id) >= (ballot.timestamp, ballot.id)
        {
            return
        }
        self.open[proposal, default: [:]][identity] = ballot
    }

    /// A proposal is decided for good: its votes enter the register.
    mutating func decided(_ proposal: MessageID, deadline: Timestamp?) {
        guard let ballots = self.open.removeValue(forKey: proposal) else { return }
        let bit: UInt128 = 1 << UInt128(self.decided % GamingLimits.comparedProposals)
        self.decided += 1
        for index in self.patterns.values.indices {
            self.patterns.values[index].voted &= ~bit
            self.patterns.values[index].endorsed &= ~bit
        }
        for (identity, ballot) in ballots {
            guard ballot.stance != .abstain, deadline.map({ ballot.timestamp <= $0 }) ?? true else {
                continue
            }
            self.patterns[identity, default: Pattern()].voted |= bit
            if ballot.stance == .endorse { self.patterns[identity]?.endorsed |= bit }
        }
        self.patterns.removeAll { $0.value.voted == 0 }
    }

    /// An identity's key became another one's; its votes are one party's (R-11-005).
    mutating func move(_ old: NodeID, to new: NodeID) {
        for proposal in self.open.keys {
            guard let ballot = self.open[proposal]?.removeValue(forKey: old) else { continue }
            self.keep(ballot, of: new, on: proposal)
        }
        if let pattern = self.patterns.removeValue(forKey: old) {
            let own = self.patterns[new] ?? Pattern()
            self.patterns[new] = Pattern(
                voted: own.voted | pattern.voted,
                endorsed: own.endorsed | (pattern.endorsed & ~own.voted)
            )
        }
        if let time = self.penalised.removeValue(forKey: old) {
            self.penalised[new] = max(time, self.penalised[new] ?? time)
        }
    }

    // MARK: Judging

    /// Identities that voted on one of the compared proposals, sorted.
    var voters: [NodeID] { self.patterns.keys.sorted() }

    /// Connected components of three or more identities that vote in step.
    func groups() -> [Group] {
        let candidates = self.patterns.filter {
            $0.value.voted.nonzeroBitCount >= GamingLimits.sharedProposalsMin
        }.sorted { $0.key < $1.key }
        var component = Array(candidates.indices)
        for first in candidates.indices {
            for second in candidates.indices where second > first {
                guard component[first] != component[second],
                    Self.isInStep(candidates[first].value, candidates[second].value)
                else { continue }
                let (kept, dropped) = (component[first], component[second])
                component = component.map { $0 == dropped ? kept : $0 }
            }
        }
        var members: OrderedDictionary<Int, [NodeID]> = [:]
        for index in candidates.indices {
            members[component[index], default: []].append(candidates[index].key)
        }
        return members.values.filter { $0.count >= GamingLimits.groupMin }
            .map { Group(members: $0, isHigh: self.isHigh($0)) }
    }

    private static func isInStep(_ one: Pattern, _ other: Pattern) -> Bool {
        let shared = one.voted & other.voted
        let agreed = shared & ~(one.endorsed ^ other.endorsed)
        let count = shared.nonzeroBitCount
        guard count >= GamingLimits.sharedProposalsMin else { return false }
        return Int64(agreed.nonzeroBitCount) * GamingLimits.percent
            > GamingLimits.agreementPercent * Int64(count)
    }

    /// Whether the group's agreement says something: on twenty of the proposals that members share,
    /// others endorsed and others rejected (D-50), and these are no fewer than the members.
    ///
    /// Without the last condition one dissenter would turn the agreement of all honest voters into
    /// a conspiracy.
    private func isHigh(_ members: [NodeID]) -> Bool {
        let inside = Set(members)
        var telling = 0
        for place in 0..<GamingLimits.comparedProposals {
            let bit: UInt128 = 1 << UInt128(place)
            var (own, endorsing, rejecting) = (0, 0, 0)
            for (identity, pattern) in self.patterns where pattern.voted & bit != 0 {
                if inside.contains(identity) {
                    own += 1
                } else if pattern.endorsed & bit != 0 {
                    endorsing += 1
                } else {
                    rejecting += 1
                }
            }
            let isSplit = endorsing > 0 && rejecting > 0 && endorsing + rejecting >= own
            if own >= 2, isSplit { telling += 1 }
        }
        return telling >= GamingLimits.sharedProposalsMin
    }

    /// Members that were not punished within thirty days; they are noted as punished now.
    mutating func penalise(_ group: Group, at time: Timestamp) -> [NodeID] {
        let due = group.members.filter { member in
            self.penalised[member].map {
                time.milliseconds(since: $0) >= GamingLimits.penaltyMilliseconds
            } ?? true
        }
        for member in due { self.penalised[member] = time }
        return due
    }

    /// For the digest.
    var lines: String {
        let patterns = self.patterns.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.voted) \($0.value.endorsed)\n" }
        let open = self.open.flatMap { proposal, ballots in
            ballots.map { "\(proposal) \($0.key) \($0.value.id)\n" }
        }
        let penalised = self.penalised.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.milliseconds)\n" }
        return (patterns + open.sorted() + penalised).joined()
    }
}
