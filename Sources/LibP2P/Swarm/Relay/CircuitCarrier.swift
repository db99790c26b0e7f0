import Multiformats
import NIOCore
import Relay
import Yamux

/// A stream through a relay as the carrier of a connection.
///
/// The connection runs on the event loop of the connection with the relay.
final class CircuitCarrier: Carrier {
    private let relay: ConnectionHandler
    private let stream: YamuxStreamID
    private let connection: ConnectionHandler
    let eventLoop: any EventLoop
    /// Kept once the relay's window has room for what was written.
    private var waiting: [EventLoopPromise<Void>] = []
    /// What came while nobody reads: one window at most.
    private var unread: [UInt8] = []
    private var isReading = true
    private var hasEnded = false

    init(
        _ stream: YamuxStreamID,
        of relay: ConnectionHandler,
        on eventLoop: any EventLoop,
        _ connection: ConnectionHandler
    ) {
        self.relay = relay
        self.stream = stream
        self.connection = connection
        self.eventLoop = eventLoop
    }

    // MARK: Carrier

    var isLimited: Bool { true }

    var address: Multiaddr? {
        let relay = self.relay.connection?.address.components
        return relay.flatMap { try? Multiaddr($0 + [.p2pCircuit]) }
    }

    var local: SocketAddress? { self.relay.carrier?.local }

    var observed: Multiaddr? { self.relay.observed }

    func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>) {
        guard !self.hasEnded else { return promise.fail(ChannelError.ioOnClosedChannel) }
        self.relay.write(Array(bytes.readableBytesView), on: self.stream)
        self.waiting.append(promise)
        self.windowGrew()
    }

    /// Never asked for, since TLS is not offered through relays.
    func startTLS(_ first: [UInt8]) { self.close() }

    /// The relay's window bounds what waits.
    var hasRoom: Bool { true }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        guard isReading, !self.unread.isEmpty else { return }
        let bytes = self.unread
        self.unread = []
        self.take(bytes)
    }

    func close() {
        guard !self.hasEnded else { return }
        self.relay.closeCircuit(self.stream)
        self.hasEnded = true
        // Deferred to the next turn of the event loop, since the caller is still working on the
        // connection.
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.execute { bound.value.tellEnd() }
    }

    // MARK: What the relay's connection tells

    /// The stream leads to the peer.
    func begin() {
        self.connection.carrier = self
        self.connection.begin()
    }

    func received(_ bytes: [UInt8]) {
        if self.isReading { self.take(bytes) } else { self.unread += bytes }
    }

    private func take(_ bytes: [UInt8]) {
        guard !self.hasEnded else { return }
        self.relay.consumed(bytes.count, on: self.stream)
        self.connection.received(bytes)
    }

    func windowGrew() {
        guard self.relay.pendingBytes(on: self.stream) == 0 else { return }
        let kept = self.waiting
        self.waiting = []
        for promise in kept { promise.succeed() }
    }

    /// The stream is over.
    func ended() {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        self.tellEnd()
    }

    private func tellEnd() {
        for promise in self.waiting { promise.fail(ChannelError.ioOnClosedChannel) }
        self.waiting = []
        self.connection.ended()
        self.connection.carrier = nil
        self.connection.swarm.socketClosed(self.connection.id)
    }
}
