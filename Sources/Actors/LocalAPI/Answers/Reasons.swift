import Doors
import Messages
import Primitives

/// Why a proposal stands where it stands.
struct ProposalReasons: Record {
    let view: ProposalView
    let now: Timestamp

    static let about = "Why a proposal stands where it stands, as this node counts."
    static let fields: [Field<ProposalReasons>] = [
        Field("id", "The PROPOSE message.") { $0.view.message.id },
        Field("title", "Its title.") { $0.view.proposal.title },
        Field("author", "The identity that proposed it.") { $0.view.author },
        Field("state", "Where it stands, as this node sees it.") { $0.view.state },
        Field("standing", "Where it stands, in a sentence.") { $0.view.standing(now: $0.now) }
            .inOwnWords,
        Field("voting_deadline", "When voting ends.") { $0.view.proposal.votingDeadline },
        Field("decision_due", "When this node decides next.") { $0.view.decisionDue },
        Field("decided_at", "When this node decided.") { $0.view.decidedAt },
        Field("objection", "Why it is not put to the vote here, whoever endorses it.") {
            $0.view.objection
        }.inOwnWords,
        Field("bars", "What a ratification takes, and what there is of it.") { $0.view.bars },
        Field("counted", "Votes that count.") { reasons in
            reasons.view.votes.filter { $0.notCountedBecause == nil }
        },
        Field("not_counted", "Votes that do not count, each with its rule and what would help.") {
            reasons in reasons.view.votes.filter { $0.notCountedBecause != nil }
        },
        Field("would_change", "What would change where it stands, in sentences.") {
            $0.view.changes(now: $0.now)
        }.inOwnWords,
    ]
}

/// One of the things that a ratification takes.
struct Bar: Record, Equatable {
    /// What is compared.
    enum Name: String, Shown, CaseIterable {
        /// Identities that vote at least, whatever they weigh (R-08-008).
        case voters
        /// Reputation that takes part, or a majority of the heads.
        case quorum
        /// Half of the active identities, for a proposal made in cold start (R-08-029).
        case heads
        /// The share of endorsements.
        case threshold
    }

    /// What both figures count.
    enum Unit: String, Shown, CaseIterable {
        case identities
        case reputation
        case share
    }

    let name: Name
    let unit: Unit
    let reached: FixedPoint?
    let needed: FixedPoint
    let isPassed: Bool
    let sentence: String

    static let about = "One of the things that a ratification takes."
    static let fields: [Field<Bar>] = [
        Field("name", "Which one.") { $0.name }.inOwnWords,
        Field("unit", "What both figures count.") { $0.unit }.inOwnWords,
        Field("reached", "What there is; identities are in whole units, a million each.") {
            $0.reached
        },
        Field("needed", "What it takes.") { $0.needed },
        Field("passed", "Whether it is there.") { $0.isPassed },
        Field("sentence", "The same in words.") { $0.sentence }.inOwnWords,
    ]
}

extension ProposalView {
    /// What a ratification takes, and what there is of it.
    var bars: [Bar] {
        [self.voterBar, self.quorumBar, self.headBar, self.thresholdBar].compactMap(\.self)
    }

    private var voterBar: Bar {
        let needed = self.outlook.votersNeeded
        let voters = self.tally.voters
        return Bar(
            name: .voters,
            unit: .identities,
            reached: .whole(voters),
            needed: .whole(needed),
            isPassed: voters >= needed,
            sentence: "\(Self.votes(voters)) that count; at least \(needed) identities must vote."
        )
    }

    private var quorumBar: Bar {
        let outlook = self.outlook
        let isPassed = outlook.quorumReached >= outlook.quorumNeeded
        let sentence =
            switch outlook.mode {
            case .weighted:
                "Votes weigh \(outlook.quorumReached) together, abstentions too; the quorum is "
                    + "\(outlook.quorumNeeded)."
            case .headcount:
                "\(self.tally.voters) of \(outlook.activeIdentities) active identities vote; in cold "
                    + "start more than half of them must."
            }
        return Bar(
            name: .quorum,
            unit: outlook.mode == .weighted ? .reputation : .identities,
            reached: outlook.quorumReached,
            needed: outlook.quorumNeeded,
            isPassed: isPassed,
            sentence: sentence
        )
    }

    private var headBar: Bar? {
        guard self.outlook.needsHalfOfHeads else { return nil }
        let active = self.outlook.activeIdentities
        let needed = (active + 1) / 2
        return Bar(
            name: .heads,
            unit: .identities,
            reached: .whole(self.tally.voters),
            needed: .whole(needed),
            isPassed: self.tally.voters >= needed,
            sentence:
                "\(self.tally.voters) of \(active) active identities vote; it was proposed in "
                + "cold start, so half of them must."
        )
    }

