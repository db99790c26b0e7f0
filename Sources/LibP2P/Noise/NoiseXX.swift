import Cryptography

/// The XX handshake itself, without anything of libp2p: Noise specification, sections 5.3 and 7.5.
struct NoiseXX: Sendable {
    private enum Token { case e, s, ee, es, se }

    /// The messages in order; the initiator writes the even ones.
    private static let messages: [[Token]] = [[.e], [.e, .ee, .s, .es], [.s, .se]]
    private static let keyBytes = 32

    private let role: NoiseRole
    private let staticSecret: [UInt8]
    private let ephemeralSecret: [UInt8]
    private var remoteEphemeral: [UInt8] = []
    /// The peer's static public key once its message was read, empty before.
    private(set) var remoteStatic: [UInt8] = []
    private var symmetric: NoiseSymmetricState
    private var position = 0

    init(
        role: NoiseRole,
        prologue: [UInt8],
        staticSecret: [UInt8],
        ephemeralSecret: [UInt8]
    ) {
        self.role = role
        self.staticSecret = staticSecret
        self.ephemeralSecret = ephemeralSecret
        self.symmetric = NoiseSymmetricState(protocolName: "Noise_XX_25519_ChaChaPoly_SHA256")
        self.symmetric.mixHash(prologue)
    }

    /// This side's static public key.
    var staticKey: [UInt8] { X25519.publicKey(of: self.staticSecret) }

    /// The hash of the transcript, the same on both sides at the end.
    var hash: [UInt8] { self.symmetric.hash }

    /// Whether no message was written or read.
    var isAtStart: Bool { self.position == 0 }

    /// Whether all messages were written and read.
    var isFinished: Bool { self.position == Self.messages.count }

    /// Whether the next message is this side's.
    var isWriting: Bool {
        !self.isFinished && self.position.isMultiple(of: 2) == (self.role == .initiator)
    }

    /// Whether the next message is the peer's.
    var isReading: Bool { !self.isFinished && !self.isWriting }

    mutating func write(_ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard self.isWriting else { throw .unexpectedMessage }
        var message: [UInt8] = []
        for token in Self.messages[self.position] {
            switch token {
            case .e:
                let key = X25519.publicKey(of: self.ephemeralSecret)
                self.symmetric.mixHash(key)
                message += key
            case .s:
                message += try self.symmetric.encryptAndHash(self.staticKey)
            case .ee, .es, .se:
                self.symmetric.mixKey(try self.sharedSecret(token))
            }
        }
        message += try self.symmetric.encryptAndHash(payload)
        self.position += 1
        return message
    }

    mutating func read(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard self.isReading else { throw .unexpectedMessage }
        var rest = message[...]
        for token in Self.messages[self.position] {
            switch token {
            case .e:
                self.remoteEphemeral = try Self.take(Self.keyBytes, from: &rest)
                self.symmetric.mixHash(self.remoteEphemeral)
            case .s:
                let count = Self.keyBytes + self.symmetric.tagBytes
                let sealed = try Self.take(count, from: &rest)
                self.remoteStatic = try self.symmetric.decryptAndHash(sealed)
            case .ee, .es, .se:
                self.symmetric.mixKey(try self.sharedSecret(token))
            }
        }
        let payload = try self.symmetric.decryptAndHash(Array(rest))
        self.position += 1
        return payload
    }

    /// The ciphers of the session, by the side that writes with them.
    func split() -> (own: NoiseCipherState, remote: NoiseCipherState) {
        let (initiator, responder) = self.symmetric.split()
        return self.role == .initiator ? (initiator, responder) : (responder, initiator)
    }

    /// A token names the initiator's key first: `es` is its ephemeral and our static key.
    private func sharedSecret(_ token: Token) throws(NoiseError) -> [UInt8] {
        let usesOwnEphemeral = token == .ee || (token == .es) == (self.role == .initiator)
        let usesRemoteEphemeral = token == .ee || !usesOwnEphemeral
        let shared = X25519.sharedSecret(
            secret: usesOwnEphemeral ? self.ephemeralSecret : self.staticSecret,
            publicKey: usesRemoteEphemeral ? self.remoteEphemeral : self.remoteStatic
        )
        guard let shared else { throw .weakKey }
        return shared
    }

    private static func take(
        _ count: Int,
        from rest: inout ArraySlice<UInt8>
    ) throws(NoiseError) -> [UInt8] {
        guard rest.count >= count else { throw .tooShort }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
