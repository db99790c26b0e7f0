import Identities
import Messages
import OrderedCollections
import Primitives

// Where a score comes from, and what would raise it (`valence-node rep explain`).
extension Bookkeeping {
    /// Every entry of an identity's ledger, what others say, and what would raise the score.
    func history(of key: NodeID) -> ScoreHistory.Reply {
        let identity = self.ledger.identity(of: key)
        let account = self.ledger.accounts[identity] ?? Account()
        let overall = self.score(of: identity)
        let evaluation = self.evaluation(of: identity)
        return ScoreHistory.Reply(
            isKnown: self.hasHeard(of: identity),
            overall: overall,
            direct: account.direct,
            start: ScoreHistory.Start(score: account.initial, isFounder: account.isFounder),
            entries: Array(account.history),
            record: ScoreHistory.Record(
                byDomain: self.witnesses.domains(of: identity, self.ledger),
                verificationCount: account.verifications,
                stakeAtRisk: account.stakeAtRisk
            ),
            basis: ScoreHistory.Basis(
                ownWeight: FixedPoint(millionths: evaluation.alpha),
                observations: account.observations.count,
                peerAverage: evaluation.peerAverage,
                receivedMedian: ScoreFormula.median(evaluation.opinions),
                assessors: evaluation.opinions.count,
                assessorNetworks: self.witnesses.networkCount(evaluation.assessors)
            ),
            nextGate: Self.nextGate(above: overall),
            earns: self.earns(account, identity),
            warnings: self.warnings(account, identity, overall)
        )
    }

    /// Whether the log, the description of the network, or the word of others names an identity.
    private func hasHeard(of identity: NodeID) -> Bool {
        self.ledger.accounts[identity] != nil || identity == self.ownIdentity
            || self.ledger.keys.isNamed(identity)
            || !self.witnesses.assessments.voices(on: identity).isEmpty
    }

    private static func nextGate(above score: FixedPoint) -> ScoreHistory.Gate? {
        let higher = Capability.allCases.filter { $0.gate > score }
        guard let gate = higher.map(\.gate).min() else { return nil }
        return ScoreHistory.Gate(
            score: gate,
            missing: gate - score,
            permits: higher.filter { $0.gate == gate }.map(\.rawValue)
        )
    }

    private func earns(_ account: Account, _ identity: NodeID) -> [String] {
        let keys = self.ledger.keys.keyCount(of: identity)
        let day = self.ledger.days.today ?? 0
        let today = account.counted(on: day)
        let parameters = self.verdicts.resolutions.parameters(at: Timestamp(day: day))
        var lines = [
            "a UTC day with announcements, or sync answers to \(EarningLimits.servedPeersMin) peers "
                + "a day, in \(EarningLimits.uptimeHoursMin) of its hours: "
                + "\(Dampening.dampened(parameters[.uptimeReward], keys: keys))",
            "each adoption of a proposal by another identity, ten for each proposal: "
                + "\(Dampening.dampened(EarningLimits.adoption, keys: keys))",
            "serving replicated content for rent",
        ]
        if self.configuration.believesClaims {
            let amount = Dampening.dampened(EarningLimits.claimConfirmed, keys: keys)
            lines.append("verifying a claim that two others verify as well: \(amount)")
        }
        if account.direct >= ReputationLimits.velocityBoundary {
            let day = ReputationLimits.dailyGain
            let week = ReputationLimits.weeklyGain
            lines.append(
                "above \(ReputationLimits.velocityBoundary) a day brings \(day) at most and seven "
                    + "days \(week); today brought \(today)"
            )
        }
        if keys > 1 { lines.append("gains are shared by \(keys) keys and reduced accordingly") }
        return lines
    }

    private func warnings(_ account: Account, _ identity: NodeID, _ overall: FixedPoint)
        -> [String]
    {
        var lines: [String] = []
        if account.isBanned { lines.append("banned: its messages are refused") }
        if self.ledger.isSuspended(identity) {
            let cause =
                self.ledger.keys.isSuspended(identity)
                ? "two contradicting rotations" : "content that others flagged as illegal"
            lines.append("suspended over \(cause); the score before is \(account.direct)")
        }
        for ratified in self.verdicts.resolutions.pending
        where self.concerned(by: ratified.resolution).contains(identity) {
            let kind = ratified.resolution.kind.rawValue
            let since = ratified.effectiveAt.milliseconds
            lines.append("a \(kind) by \(ratified.proposal) takes effect at \(since)")
        }
        if let swing = self.witnesses.assessments.swing(of: identity) {
            lines.append("its words about one identity went up and down by as much as \(swing)")
        }
        if let ground = self.witnesses.suspicion.ground(against: identity) {
            let cause =
                switch ground {
                case .votes: "it votes in step with them, or shares a network with many voters"
                case .registration: "its first proof of delay is of the same day as theirs"
                }
            lines.append("suspected of acting with others: \(cause); its word weighs half")
        }
        let silent = self.ledger.silentDays(of: account)
        if silent > EarningLimits.silentDaysFree, !account.isBanned {
            lines.append("silent for \(silent) days; each costs \(EarningLimits.silentDay)")
        }
        lines += self.gateWarnings(identity, overall)
        return lines
    }

    private func concerned(by resolution: Propose.Resolution) -> [NodeID] {
        let concerned =
            switch resolution.kind {
            case .flag: [self.flags.charged(by: resolution)]
            case .ban: [self.flags.charged(by: resolution), resolution.subject]
            case .keyConflict, .parameter: [resolution.subject]
            }
        return concerned.compactMap { $0.map { self.ledger.identity(of: $0) } }
    }

    /// Within 0.02 below a gate messages are sent, and others may not count them (D-51).
    private func gateWarnings(_ identity: NodeID, _ overall: FixedPoint) -> [String] {
        let views = [
            ("the own score", overall),
            ("what others say", self.receivedMedian(of: identity) ?? overall),
        ]
        let gates = Set(Capability.allCases.map(\.gate)).sorted()
        return gates.flatMap { gate in
            views.filter { $0.1 < gate && $0.1 + ReputationLimits.ownGateMargin >= gate }
                .map { "\($0.0) is just below \(gate); others may not count what needs it" }
        }
    }
}
