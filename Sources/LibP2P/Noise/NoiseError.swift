public import Multiformats

/// Why a handshake or a session came to its end; the connection under it is to be closed.
public enum NoiseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A message shorter than its keys and tags.
    case tooShort
    /// The authentication tag does not fit: altered bytes, or another key.
    case authentication
    /// The peer's key gives an all-zero shared secret.
    case weakKey
    /// The 2^64 − 1 messages that one key may encrypt are spent.
    case nonceExhausted
    /// The handshake payload is no protobuf message with key and signature.
    case payload
    /// The identity key is none that this node accepts.
    case identityKey(PublicKeyProtobufError)
    /// The identity key did not sign the peer's static key.
    case identitySignature
    /// Bytes arrive before the start of the handshake or after its end.
    case unexpectedMessage

    /// One line for logs.
    public var description: String {
        switch self {
        case .tooShort: "noise message is too short"
        case .authentication: "noise message does not authenticate"
        case .weakKey: "noise key of the peer is of small order"
        case .nonceExhausted: "noise key is worn out"
        case .payload: "malformed noise handshake payload"
        case .identityKey(let error): "noise identity: \(error)"
        case .identitySignature: "noise identity does not sign the static key"
        case .unexpectedMessage: "noise message outside the handshake"
        }
    }
}
