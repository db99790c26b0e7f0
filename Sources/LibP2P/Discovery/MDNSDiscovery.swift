import Cryptography
package import Multiformats
package import NIOCore
package import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Finds libp2p hosts of the local network by multicast DNS, and lets itself be found.
///
/// A thin device around ``MDNSAgent``. It reports each peer once in five minutes; whether to dial is
/// the caller's decision.
package final class MDNSDiscovery: Sendable {
    private struct State {
        var agent: MDNSAgent
        var channels: [any Channel] = []
        var queries: RepeatedTask?
    }

    private static let group = "224.0.0.251"

    private let state: Mutex<State>
    private let eventLoopGroup: MultiThreadedEventLoopGroup
    private let addresses: @Sendable () -> [Multiaddr]
    private let onFound: @Sendable (PeerID, [Multiaddr]) -> Void
    /// The multicast group and port; tests take another port.
    private let port: Int

    /// Prepares discovery; nothing is sent before ``start(on:)``.
    ///
    /// - Parameters:
    ///   - ownPeer: this host.
    ///   - group: whose event loops carry it.
    ///   - port: that of multicast DNS; tests take another one.
    ///   - addresses: where this host listens, asked for with every answer.
    ///   - onFound: takes a peer and its addresses, on an event loop; must not block.
    package init(
        ownPeer: PeerID,
        group: MultiThreadedEventLoopGroup,
        port: Int,
        addresses: @escaping @Sendable () -> [Multiaddr],
        onFound: @escaping @Sendable (PeerID, [Multiaddr]) -> Void
    ) {
        // 32 letters and digits at least, as the specification recommends.
        let letters = Array("abcdefghijklmnopqrstuvwxyz012345".utf8)
        let name = SecureRandom.bytes(40).map { letters[Int($0 & 31)] }
        guard
            let agent = MDNSAgent(
                ownPeer: ownPeer,
                instanceName: String(decoding: name, as: UTF8.self)
            )
        else { preconditionFailure("forty letters are a label") }
        self.state = Mutex(State(agent: agent))
        self.eventLoopGroup = group
        self.port = port
        self.addresses = addresses
        self.onFound = onFound
    }

    /// Joins the multicast group on interfaces, and asks and tells who is there.
    ///
    /// - Throws: ``MDNSError`` when that works on none of them.
    package func start(on devices: [NIONetworkDevice]) async throws {
        var lastError: (any Error)?
        for device in devices.prefix(DNSLimits.mdnsInterfacesMax) {
            do {
                let channel = try await self.join(device)
                self.state.withLock { $0.channels.append(channel) }
            } catch {
                lastError = error
            }
        }
        guard !self.state.withLock({ $0.channels.isEmpty }) else {
            throw MDNSError(
                description: lastError.map { "\($0)" } ?? "this host listens on no local network"
            )
        }
        let task = self.eventLoopGroup.any().scheduleRepeatedTask(
            initialDelay: .zero,
            delay: DNSLimits.mdnsQueryInterval
        ) { [weak self] _ in self?.ask() }
        self.state.withLock { $0.queries = task }
    }

    /// Leaves the network.
    package func stop() async {
        let (channels, queries) = self.state.withLock { state in
            defer { state.channels = [] }
            return (state.channels, state.queries)
        }
        queries?.cancel()
        for channel in channels { try? await channel.close() }
    }

    /// Answers questions that are sent to an address of this host instead of to everybody.
    func answer(at host: String) async throws -> SocketAddress? {
        let channel = try await self.bootstrap.bind(host: host, port: 0).get()
        self.state.withLock { $0.channels.append(channel) }
        return channel.localAddress
    }

    private var bootstrap: DatagramBootstrap {
        DatagramBootstrap(group: self.eventLoopGroup)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(ChannelOptions.socket(Int(SOL_SOCKET), SO_REUSEPORT), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(MDNSHandler(self))
                }
            }
    }

    private func join(_ device: NIONetworkDevice) async throws -> any Channel {
        var device = device
        // The loopback interface supports multicast although the system does not say so.
        device.multicastSupported = true
        let group = try SocketAddress(ipAddress: Self.group, port: self.port)
        let channel = try await self.bootstrap.bind(host: "0.0.0.0", port: self.port).get()
        do {
            guard let multicast = channel as? any MulticastChannel,
                let options = channel as? any SocketOptionProvider,
                case .ip4(let address)? = Multiaddr(device.address)?.components.first
            else { throw MDNSError(description: "\(device.name) has no multicast socket") }
            try await multicast.joinGroup(group, device: device).get()
            try await options.setIPMulticastIF(
                address.withUnsafeBytes { $0.loadUnaligned(as: in_addr.self) }
            ).get()
        } catch {
            try? await channel.close()
            throw error
        }
        return channel
    }

    /// Asks who is there, and tells that this host is: those that are there already find it as well.
    private func ask() {
        let (agent, channels) = self.state.withLock { ($0.agent, $0.channels) }
        let messages = [agent.query(), agent.announcement(of: self.addresses())]
        for channel in channels {
            for message in messages { self.multicast(message, on: channel) }
        }
    }

    private func multicast(_ message: DNSMessage, on channel: any Channel) {
        guard let group = try? SocketAddress(ipAddress: Self.group, port: self.port) else { return }
        self.send(message, to: group, on: channel)
    }

    private func send(_ message: DNSMessage, to address: SocketAddress, on channel: any Channel) {
        let buffer = channel.allocator.buffer(bytes: message.encoded())
        channel.writeAndFlush(
            AddressedEnvelope(remoteAddress: address, data: buffer),
            promise: nil
        )
    }

    /// A datagram came in.
    fileprivate func received(_ envelope: AddressedEnvelope<ByteBuffer>, on channel: any Channel) {
        let bytes = Array(envelope.data.readableBytesView)
        guard let message = try? DNSMessage(bytes: bytes),
            // Multicast stays on the link; a host that asks from afar may want to use this host's
            // answers against others.
            Multiaddr(envelope.remoteAddress)?.publicNetworkPrefix == nil
        else { return }
        let addresses = message.isResponse ? [] : self.addresses()
        let actions = self.state.withLock {
            $0.agent.received(
                message,
                addresses: addresses,
                isFromPort: envelope.remoteAddress.port == self.port,
                now: .now()
            )
        }
        for action in actions {
            switch action {
            case .multicast(let answer): self.multicast(answer, on: channel)
            case .reply(let answer): self.send(answer, to: envelope.remoteAddress, on: channel)
            case .found(let peer, let addresses): self.onFound(peer, addresses)
            }
        }
    }
}

/// Why there is no discovery on the local network.
struct MDNSError: Error, Sendable, CustomStringConvertible {
    /// The cause in words.
    let description: String
}

private final class MDNSHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let discovery: MDNSDiscovery

    init(_ discovery: MDNSDiscovery) { self.discovery = discovery }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.discovery.received(self.unwrapInboundIn(data), on: context.channel)
    }

    // A message that cannot be sent on one interface does not end discovery.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
