public import Multiformats

/// Why a peer is not taken for who it says it is, or not talked to over TLS; the connection is to be closed.
public enum TLSRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The handshake brought no certificate, such as one that goes on with an earlier session.
    case noCertificate
    /// More certificates than one.
    case chain(Int)
    /// A certificate of more bytes than are read.
    case tooLong(Int)
    /// Not a certificate of X.509.
    case malformed
    /// The certificate is not valid yet.
    case notYetValid
    /// The certificate is not valid any more.
    case expired
    /// A critical extension that this node does not understand, by its object identifier.
    case unknownCriticalExtension(String)
    /// The certificate's own key did not sign it.
    case selfSignature
    /// The certificate does not name a host key.
    case missingExtension
    /// What names the host key is not of its form.
    case signedKey
    /// The host key is none that this node accepts.
    case identityKey(PublicKeyProtobufError)
    /// The host key did not sign the certificate's key.
    case identitySignature
    /// The peer does not say that it speaks libp2p behind TLS.
    case applicationProtocol

    /// One line for logs.
    public var description: String {
        switch self {
        case .noCertificate: "the peer shows no TLS certificate"
        case .chain(let count): "the peer shows \(count) TLS certificates instead of one"
        case .tooLong(let count): "TLS certificate of \(count) bytes"
        case .malformed: "malformed TLS certificate"
        case .notYetValid: "TLS certificate is not valid yet; see whether the clocks are right"
        case .expired: "TLS certificate has expired; see whether the clocks are right"
        case .unknownCriticalExtension(let name): "TLS certificate has critical extension \(name)"
        case .selfSignature: "TLS certificate is not signed by its own key"
        case .missingExtension: "TLS certificate names no host key"
        case .signedKey: "malformed host key in TLS certificate"
        case .identityKey(let error): "TLS identity: \(error)"
        case .identitySignature: "TLS identity does not sign the certificate's key"
        case .applicationProtocol: "the peer does not speak libp2p over TLS"
        }
    }
}
