import Multiformats

/// Many streams to one peer, so many of them at once, each of which must bring back what it took.
struct EchoRun: Sendable {
    /// A stream to open.
    struct Request {
        let token: UInt64
        let bytes: [UInt8]
    }

    let peer: PeerID
    /// Whether this side's half of a stream stays open until the echo is whole.
    let staysOpen: Bool
    private let number: Int64
    private let count: Int
    private let bytes: Int
    private let atOnce: Int
    private var opened = 0
    private var finished = 0
    private var problem: String?

    /// - Parameters:
    ///   - number: the command that waits for the outcome.
    ///   - peer: who echoes.
    ///   - count: streams in all.
    ///   - bytes: what each carries there and back.
    ///   - atOnce: streams that are open at the same time.
    ///   - staysOpen: whether this side's half of a stream stays open until the echo is whole.
    init(
        _ number: Int64,
        peer: PeerID,
        count: Int,
        bytes: Int,
        atOnce: Int,
        staysOpen: Bool
    ) {
        self.number = number
        self.peer = peer
        self.count = count
        self.bytes = bytes
        self.atOnce = atOnce
        self.staysOpen = staysOpen
    }

    /// Whether the outcome was told.
    var isOver: Bool { self.problem != nil || self.finished == self.count }

    mutating func start() -> [Request] {
        (0..<min(self.atOnce, self.count)).map { _ in self.next() }
    }

    mutating func answered(_ token: UInt64, _ answer: [UInt8]) -> [Request] {
        guard answer == self.payload(of: token) else {
            return self.failed(token, "stream \(token) brought back something else")
        }
        self.finished += 1
        if self.isOver { Speech.result(self.number) }
        return self.opened < self.count ? [self.next()] : []
    }

    mutating func failed(_ token: UInt64, _ reason: String) -> [Request] {
        self.problem = reason
        Speech.failure(self.number, "after \(self.finished) of \(self.count): \(reason)")
        return []
    }

    private mutating func next() -> Request {
        self.opened += 1
        let token = UInt64(self.opened)
        return Request(token: token, bytes: self.payload(of: token))
    }

    /// Bytes in which no stretch is like another one, in no two streams alike.
    private func payload(of token: UInt64) -> [UInt8] {
        var state = token &* 0x9e37_79b9_7f4a_7c15
        return (0..<self.bytes).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }
}
