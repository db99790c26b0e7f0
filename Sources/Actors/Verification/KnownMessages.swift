import Checkpoints
import Cryptography
import Messages
import Primitives

/// Which messages were admitted before or are being checked, so that none for everybody passes twice.
struct KnownMessages: Sendable, Codable {
    private struct InFlight: Hashable, Sendable {
        let id: MessageID
        let signature: Signature

        init(_ message: Message) {
            self.id = message.id
            self.signature = message.signature
        }
    }

    private var seen = LRUSet<MessageID>(capacity: VerificationLimits.seenIDsMax)
    private var repeats = RepeatMemory()
    @LiveOnly private var inFlight: Set<InFlight> = []

    // MARK: Checks

    /// Why a message is not looked at; nil when it is new, or may pass again.
    func objection(to message: Message, _ origin: Origin, now: Timestamp) -> Refusal? {
        guard origin.isBroadcast, self.seen.contains(message.id),
            !self.repeats.mayPassAgain(message, origin, now: now)
        else { return nil }
        return Self.duplicate(message)
    }

    /// A check begins.
    ///
    /// - Returns: why not, when the same one is under way.
    mutating func begin(_ message: Message, _ origin: Origin) -> Refusal? {
        guard origin.isBroadcast, !self.inFlight.insert(InFlight(message)).inserted else {
            return nil
        }
        return Refusal(.duplicate, "message \(message.id) is being checked already")
    }

    /// A check is over, whatever came of it.
    mutating func end(_ message: Message, _ origin: Origin) {
        if origin.isBroadcast { self.inFlight.remove(InFlight(message)) }
    }

    /// A message holds.
    ///
    /// - Returns: why it does not pass, when another one with a valid signature of the same body, which
    ///   was checked side by side, has done so.
    mutating func pass(_ message: Message, _ origin: Origin, receivedAt: Timestamp) -> Refusal? {
        guard
            !origin.isBroadcast || self.seen.insert(message.id)
                || self.repeats.mayPassAgain(message, origin, now: receivedAt)
        else { return Self.duplicate(message) }
        self.repeats.passed(message, at: receivedAt)
        return nil
    }

    private static func duplicate(_ message: Message) -> Refusal {
        Refusal(.duplicate, "message \(message.id) is known already")
    }

    // MARK: The log and the judges

    /// A message of the log never reaches a signature check again.
    mutating func replayed(_ message: Message, receivedAt: Timestamp) {
        self.seen.insert(message.id)
        self.repeats.passed(message, at: receivedAt)
    }

    /// A judge refused a message that may hold when it comes again.
    ///
    /// It lacked another one, as a revocation does that overtook its link, or there was no room for
    /// it at the moment.
    mutating func refused(_ id: MessageID?, _ refusal: Refusal) {
        guard let id, [.rule, .keyNotValid, .busy].contains(refusal.code) else { return }
        self.seen.remove(id)
    }
}
