import Cryptography
import Multiformats
import NIOCore
import Relay
import TLS
import Yamux

/// Runs one connection on its event loop: holds its ``StreamMachine``, tells it what happens and when,
/// and does what it says with the carrier, the swarm and the swarm's delegate.
final class ConnectionHandler {
    let swarm: Swarm
    let id: ConnectionManager.ID
    /// The dial that led to this connection; nil for an accepted socket.
    let dial: Dial?
    /// The carrier of the bytes, while there is one.
    var carrier: (any Carrier)?
    /// The streams that carry connections through this one.
    var circuits = CircuitTable()
    /// The connection as other threads see it, once its peer is proven.
    private(set) var connection: Connection?
    private var machine: StreamMachine
    private var isReading = true
    /// The one timer that looks for late streams.
    private var sweep: Scheduled<Void>?
    /// The timer of the present stage: for the upgrade, then for signs of life.
    private var watchdog: Scheduled<Void>?
    private var isFlushDue = false

    /// Prepares the handler of a dial or of an accepted socket; a peer that calls through a relay has
    /// to be the one that the relay named.
    ///
    /// - Parameters:
    ///   - swarm: whose connection it is.
    ///   - id: its number.
    ///   - dial: what led to it.
    ///   - expectedPeer: who calls through a relay.
    ///   - securities: what the carrier can be secured by, best first.
    init(
        swarm: Swarm,
        id: ConnectionManager.ID,
        dial: Dial?,
        expectedPeer: PeerID? = nil,
        securities: [SecurityProtocol] = [.noise]
    ) {
        self.swarm = swarm
        self.id = id
        self.dial = dial
        let isInitiator = dial?.isInitiator ?? false
        let link = Link(
            isOutbound: isInitiator,
            securities: securities,
            identity: swarm.configuration.identity,
            expectedPeer: dial?.target.peerID ?? dial?.asked.peerID ?? expectedPeer,
            staticSecret: swarm.noiseSecret,
            ephemeralSecret: SecureRandom.bytes(32)
        )
        self.machine = StreamMachine(
            StreamTerms(swarm.configuration, isInitiator: isInitiator),
            link: link,
            writeBudget: swarm.writeBudget
        )
    }

    // MARK: What the carrier tells

    /// The carrier can be written to.
    func begin() {
        guard let carrier = self.carrier else { return }
        let isLimited = carrier.isLimited
        self.tell { $0.begin(isLimited: isLimited) }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        let timeout = self.swarm.configuration.upgradeTimeout
        self.watchdog = carrier.eventLoop.scheduleTask(in: timeout) {
            bound.value.close("it was not ready within \(timeout)")
        }
    }

    /// Makes TLS of a channel for its carrier.
    func secure(
        _ channel: any Channel,
        below carrier: SocketCarrier,
        _ first: [UInt8]
    ) throws -> TLSHandshake? {
        try self.swarm.tls?.secure(
            channel,
            below: carrier,
            isClient: self.dial?.isInitiator ?? false,
            first: ByteBuffer(bytes: first),
            now: self.swarm.configuration.wallClock
        )
    }

    /// The carrier runs TLS, and the peer is proven.
    func secured(by progress: TLSProgress) { self.tell { $0.secured(by: progress) } }

    func received(_ bytes: [UInt8]) { self.tell { $0.receive(bytes) } }

    /// The carrier is gone, or will be without this connection; told a second time, nothing happens.
    func ended() {
        guard !self.machine.closing.hasEnded else { return }
        self.answer { $0.end() }
        self.run()
        self.sweep?.cancel()
        self.watchdog?.cancel()
        (self.sweep, self.watchdog) = (nil, nil)
        let closing = self.machine.closing
        if let connection = self.connection {
            self.swarm.ended(connection, reason: closing.reason)
        } else if let dial = self.dial {
            let failure = DialFailure.upgrading(self.machine.step, closing.reason)
            self.swarm.attemptFailed(dial, reason: failure, isOwnKey: closing.isOwnKey)
        }
    }

    // MARK: The machine

    /// Tells the machine something, does what follows, and writes what there is to write.
    func tell(_ input: (inout StreamMachine) -> Void) {
        self.answer(input)
        self.run()
        self.flush()
    }

