import Messages
import OrderedCollections
import Primitives

/// What challenges on one artefact came to: which failures count, and who earned what for them.
///
/// It is made of results of those whose word counts, in the order of their stamps.
struct ChallengeRecord: Sendable {
    /// What became of a failure (R-06-073, R-06-074).
    enum Verdict: Sendable, Equatable {
        /// Nobody else looked within the time, so far.
        case uncounted
        /// Another validator saw it, too: first in this result.
        case counted(by: ChallengeBook.Finding)
        /// It is the second word on a failure that counts.
        case corroborating
        /// Another validator saw the provider pass: it is held against whoever reported it.
        case discounted
    }

    let findings: [ChallengeBook.Finding]
    private let verdicts: [MessageID: Verdict]
    private let calendar: MarketCalendar

    init(_ findings: [ChallengeBook.Finding], _ calendar: MarketCalendar) {
        self.findings = findings
        self.calendar = calendar
        var verdicts: [MessageID: Verdict] = [:]
        let byProvider = Dictionary(grouping: findings, by: \.provider)
        for own in byProvider.values { Self.judge(own, calendar, &verdicts) }
        self.verdicts = verdicts
    }

    /// Judges the failures of one provider.
    private static func judge(
        _ findings: [ChallengeBook.Finding],
        _ calendar: MarketCalendar,
        _ verdicts: inout [MessageID: Verdict]
    ) {
        for (index, failure) in findings.enumerated() where !failure.isPass {
            guard verdicts[failure.id] == nil else { continue }
            let next = findings[(index + 1)...].first { $0.validator != failure.validator }
            let wait = calendar.milliseconds(StorageMarketLimits.corroboration)
            guard let next, next.at.milliseconds(since: failure.at) <= wait else {
                verdicts[failure.id] = .uncounted
                continue
            }
            verdicts[failure.id] = next.isPass ? .discounted : .counted(by: next)
            if !next.isPass { verdicts[next.id] = .corroborating }
        }
    }

    /// What became of a failure; nil for a pass.
    func verdict(on failure: MessageID) -> Verdict? { self.verdicts[failure] }

    /// Whether a result says what was: passes do, and failures that somebody confirmed.
    private func isAccepted(_ finding: ChallengeBook.Finding) -> Bool {
        switch self.verdict(on: finding.id) {
        case nil, .counted, .corroborating: true
        case .uncounted, .discounted: false
        }
    }

    private func isFirstFinder(_ finding: ChallengeBook.Finding) -> Bool {
        if case .counted = self.verdict(on: finding.id) { true } else { false }
    }

    // MARK: The work of a cycle

    /// The part of it within a window: later than its beginning, up to its end.
    private func findings(after start: Timestamp, to end: Timestamp) -> [ChallengeBook.Finding] {
        self.findings.filter { $0.at > start && $0.at <= end }
    }

    /// How many challenges a provider passed in the window before a moment, since it holds its copy.
    ///
    /// Passes that one validator, or one network, gave alone count up to half of what is required
    /// (R-06-064, R-06-071).
    func passes(
        of holder: Contract.Holder,
        before end: Timestamp,
        required: Int64,
        network: (NodeID) -> NetworkName
    ) -> Int64 {
        let window = self.calendar.moment(StorageMarketLimits.challengeWindow, before: end)
        let passed = self.findings(after: max(window, holder.since), to: end)
            .filter { $0.isPass && $0.provider == holder.identity }
        let networks = Set(passed.map { network($0.validator) })
        let most = networks.count > 1 ? required : required / 2
        return min(Int64(passed.count), most)
    }

    /// What the validators of an artefact weigh in the window before a moment (D-69), by identity.
    func weights(of providers: Set<NodeID>, before end: Timestamp) -> [(NodeID, Int64)] {
        let window = self.calendar.moment(StorageMarketLimits.challengeWindow, before: end)
        let recent = self.findings(after: window, to: end).filter {
            providers.contains($0.provider)
        }
        let byValidator = Dictionary(grouping: recent, by: \.validator)
        return byValidator.keys.sorted().compactMap { validator in
            let own = (byValidator[validator] ?? []).prefix(StorageMarketLimits.earningResultsMax)
            let seen = Set(own.filter(self.isAccepted).map(\.provider)).count
            let found =
                Self.accusesTooOften(validator, recent) ? 0 : own.count(where: self.isFirstFinder)
            let weight = Int64(seen + found)
            return weight > 0 ? (validator, weight) : nil
        }
    }

    /// Whether a validator reports failures far more often than all do on the same providers
    /// (R-06-075).
    private static func accusesTooOften(_ validator: NodeID, _ findings: [ChallengeBook.Finding])
        -> Bool
    {
        let own = findings.filter { $0.validator == validator }
        let providers = Set(own.map(\.provider))
        let all = findings.filter { providers.contains($0.provider) }
        let failures = { (list: [ChallengeBook.Finding]) in Int64(list.count { !$0.isPass }) }
        return failures(own) * Int64(all.count)
            > StorageMarketLimits.failureRateMax * failures(all) * Int64(own.count)
    }

    // MARK: Failures

    /// Failures of a provider that count, in order, each with the result that confirmed it.
    func failures(of provider: NodeID)
        -> [(failure: ChallengeBook.Finding, confirmation: ChallengeBook.Finding)]
    {
        self.findings.compactMap { finding in
            guard finding.provider == provider,
                case .counted(let confirmation) = self.verdict(on: finding.id)
            else { return nil }
            return (finding, confirmation)
        }
    }

    /// Whether a failure is the first that a holder was found at, soon after it took its copy and before
    /// it passed any challenge (R-06-031).
    func isAbandonment(_ failure: ChallengeBook.Finding, by holder: Contract.Holder) -> Bool {
        let age = failure.at.milliseconds(since: holder.since)
        let soon = self.calendar.milliseconds(StorageMarketLimits.abandonment)
        guard age >= 0, age <= soon else { return false }
        return !self.findings.contains { earlier in
            earlier.provider == holder.identity && earlier.at >= holder.since
                && (earlier.at, earlier.id) < (failure.at, failure.id)
                && (earlier.isPass || self.isFirstFinder(earlier))
        }
    }
}
