import Messages
import Primitives
import Synchronization

/// Envelopes that one node read, for those to which the same bytes come soon after.
///
/// Reading is a function of the bytes, the limits and the accepted versions, so that nothing shows who read first.
/// What is refused is read again by everybody.
final class SharedReading: Sendable {
    private struct Key: Hashable {
        let bytes: [UInt8]
        let limits: JSONLimits

        func hash(into hasher: inout Hasher) {
            self.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private struct Read: Sendable {
        /// Those of this turn and of the one before it: what was read a turn ago is in one of both.
        var newer: [Key: Message] = [:]
        var older: [Key: Message] = [:]

        mutating func add(_ message: Message, as key: Key, turn: Int) {
            if self.newer.count >= turn {
                self.older = self.newer
                self.newer = [:]
            }
            self.newer[key] = message
        }
    }

    private let turn: Int
    private let read = Mutex(Read())

    /// - Parameter turn: how many messages are kept before the older ones go; more than nodes say at one moment.
    init(turn: Int = 4_096) { self.turn = turn }

    func decode(
        _ bytes: [UInt8],
        limits: JSONLimits,
        acceptedVersions: Set<Int64>
    ) throws(Refusal) -> Message {
        let key = Key(bytes: bytes, limits: limits)
        if let known = self.read.withLock({ $0.newer[key] ?? $0.older[key] }),
            acceptedVersions.contains(known.version)
        {
            return known
        }
        let message = try EnvelopeCodec.decode(
            bytes,
            limits: limits,
            acceptedVersions: acceptedVersions
        )
        self.read.withLock { $0.add(message, as: key, turn: self.turn) }
        return message
    }
}
