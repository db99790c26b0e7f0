import Primitives

/// Which keys keep their table: those that are used often, and within each of two parts those used last.
///
/// A new key goes on trial, where it pushes out nobody but the one on trial that was used longest ago. After
/// ``usesForStay`` uses it may stay, in four fifths of the room; when these are full it must have been used more
/// often than the one there that was used longest ago, which then goes on trial in its place. So
/// strangers, however many, push out strangers. Counts are halved from time to time, so that nobody lives on old
/// fame.
struct SenderRanks: Sendable {
    private struct Entry: Sendable {
        var uses: UInt32 = 0
        var stays = false
    }

    /// How often a key is used before it may stay.
    ///
    /// Source: own choice: the table of a key has paid for itself twice by then.
    static let usesForStay: UInt32 = 4

    private let capacity: Int
    private let stayMax: Int
    private let usesBetweenHalvings: Int
    private var entries: [Bytes32: Entry] = [:]
    private var trial = RecencyList<Bytes32>()
    private var staying = RecencyList<Bytes32>()
    private var usesSinceHalving = 0

    /// - Parameter capacity: how many keys may have a table, at least 2.
    init(capacity: Int) {
        self.capacity = max(2, capacity)
        self.stayMax = self.capacity - max(1, self.capacity / 5)
        self.usesBetweenHalvings = self.capacity * 64
    }

    var count: Int { self.entries.count }

    /// A key without a table got one.
    ///
    /// - Returns: the key that loses its own, if one has to.
    mutating func add(_ key: Bytes32) -> Bytes32? {
        guard self.entries[key] == nil else { return nil }
        var dropped: Bytes32?
        if self.count >= self.capacity, let oldest = self.trial.popOldest() {
            self.entries[oldest] = nil
            dropped = oldest
        }
        self.entries[key] = Entry()
        self.trial.use(key)
        return dropped
    }

    /// The table of a key was used.
    mutating func use(_ key: Bytes32) {
        guard var entry = self.entries[key] else { return }
        entry.uses += 1
        self.entries[key] = entry
        if entry.stays {
            self.staying.use(key)
        } else {
            self.trial.use(key)
            if entry.uses >= Self.usesForStay { self.promote(key, uses: entry.uses) }
        }
        self.usesSinceHalving += 1
        if self.usesSinceHalving >= self.usesBetweenHalvings { self.halve() }
    }

    mutating func removeAll() {
        self.entries = [:]
        self.trial = RecencyList()
        self.staying = RecencyList()
    }

    private mutating func promote(_ key: Bytes32, uses: UInt32) {
        if self.staying.count >= self.stayMax {
            guard let oldest = self.staying.oldest, (self.entries[oldest]?.uses ?? 0) < uses else {
                return
            }
            self.staying.remove(oldest)
            self.entries[oldest]?.stays = false
            self.trial.use(oldest)
        }
        self.trial.remove(key)
        self.entries[key]?.stays = true
        self.staying.use(key)
    }

    /// Every entry is changed by itself, so that their order means nothing.
    private mutating func halve() {
        self.usesSinceHalving = 0
        for key in self.entries.keys { self.entries[key]?.uses /= 2 }
    }
}
