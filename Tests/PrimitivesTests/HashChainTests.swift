import Primitives
import Testing

@Suite("§10 Chains of SHA-256")
struct HashChainTests {
    @Test("VDF-01: one step is SHA-256 of 32 bytes", arguments: SHA256Engine.allCases)
    func oneStep(engine: SHA256Engine) throws {
        // FIPS 180-4 test vectors of NIST, SHA256ShortMsg, Len = 256.
        let message = "09fc1accc230a205e4a208e64a8f204291f581a12756392da4b8c0cf5ef02b95"
        let digest = "4f44c1c7fbebb6f9601829f3897bfd650c56fa07844be76489076356ac1886a4"
        let start = try #require(Bytes32(hex: message))
        #expect(SHA256Digest.chain(from: start, iterations: 1, by: engine).hex == digest)
        #expect(SHA256Digest.chain(from: start, iterations: 0, by: engine) == start)
    }

    @Test("VDF-01: words with all bits set or clear hash as whole inputs do")
    func edges() throws {
        for byte in [UInt8(0), 0x7f, 0x80, 0xff] {
            let bytes = [UInt8](repeating: byte, count: 32)
            let start = try #require(Bytes32(bytes))
            let twice = SHA256Digest.hash(SHA256Digest.hash(bytes).array)
            for engine in SHA256Engine.allCases {
                #expect(SHA256Digest.chain(from: start, iterations: 2, by: engine) == twice)
            }
        }
    }

    @Test("VDF-01: instructions and library agree from thousands of starts and over any length")
    func engines() {
        var random = SplitMix64(seed: 85)
        for round in 0..<4_000 {
            let bytes = (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let start = SHA256Digest.hash(bytes)
            let length = round < 3_000 ? round % 3 : random.index(below: 100)
            let fast = SHA256Digest.chain(from: start, iterations: length, by: .instructions)
            let plain = SHA256Digest.chain(from: start, iterations: length, by: .library)
            guard fast == plain else {
                Issue.record("\(length) steps from \(start.hex): \(fast.hex), not \(plain.hex)")
                return
            }
        }
    }

    @Test("VDF-01: a chain is the sum of its parts")
    func parts() {
        let start = SHA256Digest.hash([1])
        let middle = SHA256Digest.chain(from: start, iterations: 12_345)
        let end = SHA256Digest.chain(from: middle, iterations: 7_655)
        #expect(end == SHA256Digest.chain(from: start, iterations: 20_000))
        #expect(end == SHA256Digest.chain(from: start, iterations: 20_000, by: .library))
    }

    @Test("a processor without SHA instructions is given the library")
    func fallback() {
        #expect(SHA256Engine.fastest(hasInstructions: false) == .library)
        #expect(SHA256Engine.fastest(hasInstructions: true) == .instructions)
    }
}
