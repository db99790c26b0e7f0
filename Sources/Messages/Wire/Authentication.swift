public import Cryptography
public import Primitives

// The handshake of §3. Its two messages travel bare, without an envelope (R-02-029).

/// AUTH_CHALLENGE: sign this for me (R-03-005, R-03-008).
public struct AuthChallenge: WirePayload {
    package static var messageType: MessageType { .authChallenge }

    /// Thirty-two unpredictable bytes.
    public let nonce: [UInt8]
    /// The key of the challenging node.
    public let initiatorKey: NodeID
    /// The network of the challenging node; nil when it names none.
    public let network: NetworkMark?

    /// Asks for a signature over `nonce`, 32 bytes.
    public init(nonce: [UInt8], initiatorKey: NodeID, network: NetworkMark? = nil) {
        self.nonce = nonce
        self.initiatorKey = initiatorKey
        self.network = network
    }

    /// Reads the JSON document of a frame.
    ///
    /// - Throws: ``AuthFailure/malformed(_:)``.
    public init(frame: [UInt8]) throws(AuthFailure) {
        self = try AuthFrame.read(AuthFrame.payload(of: .authChallenge, in: frame))
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.nonce = try payload.bytes32("nonce").array
        self.initiatorKey = try payload.id("initiator_key")
        self.network = NetworkMark(reading: payload)
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("nonce", Hex.encode(self.nonce))
        payload.set("initiator_key", self.initiatorKey)
        self.network?.write(to: &payload)
    }

    /// The JSON document of the frame.
    public var frameBytes: [UInt8] { AuthFrame.bytes(of: self) }

    /// The bytes to sign: the nonce, then the initiator's key, 64 raw bytes (D-10).
    public var signedBytes: [UInt8] { self.nonce + self.initiatorKey.array }
}

/// AUTH_RESPONSE: the signature and the proof of delay (R-03-006, R-03-009).
public struct AuthResponse: WirePayload {
    package static var messageType: MessageType { .authResponse }

    /// Over nonce and initiator key.
    public let signature: Signature
    /// The key of the answering node.
    public let publicKey: NodeID
    /// Its proof of delay.
    public let vdfProof: VDFProof
    /// The network of the answering node; nil when it names none.
    public let network: NetworkMark?
    /// The answering node's clock: an extension, so that a wrong clock is noticed even when the
    /// handshake fails because of it (ADR 0033).
    public let sentAt: Timestamp?

    /// Answers a challenge.
    public init(
        signature: Signature,
        publicKey: NodeID,
        vdfProof: VDFProof,
        network: NetworkMark? = nil,
        sentAt: Timestamp? = nil
    ) {
        self.signature = signature
        self.publicKey = publicKey
        self.vdfProof = vdfProof
        self.network = network
        self.sentAt = sentAt
    }

    /// Reads the JSON document of a frame.
    ///
    /// - Throws: ``AuthFailure/malformed(_:)`` or ``AuthFailure/missingProof``.
    public init(frame: [UInt8]) throws(AuthFailure) {
        let payload = try AuthFrame.payload(of: .authResponse, in: frame)
        guard payload.view[Self.proofMember].map({ !$0.isNull }) ?? false else {
            throw .missingProof
        }
        self = try AuthFrame.read(payload)
    }

    private static let proofMember = "vdf_proof"

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.signature = try payload.signature("signature")
        self.publicKey = try payload.id("public_key")
        self.vdfProof = try VDFProof(reading: payload.object(Self.proofMember))
        self.network = NetworkMark(reading: payload)
        // Others may mean something else by the name; the handshake does not depend on it.
        self.sentAt = try? payload.timestamp("sent_at")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("signature", self.signature)
        payload.set("public_key", self.publicKey)
        payload.set(Self.proofMember, self.vdfProof)
        self.network?.write(to: &payload)
        payload.set("sent_at", self.sentAt)
    }

    /// The JSON document of the frame.
    public var frameBytes: [UInt8] { AuthFrame.bytes(of: self) }
}

