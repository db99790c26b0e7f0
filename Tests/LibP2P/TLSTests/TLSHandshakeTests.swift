import Cryptography
import Multiformats
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS
import Testing

@testable import TLS

/// One side of a handshake without a socket, and what its upper end hears.
private final class Side: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let channel = EmbeddedChannel()
    let handshake: TLSHandshake
    var received: [UInt8] = []
    var outcome: Result<TLSProgress, TLSRefusal>?
    var errors: [any Error] = []
    /// What this side sent, in the order of sending.
    var sent: [UInt8] = []

    init(_ handler: NIOSSLHandler?, _ handshake: TLSHandshake) throws {
        self.handshake = handshake
        try self.channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        if let handler { try self.channel.pipeline.syncOperations.addHandler(handler) }
        try self.channel.pipeline.syncOperations.addHandler(self)
    }

    convenience init(_ host: TLSHost, isClient: Bool) throws {
        let handshake = TLSHandshake(own: [], now: { 1_800_000_000 })
        try self.init(host.makeHandler(isClient: isClient, handshake), handshake)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent else { return }
        do {
            self.outcome = .success(try self.handshake.finish(negotiated: negotiated))
        } catch {
            self.outcome = .failure(error)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received += self.unwrapInboundIn(data).readableBytesView
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.errors.append(error) }

    /// Carries what this side has for the other one; whether there was anything.
    func deliver(to other: Side) throws -> Bool {
        self.channel.embeddedEventLoop.run()
        guard let bytes = try self.channel.readOutbound(as: ByteBuffer.self) else { return false }
        self.sent += bytes.readableBytesView
        if other.channel.isActive { try other.channel.writeInbound(bytes) }
        return true
    }

    /// Lets two sides talk until both are silent.
    static func talk(_ one: Side, _ other: Side) throws {
        while true {
            let first = try one.deliver(to: other)
            guard try other.deliver(to: one) || first else { return }
        }
    }
}

@Suite("TLS handshakes")
struct TLSHandshakeTests {
    private let dialler = SigningKey.generate()
    private let listener = SigningKey.generate()

    private func talk(_ client: TLSHost, _ server: TLSHost) throws -> (Side, Side) {
        let sides = (try Side(client, isClient: true), try Side(server, isClient: false))
        try Side.talk(sides.0, sides.1)
        return sides
    }

    private func host(_ key: SigningKey, _ muxers: [String] = []) throws -> TLSHost {
        try TLSHost(identity: key, muxers: muxers)
    }

    private func progress(_ key: SigningKey, muxer: String? = nil) -> TLSProgress {
        TLSProgress(
            remotePeer: PeerID(ed25519: key.publicKey),
            isOneself: false,
            muxer: muxer
        )
    }

    @Test("both sides learn each other's peer id and can talk, and large writes arrive whole")
    func both() throws {
        let (client, server) = try self.talk(self.host(self.dialler), self.host(self.listener))
        #expect(try client.outcome?.get() == self.progress(self.listener))
        #expect(try server.outcome?.get() == self.progress(self.dialler))
        let large = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        client.channel.writeAndFlush(ByteBuffer(bytes: large), promise: nil)
        server.channel.writeAndFlush(ByteBuffer(bytes: [1, 2, 3]), promise: nil)
        try Side.talk(client, server)
        #expect(server.received == large && client.received == [1, 2, 3])
        #expect(client.errors.isEmpty && server.errors.isEmpty)
    }

    @Test("the handshake agrees on a muxer that both name, and on none otherwise")
    func muxer() throws {
        let both = try self.talk(
            self.host(self.dialler, ["/yamux/1.0.0"]),
            self.host(self.listener, ["/yamux/1.0.0"])
        )
        #expect(try both.0.outcome?.get().muxer == "/yamux/1.0.0")
        #expect(try both.1.outcome?.get().muxer == "/yamux/1.0.0")
        let one = try self.talk(
            self.host(self.dialler, ["/yamux/1.0.0"]),
            self.host(self.listener)
        )
        #expect(try one.0.outcome?.get() == self.progress(self.listener))
        #expect(try one.1.outcome?.get() == self.progress(self.dialler))
    }

