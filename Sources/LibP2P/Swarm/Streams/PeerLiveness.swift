import NIOCore

/// Whether the other end of a connection is alive.
///
/// Pure: what happens and the time go in, what to do comes out.
struct PeerLiveness {
    enum Verdict: Equatable {
        case fine
        /// Nothing was heard for a while.
        case ask
        /// It was asked, and nothing was heard for as long again.
        case dead
        /// It takes in nothing of what waits for it.
        case stalled
    }

    private let keepAlive: TimeAmount
    private let stallTimeout: TimeAmount
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)
    /// Since when a sign of life is waited for; nil while the peer was not asked for one.
    private var askedAt: NIODeadline?

    init(keepAlive: TimeAmount, stallTimeout: TimeAmount) {
        self.keepAlive = keepAlive
        self.stallTimeout = stallTimeout
    }

    /// A byte came, or this host did not listen.
    mutating func heard(at now: NIODeadline) {
        self.lastHeard = now
        self.askedAt = nil
    }

    /// What to make of the silence, and of bytes that wait at the socket without any progress.
    ///
    /// However long it was silent, a peer is given up only when it was asked: looks may come late.
    mutating func verdict(stuckSince: NIODeadline?, at now: NIODeadline) -> Verdict {
        if let stuckSince, stuckSince + self.stallTimeout <= now { return .stalled }
        guard self.lastHeard + self.keepAlive <= now else { return .fine }
        guard let askedAt else {
            self.askedAt = now
            return .ask
        }
        return askedAt + self.keepAlive <= now ? .dead : .fine
    }
}
