import NIOCore

/// What waits to be taken in by one peer, and whether there is room for more.
///
/// The layers hold what the peer gives no window for, the socket what it does not read. A peer that
/// is slow loses frames at ``SwarmLimits/pendingFrameBytesMax``, gets no answers at
/// ``SwarmLimits/pendingBytesPerConnectionMax``, and is given up when nothing moves at all.
struct WriteQueue {
    enum Level {
        /// Frames can be dropped.
        case frames
        /// Requests and answers, which somebody waits for.
        case everything

        var bytesMax: Int {
            switch self {
            case .frames: SwarmLimits.pendingFrameBytesMax
            case .everything: SwarmLimits.pendingBytesPerConnectionMax
            }
        }
    }

    private var share: ByteBudget.Share?
    /// Bytes that were given to the socket and are not yet with the system.
    private(set) var socketBytes = 0
    /// When the system last took something, or something was first given to it.
    private(set) var lastProgress = NIODeadline.uptimeNanoseconds(0)

    init(within budget: ByteBudget) { self.share = ByteBudget.Share(of: budget) }

    var isEmpty: Bool { self.socketBytes == 0 }

    /// Whether so many bytes fit beside what the layers hold.
    func hasRoom(for count: Int, beside queued: Int, upTo level: Level) -> Bool {
        let total = queued + self.socketBytes
        guard total + count <= level.bytesMax, let share = self.share else { return false }
        do {
            try share.resize(to: total + count)
            return true
        } catch {
            try? share.resize(to: total)
            return false
        }
    }

    /// Accounts for what the layers hold now.
    func settle(beside queued: Int) { try? self.share?.resize(to: queued + self.socketBytes) }

    mutating func began(_ count: Int, at now: NIODeadline) {
        if self.isEmpty { self.lastProgress = now }
        self.socketBytes += count
    }

    mutating func ended(_ count: Int, at now: NIODeadline) {
        self.lastProgress = now
        self.socketBytes -= count
    }

    /// Nothing waits any more.
    mutating func end() { self.share = nil }
}
