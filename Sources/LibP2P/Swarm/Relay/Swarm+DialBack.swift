import Cryptography
import Multiformats
import NIOCore
import NIOPosix
import Synchronization

// Dials for the sake of others: AutoNAT's, which prove that a peer can be reached, and those that
// turn a relayed connection into a direct one.
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
    /// counts it as a connection, so it never leads to another dial.
    func dialBack(
        _ addresses: [Multiaddr],
        of peer: PeerID,
        then report: @escaping @Sendable (Multiaddr?) -> Void
    ) {
        let loop = self.group.next()
        let attempts = addresses.map { address in
            self.proof(of: peer, at: address, on: loop).map { address }
        }
        EventLoopFuture.whenAllComplete(attempts, on: loop).whenSuccess { results in
            report(results.lazy.compactMap { try? $0.get() }.first)
        }
    }

    private func proof(of peer: PeerID, at address: Multiaddr, on loop: any EventLoop)
        -> EventLoopFuture<Void>
    {
        let promise = loop.makePromise(of: Void.self)
        guard let (host, port, _) = address.tcpEndpoint,
            case .admitted(let id, _) = self.state.withLock({
                $0.manager.dialled(.proof, now: .now())
            })
        else {
            promise.fail(ChannelError.operationUnsupported)
            return promise.futureResult
        }
        promise.futureResult.whenComplete { _ in
            _ = self.state.withLock { $0.manager.ended(id) }
        }
        ClientBootstrap(group: loop)
            .connectTimeout(RelayLimits.dialBackTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DialBackHandler(peer, promise))
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
            .filter { $0.tcpEndpoint.map { $0.port != 0 } ?? false }
        return dialable.prefix(RelayLimits.punchAddressesMax).map { $0.with(peer: peer) }
    }

    /// Whether one more peer is dialled on its own word; when not, it stays behind its relay.
    private func mayUpgrade() -> Bool {
        self.state.withLock { $0.relay.upgrades.note(at: .now()) }
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
        self.primary(of: peer)?.perform { $0.punchHole() }
    }
}

/// Runs one dial on request until the other side has proven its key.
final class DialBackHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var link: Link
    private let promise: EventLoopPromise<Void>
    private var timer: Scheduled<Void>?

    init(_ peer: PeerID, _ promise: EventLoopPromise<Void>) {
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
        self.timer = context.eventLoop.scheduleTask(in: RelayLimits.dialBackTimeout) {
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
