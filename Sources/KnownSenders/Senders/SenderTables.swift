public import Primitives
import Synchronization

/// The tables of the keys whose messages come again and again, within so many bytes.
///
/// A table is built after the second good signature of a key, by whoever saw it and outside of the lock, so that
/// nobody waits for it. Tables are shared and never change. Which of them stay when there is no more room
/// is up to ``SenderRanks``.
public final class SenderTables: Sendable {
    private struct State: Sendable {
        var senders: [Bytes32: KnownSender] = [:]
        var ranks: SenderRanks
        var sightings: Sightings
    }

    private let state: Mutex<State>

    /// What the tables of all keys may take by default: some 2,700 senders.
    ///
    /// Source: own choice: 3 % of what a node may hold in the profile home.
    public static let bytesMaxByDefault = 32 << 20

    /// - Parameter bytesMax: what tables may take together.
    public init(bytesMax: Int = SenderTables.bytesMaxByDefault) {
        let capacity = max(2, bytesMax / KnownSender.byteCount)
        self.state = Mutex(
            State(
                ranks: SenderRanks(capacity: capacity),
                sightings: Sightings(capacity: capacity * 8)
            )
        )
    }

    /// How many keys have a table.
    public var count: Int { self.state.withLock { $0.senders.count } }

    /// Bytes that the tables take.
    public var byteCount: Int { self.count * KnownSender.byteCount }

    /// The table of a key, which counts as a use of it; nil when it has none.
    public func sender(_ key: Bytes32) -> KnownSender? {
        self.state.withLock { state in
            guard let sender = state.senders[key] else { return nil }
            state.ranks.use(key)
            return sender
        }
    }

    /// A signature held by a key without a table; the second time one is built.
    public func noteGood(_ key: Bytes32) {
        guard self.state.withLock({ $0.sightings.isSecond(of: key) }) else { return }
        guard let sender = key.withUnsafeBytes({ KnownSender(key: $0) }) else { return }
        self.state.withLock { state in
            // Another thread may have been faster.
            guard state.senders[key] == nil else { return }
            state.senders[key] = sender
            if let dropped = state.ranks.add(key) { state.senders[dropped] = nil }
        }
    }

    /// Gives all memory back.
    public func removeAll() {
        self.state.withLock { state in
            state.senders = [:]
            state.ranks.removeAll()
        }
    }
}

/// Which keys were seen once, roughly and in little memory.
///
/// A key has one place, which the next key with the same place takes from it. Places are by Swift's seeded hash, so
/// that nobody outside can aim at one.
struct Sightings: Sendable {
    private var marks: [UInt32]

    init(capacity: Int) { self.marks = Array(repeating: 0, count: max(1, capacity)) }

    /// Whether a key was seen before; the next time it is new again.
    mutating func isSecond(of key: Bytes32) -> Bool {
        let hash = UInt64(bitPattern: Int64(key.hashValue))
        let place = Int(hash % UInt64(self.marks.count))
        let mark = UInt32(truncatingIfNeeded: hash >> 32) | 1
        let isSecond = self.marks[place] == mark
        self.marks[place] = isSecond ? 0 : mark
        return isSecond
    }
}
