import Messages
import Primitives

/// What this node decided on a proposal, and on which sample of the network (D-58).
struct Decision: Sendable, Equatable {
    let proposal: MessageID
    let state: ProposalState
    let network: NetworkSize

    /// Decides at the deadline, or at the end of the confirmation period.
    init(on record: ProposalRecord, network: NetworkSize) {
        self.proposal = record.message.id
        self.network = network
        self.state = Self.state(of: record, network)
    }

    private static func state(of record: ProposalRecord, _ network: NetworkSize) -> ProposalState {
        // Below 16 sustained nodes rules do not change (R-08-019, D-52).
        if record.proposal.isGovernance { return .rejected }
        let tally = record.tally(of: network)
        guard tally.hasQuorum else { return .expired }
        if record.decision == nil, tally.isClose { return .confirming }
        return tally.reachesThreshold ? .ratified : .rejected
    }

    // MARK: As a fact of the log

    static let factKind = "decision"

    var factBody: [UInt8] {
        JSONValue.object([
            ("proposal_id", .string(self.proposal.hex)),
            ("state", .string(self.state.rawValue)),
            ("active_identities", .integer(Int64(clamping: self.network.activeIdentities))),
            ("active_reputation", .integer(self.network.activeReputation.millionths)),
        ]).canonicalBytes()
    }

    /// Reads a fact; nil when its body is not one of ours.
    init?(factBody: [UInt8]) {
        guard let root = try? JSONDocument(scanning: factBody).root,
            let proposal = root["proposal_id"]?.string.flatMap({ MessageID(hex: $0) }),
            let state = root["state"]?.string.flatMap(ProposalState.init(rawValue:)),
            let identities = root["active_identities"]?.integer,
            let reputation = root["active_reputation"]?.integer
        else { return nil }
        self.proposal = proposal
        self.state = state
        self.network = NetworkSize(
            activeIdentities: Int(clamping: identities),
            activeReputation: FixedPoint(millionths: reputation)
        )
    }
}

extension Tally {
    /// Whether enough identities and enough weight took part (R-08-008, R-08-009).
    var hasQuorum: Bool {
        self.voters >= ConsensusLimits.votersMin
            && self.endorse + self.reject + self.abstain >= self.quorum
    }

    /// Compared by cross-multiplication in 128 bits, never by a truncated quotient (D-56).
    var reachesThreshold: Bool {
        let decided = Int128(self.endorse.millionths) + Int128(self.reject.millionths)
        return decided > 0
            && Int128(self.endorse.millionths) * Self.scale
                >= Int128(self.threshold.millionths) * decided
    }

    /// Whether the ratio lies within 0.02 of the threshold, both ends included.
    var isClose: Bool {
        let decided = Int128(self.endorse.millionths) + Int128(self.reject.millionths)
        guard decided > 0 else { return false }
        let distance =
            Int128(self.endorse.millionths) * Self.scale
            - Int128(self.threshold.millionths) * decided
        return distance.magnitude <= (Int128(ConsensusLimits.closeMargin) * decided).magnitude
    }

    /// What a ratification still needs, in words; empty when nothing.
    var missing: [String] {
        var missing: [String] = []
        if self.voters < ConsensusLimits.votersMin {
            missing.append("\(self.voters) of \(ConsensusLimits.votersMin) voting identities")
        }
        let weight = self.endorse + self.reject + self.abstain
        if weight < self.quorum { missing.append("weight \(weight) of the quorum \(self.quorum)") }
        if !self.reachesThreshold {
            missing.append("endorsed by less than \(self.threshold) of the weight")
        }
        return missing
    }

    private static var scale: Int128 { Int128(FixedPoint.one.millionths) }
}
