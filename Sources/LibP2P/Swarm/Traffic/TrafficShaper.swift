import NIOCore
import Synchronization

/// Bytes of all sockets of a host, each way, and how fast they may go.
///
/// A byte takes a part of a second, and what is sent or read makes the next one wait for its turn: the generic cell
/// rate algorithm (ITU-T I.371). All connections wait in one line, each for one piece at a time, so that a long document
/// of one holds the others up for a piece and no longer.
final class TrafficShaper: Sendable {
    /// The way that bytes go.
    enum Way: Sendable {
        /// From peers.
        case inbound
        /// To peers.
        case outbound
    }

    /// One way's bytes.
    private final class Line: Sendable {
        /// When the next byte has its turn, in nanoseconds of the event loops' clock.
        let turn = Mutex<UInt64>(0)
        let total = Atomic<UInt64>(0)
    }

    /// Most bytes a second each way; zero for as many as the line carries.
    private let bytesPerSecond: Atomic<Int>
    private let inbound = Line()
    private let outbound = Line()

    /// - Parameter bytesPerSecond: most bytes a second each way; nil for as many as the line carries.
    init(bytesPerSecond: Int64?) { self.bytesPerSecond = Atomic(Self.rate(bytesPerSecond)) }

    /// Changes how many bytes a second may go each way; nil for as many as the line carries.
    ///
    /// What was owed at the old rate is forgiven, so that the new one counts at once.
    func limit(to bytesPerSecond: Int64?) {
        self.bytesPerSecond.store(Self.rate(bytesPerSecond), ordering: .relaxed)
        for line in [self.inbound, self.outbound] { line.turn.withLock { $0 = 0 } }
    }

    /// Bytes that went one way since the host began.
    func total(_ way: Way) -> UInt64 { self.line(way).total.load(ordering: .relaxed) }

    /// Counts bytes that go now, or that came.
    func count(_ bytes: Int, _ way: Way) {
        self.line(way).total.wrappingAdd(UInt64(clamping: bytes), ordering: .relaxed)
    }

    /// The part of a write that waits for its turn as one: all of it, unless there is a bound.
    func piece(of count: Int) -> Int {
        let rate = self.bytesPerSecond.load(ordering: .relaxed)
        return rate == 0
            ? count : min(count, max(SwarmLimits.pieceBytesMin, rate / Self.piecesPerSecond))
    }

    /// Gives bytes their turn.
    ///
    /// - Returns: how long to wait until those before them are paid for.
    func take(_ count: Int, _ way: Way, at now: NIODeadline) -> TimeAmount {
        let rate = self.bytesPerSecond.load(ordering: .relaxed)
        guard rate > 0 else { return .zero }
        let now = now.uptimeNanoseconds
        // No write or read has as much as four gigabytes, for which the product has room.
        let counted = min(UInt64(clamping: count), Self.countMax)
        let nanoseconds = counted * Self.second / UInt64(rate)
        let ahead = self.line(way).turn.withLock { next in
            let turn = max(next, now)
            next = turn &+ nanoseconds
            return turn - now
        }
        return .nanoseconds(
            Int64(clamping: ahead > SwarmLimits.burst ? ahead - SwarmLimits.burst : 0)
        )
    }

    private func line(_ way: Way) -> Line {
        switch way {
        case .inbound: self.inbound
        case .outbound: self.outbound
        }
    }

    private static func rate(_ bytesPerSecond: Int64?) -> Int {
        bytesPerSecond.map { max(1, Int(clamping: $0)) } ?? 0
    }

    /// Pieces that a second of a fast line has.
    ///
    /// Source: own choice: the event loops are woken often enough for an even flow, and seldom enough to have time.
    private static let piecesPerSecond = 200
    private static let countMax: UInt64 = 1 << 32
    private static let second: UInt64 = 1_000_000_000
}
