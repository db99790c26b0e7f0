import Identities
import Messages
import OrderedCollections
import Primitives

/// When the own links were broadcast again (R-01-030).
///
/// It follows from facts in the log, so that a restart neither forgets nor repeats a broadcast.
struct LinkBroadcasts: Sendable, Codable {
    private var times: OrderedDictionary<MessageID, Timestamp> = [:]

    /// Whether a link should be heard again; it was heard when it was signed.
    func isDue(_ id: MessageID, signedAt: Timestamp, now: Timestamp) -> Bool {
        let last = self.times[id].map { max($0, signedAt) } ?? signedAt
        return now.milliseconds(since: last) >= IdentityLimits.repeatMilliseconds
    }

    /// Folds a fact; those of others change nothing.
    mutating func apply(_ fact: LocalFact) {
        for id in LinksRepeated(fact)?.ids ?? [] {
            self.times[id] = max(self.times[id] ?? fact.recordedAt, fact.recordedAt)
        }
    }
}

extension LinkBroadcasts: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("times", self.times)
    }
}
