public import Primitives

/// A number of the rules that a network sets for itself, and can change by a constitutional vote.
///
/// Source: D-36 for the start, D-61 for the change.
public enum NetworkParameter: String, Sendable, CaseIterable, Codable {
    /// Share of endorse that ratifies a constitutional proposal.
    case constitutionalThreshold = "constitutional_threshold"
    /// Share of all reputation in the constitutional quorum.
    case constitutionalQuorumShare = "constitutional_quorum_share"
    /// Weight of the standard quorum per active identity.
    case quorumPerIdentity = "quorum_per_identity"
    /// Share of all reputation in the standard quorum.
    case quorumShare = "quorum_share"
    /// Share of endorse in endorse and reject that ratifies a standard proposal.
    case standardThreshold = "standard_threshold"
    /// What keeping a GB (10^9 bytes) costs its uploader a day.
    case baseRent = "base_rent"
    /// What a UTC day of uptime earns.
    case uptimeReward = "uptime_reward"

    /// The protocol's default, for a network that sets no number of its own.
    ///
    /// Source: R-08-031, R-08-033 and R-08-035 with D-53; D-37 for uptime, where §9's own table has
    /// 333; D-63 for rent.
    public var protocolValue: FixedPoint {
        switch self {
        case .constitutionalThreshold: FixedPoint(millionths: 900_000)
        case .constitutionalQuorumShare: FixedPoint(millionths: 300_000)
        case .quorumPerIdentity, .quorumShare: FixedPoint(millionths: 100_000)
        case .standardThreshold: FixedPoint(millionths: 670_000)
        case .baseRent: FixedPoint(millionths: 32_000)
        case .uptimeReward: FixedPoint(millionths: 1_000)
        }
    }

    /// Whether a network can have this number: more than nothing, and at most the whole.
    public func allows(_ value: FixedPoint) -> Bool { value > .zero && value <= .one }
}

/// The numbers that are in force in a network at one moment.
public struct NetworkParameters: Sendable, Equatable, Codable {
    private var values: [NetworkParameter: FixedPoint] = [:]

    /// The numbers that the protocol sets.
    public init() {}

    /// The value in force.
    public subscript(parameter: NetworkParameter) -> FixedPoint {
        self.values[parameter] ?? parameter.protocolValue
    }

    /// Sets a number; one that no network can have changes nothing.
    public mutating func set(_ parameter: NetworkParameter, _ value: FixedPoint) {
        guard parameter.allows(value) else { return }
        self.values[parameter] = value
    }

    /// The numbers that were set, in the order of their names.
    public var stated: [(parameter: NetworkParameter, value: FixedPoint)] {
        NetworkParameter.allCases.compactMap { parameter in
            self.values[parameter].map { (parameter, $0) }
        }
    }
}

/// The numbers that a network started with, and ratified changes in the order of taking effect.
public struct ParameterHistory: Sendable, Codable {
    /// A number that was changed.
    package struct Change: Sendable, Codable {
        package let at: Timestamp
        package let parameter: NetworkParameter
        package let value: FixedPoint
    }

    private let start: NetworkParameters
    /// Changes by the proposals that were ratified.
    package private(set) var changes: [MessageID: Change] = [:]

    /// Begins with the numbers of the network's description.
    public init(_ start: NetworkParameters) { self.start = start }

    /// Takes in a ratified change; a parameter that is not known here changes nothing.
    public mutating func add(_ ratified: ResolutionRatified) {
        guard ratified.resolution.kind == .parameter, let value = ratified.resolution.value,
            let parameter = ratified.resolution.name.flatMap(NetworkParameter.init(rawValue:))
        else { return }
        self.changes[ratified.proposal] = Change(
            at: ratified.effectiveAt,
            parameter: parameter,
            value: FixedPoint(millionths: value)
        )
    }

    /// The change that a proposal brought is set aside.
    public mutating func remove(_ proposal: MessageID) { self.changes[proposal] = nil }

    /// The numbers in force at a moment.
    public func parameters(at moment: Timestamp) -> NetworkParameters {
        var parameters = self.start
        let inForce = self.changes.filter { $0.value.at <= moment }
        for (_, change) in inForce.sorted(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) {
            parameters.set(change.parameter, change.value)
        }
        return parameters
    }
}
