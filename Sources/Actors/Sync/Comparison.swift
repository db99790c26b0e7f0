import Messages
import Primitives

/// One comparison of the log with that of a peer, while it goes on.
struct Comparison: Sendable, Equatable {
    /// What this node held when it asked.
    let own: SyncComparison
    /// Whether the newest minute counts, too.
    let includesNewest: Bool
    /// The peer has answered; what is asked for now are pages.
    var isAnswered = false
    /// Where the peer holds something else, as it said.
    var differing: [SettledRange: RangeDigest] = [:]
    /// Messages of the pages that were news.
    var brought = 0

    /// The payload that asks for it; a peer that does not know the member answers with an empty page.
    var request: JSONValue {
        let types = SyncPhases.types(of: self.own.digests.first?.phase ?? 1)
        return .object([
            ("since_timestamp", .integer(Int64.max >> 11)),
            ("since_id", .null),
            ("types", .array(types.map { .string($0.rawValue) })),
            ("limit", .integer(1)),
            ("compare", self.own.json),
        ])
    }
}

/// A range of one phase.
struct SettledRange: Hashable, Sendable {
    let phase: Int
    let from: Timestamp
    let until: Timestamp?
}

/// A part of one phase that a session reads from a peer.
struct Stretch: Sendable, Equatable {
    let phase: Int
    let from: Timestamp
    /// Where it ends; nil reads to the end of the peer's log.
    var until: Timestamp?

    /// The same stretch for a cursor, which excludes the very moment at which it stands.
    var readFromItsFirstMoment: Stretch {
        let before = max(0, self.from.milliseconds - 1)
        return Stretch(
            phase: self.phase,
            from: Timestamp(milliseconds: before),
            until: self.until
        )
    }

    /// Puts stretches that touch together.
    static func joined(_ stretches: [Stretch]) -> [Stretch] {
        var result: [Stretch] = []
        for stretch in stretches {
            if let last = result.last, last.phase == stretch.phase, last.until == stretch.from {
                result[result.count - 1].until = stretch.until
            } else {
                result.append(stretch)
            }
        }
        return result
    }
}
