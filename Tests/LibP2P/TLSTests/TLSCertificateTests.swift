import Crypto
import Cryptography
import Multiformats
import Primitives
import SwiftASN1
import Testing
import X509

@testable import TLS

@Suite("TLS certificates")
struct TLSCertificateTests {
    private static let now: UInt64 = 1_800_000_000
    private let identity = SigningKey.generate()

    private func peer(_ hex: String) throws -> PeerID {
        try TLSCertificate.peer(of: [try #require(Hex.decode(hex))], at: Self.now)
    }

    /// Judges a certificate that was made wrong.
    private func refuse(
        _ refusal: TLSRefusal,
        at seconds: UInt64 = Self.now,
        _ make: (SigningKey, Certificate.PrivateKey) throws -> [UInt8]
    ) throws {
        let certificate = try make(self.identity, .init(P256.Signing.PrivateKey()))
        #expect(throws: refusal) { try TLSCertificate.peer(of: [certificate], at: seconds) }
    }

    @Test("libp2p TLS, test vector 1: a certificate of an Ed25519 host proves its peer id")
    func ed25519Vector() throws {
        let peer = try self.peer(SpecificationCertificates.ed25519)
        #expect("\(peer)" == "12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv")
    }

    @Test(
        "CVE-2023-39533: test vectors 2 and 3, hosts with other keys, are refused by the kind of key"
    )
    func otherVectors() {
        #expect(throws: TLSRefusal.identityKey(.keyType(3))) {
            try self.peer(SpecificationCertificates.ecdsa)
        }
        #expect(throws: TLSRefusal.identityKey(.keyType(2))) {
            try self.peer(SpecificationCertificates.secp256k1)
        }
    }

    @Test("libp2p TLS, test vector 4: a certificate that its host key did not sign is refused")
    func invalidVector() {
        #expect(throws: TLSRefusal.self) { try self.peer(SpecificationCertificates.mismatch) }
    }

    @Test("a certificate of one's own proves one's peer id, whatever the clock says")
    func own() throws {
        let (certificate, _) = try TLSCertificate.make(for: self.identity)
        for now: UInt64 in [200_000_000, Self.now, 60_000_000_000] {
            let peer = try TLSCertificate.peer(of: [certificate], at: now)
            #expect(peer == PeerID(ed25519: self.identity.publicKey))
        }
        #expect(certificate.count * 20 < TLSCertificate.bytesMax)
    }

    @Test(
        "certificates with keys of other curves are taken, and unknown extensions that are not critical"
    )
    func harmless() throws {
        let unknown = Certificate.Extension(oid: [1, 2, 3, 4], critical: false, value: [5, 0])
        for key: Certificate.PrivateKey in [
            .init(P384.Signing.PrivateKey()), .init(Curve25519.Signing.PrivateKey()),
        ] {
            let made = try TLSCertificate.make(
                for: self.identity,
                key: key,
                extensions: [unknown]
            )
            let peer = try TLSCertificate.peer(of: [made], at: Self.now)
            #expect(peer == PeerID(ed25519: self.identity.publicKey))
        }
    }

    @Test(
        "no certificate, more than one, one that is too long, and bytes that are none are refused"
    )
    func chains() throws {
        let (one, _) = try TLSCertificate.make(for: self.identity)
        let cases: [([[UInt8]], TLSRefusal)] = [
            ([], .noCertificate), ([one, one], .chain(2)),
            ([[UInt8](repeating: 0, count: 10_241)], .tooLong(10_241)),
            ([[]], .malformed), ([[1, 2, 3]], .malformed), ([Array(one.dropLast())], .malformed),
        ]
        for (chain, refusal) in cases {
            #expect(throws: refusal) { try TLSCertificate.peer(of: chain, at: Self.now) }
        }
    }

    @Test("a certificate counts from its first second to its last and at no other time")
    func times() throws {
        let made = try TLSCertificate.make(
            for: self.identity,
            key: .init(P256.Signing.PrivateKey()),
            notBefore: 1_000_000_000,
            notAfter: 1_000_000_100
        )
        for now: UInt64 in [1_000_000_000, 1_000_000_100] {
            _ = try TLSCertificate.peer(of: [made], at: now)
        }
        #expect(throws: TLSRefusal.notYetValid) {
            try TLSCertificate.peer(of: [made], at: 999_999_999)
        }
        #expect(throws: TLSRefusal.expired) {
            try TLSCertificate.peer(of: [made], at: 1_000_000_101)
        }
    }

    @Test("a critical extension that nobody knows here is refused by its name")
    func criticalExtension() throws {
        try self.refuse(.unknownCriticalExtension("1.2.3.4")) { identity, key in
            let unknown = Certificate.Extension(oid: [1, 2, 3, 4], critical: true, value: [5, 0])
            return try TLSCertificate.make(for: identity, key: key, extensions: [unknown])
        }
    }

    @Test("a certificate that another key signed, or that was changed, is refused")
    func selfSignature() throws {
        let other = Certificate.PrivateKey(P256.Signing.PrivateKey())
        try self.refuse(.selfSignature) {
            try TLSCertificate.make(for: $0, key: $1, signedBy: other)
        }
        try self.refuse(.selfSignature) { identity, key in
            var made = try TLSCertificate.make(for: identity, key: key)
            // Within the name of the organization.
            let name = Array("libp2p.io".utf8)
            let start = try #require(
                made.indices.first { made[$0...].starts(with: name) }
            )
            made[start] ^= 1
            return made
        }
    }

    @Test("a certificate without a host key, or with one that is malformed, is refused")
    func missingKey() throws {
        try self.refuse(.missingExtension) {
            try TLSCertificate.make(for: $0, key: $1, signedKey: { _ in nil })
        }
        try self.refuse(.identityKey(.malformed)) {
            try TLSCertificate.make(for: $0, key: $1) {
                SignedKey(publicKey: [1, 2], signature: $0.signature)
            }
        }
        try self.refuse(.signedKey) { identity, key in
            let broken = Certificate.Extension(
                oid: SignedKey.identifier,
                critical: true,
                value: [0x30, 0x03, 0x04, 0x01, 0x00]
            )
            return try TLSCertificate.make(
                for: identity,
                key: key,
                extensions: [broken],
                signedKey: { _ in nil }
            )
        }
    }

    @Test("RUSTSEC-2019-0004: a host key that signed another key, or did not sign, is refused")
    func identitySignature() throws {
        let elsewhere = SignedKey(of: [1, 2, 3], by: self.identity)
        try self.refuse(.identitySignature) {
            try TLSCertificate.make(for: $0, key: $1, signedKey: { _ in elsewhere })
        }
        let another = PublicKeyProtobuf.encode(SigningKey.generate().publicKey)
        try self.refuse(.identitySignature) {
            try TLSCertificate.make(for: $0, key: $1) {
                SignedKey(publicKey: another[...], signature: $0.signature)
            }
        }
        try self.refuse(.identitySignature) {
            try TLSCertificate.make(for: $0, key: $1) {
                SignedKey(publicKey: $0.publicKey, signature: $0.signature.dropLast())
            }
        }
    }

    @Test("AES is looked for among the processor's flags, on x86 and ARM, as a whole word")
    func instructions() {
        #expect(AESInstructions.areNamed(in: "processor\t: 0\nflags\t\t: fpu vme aes avx\n"))
        #expect(AESInstructions.areNamed(in: "Features\t: fp asimd aes pmull"))
        #expect(!AESInstructions.areNamed(in: "flags\t\t: fpu vaes\nmodel name : aes\n"))
        #expect(!AESInstructions.areNamed(in: ""))
    }
}
