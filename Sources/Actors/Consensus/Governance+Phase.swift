import Messages
import OrderedCollections
import Primitives

// The phase of the network, observed hour by hour (§8).
extension Governance {
    /// What to write down of the hour that just ended; nil when this node did not see all of it.
    ///
    /// - Parameters:
    ///   - liveSince: since when this node has been following the network without a break.
    ///   - scores: who is active now.
    ///   - now: at most some minutes after the full hour.
    /// - Returns: the count of the hour, for the log.
    func observation(liveSince: Timestamp, _ scores: Scores.Reply, now: Timestamp)
        -> HourObservation?
    {
        let hour = now.clockHour - 1
        let (start, end) = (Timestamp(clockHour: hour), Timestamp(clockHour: hour + 1))
        let isFresh =
            now.milliseconds(since: end) <= ConsensusLimits.observationDelayMilliseconds
        // Alone there is nothing to observe: a node without peers does not know the network (D-59).
        guard isFresh, liveSince <= start, scores.activeIdentities > 1,
            self.clock.newest.map({ $0.hour < hour }) ?? true
        else { return nil }
        return HourObservation(
            hour: hour,
            activeIdentities: scores.activeIdentities,
            multiplier: self.activity(scores, now: now).multiplier
        )
    }

    /// What peers say of the beginning of governance, while this node does not know of any and the
    /// network is large enough for it; nil when too few of them agree (D-59).
    func hint(_ scores: Scores.Reply) -> GovernanceHint? {
        guard self.clock.governanceSince == nil,
            scores.activeIdentities >= ConsensusLimits.standardNodes
        else { return nil }
        return self.observations.governanceHint(scores, self.signers, own: self.own)
            .map { GovernanceHint(since: $0) }
    }

    /// How busy the network was over the trailing seven days; keys that proved nothing and authors
    /// who may not propose make nothing busy (ADR 0025).
    func activity(_ scores: Scores.Reply, now: Timestamp) -> Activity {
        let proven = self.observations.proven(self.signers)
        return Activity(
            adoptedProposals: self.proposals.all.count { record in
                guard !record.proposal.isGovernance,
                    Capability.propose.isPermitted(at: record.reputation)
                else { return false }
                let recent = record.adopters(self.signers).count {
                    $0.item.body.success && proven.contains($0.identity)
                        && now.milliseconds(since: $0.item.message.timestamp)
                            <= ConsensusLimits.activityWindowMilliseconds
                }
                return recent >= ConsensusLimits.adoptersMin
            },
            earnedReputation: scores.earnedDelta,
            challengePairs: self.observations.challengePairs(self.signers, proven, now: now)
        )
    }

    /// The phase and what it lacks for the next one.
    func phase(now: Timestamp) -> NetworkPhase.Reply {
        let phase = self.clock.phase(at: now)
        let active = self.clock.newest?.activeIdentities
        let standard = SustainRun(
            hours: self.clock.standardRun,
            hoursNeeded: self.clock.standardHoursNeeded,
            nodesNeeded: ConsensusLimits.standardNodes
        )
        let constitutional = SustainRun(
            hours: self.clock.constitutionalRun,
            hoursNeeded: ConsensusLimits.constitutionalHours,
            nodesNeeded: ConsensusLimits.constitutionalNodes
        )
        let next = phase == .frozen ? standard : constitutional
        return NetworkPhase.Reply(
            phase: phase,
            activeIdentities: active,
            activityMultiplier: self.clock.newest?.multiplier ?? .one,
            standard: standard,
            constitutional: constitutional,
            governanceSince: self.clock.governanceSince,
            coldStartEnds: self.clock.coldStartEnds,
            protocolChanges: self.protocolChanges,
            missing: phase == .constitutional ? [] : next.missing(active)
        )
    }

    /// Whether a proposal, if it is ratified, brings another version of the protocol.
    func changesProtocol(_ proposal: MessageID) -> Bool {
        self.proposals[proposal]?.proposal.eol != nil
    }

    /// Ratified changes of the protocol, by the time that they take effect (§13).
    var protocolChanges: [ProtocolChange] {
        self.proposals.all.compactMap { record -> ProtocolChange? in
            guard record.outcome?.state == .ratified, let endOfLife = record.proposal.eol else {
                return nil
            }
            return ProtocolChange(
                proposal: record.id,
                effectiveAt: record.effectiveAt,
                endOfLife: endOfLife
            )
        }.sorted { ($0.effectiveAt, $0.proposal) < ($1.effectiveAt, $1.proposal) }
    }
}

extension SustainRun {
    fileprivate func missing(_ active: Int?) -> [String] {
        guard let active else { return ["no hour with peers was observed yet"] }
        var missing: [String] = []
        if active < self.nodesNeeded {
            missing.append("\(active) of \(self.nodesNeeded) active identities")
        }
        if self.hours < self.hoursNeeded {
            missing.append("\(self.hours) of \(self.hoursNeeded) hours in a row")
        }
        return missing
    }
}

extension Timestamp {
    /// The clock hour, counted from 1970.
    var clockHour: Int64 { self.milliseconds / ConsensusLimits.hourMilliseconds }

    /// The beginning of a clock hour.
    init(clockHour: Int64) {
        self.init(milliseconds: clockHour * ConsensusLimits.hourMilliseconds)
    }
}
