import Cryptography
import Primitives
import Testing

/// The bytes behind hex text that a test wrote.
func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

@Suite("§1 Ed25519, strictly (D-05)")
struct SignatureTests {
    private static let order =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

    private func key() throws -> SigningKey {
        try SigningKey(seed: [UInt8](repeating: 0, count: 31) + [1])
    }

    @Test(
        "RFC 8032 §7.1: keys and signatures of the vectors",
        arguments: [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                    + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                    + "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ]
    )
    func vectors(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = try SigningKey(seed: try bytes(seed))
        #expect(key.publicKey.rawBytes.hex == publicKey)
        let made = key.sign(try bytes(message))
        #expect(made.hex == signature)
        #expect(Ed25519.isValid(made, for: try bytes(message), by: key.publicKey))
    }

    @Test("a signature holds for its message and its key alone")
    func bound() throws {
        let key = try self.key()
        let signature = key.sign([1, 2, 3])
        #expect(Ed25519.isValid(signature, for: [1, 2, 3], by: key.publicKey))
        #expect(!Ed25519.isValid(signature, for: [1, 2, 4], by: key.publicKey))
        #expect(!Ed25519.isValid(signature, for: [], by: key.publicKey))
        #expect(!Ed25519.isValid(signature, for: [1, 2, 3], by: SigningKey.generate().publicKey))
        for place in 0..<64 {
            var changed = signature.array
            changed[place] ^= 1
            let forged = try #require(Signature(changed))
            #expect(!Ed25519.isValid(forged, for: [1, 2, 3], by: key.publicKey))
        }
    }

    @Test("SIG-N08: S + L is another spelling of S and does not hold")
    func malleable() throws {
        let key = try self.key()
        var signature = key.sign([7]).array
        var carry = 0
        for (place, byte) in try bytes(Self.order).enumerated() {
            let sum = Int(signature[32 + place]) + Int(byte) + carry
            signature[32 + place] = UInt8(sum & 255)
            carry = sum >> 8
        }
        let other = try #require(Signature(signature))
        #expect(!Ed25519.isValid(other, for: [7], by: key.publicKey))
    }

    @Test(
        "D-05: keys of small order and in non-canonical form hold nothing",
        arguments: [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ]
    )
    func weakKeys(hex: String) throws {
        let key = try #require(PublicKey(try bytes(hex)))
        // R = A, S = 0 satisfies the equation of lax verifiers for one message in as many as the order
        // of the key, which is 8 at most.
        let signature = try #require(Signature(try bytes(hex) + [UInt8](repeating: 0, count: 32)))
        for message in 0..<UInt8(64) {
            #expect(!Ed25519.isValid(signature, for: [message], by: key))
        }
        let good = try self.key()
        #expect(!Ed25519.isValid(signature, for: [1], by: good.publicKey))
    }

    @Test("D-04: a signature has 128 lower-case digits")
    func text() throws {
        let signature = try self.key().sign([])
        #expect(Signature(hex: signature.hex) == signature)
        #expect(Signature(hex: signature.hex.uppercased()) == nil)
        #expect(Signature(hex: String(signature.hex.dropLast(2))) == nil)
        #expect(Signature([UInt8](repeating: 0, count: 63)) == nil)
    }

    @Test("R-01-003: a key never prints its seed")
    func printing() throws {
        let seed = [UInt8](repeating: 0xab, count: 32)
        let key = try SigningKey(seed: seed)
        let texts = ["\(key)", String(reflecting: key), "\(Mirror(reflecting: key).children)"]
        for text in texts {
            #expect(!text.contains(Hex.encode(seed)) && !text.contains("171, 171"), "\(text)")
        }
        #expect("\(key)".contains(key.publicKey.rawBytes.hex))
        #expect(throws: CryptoError.seedLength(31)) {
            try SigningKey(seed: [UInt8](repeating: 0, count: 31))
        }
    }
}
