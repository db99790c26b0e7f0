import Messages
import Primitives

/// The versions of the protocol in which messages are accepted.
struct AcceptedVersions: Sendable, Codable {
    /// Those that this software can read.
    private let readable: Set<Int64>
    /// Those in force, as Consensus says.
    private var inForce = ProtocolVersions.initial

    init(readable: Set<Int64>) { self.readable = readable }

    /// The network decided on another version.
    mutating func change(to versions: ProtocolVersions) { self.inForce = versions }

    /// Live messages must be of a version in force (D-87).
    ///
    /// What peers have in their logs was accepted in its time, and the version does not decide what
    /// it means: there everything is read that can be read.
    func versions(for origin: Origin, now: Timestamp) -> Set<Int64> {
        if case .sync = origin { return self.readable }
        return self.readable.intersection(self.inForce.accepted(at: now))
    }

    /// Says what to do when the network has moved on to a version that this software cannot read.
    func explained(_ refusal: Refusal, now: Timestamp) -> Refusal {
        let current = self.inForce.current(at: now)
        guard refusal.code == .unknownVersion, !self.readable.contains(current) else {
            return refusal
        }
        return Refusal(
            .unknownVersion,
            "\(refusal.detail); version \(current) is in force, install software that reads it"
        )
    }
}
