import Primitives

/// What is left to chance, so that the nodes of a network do not all act at the same moment or turn to
/// the same peer.
struct Chance: Sendable {
    private let makesPauses: Bool
    /// Came in with the last event that brought any.
    private var entropy: UInt64 = 0

    init(makesPauses: Bool) { self.makesPauses = makesPauses }

    mutating func renew(_ entropy: UInt64) { self.entropy = entropy }

    /// A pause in milliseconds; none where none are made, as in the local profile.
    func pause(least: UInt64, spread: UInt64) -> Int64 {
        self.makesPauses ? self.draw(least: least, spread: spread) : 0
    }

    /// When there may be room for what was refused as `busy`.
    func afterPauseForRoom(now: Timestamp) -> Timestamp {
        let (least, spread) = SyncLimits.roomPauseMilliseconds
        return now.adding(milliseconds: self.draw(least: least, spread: spread))
    }

    /// Time until the next own snapshot in milliseconds, in the local profile, too (R-05-032).
    var untilNextSnapshot: Int64 {
        let (least, spread) = SnapshotLimits.publishMilliseconds
        return self.draw(least: least, spread: spread)
    }

    /// How many cycles of incremental sync lie between two that ask for identities.
    var cyclesUntilIdentities: Int {
        let cycles = SyncLimits.cyclesPerIdentities
        // Whom a cycle asks follows from the same number; its upper half says something else.
        return cycles.lowerBound + Int(self.entropy >> 32 % UInt64(cycles.count))
    }

    /// The same elements, the first ones behind the others.
    func turned<Element>(_ elements: [Element]) -> [Element] {
        guard !elements.isEmpty else { return [] }
        let first = Int(self.entropy % UInt64(elements.count))
        return Array(elements[first...] + elements[..<first])
    }

    private func draw(least: UInt64, spread: UInt64) -> Int64 {
        Int64(least + self.entropy % (spread + 1))
    }
}
