import NIOCore

/// Whether the other end of a connection is alive.
///
/// Pure: what happens and the time go in, what to do comes out.
struct PeerLiveness {
    enum Verdict: Equatable {
        case fine
        /// Nothing was heard for a while.
        case ask
        /// Nothing was heard for long, though it was asked.
        case dead
        /// It takes in nothing of what waits for it.
        case stalled
    }

    private let keepAlive: TimeAmount
    private let stallTimeout: TimeAmount
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)

    init(keepAlive: TimeAmount, stallTimeout: TimeAmount) {
        self.keepAlive = keepAlive
        self.stallTimeout = stallTimeout
    }

    /// A byte came, or this host did not listen.
    mutating func heard(at now: NIODeadline) { self.lastHeard = now }

    /// What to make of the silence, and of bytes that wait at the socket without any progress.
    func verdict(stuckSince: NIODeadline?, at now: NIODeadline) -> Verdict {
        if let stuckSince, stuckSince + self.stallTimeout <= now { return .stalled }
        if self.lastHeard + self.keepAlive + self.keepAlive <= now { return .dead }
        return self.lastHeard + self.keepAlive <= now ? .ask : .fine
    }
}
