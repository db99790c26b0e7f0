import Logging
import NIOCore
import Synchronization

/// The open connections of one door: how many there may be, and which one is closed for another.
///
/// Any program of the machine may connect, with or without the token. When there are too many
/// connections, the oldest one that has not sent a whole request is closed, then the oldest one without
/// the token. So half-sent requests never keep out a whole one, and nobody without the token ends a
/// request that has it.
final class ConnectionBook: Sendable {
    /// The state of a connection.
    enum Phase: Int, Sendable {
        /// No request, or half a one.
        case waiting
        /// A request without the token, or one whose token was not looked at yet.
        case asking
        /// A request with the token.
        case trusted
    }

    private struct Entry {
        let channel: any Channel
        var phase = Phase.waiting
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var nextID: UInt64 = 1
        var closed = 0
        var toldAt: NIODeadline?
    }

    private let state = Mutex(State())
    private let connectionsMax: Int
    private let logger: Logger

    init(connectionsMax: Int, logger: Logger) {
        self.connectionsMax = connectionsMax
        self.logger = logger
    }

    /// Enters a connection; another one, or itself, is closed when there are too many.
    func opened(_ channel: any Channel) -> UInt64 {
        let (id, surplus) = self.state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.entries[id] = Entry(channel: channel)
            let strangers = state.entries.count { $0.value.phase != .trusted }
            guard
                strangers > HTTPLimits.strangersMax || state.entries.count > self.connectionsMax
            else { return (id, nil as Entry?) }
            let victim =
                Self.oldest(.waiting, in: state, sparing: id)
                ?? Self.oldest(.asking, in: state, sparing: id) ?? id
            return (id, state.entries.removeValue(forKey: victim))
        }
        if let surplus {
            surplus.channel.close(promise: nil)
            self.noteClosed()
        }
        return id
    }

    private static func oldest(_ phase: Phase, in state: State, sparing id: UInt64) -> UInt64? {
        state.entries.filter { $0.key != id && $0.value.phase == phase }.map(\.key).min()
    }

    /// Notes the state of a connection.
    func advance(_ id: UInt64, to phase: Phase) {
        self.state.withLock { $0.entries[id]?.phase = phase }
    }

    /// Forgets a connection that is closed.
    func closed(_ id: UInt64) {
        self.state.withLock { $0.entries[id] = nil }
    }

    /// Counts a connection that this node closed; a line in the log says so now and then.
    func noteClosed() {
        let now = NIODeadline.now()
        let count = self.state.withLock { state -> Int? in
            state.closed += 1
            if let toldAt = state.toldAt, now - toldAt < HTTPLimits.tellingPause { return nil }
            defer { state.closed = 0 }
            state.toldAt = now
            return state.closed
        }
        guard let count else { return }
        self.logger.warning(
            """
            local API: closed \(count) connections that were too slow, too many (more than \
            \(HTTPLimits.strangersMax) without the token), or sent on after they were answered; \
            look for the program of this machine that opens them
            """,
            metadata: ["event": "api_connections_closed"]
        )
    }
}
