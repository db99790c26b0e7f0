import KnownSenders
import Primitives

@testable import Cryptography

/// One signature and what is said of it.
struct SignatureCase {
    var key: [UInt8]
    var signature: [UInt8]
    var message: [UInt8]

    /// The verdict of libsodium with the checks of form that stand before it.
    var plainVerdict: Bool {
        guard let (key, signature) = self.parts else { return false }
        return Ed25519.isValid(signature, for: self.message, by: key, asking: Self.libsodium)
    }

    /// The verdict of a table for the key, with the same checks before it and nothing after it.
    func tableVerdict(_ sender: KnownSender? = nil) -> Bool {
        guard let (key, signature) = self.parts else { return false }
        let table = sender ?? self.key.withUnsafeBytes { KnownSender(key: $0) }
        guard let table, Ed25519.hasCanonicalForm(signature, by: key) else { return false }
        return self.signature.withUnsafeBytes { signature in
            self.key.withUnsafeBytes { key in
                self.message.withUnsafeBytes { message in
                    let r = UnsafeRawBufferPointer(rebasing: signature[..<32])
                    return SHA512Digest.withHash(of: r, key, message) {
                        table.accepts(signature, digest: $0)
                    }
                }
            }
        }
    }

    private static let libsodium = SignatureVerifier(.libsodium)

    private var parts: (PublicKey, Signature)? {
        guard let key = PublicKey(self.key), let signature = Signature(self.signature) else {
            return nil
        }
        return (key, signature)
    }
}
