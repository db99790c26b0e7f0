import Messages
import OrderedCollections
import Primitives

/// The numbers that a constitutional proposal may change by `resolution` (D-61).
struct GovernanceParameters: Sendable, Equatable {
    /// Weight of the standard quorum per active identity.
    var quorumPerIdentity = ConsensusLimits.quorumPerIdentity
    /// Share of all reputation in the standard quorum.
    var quorumShare = ConsensusLimits.quorumShare
    /// Share of all reputation in the constitutional quorum.
    var constitutionalQuorumShare = ConsensusLimits.constitutionalQuorumShare
    /// Share of endorse that ratifies a standard proposal.
    var standardThreshold = ConsensusLimits.standardThreshold
    /// Share of endorse that ratifies a constitutional one.
    var constitutionalThreshold = ConsensusLimits.constitutionalThreshold

    private typealias Path = any WritableKeyPath<Self, FixedPoint> & Sendable

    /// The name of each in a `resolution`.
    private static let names: OrderedDictionary<String, Path> = [
        "quorum_per_identity": \.quorumPerIdentity,
        "quorum_share": \.quorumShare,
        "constitutional_quorum_share": \.constitutionalQuorumShare,
        "standard_threshold": \.standardThreshold,
        "constitutional_threshold": \.constitutionalThreshold,
    ]

    /// Changes a number; names of other subsystems' parameters change nothing here.
    mutating func set(_ name: String, _ value: FixedPoint) {
        guard let path = Self.names[name], value > .zero, value <= .one else { return }
        self[keyPath: path] = value
    }
}

/// Ratified changes of parameters, in the order in which they take effect.
struct ParameterHistory: Sendable {
    private var changes: [MessageID: (at: Timestamp, name: String, value: FixedPoint)] = [:]

    mutating func add(_ ratified: ResolutionRatified) {
        guard ratified.resolution.kind == .parameter, let name = ratified.resolution.name,
            let value = ratified.resolution.value
        else { return }
        let fraction = FixedPoint(millionths: value)
        self.changes[ratified.proposal] = (at: ratified.effectiveAt, name: name, value: fraction)
    }

    /// The numbers in force at a moment.
    func parameters(at moment: Timestamp) -> GovernanceParameters {
        var parameters = GovernanceParameters()
        let inForce = self.changes.filter { $0.value.at <= moment }
        for change in inForce.sorted(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) {
            parameters.set(change.value.name, change.value.value)
        }
        return parameters
    }
}
