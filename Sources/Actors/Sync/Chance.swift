import Primitives

/// What is left to chance, so that the nodes of a network do not all act at the same moment or turn to
/// the same peer.
struct Chance: Sendable {
    private let isLocalProfile: Bool
    /// Came in with the last event that brought any.
    private var entropy: UInt64 = 0

    init(isLocalProfile: Bool) { self.isLocalProfile = isLocalProfile }

    mutating func renew(_ entropy: UInt64) { self.entropy = entropy }

    /// A pause in milliseconds; none in the local profile.
    func pause(least: UInt64, spread: UInt64) -> Int64 {
        self.isLocalProfile ? 0 : self.draw(least: least, spread: spread)
    }

    /// When there may be room for what was refused as `busy`.
    func afterPauseForRoom(now: Timestamp) -> Timestamp {
        let (least, spread) = SyncLimits.roomPauseMilliseconds
        return now.adding(milliseconds: self.draw(least: least, spread: spread))
    }

    /// One of these peers; nil when there is none.
    func pick(among peers: [NodeID]) -> NodeID? {
        peers.isEmpty ? nil : peers[Int(self.entropy % UInt64(peers.count))]
    }

    private func draw(least: UInt64, spread: UInt64) -> Int64 {
        Int64(least + self.entropy % (spread + 1))
    }
}
