public import Primitives

/// How many identities were active in a clock hour that this node saw from its start to its end.
public struct HourObservation: SingleFact {
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
