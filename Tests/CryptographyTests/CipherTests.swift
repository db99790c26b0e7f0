import Cryptography
import Testing

@Suite("Ciphers and key exchange")
struct CipherTests {
    @Test("RFC 8439 §2.8.2: the vector of ChaCha20-Poly1305")
    func chaChaVector() throws {
        let text = """
            Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
            future, sunscreen would be it.
            """
        let sealed = ChaCha20Poly1305.seal(
            Array(text.utf8),
            key: Array(0x80...0x9f),
            nonce: try bytes("070000004041424344454647"),
            additionalData: try bytes("50515253c0c1c2c3c4c5c6c7")
        )
        #expect(Array(sealed.suffix(16)) == (try bytes("1ae10b594f09e26a7e902ecbd0600691")))
        #expect(Array(sealed.prefix(8)) == (try bytes("d31a8d34648e60db")))
        let opened = ChaCha20Poly1305.open(
            sealed,
            key: Array(0x80...0x9f),
            nonce: try bytes("070000004041424344454647"),
            additionalData: try bytes("50515253c0c1c2c3c4c5c6c7")
        )
        #expect(opened == Array(text.utf8))
    }

    @Test("anything altered opens nothing", arguments: [0, 1, 17, 1_000])
    func altered(count: Int) {
        let plain = SecureRandom.bytes(count)
        let (key, nonce) = (SecureRandom.bytes(32), SecureRandom.bytes(12))
        let sealed = ChaCha20Poly1305.seal(plain, key: key, nonce: nonce, additionalData: [1])
        func open(_ text: [UInt8], _ key: [UInt8], _ nonce: [UInt8], _ data: [UInt8]) -> [UInt8]? {
            ChaCha20Poly1305.open(text, key: key, nonce: nonce, additionalData: data)
        }
        #expect(sealed.count == count + ChaCha20Poly1305.tagBytes)
        #expect(open(sealed, key, nonce, [1]) == plain)
        #expect(open(sealed, key, nonce, [2]) == nil)
        #expect(open(sealed, SecureRandom.bytes(32), nonce, [1]) == nil)
        #expect(open(sealed, key, SecureRandom.bytes(12), [1]) == nil)
        #expect(open(Array(sealed.dropLast()), key, nonce, [1]) == nil)
        #expect(open(Array(sealed.prefix(15)), key, nonce, [1]) == nil)
        #expect(open(sealed, Array(key.dropLast()), nonce, [1]) == nil)
        #expect(open(sealed, key, Array(nonce.dropLast()), [1]) == nil)
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 0x10
            #expect(open(changed, key, nonce, [1]) == nil)
        }
    }

    @Test("RFC 7748 §6.1: both sides get the same secret")
    func x25519() throws {
        let alice = try bytes("77076d0a7318a57d3c16c17251b26645ac4b8b3b1b4c7a1f9f4b7b4d0a9b2c2a")
        let bob = try bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        let shared = X25519.sharedSecret(secret: alice, publicKey: X25519.publicKey(of: bob))
        #expect(shared == X25519.sharedSecret(secret: bob, publicKey: X25519.publicKey(of: alice)))
        #expect(shared?.count == 32)
        #expect(
            X25519.publicKey(of: bob)
                == (try bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        )
    }

    @Test("RFC 7748 §5.2: one multiplication of the vectors")
    func scalarMultiplication() throws {
        let shared = X25519.sharedSecret(
            secret: try bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
            publicKey: try bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
        )
        #expect(
            shared
                == (try bytes("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"))
        )
    }

    @Test("a point of small order and a wrong length give no secret")
    func noSecret() {
        let secret = SecureRandom.bytes(32)
        #expect(
            X25519.sharedSecret(secret: secret, publicKey: [UInt8](repeating: 0, count: 32)) == nil
        )
        let one = [1] + [UInt8](repeating: 0, count: 31)
        #expect(X25519.sharedSecret(secret: secret, publicKey: one) == nil)
        #expect(X25519.sharedSecret(secret: secret, publicKey: SecureRandom.bytes(31)) == nil)
        #expect(X25519.sharedSecret(secret: [1], publicKey: SecureRandom.bytes(32)) == nil)
    }

    @Test("RFC 5869 §A.1: the first vector of HKDF")
    func hkdf() throws {
        let derived = HKDFSHA256.derive(
            inputKey: [UInt8](repeating: 0x0b, count: 22),
            salt: try bytes("000102030405060708090a0b0c"),
            info: try bytes("f0f1f2f3f4f5f6f7f8f9"),
            count: 42
        )
        #expect(
            derived
                == (try bytes(
                    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                        + "34007208d5b887185865"
                ))
        )
    }

    @Test("chance gives other bytes each time, as many as asked for")
    func random() {
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(7).count == 7)
    }
}
