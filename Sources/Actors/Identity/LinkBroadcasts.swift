import Messages
import OrderedCollections
import Primitives

/// When the own links were broadcast again (R-01-030).
///
/// It follows from facts in the log, so that a restart neither forgets nor repeats a broadcast.
struct LinkBroadcasts: Sendable {
    private static let kind = "links_repeated"

    private var times: OrderedDictionary<MessageID, Timestamp> = [:]

    /// Whether a link should be heard again; it was heard when it was signed.
    func isDue(_ id: MessageID, signedAt: Timestamp, now: Timestamp) -> Bool {
        let last = self.times[id].map { max($0, signedAt) } ?? signedAt
        return now.milliseconds(since: last) >= IdentityLimits.repeatMilliseconds
    }

    /// The fact that these links go out now.
    static func fact(_ ids: [MessageID], at now: Timestamp) -> LocalFact {
        LocalFact(
            owner: .identity,
            kind: Self.kind,
            body: JSONValue.object([("ids", .array(ids.map { .string($0.hex) }))]).canonicalBytes(),
            recordedAt: now
        )
    }

    /// Folds a fact; those of others change nothing.
    mutating func apply(_ fact: LocalFact) {
        guard fact.owner == .identity, fact.kind == Self.kind,
            let body = try? JSONDocument(scanning: fact.body).root
        else { return }
        for element in body["ids"]?.elements ?? [] {
            guard let id = element.string.flatMap({ MessageID(hex: $0) }) else { continue }
            self.times[id] = max(self.times[id] ?? fact.recordedAt, fact.recordedAt)
        }
    }

    /// For the digest of the subsystem.
    var digestBytes: [UInt8] {
        let lines = self.times.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        return Array(lines.joined().utf8)
    }
}
