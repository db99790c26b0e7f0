import Cryptography
import Discovery
import Multiformats
import NIOCore
import NIOPosix
import Relay
import Synchronization

// Dials on request of others: AutoNAT's, which prove that a peer can be reached, and those that turn a
// relayed connection into a direct one.
extension Swarm {
    // MARK: AutoNAT

    /// What to do about a peer that asks to be dialled.
    func dialBackAsked(by connection: Connection, _ message: [UInt8]) -> AutoNATServer.Decision {
        let isPublic = !connection.isLimited && self.configuration.isPublic(connection.address)
        let now = self.configuration.wallClock()
        return self.state.withLock {
            $0.relay.dialBacks.asked(
                by: connection.peer,
                at: isPublic ? connection.address : nil,
                network: self.network(of: connection),
                message,
                now: now
            )
        }
    }

    /// Dials a peer at all these addresses, and tells at which one it proved its key.
    ///
    /// The dial comes from a key that is made for it and ends before the muxer runs: neither side
    /// counts it as a connection, so it never leads to another dial. Without a place for each address
    /// nothing is dialled, since a dial that is left out says nothing about the peer.
    func dialBack(
        _ addresses: [Multiaddr],
        of peer: PeerID,
        then report: @escaping @Sendable (AutoNATServer.Status, Multiaddr?) -> Void
    ) {
        guard let places = self.placesToDialBack(addresses.count) else {
            return report(.dialRefused, nil)
        }
        let loop = self.group.next()
        let deadline = NIODeadline.now() + RelayLimits.dialBackTimeout
        let attempts = addresses.map { address in
            self.proof(of: peer, at: address, until: deadline, on: loop).map { address }
        }
        for (place, attempt) in zip(places, attempts) {
            attempt.whenComplete { _ in _ = self.state.withLock { $0.manager.ended(place) } }
        }
        EventLoopFuture.whenAllComplete(attempts, on: loop).whenSuccess { results in
            let reached = results.lazy.compactMap { try? $0.get() }.first
            report(reached == nil ? .dialError : .ok, reached)
        }
    }

    /// Places for so many dials; nil when there are fewer.
    private func placesToDialBack(_ count: Int) -> [ConnectionManager.ID]? {
        self.state.withLock { state in
            var places: [ConnectionManager.ID] = []
            for _ in 0..<count {
                if case .admitted(let id, _) = state.manager.dialled(.proof, now: .now()) {
                    places.append(id)
                }
            }
            guard places.count < count else { return places }
            for place in places { _ = state.manager.ended(place) }
            return nil
        }
    }

    private func proof(
        of peer: PeerID,
        at address: Multiaddr,
        until deadline: NIODeadline,
        on loop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        guard let (host, port, _) = address.tcpEndpoint else {
            promise.fail(ChannelError.operationUnsupported)
            return promise.futureResult
        }
        ClientBootstrap(group: loop)
            .connectTimeout(RelayLimits.dialBackTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = DialBackHandler(peer, until: deadline, promise)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: host, port: port)
            .whenFailure { promise.fail($0) }
        return promise.futureResult
    }

    // MARK: Upgrades

    /// Addresses of a peer that may be dialled on its own word: public ones, and few.
    func punchable(_ addresses: [Multiaddr], of peer: PeerID) -> [Multiaddr] {
        let dialable = addresses.filter { self.configuration.isPublic($0) }
            .filter { $0.tcpPort.map { $0 != 0 } ?? false }
        return dialable.prefix(RelayLimits.punchAddressesMax).map { $0.with(peer: peer) }
    }

    /// Whether one more peer is dialled on its own word; when not, it stays behind its relay.
    private func mayUpgrade() -> Bool {
        self.state.withLock { $0.upgrades.note(at: .now()) }
    }

    /// Dials a relayed peer at one address after the other; when all fail, holes are punched.
    func upgrade(_ addresses: [Multiaddr]) {
        guard let first = addresses.first, self.mayUpgrade() else { return }
        self.dial(first, then: addresses.dropFirst(), for: .upgrade)
    }

    /// Dials a relayed peer at all addresses at once, since it does the same.
    func punch(_ addresses: [Multiaddr], from local: SocketAddress?, isServer: Bool) {
        guard !addresses.isEmpty, self.mayUpgrade() else { return }
        for address in addresses {
            self.dial(address, for: .holePunch(from: local, isServer: isServer))
        }
    }

    /// The addresses of a relayed peer do not answer.
    func upgradeFailed(_ dial: Dial) {
        guard let peer = dial.asked.peerID else { return }
        self.primary(of: peer)?.tell { $0.punchHole() }
    }
}

/// Runs one dial on request until the other side has proven its key.
final class DialBackHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var link: Link
    /// For the socket and the proof together.
    private let deadline: NIODeadline
    private let promise: EventLoopPromise<Void>
    private var timer: Scheduled<Void>?

    init(_ peer: PeerID, until deadline: NIODeadline, _ promise: EventLoopPromise<Void>) {
        self.deadline = deadline
        self.promise = promise
        self.link = Link(
            isOutbound: true,
            identity: .generate(),
            expectedPeer: peer,
            staticSecret: SecureRandom.bytes(32),
            ephemeralSecret: SecureRandom.bytes(32)
        )
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        self.timer = context.eventLoop.scheduleTask(deadline: self.deadline) {
            channel.close(promise: nil)
        }
        self.flush(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            _ = try self.link.receive(Array(self.unwrapInboundIn(data).readableBytesView))
        } catch {
            self.promise.fail(error)
            return context.close(promise: nil)
        }
        // The peer has proven its key; without this side's proof it begins no connection.
        guard self.link.remotePeer == nil else {
            self.promise.succeed()
            return context.close(promise: nil)
        }
        self.flush(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.promise.fail(ChannelError.eof)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.promise.fail(error)
        context.close(promise: nil)
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard let buffer = self.link.takeBuffer() else { return }
        context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }
}