    /// Tells the machine something while its actions are done.
    @discardableResult
    func answer<R>(_ input: (inout StreamMachine) -> R) -> R {
        self.machine.advance(to: .now())
        return input(&self.machine)
    }

    /// Tells the machine something from within its own actions, or those of a connection that it
    /// carries; what follows is done at the end of this turn of the event loop.
    func tellSoon(_ input: (inout StreamMachine) -> Void) {
        self.answer(input)
        guard !self.isFlushDue, let carrier = self.carrier else { return }
        self.isFlushDue = true
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        carrier.eventLoop.execute {
            bound.value.isFlushDue = false
            bound.value.tell { _ in }
        }
    }

    /// Does what the machine says, until it says no more.
    private func run() { while let action = self.machine.next() { self.perform(action) } }

    func close(_ reason: String) { self.tell { $0.close(reason) } }

    /// Queues a frame; ``flush()`` writes it, with others unless they are large.
    func send(frame: [UInt8]) {
        self.machine.send(frame: frame)
        self.run()
    }

    /// The host reads from its peers or pauses, or the carrier has room or has none any more.
    ///
    /// A peer that does not read what this host writes is not read from either.
    func roomChanged() {
        let isReading = !self.swarm.isPaused && self.carrier?.hasRoom != false
        self.isReading = isReading
        self.answer { $0.readingChanged() }
        self.carrier?.setReading(isReading)
    }

    /// Where the peer sees this host.
    var observed: Multiaddr? { self.machine.news.observed }

    // MARK: Beginning

    /// The peer is proven.
    func began(with peer: PeerID) {
        guard let carrier = self.carrier,
            let address = self.dial?.address ?? carrier.address?.with(peer: peer)
        else { return }
        let connection = Connection(
            id: self.id,
            peer: peer,
            address: address.with(peer: peer),
            isOutbound: self.dial?.isOutbound ?? false,
            isLimited: carrier.isLimited,
            isAskedFor: self.dial?.isAskedFor ?? false,
            handler: NIOLoopBound(self, eventLoop: carrier.eventLoop),
            batcher: self.swarm.batcher(of: carrier.eventLoop)
        )
        self.connection = connection
        self.swarm.began(connection)
        let readBudget = self.swarm.readBudget(of: peer)
        self.answer { $0.began(with: peer, readBudget) }
        self.watch()
        if self.swarm.isPaused { self.roomChanged() }
    }

    // MARK: Time

    /// Runs the handler's part of the work after a while, on its event loop.
    func later(
        in span: TimeAmount,
        _ work: @escaping @Sendable (ConnectionHandler) -> Void
    ) {
        guard let carrier = self.carrier else { return }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        carrier.eventLoop.scheduleTask(in: span) { work(bound.value) }
    }

    /// Looks for late streams at this time, and at no other.
    func wakeMachine(at deadline: NIODeadline) {
        guard let carrier = self.carrier, !self.machine.closing.hasEnded else { return }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        self.sweep?.cancel()
        self.sweep = carrier.eventLoop.scheduleTask(deadline: deadline) {
            bound.value.tell { $0.wake() }
        }
    }

    /// Checks that the peer is alive until the connection ends.
    private func watch() {
        guard let carrier = self.carrier, !self.machine.closing.hasEnded else { return }
        let configuration = self.swarm.configuration
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        let pause = min(configuration.keepAlive, configuration.stallTimeout)
        self.watchdog?.cancel()
        self.watchdog = carrier.eventLoop.scheduleTask(in: pause) {
            let handler = bound.value
            handler.tell {
                $0.look(isReading: handler.isReading, entropy: ConnectionHandler.entropy())
            }
            handler.watch()
        }
    }

    /// Random bits, for a ping.
    static func entropy() -> UInt32 { SecureRandom.bytes(4).reduce(0) { $0 << 8 | UInt32($1) } }

    // MARK: Writing

    /// Writes all that the machine has for the carrier.
    func flush() {
        guard let carrier = self.carrier else { return }
        let batcher = self.connection?.batcher
        self.machine.advance(to: .now())
        guard let buffer = self.machine.takeBuffer(from: batcher) else {
            return self.machine.settle()
        }
        let count = buffer.readableBytes
        let promise = carrier.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        promise.futureResult.whenComplete { _ in bound.value.answer { $0.wrote(count) } }
        carrier.write(buffer, promise: promise)
        batcher?.keep(buffer)
    }
}
