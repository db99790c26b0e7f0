import NIOCore
import Relay

/// How far a relayed connection has come on its way to a direct one.
///
/// The called side dials the caller where that says it can be reached; when this fails, both dial each
/// other at the same time.
struct HolePunch {
    private var hasBegun = false
    /// Times at which both sides agreed to dial each other.
    private(set) var rounds = 0
    /// When the peer was last told where this host can be dialled.
    private var askedAt = NIODeadline.uptimeNanoseconds(0)

    /// Whether both may try once more.
    var hasRounds: Bool { self.rounds < RelayLimits.punchRoundsMax }

    /// Whether this is the first time that the peer said where it can be reached.
    mutating func begin() -> Bool {
        defer { self.hasBegun = true }
        return !self.hasBegun
    }

    /// The peer hears where this host can be dialled.
    mutating func asked(at now: NIODeadline) { self.askedAt = now }

    /// The peer agreed.
    ///
    /// - Returns: how long the word to begin needs to reach it, half of the way there and back.
    mutating func agreed(at now: NIODeadline) -> TimeAmount {
        self.rounds += 1
        return .nanoseconds((now - self.askedAt).nanoseconds / 2)
    }

    /// This host agreed.
    mutating func agreed() { self.rounds += 1 }
}
