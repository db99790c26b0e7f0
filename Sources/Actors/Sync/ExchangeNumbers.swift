import Messages
import Primitives

/// Numbers the exchanges that Sync opens with peers.
struct ExchangeNumbers: Sendable {
    private var next: UInt64 = 1

    /// An exchange under a number that none had before.
    mutating func exchange(with peer: NodeID) -> OutboundExchange {
        defer { self.next += 1 }
        return OutboundExchange(
            opener: .sync,
            id: self.next,
            peer: peer,
            streamProtocol: .sync
        )
    }
}
