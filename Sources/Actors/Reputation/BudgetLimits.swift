import Messages

/// How much of the network's room one sender may take, and all that proved little together (§14).
///
/// All are counted in rolling days.
enum BudgetLimits {
    /// Bytes of one sender in one class: room for the largest message whatever came before it.
    ///
    /// Source: ADR 0037.
    static let senderBytesMax = 2 * WireLimits.messageBytesMax

    /// Messages of one sender, by what they say of their own time; every node counts the same.
    static func sender(_ kind: BudgetClass) -> Allowance {
        let count =
            switch kind {
            case .keys, .notices, .unknown: 256
            case .words, .ballots: 1_000
            // Of 26 nodes that announce themselves every five minutes and assess every fifteen.
            case .upkeep, .market: 10_000
            }
        return Allowance(count: count, bytes: Self.senderBytesMax)
    }

    /// Of all senders together of which this node holds no proof of delay: little more than one of
    /// them may send, since keys cost nothing.
    static func strangers(_ kind: BudgetClass) -> Allowance {
        let count = kind == .keys || kind == .upkeep ? 10_000 : 1_000
        return Allowance(count: count, bytes: Self.senderBytesMax)
    }

    /// Of all senders together that proved their delay and may not vote yet.
    ///
    /// What honest nodes say all day must fit, some thousands of them: each announces itself 288 times
    /// and assesses 96 times, in two thirds of a MiB.
    static func newcomers(_ kind: BudgetClass, proven: Int) -> Allowance {
        switch kind {
        case .keys, .notices, .unknown, .words: Allowance(count: 10_000, bytes: 67_108_864)
        case .ballots, .market: Allowance(count: 100_000, bytes: 67_108_864)
        case .upkeep:
            Allowance(
                count: 200_000 + min(proven, Self.provenCounted) * 1_000,
                bytes: 268_435_456 + min(proven, Self.provenCounted) * 1_048_576
            )
        }
    }

    /// More proven senders than this make no more room: proofs cost little (ADR 0040).
    ///
    /// Source: ADR 0037.
    private static let provenCounted = 2_048

    /// Of what peers serve of the past, as far as it is older than what is counted exactly or its
    /// sender may not vote yet.
    ///
    /// One peer alone can serve half of it, which is a week of what a thousand nodes say.
    ///
    /// Source: ADR 0037.
    static let pages = Allowance(count: 8_000_000, bytes: 4_294_967_296)

    /// A longer message is a long one.
    ///
    /// All that nodes say by themselves is shorter, and nearly all that people write.
    ///
    /// Source: ADR 0037.
    static let shortBytesMax = 4_096

    /// Long messages get this part of the bytes of strangers and newcomers, so that the few that fill
    /// it shut out none but long ones.
    ///
    /// Source: ADR 0037.
    static let longDivisor = 2

    /// A clock hour.
    ///
    /// Source: ADR 0037.
    static let hourMilliseconds: Int64 = 3_600_000

    /// The rolling day, in clock hours.
    ///
    /// Source: ADR 0037.
    static let windowHours: Int64 = 24

    /// Messages that were signed at most this long before they arrived are counted exactly.
    ///
    /// Source: ADR 0037.
    static let exactHours: Int64 = 7 * 24

    /// A message that was let through and is not in the log after this time will not come there.
    ///
    /// Source: own choice: admission and commit take milliseconds.
    static let reservationMilliseconds: Int64 = 60_000
}
