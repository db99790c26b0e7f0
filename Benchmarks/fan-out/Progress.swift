import Synchronization

/// Counts deliveries and lets messages go as room becomes free.
final class Progress: Sendable {
    private struct State {
        var total = 0
        /// Messages that were not sent yet.
        var waiting: ArraySlice<[UInt8]> = []
        var receivers = 1
        var window = 0
        /// Deliveries and messages of the present measurement.
        var delivered = 0
        var sent = 0
        var send: @Sendable ([UInt8]) -> Void = { _ in }
        var end: AsyncThrowingStream<Void, any Error>.Continuation?

        mutating func takeSendable() -> ArraySlice<[UInt8]> {
            let room = self.delivered / self.receivers + self.window - self.sent
            let taken = self.waiting.prefix(max(0, room))
            self.waiting = self.waiting.dropFirst(taken.count)
            self.sent += taken.count
            return taken
        }
    }

    private let state = Mutex(State())

    /// Deliveries since the beginning.
    var total: Int { self.state.withLock { $0.total } }

    /// Starts to send; the result ends with the last delivery.
    func begin(
        _ frames: [[UInt8]],
        receivers: Int,
        window: Int,
        send: @escaping @Sendable ([UInt8]) -> Void
    ) -> AsyncThrowingStream<Void, any Error> {
        let (stream, end) = AsyncThrowingStream<Void, any Error>.makeStream()
        let first = self.state.withLock { state in
            state.waiting = frames[...]
            state.receivers = receivers
            state.window = window
            (state.delivered, state.sent) = (0, 0)
            state.send = send
            state.end = end
            return state.takeSendable()
        }
        for frame in first { send(frame) }
        return stream
    }

    /// So many messages reached one receiver.
    func delivered(_ count: Int) {
        let (frames, send, end) = self.state.withLock { state in
            state.total += count
            state.delivered += count
            let isDone =
                state.waiting.isEmpty && state.delivered >= state.sent * state.receivers
            defer { if isDone { state.end = nil } }
            return (state.takeSendable(), state.send, isDone ? state.end : nil)
        }
        for frame in frames { send(frame) }
        end?.finish()
    }

    /// Nothing comes any more.
    func giveUp() {
        let (end, delivered) = self.state.withLock { ($0.end, $0.delivered) }
        end?.finish(throwing: FanOutError("messages were lost: \(delivered) deliveries came"))
    }
}
