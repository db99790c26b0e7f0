import NIOCore
import Synchronization

/// Bytes of all sockets of a host, each way, and how fast they may go.
///
/// A byte takes a part of a second, and what is sent or read makes the next one wait for its turn: the generic cell
/// rate algorithm (ITU-T I.371). All connections wait in one line.
final class TrafficShaper: Sendable {
    /// The way that bytes go.
    enum Way: Int, Sendable, CaseIterable {
        /// From peers.
        case inbound
        /// To peers.
        case outbound
    }

    private struct Line {
        /// When the next byte has its turn, in nanoseconds of the event loops' clock.
        var turn: UInt64 = 0
        var total: UInt64 = 0
    }

    private struct State {
        var bytesPerSecond: Int64?
        var lines = [Line](repeating: Line(), count: Way.allCases.count)
        /// When the next byte of a short write has its turn.
        var shortTurn: UInt64 = 0
    }

    private let state: Mutex<State>

    /// - Parameter bytesPerSecond: most bytes a second each way; nil for as many as the line carries.
    init(bytesPerSecond: Int64?) { self.state = Mutex(State(bytesPerSecond: bytesPerSecond)) }

    /// Changes how many bytes a second may go each way; nil for as many as the line carries.
    ///
    /// What was owed at the old rate is forgiven, so that the new one counts at once.
    func limit(to bytesPerSecond: Int64?) {
        self.state.withLock { state in
            state.bytesPerSecond = bytesPerSecond
            for way in Way.allCases { state.lines[way.rawValue].turn = 0 }
            state.shortTurn = 0
        }
    }

    /// Bytes that went one way since the host began.
    func total(_ way: Way) -> UInt64 { self.state.withLock { $0.lines[way.rawValue].total } }

    /// Counts bytes that go now, or that came.
    func count(_ bytes: Int, _ way: Way) {
        self.state.withLock { $0.lines[way.rawValue].total &+= UInt64(clamping: bytes) }
    }

    /// Gives bytes their turn.
    ///
    /// Short writes have a part of the rate to themselves, in which they wait for one another alone: handshakes and pings do
    /// not stand behind documents, and documents in small pieces do not pass the bound either.
    ///
    /// - Returns: how long to wait until those before them are paid for.
    func take(
        _ count: Int,
        _ way: Way,
        isShort: Bool = false,
        at now: NIODeadline
    ) -> TimeAmount {
        self.state.withLock { state in
            guard let rate = state.bytesPerSecond, rate > 0 else { return .zero }
            let now = now.uptimeNanoseconds
            // No write or read has as much as four gigabytes, for which the product has room.
            let counted = min(UInt64(clamping: count), Self.countMax)
            let nanoseconds = counted * Self.second / UInt64(rate)
            let turn = max(state.lines[way.rawValue].turn, now)
            state.lines[way.rawValue].turn = turn &+ nanoseconds
            var ahead = turn - now
            if isShort {
                let turn = max(state.shortTurn, now)
                state.shortTurn = turn &+ nanoseconds * SwarmLimits.shortWriteDivisor
                ahead = min(ahead, turn - now)
            }
            return .nanoseconds(
                Int64(clamping: ahead > SwarmLimits.burst ? ahead - SwarmLimits.burst : 0)
            )
        }
    }

    private static let countMax: UInt64 = 1 << 32
    private static let second: UInt64 = 1_000_000_000
}
