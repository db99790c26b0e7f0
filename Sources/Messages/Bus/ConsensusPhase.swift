public import Kernel
public import Primitives

/// What kind of governance the network supports, as this node observed it (§8).
public enum GovernancePhase: String, Sendable, CaseIterable {
    /// Fewer than 16 sustained nodes: content is voted on, rules do not change.
    case frozen
    /// The first 30 days: votes are counted by heads.
    case coldStart = "cold-start"
    /// Standard proposals may change rules.
    case standard
    /// 1,024 sustained nodes: constitutional proposals as well.
    case constitutional
}

/// A run of consecutive clock hours with enough active nodes.
public struct SustainRun: Sendable, Equatable {
    /// Good hours in a row; unknown hours count for nothing (D-59).
    public let hours: Int
    /// Hours that activate.
    public let hoursNeeded: Int
    /// Active nodes that make an hour a good one.
    public let nodesNeeded: Int
    /// Puts a run together.
    public init(hours: Int, hoursNeeded: Int, nodesNeeded: Int) {
        self.hours = hours
        self.hoursNeeded = hoursNeeded
        self.nodesNeeded = nodesNeeded
    }
}

/// A change of the protocol that was ratified (§13).
public struct ProtocolChange: Sendable, Equatable {
    /// The PROPOSE message.
    public let proposal: MessageID
    /// From when on it may be adopted.
    public let effectiveAt: Timestamp
    /// When the version before it ends.
    public let endOfLife: Timestamp
    /// Puts a change together.
    public init(proposal: MessageID, effectiveAt: Timestamp, endOfLife: Timestamp) {
        self.proposal = proposal
        self.effectiveAt = effectiveAt
        self.endOfLife = endOfLife
    }
}

/// The phase of the network and what it lacks for the next one.
public struct NetworkPhase: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// The phase.
    public struct Reply: BusMessage {
        /// The phase now.
        public let phase: GovernancePhase
        /// Active identities in the newest hour that was observed; nil before the first.
        public let activeIdentities: Int?
        /// What the network's activity does to the sustain clock, 1.0 to 2.33.
        public let activityMultiplier: FixedPoint
        /// The clock of standard governance.
        public let standard: SustainRun
        /// The clock of constitutional governance.
        public let constitutional: SustainRun
        /// When governance began, by own observation or by that of peers (D-59).
        public let governanceSince: Timestamp?
        /// When votes stop being counted by heads; nil before governance began.
        public let coldStartEnds: Timestamp?
        /// Ratified changes of the protocol, by the time that they take effect.
        public let protocolChanges: [ProtocolChange]
        /// What the next phase still needs, in words.
        public let missing: [String]

        /// Puts a reply together.
        public init(
            phase: GovernancePhase,
            activeIdentities: Int?,
            activityMultiplier: FixedPoint,
            standard: SustainRun,
            constitutional: SustainRun,
            governanceSince: Timestamp?,
            coldStartEnds: Timestamp?,
            protocolChanges: [ProtocolChange],
            missing: [String]
        ) {
            self.phase = phase
            self.activeIdentities = activeIdentities
            self.activityMultiplier = activityMultiplier
            self.standard = standard
            self.constitutional = constitutional
            self.governanceSince = governanceSince
            self.coldStartEnds = coldStartEnds
            self.protocolChanges = protocolChanges
            self.missing = missing
        }
    }
    /// Asks.
    public init() {}
}
