import Crypto
import Cryptography
public import Multiformats
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The self-signed certificates by which hosts prove their keys.
///
/// Pure: bytes, times and keys come in.
///
/// Source: libp2p/specs tls/tls.md, "Peer Authentication".
public enum TLSCertificate {
    /// From when certificates of this host are valid, in seconds since 1970: 1975.
    ///
    /// Source: the test vectors of the specification, so that no clock has to be right for it.
    static let notBefore: Int64 = 157_813_200
    /// Until when they are: the year 4096.
    ///
    /// Source: as ``notBefore``; the key lives no longer than the process anyway.
    static let notAfter: Int64 = 67_090_165_200
    /// Bytes of a certificate that is read.
    ///
    /// Source: own choice: twenty times those of the test vectors, and enough for an RSA key of any size.
    public static let bytesMax = 10_240

    /// The peer that a chain of certificates proves, at a time in seconds since 1970.
    ///
    /// Whether the peer has the certificate's key is for TLS to see.
    public static func peer(
        of chain: [[UInt8]],
        at seconds: UInt64
    ) throws(TLSRefusal) -> PeerID {
        guard let bytes = chain.first else { throw .noCertificate }
        guard chain.count == 1 else { throw .chain(chain.count) }
        guard bytes.count <= Self.bytesMax else { throw .tooLong(bytes.count) }
        let (certificate, key) = try Self.parse(bytes)
        try Self.checkTime(of: certificate, at: Double(seconds))
        try Self.checkExtensions(of: certificate)
        guard certificate.publicKey.isValidSignature(certificate.signature, for: certificate) else {
            throw .selfSignature
        }
        guard let signed = certificate.extensions[oid: SignedKey.identifier] else {
            throw .missingExtension
        }
        return try SignedKey(signed.value).peer(certificateKey: key)
    }

    private static func parse(
        _ bytes: [UInt8]
    ) throws(TLSRefusal) -> (certificate: Certificate, key: [UInt8]) {
        do {
            let certificate = try Certificate(derEncoded: bytes)
            return (certificate, try Self.encoded(certificate.publicKey))
        } catch {
            throw .malformed
        }
    }

    private static func checkTime(
        of certificate: Certificate,
        at seconds: Double
    ) throws(TLSRefusal) {
        guard certificate.notValidBefore.timeIntervalSince1970 <= seconds else {
            throw .notYetValid
        }
        guard seconds <= certificate.notValidAfter.timeIntervalSince1970 else { throw .expired }
    }

    private static func checkExtensions(of certificate: Certificate) throws(TLSRefusal) {
        let unknown = certificate.extensions.first {
            $0.critical && $0.oid != SignedKey.identifier
        }
        if let unknown { throw .unknownCriticalExtension("\(unknown.oid)") }
    }

    /// A key as X.509 writes it down.
    private static func encoded(_ key: Certificate.PublicKey) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(key)
        return serializer.serializedBytes
    }

    // MARK: Making

    /// A certificate for a host, and the secret key to it.
    static func make(for identity: SigningKey) throws -> (certificate: [UInt8], key: [UInt8]) {
        let key = P256.Signing.PrivateKey()
        let certificate = try Self.make(for: identity, key: .init(key))
        return (certificate, Array(key.derRepresentation))
    }

    /// A certificate with what tests change.
    static func make(
        for identity: SigningKey,
        key: Certificate.PrivateKey,
        signedBy issuer: Certificate.PrivateKey? = nil,
        notBefore: Int64 = Self.notBefore,
        notAfter: Int64 = Self.notAfter,
        extensions more: [Certificate.Extension] = [],
        signedKey change: (SignedKey) -> SignedKey? = { $0 }
    ) throws -> [UInt8] {
        let signed = change(SignedKey(of: try Self.encoded(key.publicKey), by: identity))
        let own = try signed.map {
            Certificate.Extension(
                oid: SignedKey.identifier,
                critical: false,
                value: try $0.encoded()[...]
            )
        }
        // Names say nothing; everybody's are the same.
        let name = try DistinguishedName { OrganizationName("libp2p.io") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(notBefore)),
            notValidAfter: Date(timeIntervalSince1970: Double(notAfter)),
            issuer: name,
            subject: name,
            extensions: try .init((own.map { [$0] } ?? []) + more),
            issuerPrivateKey: issuer ?? key
        )
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}
