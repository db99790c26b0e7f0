import Kernel

/// How long a node rests before it rebuilds itself after a jump of the clock (ADR 0033): not at all, unless
/// the clock jumps again and again.
struct JumpPauses: Sendable {
    private var jumps: [Moment] = []

    /// Notes a jump; gives the pause that is due after it.
    mutating func pause(afterJumpAt now: Moment) -> Duration? {
        self.jumps.removeAll { now.duration(since: $0) > RebuildLimits.jumpWindow }
        // One more than may go without a pause is enough to remember.
        self.jumps = self.jumps.suffix(RebuildLimits.jumpsAtOnceMax)
        self.jumps.append(now)
        return self.jumps.count > RebuildLimits.jumpsAtOnceMax ? RebuildLimits.jumpPause : nil
    }
}
