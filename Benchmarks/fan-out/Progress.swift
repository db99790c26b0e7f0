import Synchronization

/// Counts deliveries and lets messages go as room becomes free.
final class Progress: Sendable {
    private struct State {
        var total = 0
        /// Messages that were not sent yet.
        var waiting: ArraySlice<[UInt8]> = []
        /// Deliveries of each receiver in the present measurement.
        var delivered: [Int] = []
        /// How many receivers have each of the messages that are on their way.
        var reached: [Int] = []
        /// Messages that all receivers have.
        var completed = 0
        var sent = 0
        var send: @Sendable ([UInt8]) -> Void = { _ in }
        var end: AsyncThrowingStream<Void, any Error>.Continuation?

        mutating func note(_ count: Int, by receiver: Int) {
            self.total += count
            guard self.delivered.indices.contains(receiver) else { return }
            for _ in 0..<count {
                self.reached[self.delivered[receiver] % self.reached.count] += 1
                self.delivered[receiver] += 1
            }
            while self.reached[self.completed % self.reached.count] == self.delivered.count {
                self.reached[self.completed % self.reached.count] = 0
                self.completed += 1
            }
        }

        mutating func takeSendable() -> ArraySlice<[UInt8]> {
            let room = self.completed + self.reached.count - self.sent
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
            state.delivered = Array(repeating: 0, count: receivers)
            state.reached = Array(repeating: 0, count: window)
            (state.completed, state.sent) = (0, 0)
            state.send = send
            state.end = end
            return state.takeSendable()
        }
        for frame in first { send(frame) }
        return stream
    }

    /// So many messages reached a receiver.
    func delivered(_ count: Int, to receiver: Int) {
        let (frames, send, end) = self.state.withLock { state in
            state.note(count, by: receiver)
            let isDone = state.waiting.isEmpty && state.completed == state.sent
            defer { if isDone { state.end = nil } }
            return (state.takeSendable(), state.send, isDone ? state.end : nil)
        }
        for frame in frames { send(frame) }
        end?.finish()
    }

    /// Nothing comes any more.
    func giveUp() {
        let (end, completed, sent) = self.state.withLock { ($0.end, $0.completed, $0.sent) }
        end?.finish(
            throwing: FanOutError("lost: of \(sent) messages, \(completed) reached everybody")
        )
    }
}
