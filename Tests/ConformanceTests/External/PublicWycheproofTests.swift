import Cryptography
import Primitives
import Testing

/// Wycheproof's cases for the other primitives of the transport.
@Suite("Wycheproof", .publicSuite("wycheproof"))
struct PublicWycheproofTests {
    private static func cases(_ name: String) throws -> [(group: RawJSON, test: RawJSON)] {
        let groups = try ExternalFiles.json("wycheproof/\(name)_test.json")["testGroups"]?.elements
        return (groups ?? []).flatMap { group in
            (group["tests"]?.elements ?? []).map { (group: group, test: $0) }
        }
    }

    private static func isValid(_ test: RawJSON) -> Bool { test["result"]?.string == "valid" }

    private static func name(_ test: RawJSON) -> String { "case \(test["tcId"]?.integer ?? 0)" }

    @Test("X25519: published secrets are found, and an all-zero one is refused")
    func x25519() throws {
        let cases = try Self.cases("x25519")
        #expect(cases.count == 518)
        for (_, test) in cases {
            let secret = try #require(test.hex("private"))
            let found = X25519.sharedSecret(
                secret: secret,
                publicKey: try #require(test.hex("public"))
            )
            let published = try #require(test.hex("shared"))
            let isZero = published.allSatisfy { $0 == 0 }
            #expect(found == (isZero ? nil : published), "\(Self.name(test))")
        }
    }

    @Test("ChaCha20-Poly1305: valid boxes open and are sealed the same, invalid ones do not open")
    func aead() throws {
        let cases = try Self.cases("chacha20_poly1305")
        #expect(cases.count == 325)
        for (_, test) in cases {
            let key = try #require(test.hex("key"))
            let nonce = try #require(test.hex("iv"))
            let data = try #require(test.hex("aad"))
            let message = try #require(test.hex("msg"))
            let box = try #require(test.hex("ct")) + (try #require(test.hex("tag")))
            let opened = ChaCha20Poly1305.open(box, key: key, nonce: nonce, additionalData: data)
            #expect(opened == (Self.isValid(test) ? message : nil), "\(Self.name(test))")
            if Self.isValid(test) {
                let sealed = ChaCha20Poly1305.seal(
                    message,
                    key: key,
                    nonce: nonce,
                    additionalData: data
                )
                #expect(sealed == box, "\(Self.name(test))")
            }
        }
    }

    @Test("HKDF with SHA-256: published keys are derived; more than 255 blocks cannot be asked for")
    func hkdf() throws {
        let cases = try Self.cases("hkdf_sha256")
        #expect(cases.count == 86)
        for (_, test) in cases {
            let count = Int(try #require(test["size"]?.integer))
            guard count <= 8_160 else {
                #expect(!Self.isValid(test), "\(Self.name(test))")
                continue
            }
            let key = HKDFSHA256.derive(
                inputKey: try #require(test.hex("ikm")),
                salt: try #require(test.hex("salt")),
                info: try #require(test.hex("info")),
                count: count
            )
            #expect((key == test.hex("okm")) == Self.isValid(test), "\(Self.name(test))")
        }
    }

    @Test("HMAC with SHA-256: published codes are found, truncated ones included")
    func hmac() throws {
        let cases = try Self.cases("hmac_sha256")
        #expect(cases.count == 174)
        for (group, test) in cases {
            let code = HMACSHA256.code(
                for: try #require(test.hex("msg")),
                key: try #require(test.hex("key"))
            )
            let count = Int(try #require(group["tagSize"]?.integer)) / 8
            let holds = Array(code.prefix(count)) == test.hex("tag")
            #expect(holds == Self.isValid(test), "\(Self.name(test))")
        }
    }
}
