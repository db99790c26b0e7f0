public import Cryptography
public import NIOCore
import NIOSSL

/// Makes TLS of sockets, with one certificate for all of them.
///
/// Only TLS 1.3 is spoken; both sides show a certificate; no name is sent and no session is gone on with.
///
/// Source: libp2p/specs tls/tls.md.
public final class TLSHost: Sendable {
    /// What both sides name as the protocol behind TLS.
    static let applicationProtocol = "libp2p"

    /// How long a goodbye may take to be answered.
    ///
    /// A socket that is closed with unread bytes takes back what was sent last, such as who this side is: the peer
    /// has to have read it before.
    ///
    /// Source: own choice: several round trips.
    private static let goodbyeTimeout = TimeAmount.seconds(1)

    private let certificate: [UInt8]
    private let client: NIOSSLContext
    /// What each accepted connection gets a context of its own by.
    ///
    /// The library hands session tickets out and cannot be told not to, and whoever went on with one would show no
    /// certificate. A fresh context cannot read the ticket of another.
    private let server: TLSConfiguration

    /// Makes a fresh key and a certificate for it.
    ///
    /// - Parameters:
    ///   - identity: the host key, which signs the certificate's key.
    ///   - muxers: multiplexers that the handshake may agree on at once, best first.
    /// - Throws: what the library of certificates or that of TLS says.
    public convenience init(identity: SigningKey, muxers: [String]) throws {
        let (certificate, key) = try TLSCertificate.make(for: identity)
        try self.init(
            chain: [certificate],
            key: key,
            protocols: muxers + [Self.applicationProtocol]
        )
    }

    /// A host that shows these certificates; those of tests are wrong.
    init(chain: [[UInt8]], key: [UInt8], protocols: [String]) throws {
        let chain = try chain.map {
            NIOSSLCertificateSource.certificate(try NIOSSLCertificate(bytes: $0, format: .der))
        }
        let key = NIOSSLPrivateKeySource.privateKey(
            try NIOSSLPrivateKey(bytes: key, format: .der)
        )
        var client = TLSConfiguration.makeClientConfiguration()
        client.certificateChain = chain
        client.privateKey = key
        let server = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain,
            privateKey: key
        )
        self.certificate = try Self.only(chain)
        self.client = try NIOSSLContext(configuration: Self.strict(client, protocols))
        self.server = Self.strict(server, protocols)
        // What is wrong with it is to be told here.
        _ = try NIOSSLContext(configuration: self.server)
    }

    private static func only(_ chain: [NIOSSLCertificateSource]) throws -> [UInt8] {
        guard case .certificate(let certificate)? = chain.first else { return [] }
        return try certificate.toDERBytes()
    }

    private static func strict(
        _ configuration: TLSConfiguration,
        _ protocols: [String]
    ) -> TLSConfiguration {
        var strict = configuration
        strict.minimumTLSVersion = .tlsv13
        strict.maximumTLSVersion = .tlsv13
        strict.applicationProtocols = protocols
        // Who is not proven is refused, but not by the names and roots of the web.
        strict.certificateVerification = .noHostnameVerification
        strict.trustRoots = .certificates([])
        strict.shutdownTimeout = Self.goodbyeTimeout
        return strict
    }

    /// Encrypts what goes through a channel from here on, below the handler that is to get what is decrypted.
    ///
    /// To be called on the event loop. The handler is told of the end of the handshake by the user event of
    /// `NIOTLS`.
    ///
    /// - Parameters:
    ///   - channel: whose bytes so far were in the clear.
    ///   - handler: the one that gets what is decrypted.
    ///   - isClient: whether this side dialled.
    ///   - first: bytes of the handshake that came already.
    ///   - now: the time of day, in seconds since 1970.
    /// - Returns: the handshake, which knows the peer in the end.
    /// - Throws: what the library of TLS says, or the channel when it is closed.
    public func secure(
        _ channel: any Channel,
        below handler: any ChannelHandler,
        isClient: Bool,
        first: ByteBuffer,
        now: @escaping () -> UInt64
    ) throws -> TLSHandshake {
        let handshake = TLSHandshake(own: self.certificate, now: now)
        let tls = try self.makeHandler(isClient: isClient, handshake)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(tls, position: .before(handler))
        if first.readableBytes > 0 {
            tls.channelRead(context: try pipeline.context(handler: tls), data: NIOAny(first))
        }
        return handshake
    }

    /// The handler of one connection.
    func makeHandler(isClient: Bool, _ handshake: TLSHandshake) throws -> NIOSSLHandler {
        let callback: NIOSSLCustomVerificationCallback = { chain, promise in
            promise.succeed(handshake.judge(chain) ? .certificateVerified : .failed)
        }
        return isClient
            ? try NIOSSLClientHandler(
                context: self.client,
                serverHostname: nil,
                customVerificationCallback: callback
            )
            : NIOSSLServerHandler(
                context: try NIOSSLContext(configuration: self.server),
                customVerificationCallback: callback
            )
    }
}