    private var thresholdBar: Bar {
        let outlook = self.outlook
        let what = outlook.mode == .weighted ? "of the weight" : "of the heads"
        let reached = outlook.ratio.map { "\($0) \(what) endorses it" } ?? "Nobody took a side"
        let bound = outlook.mode == .weighted ? "at least" : "more than"
        return Bar(
            name: .threshold,
            unit: .share,
            reached: outlook.ratio,
            needed: outlook.threshold,
            isPassed: outlook.endorsementMissing == .zero,
            sentence: "\(reached), abstentions aside; it takes \(bound) \(outlook.threshold)."
        )
    }

    private static func votes(_ count: Int) -> String {
        count == 1 ? "There is 1 vote" : "There are \(count) votes"
    }
}

// What would change where a proposal stands.
extension ProposalView {
    /// Sentences for whoever wants it to stand elsewhere.
    func changes(now: Timestamp) -> [String] {
        switch self.state {
        case .open, .converging, .confirming: self.underWay(now: now)
        case .ratified:
            ["Nothing: what is ratified stays so. A newer version can be proposed in its place."]
        case .rejected, .expired:
            self.newTry + [
                "This node looks again once more identities than at its decision, with a score of "
                    + "\(Capability.vote.gate) or more each, say that they adopted it (R-08-013)."
            ]
        case .withdrawn: ["Nothing: its author took it back. Anybody may propose it anew."]
        }
    }

    private var newTry: [String] {
        let id = self.message.id
        let way = "A newer version can be proposed: `valence-node proposal new --supersedes \(id)`."
        return self.objection.map { ["Another proposal without this: \($0).", way] } ?? [way]
    }

    private func underWay(now: Timestamp) -> [String] {
        if let objection = self.objection {
            return ["No vote changes it while this stands against it: \(objection)."]
        }
        var changes = self.bars.filter { !$0.isPassed }.compactMap(self.lack(of:))
        changes += Self.remedies(of: self.votes)
        if changes.isEmpty { changes.append(self.reversal) }
        if self.outlook.isClose, self.state != .confirming {
            changes.append(
                "The result is within 0.02 of the threshold: as votes are now, seven days of "
                    + "confirmation follow the deadline, and votes are then weighed again."
            )
        }
        let end = self.proposal.votingDeadline
        return changes
            + (end > now
                ? ["Votes that are stamped until \(end.text) count."]
                : ["The deadline of \(end.text) has passed; further votes do not count."])
    }

    /// What is missing of one bar, in a sentence.
    private func lack(of bar: Bar) -> String? {
        let missing = bar.reached.map { bar.needed - $0 } ?? bar.needed
        return switch (bar.name, bar.unit) {
        case (.threshold, _): self.lackOfEndorsement
        case (_, .identities): "Votes of \(missing.rounded) more identities, of any stance."
        case (_, .reputation), (_, .share):
            "Votes that weigh \(missing) more, of any stance, abstentions too."
        }
    }

    private var lackOfEndorsement: String {
        guard let missing = self.outlook.endorsementMissing else {
            return
                "Voters who reject it would have to vote anew; endorsements alone do not suffice."
        }
        let more =
            self.outlook.mode == .weighted
            ? "that weigh \(missing) more" : "of \(missing.rounded) more identities"
        return "Endorsements \(more), or fewer rejections."
    }

    /// What would turn a proposal that would be ratified as it is.
    private var reversal: String {
        "As votes are now it is ratified; rejections could still bring it below "
            + "\(self.outlook.threshold)."
    }

    /// What those whose votes do not count could do, each way once.
    private static func remedies(of votes: [VoteView]) -> [String] {
        let uncounted = votes.filter { $0.notCountedBecause != nil }
        guard !uncounted.isEmpty else { return [] }
        var texts: [String] = []
        for text in uncounted.compactMap(\.remedy) where !texts.contains(text) {
            texts.append(text)
        }
        let count = uncounted.count == 1 ? "1 vote does" : "\(uncounted.count) votes do"
        return ["\(count) not count. " + texts.joined(separator: " ")]
    }
}

extension FixedPoint {
    /// Heads, in whole units.
    fileprivate static func whole(_ count: Int) -> FixedPoint {
        FixedPoint.one.scaled(numerator: Int64(clamping: count), denominator: 1)
    }

    /// Whole units, rounded up.
    fileprivate var rounded: Int64 { (self.millionths + 999_999) / 1_000_000 }
}
