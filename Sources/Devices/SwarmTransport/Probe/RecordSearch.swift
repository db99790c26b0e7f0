import Cryptography
import Messages
import Primitives

/// Looks through a peer's log for what a node signed after all that its own log has: then the same key ran elsewhere, or
/// this machine has an old copy of the log.
struct RecordSearch {
    /// What a page says.
    enum Verdict: Equatable {
        /// There may be something on the next one.
        case more
        case end(AddressProbe.Step.Outcome, String)
    }

    /// Pages that are read.
    ///
    /// Source: own choice: what a peer gives to a stranger in a few seconds, twenty thousand messages.
    private static let pagesMax = 20

    private let own: AddressProbe.OwnRecord
    private let key: SigningKey
    private var place: (timestamp: Timestamp, id: MessageID?)
    private var pages = 0
    private var messages = 0

    init(_ own: AddressProbe.OwnRecord, key: SigningKey) {
        self.own = own
        self.key = key
        self.place = (own.newest, nil)
    }

    /// The question for the next page.
    func request(now: Timestamp) -> [UInt8]? {
        let request = SyncRequest(
            sinceTimestamp: self.place.timestamp,
            sinceID: self.place.id,
            limit: Int(WireLimits.syncPage.upperBound)
        )
        let message = try? EnvelopeCodec.sign(
            .syncRequest,
            payload: request.json,
            timestamp: now,
            key: self.key
        )
        return message?.canonical
    }

    /// Takes a page in.
    mutating func read(_ frame: [UInt8]) -> Verdict {
        guard let message = try? EnvelopeCodec.decode(frame),
            case .syncResponse(let page) = message.payload
        else { return .end(.doubtful, "its answer to a question about its log cannot be read") }
        if let error = page.error {
            return .end(.doubtful, "it does not show its log now: \(error); ask again in a minute")
        }
        self.pages += 1
        self.messages += page.messages.count
        if let news = page.messages.lazy.compactMap(self.news).first { return .end(.bad, news) }
        guard page.hasMore, let next = page.nextTimestamp, let id = page.nextID else {
            return .end(.good, "it has no message of this node that the own log lacks")
        }
        guard self.pages < Self.pagesMax else {
            return .end(
                .doubtful,
                "none of this node among the \(self.messages) messages after \(self.own.newest.text), and there "
                    + "are more; the node looks through all of them when it syncs"
            )
        }
        self.place = (next, id)
        return .more
    }

    /// What an own message means that the own log lacks; nil for any other message.
    private func news(_ bytes: [UInt8]) -> String? {
        guard let message = try? EnvelopeCodec.decode(bytes), message.from == self.own.node,
            message.timestamp > self.own.newest, message.hasValidSignature
        else { return nil }
        // Whatever is cut off at a narrow place is the evidence, and not what to do.
        return
            "the key ran elsewhere, or the own log is an old copy. Stop the other process for good before this "
            + "node starts; see `valence-node run --help` on --only-instance. It signed \(message.typeName) "
            + "\(message.id) at \(message.timestamp.text), and the own log ends at \(self.own.newest.text)"
    }
}
