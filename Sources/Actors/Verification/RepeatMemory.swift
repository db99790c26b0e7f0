import Messages
import Primitives

/// When identity messages passed last: roots broadcast the original bytes of their links every
/// thirty days, and peers that know them relay them once a day more (D-15).
struct RepeatMemory: Sendable, Codable {
    // Two generations, as in `LRUSet`: what passed longest ago is forgotten.
    private var young: [MessageID: Timestamp] = [:]
    private var old: [MessageID: Timestamp] = [:]

    /// Whether a known message may go through admission once more.
    ///
    /// A node repeats its own broadcasts by a timer of its own; a page of sync has no use for known
    /// messages.
    func mayPassAgain(_ message: Message, _ origin: Origin, now: Timestamp) -> Bool {
        guard message.type?.isIdentityType == true else { return false }
        switch origin {
        case .local: return true
        case .sync, .exchange, .answer: return false
        case .gossip:
            guard let last = self.young[message.id] ?? self.old[message.id] else { return true }
            return now.milliseconds(since: last) >= VerificationLimits.repeatMilliseconds
        }
    }

    /// An identity message went through admission.
    mutating func passed(_ message: Message, at time: Timestamp) {
        guard message.type?.isIdentityType == true else { return }
        if self.young.count >= VerificationLimits.repeatsMax / 2 {
            self.old = self.young
            self.young = [:]
        }
        self.young[message.id] = time
    }
}