/// Why a handshake fails.
public enum AuthFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not the frame of §3.
    case malformed(String)
    /// The challenge names another initiator than the secure channel proved (D-09).
    case initiatorIsNotRemotePeer
    /// The challenge names our own key as initiator (D-09).
    case initiatorIsSelf
    /// The response is not from the key that the secure channel proved.
    case responderIsNotRemotePeer
    /// The signature does not cover our nonce and our key (R-03-010).
    case badSignature
    /// The response carries no proof of delay (R-03-007).
    case missingProof

    /// The cause in words.
    public var description: String {
        switch self {
        case .malformed(let detail): "malformed authentication frame: \(detail)"
        case .initiatorIsNotRemotePeer: "the challenge is not in the name of the remote peer"
        case .initiatorIsSelf: "the challenge is in this node's own name"
        case .responderIsNotRemotePeer: "the response is not from the remote peer"
        case .badSignature: "the signature does not cover our nonce and key"
        case .missingProof: "the response carries no proof of delay"
        }
    }
}

/// The responder's side.
public enum AuthResponder {
    /// Signs a challenge, unless signing could serve another purpose.
    ///
    /// A signature over nonce and key has the form of a DID_LINK consent. It is given only in the
    /// name of the key that the handshake proved for this connection, and never for the own key (D-09).
    ///
    /// - Throws: ``AuthFailure``.
    public static func sign(_ challenge: AuthChallenge, channelKey: NodeID, key: SigningKey)
        throws(AuthFailure) -> Signature
    {
        try self.check(challenge, channelKey: channelKey, ownKey: NodeID(key.publicKey))
        return key.sign(challenge.signedBytes)
    }

    /// The checks of ``sign(_:channelKey:key:)`` alone.
    public static func check(_ challenge: AuthChallenge, channelKey: NodeID, ownKey: NodeID)
        throws(AuthFailure)
    {
        guard challenge.initiatorKey != ownKey else { throw .initiatorIsSelf }
        guard challenge.initiatorKey == channelKey else { throw .initiatorIsNotRemotePeer }
    }
}

/// The initiator's side.
public enum AuthInitiator {
    /// Checks everything but the proof of delay, which is Verification's.
    ///
    /// - Throws: ``AuthFailure``.
    public static func check(
        _ response: AuthResponse,
        nonce: [UInt8],
        ownKey: NodeID,
        channelKey: NodeID
    ) throws(AuthFailure) {
        guard response.publicKey == channelKey else { throw .responderIsNotRemotePeer }
        let holds = Self.holds(
            response.signature,
            by: response.publicKey,
            nonce: nonce,
            ownKey: ownKey
        )
        guard holds else { throw .badSignature }
    }

    /// Whether a signature answers a challenge of ours.
    public static func holds(
        _ signature: Signature,
        by responder: NodeID,
        nonce: [UInt8],
        ownKey: NodeID
    ) -> Bool {
        let signed = AuthChallenge(nonce: nonce, initiatorKey: ownKey).signedBytes
        return Ed25519.isValid(signature, for: signed, by: responder.publicKey)
    }
}

/// The bare form `{type, payload}`.
private enum AuthFrame {
    static func payload(of type: MessageType, in frame: [UInt8]) throws(AuthFailure)
        -> PayloadReader
    {
        do {
            let document = try JSONDocument(scanning: frame)
            let root = try PayloadReader(document.root, path: "frame")
            guard try root.text("type") == type.rawValue else {
                throw AuthFailure.malformed("type must be \(type.rawValue)")
            }
            return try root.object("payload")
        } catch let error as AuthFailure {
            throw error
        } catch {
            throw .malformed("\(error)")
        }
    }

    /// Reads a payload; nothing in it depends on the time.
    static func read<P: WirePayload>(_ payload: PayloadReader) throws(AuthFailure) -> P {
        do {
            return try P(reading: payload, timestamp: Timestamp(milliseconds: 0))
        } catch {
            throw .malformed("\(error.path) \(error.problem)")
        }
    }

    static func bytes<P: WirePayload>(of payload: P) -> [UInt8] {
        JSONValue.object([("type", .string(P.messageType.rawValue)), ("payload", payload.json)])
            .canonicalBytes()
    }
}
