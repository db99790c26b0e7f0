import Cryptography
import Multiformats
public import Primitives

/// The publisher's signature of a message, checked when asked and not before.
///
/// Checking costs tens of microseconds; the owner decides on which thread they are spent.
public struct PubsubSignature: Sendable, Equatable {
    private let message: PubsubMessage
    /// Whether the router looked already, as it does with large messages.
    private let isChecked: Bool

    init(_ message: PubsubMessage, isChecked: Bool = false) {
        self.message = message
        self.isChecked = isChecked
    }

    /// Names everything that ``isValid`` depends on.
    public var digest: Bytes32 { SHA256Digest.hash(self.message.encodeFrame()) }

    /// Whether the message satisfies StrictSign.
    ///
    /// `from` is an Ed25519 peer id, `key` is absent or the key of `from`, and `signature` is
    /// the key's over the prefix and the message without `signature` and `key`.
    ///
    /// Source: libp2p pubsub spec, Message Signing; D-19.
    public var isValid: Bool { self.isChecked || self.holds }

    private var holds: Bool {
        guard let source = try? PeerID(bytes: self.message.from),
            let key = source.ed25519Key,
            let signature = Signature(self.message.signature)
        else { return false }
        if let field = self.message.key {
            guard let stated = try? PublicKeyProtobuf.decode(field[...]), stated == key else {
                return false
            }
        }
        return Ed25519.isValid(signature, for: self.message.signedBytes, by: key)
    }
}

extension PubsubMessage {
    private static let prefix = Array("libp2p-pubsub:".utf8)

    /// What the publisher signs.
    var signedBytes: [UInt8] { self.encodeUnsigned(after: Self.prefix) }

    /// A message of our own; the key is left out because the peer id contains it.
    static func signed(
        data: [UInt8],
        topic: String,
        from peer: PeerID,
        sequenceNumber: UInt64,
        by key: SigningKey
    ) -> PubsubMessage {
        var message = PubsubMessage(
            from: peer.bytes,
            data: data,
            sequenceNumber: SequenceNumber.encode(sequenceNumber),
            topic: topic,
            signature: [],
            key: nil
        )
        message.signature = key.sign(message.signedBytes).array
        return message
    }
}
