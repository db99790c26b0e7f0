import Primitives
import Testing

@testable import Cryptography

@Suite("Files that a passphrase locks (age v1)")
struct AgeFileTests {
    private static let passphrase = Array("correct horse".utf8)
    private static let content = Array("a key of somebody\n".utf8)
    /// Written by pyrage 1.4.0, another implementation.
    private static let foreign = """
        YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBGaWxpV2VYNWJwTXVJaTdiT3VtcUpBIDE3ClpRblY1bTUrZ1J5dzUx\
        VU5LM1Q2NmNUMVJLd3BVb3FmZXlqRFdYeGRFK00KLS0tIHJUUDcxS24zUVZ0UDRjaytxdTV2aHE0L0xTRkhWcitjWCtRRHQv\
        Zk5OMWsKkeMKYHpg6R+lfeKbHdY9gFWzGMzTmzzHiG8021Hx2lnPvANHoqdnblOv7kWbHFwtsNE=
        """

    private static func locked(_ content: [UInt8] = Self.content) throws -> [UInt8] {
        try AgeFile.lock(content, passphrase: Self.passphrase, workFactor: 2)
    }

    private static func refusal(of file: [UInt8]) -> AgeError? {
        do {
            _ = try AgeFile.unlock(file, passphrase: Self.passphrase)
            return nil
        } catch {
            return error
        }
    }

    @Test("What another implementation locked is unlocked")
    func foreignFile() throws {
        let file = try #require(Base64.decode(Self.foreign))
        #expect(AgeFile.isOne(file))
        #expect(try AgeFile.unlock(file, passphrase: Self.passphrase) == Self.content)
        #expect(throws: AgeError.wrongPassphrase) {
            try AgeFile.unlock(file, passphrase: Array("correct horsf".utf8))
        }
    }

    @Test(
        "Content of any length comes back, at the borders of chunks too",
        arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]
    )
    func lengths(count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let file = try Self.locked(content)
        #expect(try AgeFile.unlock(file, passphrase: Self.passphrase) == content)
    }

    @Test("Two files of one content have no key, salt or nonce in common")
    func fresh() throws {
        let files = [try Self.locked(), try Self.locked()]
        let lines = files.map { $0.split(separator: UInt8(ascii: "\n"), maxSplits: 4) }
        #expect((1...3).allSatisfy { lines[0][$0] != lines[1][$0] })
        #expect(lines[0][4] != lines[1][4])
    }

    @Test("Wherever a bit is turned over, nothing comes of the file")
    func altered() throws {
        let file = try Self.locked()
        for place in file.indices {
            var other = file
            other[place] ^= 1
            #expect(Self.refusal(of: other) != nil, "byte \(place)")
        }
    }

    @Test("Wherever a file is cut off, and whatever stands behind its end, nothing comes of it")
    func cutOff() throws {
        let file = try Self.locked()
        for count in 0..<file.count {
            #expect(Self.refusal(of: Array(file.prefix(count))) != nil, "\(count) bytes")
        }
        #expect(Self.refusal(of: file + [0]) != nil)
        let chunks = try Self.locked([UInt8](repeating: 7, count: 2 * AgeLimits.chunkBytes))
        let whole = chunks.count - AgeLimits.chunkBytes - ChaCha20Poly1305.tagBytes
        #expect(Self.refusal(of: Array(chunks.prefix(whole))) != nil, "a chunk is missing")
    }

    @Test(
        "What is locked for others, asks for too much memory or is no such file is refused by name"
    )
    func refusals() {
        let start = "age-encryption.org/v1\n"
        let salt = String(repeating: "A", count: 22)
        let body = String(repeating: "A", count: 43)
        let code = "--- \(body)\n"
        func refused(_ text: String) -> AgeError? { Self.refusal(of: Array((start + text).utf8)) }
        #expect(refused("-> X25519 \(body)\n\(body)\n\(code)") == .otherRecipients)
        let stanza = "-> scrypt \(salt) 2\n\(body)\n"
        #expect(refused(stanza + "-> X25519 \(body)\n\(body)\n\(code)") == .otherRecipients)
        #expect(refused("-> scrypt \(salt) 21\n\(body)\n\(code)") == .tooMuchWork(factor: 21))
        for factor in ["02", "+2", "0", "", "2 2", "x", "100"] {
            guard case .malformed? = refused("-> scrypt \(salt) \(factor)\n\(body)\n\(code)") else {
                Issue.record("the factor “\(factor)” is taken")
                continue
            }
        }
        guard case .malformed? = Self.refusal(of: Array("{\"seed\":\"\"}".utf8)) else {
            Issue.record("another file is taken")
            return
        }
        #expect(refused(stanza + code) == .wrongPassphrase)
    }
}
