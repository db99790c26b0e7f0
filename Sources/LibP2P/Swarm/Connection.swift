import Multiformats
import NIOCore

/// A running connection, as other threads see it.
final class Connection: Sendable {
    let id: ConnectionManager.ID
    let peer: PeerID
    let address: Multiaddr
    let isOutbound: Bool
    /// Whether a relay is between, which ends the connection before long.
    let isLimited: Bool
    /// Whether the caller of a dial still waits for its outcome.
    let isAskedFor: Bool
    private let handler: NIOLoopBound<ConnectionHandler>
    let batcher: FrameBatcher
    private let eventLoop: any EventLoop

    init(
        id: ConnectionManager.ID,
        peer: PeerID,
        address: Multiaddr,
        isOutbound: Bool,
        isLimited: Bool,
        isAskedFor: Bool,
        handler: NIOLoopBound<ConnectionHandler>,
        batcher: FrameBatcher
    ) {
        self.id = id
        self.peer = peer
        self.address = address
        self.isOutbound = isOutbound
        self.isLimited = isLimited
        self.isAskedFor = isAskedFor
        self.handler = handler
        self.batcher = batcher
        self.eventLoop = handler.eventLoop
    }

    /// Sends a frame together with what else is sent now.
    func send(frame: [UInt8]) { self.batcher.send(frame, to: self.handler) }

    /// Tells the machine of the connection something, on its event loop.
    func tell(_ input: @escaping @Sendable (inout StreamMachine) -> Void) {
        self.perform { $0.tell(input) }
    }

    /// Works on the handler, on its event loop.
    func perform(_ work: @escaping @Sendable (ConnectionHandler) -> Void) {
        let handler = self.handler
        self.eventLoop.execute { work(handler.value) }
    }
}
