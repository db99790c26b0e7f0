import Identities
import Messages
import OrderedCollections
import Primitives

/// Who votes in step with whom, over the newest decided proposals (§11, D-50).
///
/// A vote is one bit in a register of 128 proposals, so that two identities are compared with three
/// instructions.
struct CollusionWatch: Sendable, Codable {
    /// Identities that vote in step.
    struct Group: Sendable, Equatable {
        /// Sorted.
        let members: [NodeID]
        /// The others did not agree on what the group agrees on, so the step is no accident.
        let isHigh: Bool
    }

    /// Endorse and reject of one identity; abstentions are in neither.
    fileprivate struct Pattern: Sendable, Codable {
        var voted: UInt128 = 0
        var endorsed: UInt128 = 0
    }

    private var patterns: OrderedDictionary<NodeID, Pattern> = [:]
    /// The bit of each compared proposal, oldest first.
    private var places: OrderedDictionary<MessageID, Int> = [:]
    private var penalised: OrderedDictionary<NodeID, Timestamp> = [:]

    // MARK: Folding

    /// A proposal is decided for good: the votes that counted enter the register.
    ///
    /// When it is decided once more, the new votes replace the old ones.
    mutating func decided(_ proposal: MessageID, _ votes: [DecisionFact.Ballot]) {
        let bit: UInt128 = 1 << UInt128(self.place(of: proposal))
        for index in self.patterns.values.indices {
            self.patterns.values[index].voted &= ~bit
            self.patterns.values[index].endorsed &= ~bit
        }
        for vote in votes where vote.stance != .abstain {
            self.patterns[vote.identity, default: Pattern()].voted |= bit
            if vote.stance == .endorse { self.patterns[vote.identity]?.endorsed |= bit }
        }
        self.patterns.removeAll { $0.value.voted == 0 }
    }

    private mutating func place(of proposal: MessageID) -> Int {
        if let place = self.places[proposal] { return place }
        var place = self.places.count
        if place >= GamingLimits.comparedProposals {
            place = self.places.removeFirst().value
        }
        self.places[proposal] = place
        return place
    }

    /// An identity's key became another one's; its votes are one party's (R-11-005).
    mutating func move(_ old: NodeID, to new: NodeID) {
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
    /// others endorsed and others rejected (D-50), and these are no fewer than the members (ADR 0023).
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
}

extension CollusionWatch: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("patterns", self.patterns)
        writer.field("places", self.places)
        writer.field("penalised", self.penalised)
    }
}

extension CollusionWatch.Pattern: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("voted", self.voted)
        writer.field("endorsed", self.endorsed)
    }
}
