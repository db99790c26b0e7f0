public import Cryptography
public import Multiformats

/// Which side of the connection this node is.
public enum NoiseRole: Sendable, Equatable {
    /// The side that dialed.
    case initiator
    /// The side that was dialed.
    case responder
}

/// The end of a handshake that succeeded.
public struct NoiseProgress: Sendable {
    /// Encrypts and decrypts everything from here on.
    public let session: NoiseSession
    /// The peer, proven by its identity key; the dialer compares it with whom it wanted.
    public let remotePeer: PeerID
    /// Whether the other side is this very process.
    ///
    /// It has this side's identity and static secret, which serves several handshakes; another process
    /// with a copy of the identity key has another static secret.
    public let isOneself: Bool
    /// Bytes behind the handshake; they go to ``NoiseSession/decrypt(_:)`` first.
    public let leftover: [UInt8]
}

/// The handshake Noise_XX_25519_ChaChaPoly_SHA256 with the payload of libp2p.
///
/// A pure state machine: the secrets come in from outside. No extensions are sent.
///
/// Source: noise-libp2p specification (libp2p/specs noise/README.md).
public struct NoiseHandshake: Sendable, CustomStringConvertible, CustomReflectable {
    private let identity: SigningKey
    private var exchange: NoiseXX
    private var frames = NoiseFrames()
    private var output: [UInt8] = []
    private var remotePeer: PeerID?
    private var failure: NoiseError?

    /// Prepares one handshake.
    ///
    /// - Parameters:
    ///   - role: who dialed.
    ///   - identity: the host key, which signs the static key.
    ///   - staticSecret: 32 random bytes; may serve several handshakes.
    ///   - ephemeralSecret: 32 random bytes for this handshake alone.
    public init(
        role: NoiseRole,
        identity: SigningKey,
        staticSecret: [UInt8],
        ephemeralSecret: [UInt8]
    ) {
        self.identity = identity
        self.exchange = NoiseXX(
            role: role,
            prologue: [],
            staticSecret: staticSecret,
            ephemeralSecret: ephemeralSecret
        )
    }

    /// The bytes with which the initiator begins; none for the responder or on a second call.
    public mutating func start() -> [UInt8] {
        guard self.exchange.isAtStart, self.exchange.isWriting else { return [] }
        do {
            // The first message is in the clear, so it carries no payload.
            NoiseFrames.append(try self.exchange.write([]), to: &self.output)
        } catch {
            self.failure = error
        }
        return self.takeOutput()
    }

    /// Takes bytes of the connection, cut anywhere.
    ///
    /// Whatever comes back, ``takeOutput()`` may hold a message that is to be written first.
    ///
    /// - Returns: the session once the handshake is over; nil while it goes on.
    /// - Throws: ``NoiseError``; every further call throws too.
    public mutating func receive(
        _ bytes: ArraySlice<UInt8>
    ) throws(NoiseError) -> NoiseProgress? {
        if let failure = self.failure { throw failure }
        do {
            return try self.advance(bytes)
        } catch {
            self.failure = error
            throw error
        }
    }

    /// Takes what is to be written to the connection.
    public mutating func takeOutput() -> [UInt8] {
        defer { self.output = [] }
        return self.output
    }

    private mutating func advance(
        _ bytes: ArraySlice<UInt8>
    ) throws(NoiseError) -> NoiseProgress? {
        guard self.exchange.isReading else { throw .unexpectedMessage }
        self.frames.append(bytes)
        while self.exchange.isReading, let message = self.frames.next() {
            try self.read(message)
            guard self.exchange.isWriting else { continue }
            let payload = NoisePayload.encode(
                staticKey: self.exchange.staticKey,
                identity: self.identity
            )
            NoiseFrames.append(try self.exchange.write(payload), to: &self.output)
        }
        guard self.exchange.isFinished, let remotePeer = self.remotePeer else { return nil }
        let (own, remote) = self.exchange.split()
        return NoiseProgress(
            session: NoiseSession(sending: own, receiving: remote),
            remotePeer: remotePeer,
            isOneself: remotePeer == PeerID(ed25519: self.identity.publicKey)
                && self.exchange.remoteStatic == self.exchange.staticKey,
            leftover: self.frames.takeRest()
        )
    }

    /// Reads a message, and checks who wrote it before anything is answered.
    private mutating func read(_ message: [UInt8]) throws(NoiseError) {
        let payload = try self.exchange.read(message)
        // The first message is not encrypted and names nobody.
        guard !self.exchange.remoteStatic.isEmpty else { return }
        self.remotePeer = try NoisePayload.peer(
            of: payload,
            staticKey: self.exchange.remoteStatic
        )
    }

    /// Names no secret.
    public var description: String { "NoiseHandshake" }

    /// Shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
