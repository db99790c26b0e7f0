import Cryptography
import Discovery
import Multiformats
import MultistreamSelect
import NIOCore
import NIOPosix
import Noise
import StackSupport
import Synchronization
import Testing
import Yamux

@testable import Swarm

/// A TCP connection on which a test sends what it likes, layer by layer.
final class HostilePeer {
    /// What came in, and whether the other side hung up.
    final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let state = Mutex((bytes: [UInt8](), isClosed: false))

        var isClosed: Bool { self.state.withLock { $0.isClosed } }

        var bytes: [UInt8] { self.state.withLock { $0.bytes } }

        func take() -> [UInt8] {
            self.state.withLock { state in
                defer { state.bytes = [] }
                return state.bytes
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data).readableBytesView
            self.state.withLock { $0.bytes += bytes }
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.state.withLock { $0.isClosed = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.state.withLock { $0.isClosed = true }
        }
    }

    let key: SigningKey
    private let channel: any Channel
    private let inbox: Inbox
    private var session: NoiseSession?
    private var muxer = YamuxSession(role: .initiator)
    private(set) var events: [YamuxEvent] = []

    init(dialling host: Host, key: SigningKey = .generate()) async throws {
        self.key = key
        let inbox = Inbox()
        self.inbox = inbox
        let endpoint = try #require(try host.address.tcpEndpoint)
        self.channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
            .connect(host: endpoint.host, port: endpoint.port).get()
    }

    var isClosed: Bool { self.inbox.isClosed }

    /// What came in and was not taken.
    func peek() -> [UInt8] { self.inbox.bytes }

    var peer: PeerID { PeerID(ed25519: self.key.publicKey) }

    // MARK: The bare connection

    func send(_ bytes: [UInt8]) {
        self.channel.writeAndFlush(self.channel.allocator.buffer(bytes: bytes), promise: nil)
    }

    func waitForClose(within duration: Duration = .seconds(20)) async throws {
        try await eventually("the close", within: duration) { self.isClosed }
    }

    func hangUp() async { try? await self.channel.close() }

    func stopReading() async throws {
        try await self.channel.setOption(.autoRead, value: false).get()
    }

    func readOn() async throws {
        try await self.channel.setOption(.autoRead, value: true).get()
        self.channel.read()
    }

    // MARK: Noise

    /// Agrees on Noise, with nothing of it said yet.
    func negotiateNoise() async throws {
        var dialer = MultistreamDialer(protocols: ["/noise"])
        self.send(dialer.start())
        try await eventually("the answer about Noise") {
            try dialer.receive(self.inbox.take()[...]) != nil
        }
    }

    /// Proves this peer's key; everything sent from here on is encrypted.
    func secure() async throws {
        try await self.negotiateNoise()
        var handshake = NoiseHandshake(
            role: .initiator,
            identity: self.key,
            staticSecret: SecureRandom.bytes(32),
            ephemeralSecret: SecureRandom.bytes(32)
        )
        self.send(handshake.start())
        try await eventually("the handshake") {
            let bytes = self.inbox.take()
            guard !bytes.isEmpty else { return false }
            let progress = try handshake.receive(bytes[...])
            self.session = progress?.session
            return progress != nil
        }
        self.send(handshake.takeOutput())
    }

    func sendSecured(_ bytes: [UInt8]) {
        if let sealed = self.session?.encrypt(bytes[...]) { self.send(sealed) }
    }

    func receiveSecured() throws -> [UInt8] {
        try self.session?.decrypt(self.inbox.take()[...]) ?? []
    }

    // MARK: yamux

    /// Runs the muxer on a secured connection.
    func mux() async throws {
        try await self.secure()
        var dialer = MultistreamDialer(protocols: ["/yamux/1.0.0"])
        self.sendSecured(dialer.start())
        try await eventually("the answer about yamux") {
            let bytes = try self.receiveSecured()
            guard case .selected(_, let rest)? = try dialer.receive(bytes[...]) else {
                return false
            }
            self.events += try self.muxer.receive(rest[...])
            return true
        }
    }

    /// Opens a stream and says what it is for, with the first bytes right behind.
    func openStream(_ name: String, _ bytes: [UInt8] = []) throws -> YamuxStreamID {
        let opened = self.muxer.openStream()
        let id = try #require(opened)
        var dialer = MultistreamDialer(protocols: [name])
        self.write(dialer.start() + bytes, on: id)
        return id
    }

    /// Waits for a stream of the other side that is for this, and agrees.
    func answerStream(_ name: String) async throws -> YamuxStreamID {
        let line = Array("\(name)\n".utf8)
        var stream: YamuxStreamID?
        try await eventually("a stream for \(name)") {
            try self.pump()
            stream = self.openedByOther.first { self.bytes(on: $0).suffix(line.count) == line[...] }
            return stream != nil
        }
        let id = try #require(stream)
        var listener = MultistreamListener(supported: [name])
        _ = try listener.receive(self.bytes(on: id)[...])
        self.write(listener.takeOutput(), on: id)
        return id
    }

    /// Bytes that wait for the other side to take in what was sent before.
    func pendingBytes(on id: YamuxStreamID) -> Int { self.muxer.pendingBytes(on: id) }

    func write(_ bytes: [UInt8], on id: YamuxStreamID) {
        self.muxer.send(bytes, on: id)
        self.flush()
    }

    func closeWrite(_ id: YamuxStreamID) {
        _ = self.muxer.closeWrite(id)
        self.flush()
    }

    func reset(_ id: YamuxStreamID) {
        self.muxer.reset(id)
        self.flush()
    }

    private func flush() { self.sendSecured(self.muxer.takeOutput()) }

    /// Takes in what came, giving window back for it unless told otherwise.
    func pump(isReading: Bool = true) throws {
        let new = try self.muxer.receive(try self.receiveSecured()[...])
        for case .data(let id, let bytes) in new where isReading {
            self.muxer.consumed(bytes.count, on: id)
        }
        self.events += new
        self.flush()
    }

    func waitForReset(of id: YamuxStreamID) async throws {
        try await eventually("the reset of stream \(id)") {
            try self.pump()
            return self.events.contains(.reset(id))
        }
    }

    /// Everything that came on a stream.
    func bytes(on id: YamuxStreamID) -> [UInt8] {
        self.events.reduce(into: []) { result, event in
            if case .data(id, let bytes) = event { result += bytes }
        }
    }

    /// The streams that the other side opened.
    var openedByOther: [YamuxStreamID] {
        self.events.compactMap { if case .opened(let id) = $0 { id } else { nil } }
    }
}
