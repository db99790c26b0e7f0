import Identities
import Messages
import Primitives

/// How busy the network was over the trailing seven days (§8, D-60).
struct Activity: Sendable, Equatable {
    /// Content proposals that three distinct identities adopted.
    let adoptedProposals: Int
    /// What the active identities earned above their starting scores.
    let earnedReputation: FixedPoint
    /// Distinct pairs of challenger and challenged with a finished exchange.
    let challengePairs: Int

    /// 1.0 to 2.33; the inputs are capped before they are summed.
    var multiplier: FixedPoint {
        let adopted = ConsensusLimits.activityPerAdoption.scaled(
            numerator: Int64(clamping: max(0, self.adoptedProposals)),
            denominator: 1
        )
        let earned = max(.zero, min(self.earnedReputation, ConsensusLimits.earnedReputationMax))
            .scaled(numerator: ConsensusLimits.activityPerReputation, denominator: 1)
        let pairs = min(max(0, self.challengePairs), ConsensusLimits.challengePairsMax)
        let challenged = ConsensusLimits.activityPerPair.scaled(
            numerator: Int64(pairs),
            denominator: 1
        )
        return .one + min(ConsensusLimits.activityMax, adopted + earned + challenged)
    }

    /// Good hours in a row that activate standard governance.
    static func sustainHours(multiplier: FixedPoint) -> Int {
        let hours = FixedPoint(millionths: ConsensusLimits.sustainHoursIdle)
            .scaled(numerator: FixedPoint.one.millionths, denominator: multiplier.millionths)
        return max(ConsensusLimits.sustainHoursMin, Int(hours.millionths))
    }
}

extension HourObservation {
    /// When the hour was over.
    var end: Timestamp {
        Timestamp(milliseconds: 0).adding(
            milliseconds: (self.hour + 1) * ConsensusLimits.hourMilliseconds
        )
    }
}

/// Which governance the network supports: a fold over observed hours.
///
/// A bad hour sets a run back to nothing; unknown hours neither extend nor reset it (D-59). Once a
/// run is complete governance has begun and stays so, but while the newest observed hour has too few
/// nodes, proposals that change rules are refused (R-08-019).
struct SustainClock: Sendable, Codable {
    /// What kinds of rules may change.
    enum Level: Int, Comparable, Sendable, Codable {
        case frozen
        case standard
        case constitutional

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// From when on what could change.
    fileprivate struct Change: Sendable, Codable {
        let at: Timestamp
        let level: Level
    }

    private(set) var newest: HourObservation?
    private(set) var standardRun = 0
    private(set) var constitutionalRun = 0
    /// When governance began.
    private(set) var governanceSince: Timestamp?
    private(set) var constitutionalSince: Timestamp?
    private var changes: [Change] = []

    /// Hours of the standard run that activate, at the activity observed last.
    var standardHoursNeeded: Int {
        Activity.sustainHours(multiplier: self.newest?.multiplier ?? .one)
    }

    /// The phase at the end of the newest observed hour, or later.
    func phase(at moment: Timestamp) -> GovernancePhase {
        switch self.level(at: moment) {
        case .frozen: .frozen
        case .standard: self.isColdStart(at: moment) ? .coldStart : .standard
        case .constitutional: .constitutional
        }
    }

    /// Counts an hour; one that is not newer than the last changes nothing.
    mutating func observe(_ hour: HourObservation) {
        guard self.newest.map({ $0.hour < hour.hour }) ?? true else { return }
        self.newest = hour
        let active = hour.activeIdentities
        self.standardRun = active >= ConsensusLimits.standardNodes ? self.standardRun + 1 : 0
        self.constitutionalRun =
            active >= ConsensusLimits.constitutionalNodes ? self.constitutionalRun + 1 : 0
        self.activate(hour)
        self.change(to: self.level(active), at: hour.end)
    }

    /// Takes over the beginning of governance from peers, unless this node knows one (D-59).
    mutating func learn(_ since: Timestamp, at moment: Timestamp) {
        guard self.governanceSince == nil else { return }
        let begin = min(since, moment)
        self.governanceSince = begin
        self.change(to: .standard, at: begin)
    }

    private mutating func activate(_ hour: HourObservation) {
        if self.governanceSince == nil, self.standardRun >= self.standardHoursNeeded {
            self.governanceSince = hour.end
        }
        if self.constitutionalSince == nil, self.governanceSince != nil,
            self.constitutionalRun >= ConsensusLimits.constitutionalHours
        {
            self.constitutionalSince = hour.end
        }
    }

    private func level(_ active: Int) -> Level {
        guard self.governanceSince != nil, active >= ConsensusLimits.standardNodes else {
            return .frozen
        }
        let isLarge = active >= ConsensusLimits.constitutionalNodes
        return self.constitutionalSince != nil && isLarge ? .constitutional : .standard
    }

    private mutating func change(to level: Level, at moment: Timestamp) {
        // A hint concerns the time before this node's own hours, in all of which governance was frozen.
        self.changes.removeAll { $0.at > moment }
        if (self.changes.last?.level ?? .frozen) != level {
            self.changes.append(Change(at: moment, level: level))
        }
    }

    /// What could change at a moment, as far as it was observed.
    func level(at moment: Timestamp) -> Level {
        self.changes.last { $0.at <= moment }?.level ?? .frozen
    }

    // MARK: Cold start

    /// When votes stop being counted by heads; nil before governance began.
    var coldStartEnds: Timestamp? {
        self.governanceSince?.adding(milliseconds: ConsensusLimits.coldStartMilliseconds)
    }

    private func isColdStart(at moment: Timestamp) -> Bool {
        guard let begin = self.governanceSince, let end = self.coldStartEnds else { return false }
        return moment >= begin && moment < end
    }

    /// The mode in force at the voting deadline (R-08-028).
    func mode(deadline: Timestamp) -> VotingMode {
        self.isColdStart(at: deadline) ? .headcount : .weighted
    }

    /// Whether half of the heads must vote: for proposals made in cold start, until 60 days after
    /// it (R-08-029, R-08-030).
    func needsHalfOfHeads(submitted: Timestamp, deadline: Timestamp) -> Bool {
        guard self.isColdStart(at: submitted), let end = self.coldStartEnds else { return false }
        return deadline.milliseconds(since: end) <= ConsensusLimits.headcountFloorMilliseconds
    }
}

extension SustainClock: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("newest", self.newest)
        writer.field("standardRun", self.standardRun)
        writer.field("constitutionalRun", self.constitutionalRun)
        writer.field("governanceSince", self.governanceSince)
        writer.field("constitutionalSince", self.constitutionalSince)
        writer.field("changes", self.changes)
    }
}

extension SustainClock.Level: Digestible {}

extension SustainClock.Change: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("at", self.at)
        writer.field("level", self.level)
    }
}