    @Test("two machines with instructions for AES choose AES-128-GCM")
    func cipher() throws {
        let (_, server) = try self.talk(self.host(self.dialler), self.host(self.listener))
        // A record's header, a message's header, version, random, and a session of 32 bytes are before it.
        let suite = Array(server.sent[76..<78])
        #expect(server.sent[0] == 0x16 && server.sent[5] == 2)
        #expect(suite == (AESInstructions.areAvailable ? [0x13, 0x01] : [0x13, 0x03]))
    }

    @Test("a peer that shows more than one certificate is refused by either side")
    func chain() throws {
        let (certificate, key) = try TLSCertificate.make(for: self.dialler)
        let wrong = try TLSHost(
            chain: [certificate, certificate],
            key: key,
            protocols: ["libp2p"]
        )
        for isClient in [true, false] {
            let honest = try self.host(self.listener)
            let (client, server) =
                isClient ? try self.talk(wrong, honest) : try self.talk(honest, wrong)
            let victim = isClient ? server : client
            #expect(victim.outcome == nil && !victim.channel.isActive)
            let error = try #require(victim.errors.first)
            #expect(victim.handshake.reason(for: error) == "\(TLSRefusal.chain(2))")
        }
    }

    @Test(
        "a peer that names another protocol behind TLS, or none, is refused",
        arguments: [["h2"], []]
    )
    func applicationProtocol(protocols: [String]) throws {
        let (certificate, key) = try TLSCertificate.make(for: self.dialler)
        let wrong = try TLSHost(chain: [certificate], key: key, protocols: protocols)
        let (_, server) = try self.talk(wrong, self.host(self.listener))
        #expect(server.outcome == .failure(.applicationProtocol))
        let (client, _) = try self.talk(self.host(self.listener), wrong)
        #expect(client.outcome == .failure(.applicationProtocol))
    }

    /// A client of the web's kind, which a test spoils.
    private func strange(_ spoil: (inout TLSConfiguration) throws -> Void) throws -> Side {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.applicationProtocols = ["libp2p"]
        try spoil(&configuration)
        let handler = try NIOSSLClientHandler(
            context: try NIOSSLContext(configuration: configuration),
            serverHostname: nil
        )
        return try Side(handler, TLSHandshake(own: [], now: { 1_800_000_000 }))
    }

    @Test("a dialler that shows no certificate is refused")
    func noCertificate() throws {
        let client = try self.strange { _ in }
        let server = try Side(self.host(self.listener), isClient: false)
        try Side.talk(client, server)
        #expect(server.outcome == nil && !server.errors.isEmpty && !server.channel.isActive)
    }

    @Test("TLS 1.2 is not spoken")
    func oldVersion() throws {
        let (certificate, key) = try TLSCertificate.make(for: self.dialler)
        let client = try self.strange {
            $0.maximumTLSVersion = .tlsv12
            $0.certificateChain = [
                .certificate(try NIOSSLCertificate(bytes: certificate, format: .der))
            ]
            $0.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .der))
        }
        let server = try Side(self.host(self.listener), isClient: false)
        try Side.talk(client, server)
        #expect(server.outcome == nil && !server.errors.isEmpty && !server.channel.isActive)
    }

    @Test("a goodbye ends both sides, and a cut without one is no error of TLS")
    func ends() throws {
        let (client, server) = try self.talk(self.host(self.dialler), self.host(self.listener))
        client.channel.close(promise: nil)
        try Side.talk(client, server)
        #expect(!client.channel.isActive && !server.channel.isActive && server.errors.isEmpty)
        let (_, cut) = try self.talk(self.host(self.dialler), self.host(self.listener))
        cut.channel.pipeline.fireChannelInactive()
        let error = try #require(cut.errors.first)
        #expect(cut.handshake.reason(for: error) == nil)
    }

    @Test("bytes that are no TLS are an error in words")
    func garbage() throws {
        let server = try Side(self.host(self.listener), isClient: false)
        try server.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        let error = try #require(server.errors.first)
        #expect(server.handshake.reason(for: error)?.hasPrefix("TLS: ") == true)
    }
}
