public import Primitives

/// How many identities were active in a clock hour that this node saw from its start to its end.
public struct HourObservation: SingleFact, Codable {
    package static var kind: FactKind { .hour }

    /// The clock hour, counted from 1970.
    public let hour: Int64
    /// Identities that were announced.
    public let activeIdentities: Int
    /// How busy the network was (D-60); 1 for a quiet one.
    public let multiplier: FixedPoint

    /// Describes an hour.
    public init(hour: Int64, activeIdentities: Int, multiplier: FixedPoint) {
        self.hour = hour
        self.activeIdentities = activeIdentities
        self.multiplier = multiplier
    }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.hour = try body.integer("hour")
        self.activeIdentities = Int(clamping: try body.integer("active_identities"))
        self.multiplier = try body.amount("multiplier")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("hour", self.hour)
        body.set("active_identities", self.activeIdentities)
        body.set("multiplier", self.multiplier)
    }
}

/// The fact that peers agree on when governance began (D-59).
public struct GovernanceHint: SingleFact {
    package static var kind: FactKind { .governance }

    /// When it began.
    public let since: Timestamp

    /// Tells of a beginning.
    public init(since: Timestamp) { self.since = since }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.since = try body.timestamp("since")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("since", self.since)
    }
}

/// The fact that this node adopted a proposal; the local API writes it for Consensus.
public struct AdoptionFact: SingleFact {
    package static var kind: FactKind { .adoption }

    /// The PROPOSE message.
    public let proposal: MessageID

    /// Tells of an adoption.
    public init(proposal: MessageID) { self.proposal = proposal }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.proposal = try body.id("proposal_id")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("proposal_id", self.proposal)
    }
}

/// The fact that the outcome of a proposal was set aside after a partition (§12, ADR 0064).
///
/// Whoever carried the outcome out takes it back; another decision follows.
public struct ReopeningFact: SingleFact {
    package static var kind: FactKind { .reopening }

    /// The PROPOSE message.
    public let proposal: MessageID
    /// The contradictory change of the protocol that stands; nil when votes are only counted again.
    public let winner: MessageID?
    /// Until when votes count.
    public let votingEnds: Timestamp

    /// Tells of a reopening.
    public init(proposal: MessageID, winner: MessageID?, votingEnds: Timestamp) {
        self.proposal = proposal
        self.winner = winner
        self.votingEnds = votingEnds
    }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.proposal = try body.id("proposal_id")
        self.winner = try body.optionalID("winner")
        self.votingEnds = try body.timestamp("voting_ends")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("proposal_id", self.proposal)
        body.setOrNull("winner", self.winner)
        body.set("voting_ends", self.votingEnds)
    }
}
