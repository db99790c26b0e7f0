import Messages
import OrderedCollections
import Primitives

/// How much hashing the announcements of strangers may cause (ADR 0040).
///
/// A segment is earned every second, and unused ones are saved up, so that a node that joins a large
/// network can count its members at once. What one relay's announcements used may never exceed what is
/// left for all others: one relay can use half of everything, two use a third each, and another one
/// always finds as much as the busiest has used.
struct HashingBudget: Sendable, Codable {
    /// When all that was used will have been earned again.
    private var usedUntil = Timestamp(milliseconds: 0)
    /// The same for what each relay's announcements used; those with nothing to their account are left
    /// out.
    private var shares: OrderedDictionary<NodeID, Timestamp> = [:]

    /// Why a relay's announcements may cause no hashing of so many segments now; nil when they may.
    func objection(to segments: Int, of relay: NodeID, now: Timestamp) -> Refusal? {
        let price = Int64(segments) * VerificationLimits.segmentMilliseconds
        let share = Self.debt(self.shares[relay] ?? now, now) + price
        let left = VerificationLimits.hashingMilliseconds - Self.debt(self.usedUntil, now) - price
        guard share > left else { return nil }
        return Refusal(.busy, "too many proofs of new keys from this peer; send it again later")
    }

    /// Uses up segments.
    mutating func spend(_ segments: Int, of relay: NodeID, now: Timestamp) {
        let price = Int64(segments) * VerificationLimits.segmentMilliseconds
        self.shares.removeAll { $0.value <= now }
        self.shares[relay] = max(self.shares[relay] ?? now, now).adding(milliseconds: price)
        self.usedUntil = max(self.usedUntil, now).adding(milliseconds: price)
    }

    private static func debt(_ until: Timestamp, _ now: Timestamp) -> Int64 {
        max(0, until.milliseconds(since: now))
    }
}
