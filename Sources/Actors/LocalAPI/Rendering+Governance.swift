import Messages
import Primitives

// How far governance is, for people and agents. Amounts are integers in millionths, times Unix
// milliseconds.

extension Outlook {
    var json: JSONValue {
        .object([
            ("mode", .string(self.mode.rawValue)),
            ("quorum_reached", .integer(self.quorumReached.millionths)),
            ("quorum_needed", .integer(self.quorumNeeded.millionths)),
            ("voters_needed", .integer(Int64(self.votersNeeded))),
            ("ratio", self.ratio.map { .integer($0.millionths) } ?? .null),
            ("threshold", .integer(self.threshold.millionths)),
            ("margin", self.marginMillionths.map { .integer($0) } ?? .null),
            ("close", .bool(self.isClose)),
            ("active_identities", .integer(Int64(self.activeIdentities))),
            ("needs_half_of_heads", .bool(self.needsHalfOfHeads)),
            ("effective_at", .integer(self.effectiveAt.milliseconds)),
        ])
    }
}

extension CommentView {
    var json: JSONValue {
        .object([
            ("id", .string(self.message.id.hex)),
            ("from", .string(self.message.from.hex)),
            ("identity", .string(self.identity.hex)),
            ("timestamp", .integer(self.message.timestamp.milliseconds)),
            ("depth", .integer(Int64(self.depth))),
            ("hidden_because", self.hiddenBecause.map { .string($0) } ?? .null),
            ("payload", self.message.payloadValue),
        ])
    }
}

extension NetworkPhase.Reply {
    var json: JSONValue {
        .object([
            ("phase", .string(self.phase.rawValue)),
            ("active_identities", self.activeIdentities.map { .integer(Int64($0)) } ?? .null),
            ("activity_multiplier", .integer(self.activityMultiplier.millionths)),
            ("standard", self.standard.json),
            ("constitutional", self.constitutional.json),
            ("governance_since", self.governanceSince.map { .integer($0.milliseconds) } ?? .null),
            ("cold_start_ends", self.coldStartEnds.map { .integer($0.milliseconds) } ?? .null),
            ("protocol_changes", .array(self.protocolChanges.map(\.json))),
            ("missing", .array(self.missing.map { .string($0) })),
        ])
    }
}

extension SustainRun {
    fileprivate var json: JSONValue {
        .object([
            ("hours", .integer(Int64(self.hours))),
            ("hours_needed", .integer(Int64(self.hoursNeeded))),
            ("nodes_needed", .integer(Int64(self.nodesNeeded))),
        ])
    }
}

extension ProtocolChange {
    fileprivate var json: JSONValue {
        .object([
            ("proposal_id", .string(self.proposal.hex)),
            ("effective_at", .integer(self.effectiveAt.milliseconds)),
            ("end_of_life", .integer(self.endOfLife.milliseconds)),
        ])
    }
}

extension ScoreHistory.Reply {
    var json: JSONValue {
        .object([
            ("overall", .integer(self.overall.millionths)),
            ("direct", .integer(self.direct.millionths)),
            ("start", self.start.json),
            ("by_domain", self.record.domains),
            ("verification_count", .integer(Int64(self.record.verificationCount))),
            ("stake_at_risk", .integer(self.record.stakeAtRisk.millionths)),
            ("basis", self.basis?.json ?? .null),
            ("next_gate", self.nextGate?.json ?? .null),
            ("earns", .array(self.earns.map { .string($0) })),
            ("warnings", .array(self.warnings.map { .string($0) })),
            ("entries", .array(self.entries.map(\.json))),
        ])
    }
}

extension ScoreHistory.Start {
    fileprivate var json: JSONValue {
        .object([
            ("score", .integer(self.score.millionths)), ("founder", .bool(self.isFounder)),
        ])
    }
}

extension ScoreHistory.Record {
    fileprivate var domains: JSONValue {
        .object(self.byDomain.map { ($0.name, JSONValue.integer($0.score.millionths)) })
    }
}

extension ScoreHistory.Basis {
    fileprivate var json: JSONValue {
        .object([
            ("own_weight", .integer(self.ownWeight.millionths)),
            ("observations", .integer(Int64(self.observations))),
            ("peer_average", self.peerAverage.map { .integer($0.millionths) } ?? .null),
            ("received_median", self.receivedMedian.map { .integer($0.millionths) } ?? .null),
            ("assessors", .integer(Int64(self.assessors))),
            ("assessor_networks", .integer(Int64(self.assessorNetworks))),
        ])
    }
}

extension ScoreHistory.Gate {
    fileprivate var json: JSONValue {
        .object([
            ("score", .integer(self.score.millionths)),
            ("missing", .integer(self.missing.millionths)),
            ("permits", .array(self.permits.map { .string($0) })),
        ])
    }
}
