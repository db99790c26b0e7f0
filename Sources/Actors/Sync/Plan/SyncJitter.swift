/// The longest random delay before a sync, so that nodes that come back together do not ask together
/// (D-30).
enum SyncJitter {
    /// - Parameters:
    ///   - offline: for how long the node was away, in milliseconds.
    ///   - isParted: many of its peers hold something else (R-05-083).
    /// - Returns: milliseconds.
    static func most(offline: Int64, isParted: Bool) -> UInt64 {
        let (least, most) = (SyncLimits.jitterMilliseconds, SyncLimits.jitterMaxMilliseconds)
        guard !isParted else { return most }
        let seconds = UInt64(max(0, offline) / 1_000 / SyncLimits.offlinePerJitter)
        return min(max(least, seconds * 1_000), most)
    }
}
