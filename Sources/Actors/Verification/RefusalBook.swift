import Messages
import OrderedCollections
import Primitives

/// The newest refusals, for whoever asks why a message was not taken (ADR 0061).
///
/// They are in memory alone: nothing of the protocol follows from them. Those of own messages have room
/// of their own, so that a flood by strangers drives none of them out.
struct RefusalBook: Sendable {
    private var own = Shelf(capacity: VerificationLimits.ownRefusalsMax)
    private var others = Shelf(capacity: VerificationLimits.refusalsMax)

    /// How much is kept, for how long.
    static let memory = RefusalMemory(
        ownMax: VerificationLimits.ownRefusalsMax,
        othersMax: VerificationLimits.refusalsMax,
        milliseconds: VerificationLimits.refusalMilliseconds
    )

    /// Notes that a message was refused.
    ///
    /// That it is known already says nothing of the message and takes no one's place.
    mutating func note(_ id: MessageID?, _ refusal: Refusal, _ origin: Origin, at moment: Timestamp)
    {
        guard let id, refusal.code != .duplicate else { return }
        var isOwn = false
        if case .local = origin { isOwn = true }
        let entry = PastRefusal(refusal.brief, at: moment, isOwn: isOwn)
        if isOwn { self.own.put(entry, id) } else { self.others.put(entry, id) }
    }

    /// Why a message was refused last; nil when that is not known any more.
    func refusal(of id: MessageID, now: Timestamp) -> PastRefusal? {
        guard let entry = self.own[id] ?? self.others[id],
            now.milliseconds(since: entry.at) < VerificationLimits.refusalMilliseconds
        else { return nil }
        return entry
    }
}

extension RefusalBook {
    /// So many refusals, the oldest of which goes first.
    private struct Shelf: Sendable {
        private let capacity: Int
        private var entries: OrderedDictionary<MessageID, PastRefusal> = [:]
        /// How many of the first entries are dropped at once, since each drop moves all others.
        private var batch: Int { max(1, self.capacity / 16) }

        init(capacity: Int) { self.capacity = capacity }

        subscript(id: MessageID) -> PastRefusal? { self.entries[id] }

        mutating func put(_ entry: PastRefusal, _ id: MessageID) {
            self.entries.removeValue(forKey: id)
            if self.entries.count >= self.capacity { self.entries.removeFirst(self.batch) }
            self.entries[id] = entry
        }
    }
}

extension Refusal {
    /// The same with a reason of bounded length: some quote what a stranger wrote.
    fileprivate var brief: Refusal {
        let most = VerificationLimits.refusalReasonBytesMax
        guard self.detail.utf8.count > most else { return self }
        let start = String(decoding: self.detail.utf8.prefix(most), as: UTF8.self)
        return Refusal(self.code, "\(start)…", retryAt: self.retryAt)
    }
}
