import KnownSenders
import Primitives
import Synchronization
import Testing

@testable import Cryptography

@Suite("ADR 0078: libsodium watches the tables of known senders")
struct SignatureVerifierTests {
    /// What a verifier told.
    private final class Told: Sendable {
        private let all = Mutex<[SignatureVerifier.Difference]>([])

        var differences: [SignatureVerifier.Difference] { self.all.withLock { $0 } }

        func note(_ difference: SignatureVerifier.Difference) {
            self.all.withLock { $0.append(difference) }
        }
    }

    /// - Parameters:
    ///   - distance: how many accepted signatures lie between two that libsodium decides.
    ///   - verdict: what tables say; nil for the truth.
    /// - Returns: a verifier, and what it tells.
    private func verifier(
        distance: UInt64 = 0,
        saying verdict: Bool? = nil
    ) -> (verifier: SignatureVerifier, told: Told) {
        let verifier = SignatureVerifier(
            .knownSenders,
            tables: SenderTables(),
            entropy: { distance },
            tableVerdict: { verdict ?? $0.accepts($1, digest: $2) }
        )
        let told = Told()
        verifier.onDifference { told.note($0) }
        return (verifier, told)
    }

    private let key = SigningKey.generate()

    private func isValid(_ signature: Signature, _ message: [UInt8], _ verifier: SignatureVerifier)
        -> Bool
    {
        Ed25519.isValid(signature, for: message, by: self.key.publicKey, asking: verifier)
    }

    /// Two good signatures, after which the key has a table.
    private func introduce(to verifier: SignatureVerifier) {
        for number in 0..<UInt8(2) {
            #expect(self.isValid(self.key.sign([number]), [number], verifier))
        }
        #expect(verifier.knownSenders == 1)
    }

    @Test("from the third message of a key on its table accepts, and verdicts stay what they were")
    func known() throws {
        let (verifier, told) = self.verifier()
        self.introduce(to: verifier)
        #expect(verifier.acceptedByTables == 0)
        for number in 0..<UInt8(50) {
            let signature = self.key.sign([number])
            #expect(self.isValid(signature, [number], verifier))
            #expect(!self.isValid(signature, [number, 1], verifier))
            var bytes = signature.array
            bytes[Int(number)] ^= 4
            #expect(!self.isValid(try #require(Signature(bytes)), [number], verifier))
        }
        #expect(verifier.acceptedByTables == 50 && verifier.differences == 0)
        #expect(verifier.isAskingTables && told.differences.isEmpty)
    }

    @Test("signatures that do not hold make nobody known")
    func forged() {
        let (verifier, _) = self.verifier()
        for number in 0..<UInt8(20) {
            #expect(!self.isValid(self.key.sign([number]), [number, 1], verifier))
        }
        #expect(verifier.knownSenders == 0)
    }

    @Test("a wrong accept is found by the sample, told and counted, and turns tables off")
    func wrongAccept() {
        let (verifier, told) = self.verifier(saying: true)
        self.introduce(to: verifier)
        let signature = self.key.sign([1])
        #expect(!self.isValid(signature, [2], verifier))
        #expect(verifier.differences == 1 && !verifier.isAskingTables)
        #expect(verifier.knownSenders == 0)
        #expect(told.differences.map(\.tableAccepted) == [true])
        #expect(told.differences.first?.key == self.key.publicKey)
        #expect(told.differences.first?.signature == signature)
        #expect(told.differences.first?.message == [2])
        for number in 0..<UInt8(5) {
            #expect(self.isValid(self.key.sign([number]), [number], verifier))
            #expect(!self.isValid(signature, [number, 7], verifier))
        }
        #expect(verifier.differences == 1 && verifier.knownSenders == 0)
        #expect(verifier.acceptedByTables == 1 && told.differences.count == 1)
    }

    @Test("a wrong reject is decided by libsodium, told and counted, and turns tables off")
    func wrongReject() {
        let (verifier, told) = self.verifier(distance: 100, saying: false)
        self.introduce(to: verifier)
        #expect(!self.isValid(self.key.sign([1]), [2], verifier))
        #expect(verifier.isAskingTables && told.differences.isEmpty)
        #expect(self.isValid(self.key.sign([3]), [3], verifier))
        #expect(verifier.differences == 1 && !verifier.isAskingTables)
        #expect(told.differences.map(\.tableAccepted) == [false])
    }

    @Test("the sample is as far from the last one as chance says")
    func sampled() {
        let (verifier, told) = self.verifier(distance: 7, saying: true)
        self.introduce(to: verifier)
        let signature = self.key.sign([1])
        for _ in 0..<7 { #expect(self.isValid(signature, [2], verifier)) }
        #expect(verifier.isAskingTables && told.differences.isEmpty)
        #expect(!self.isValid(signature, [2], verifier))
        #expect(verifier.differences == 1)
    }

    @Test("one in 256 is sampled on average")
    func rate() {
        var total: UInt64 = 0
        for word in 0..<UInt64(511 * 4) {
            total += SignatureVerifier.distance(word, oneIn: SignatureVerifier.sampledOneIn) + 1
        }
        #expect(total == 256 * 511 * 4)
    }

    @Test("an operator who prefers libsodium gets it alone")
    func alone() {
        let verifier = SignatureVerifier(.libsodium)
        for number in 0..<UInt8(5) {
            #expect(self.isValid(self.key.sign([number]), [number], verifier))
        }
        #expect(verifier.knownSenders == 0 && verifier.acceptedByTables == 0)
        let (other, _) = self.verifier()
        self.introduce(to: other)
        other.useLibsodiumAlone()
        #expect(other.knownSenders == 0 && !other.isAskingTables)
        #expect(self.isValid(self.key.sign([9]), [9], other))
        #expect(other.acceptedByTables == 0 && other.differences == 0)
    }

    @Test("libsodium takes the equation without the cofactor, as the tables do")
    func cofactor() throws {
        // Of speccheck: only the equation with the cofactor holds.
        let key = try #require(
            PublicKey(
                bytes("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d")
            )
        )
        let signature = try #require(
            Signature(
                bytes(
                    "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
                        + "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09"
                )
            )
        )
        let message = try bytes("e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c")
        let plain = SignatureVerifier(.libsodium)
        #expect(!Ed25519.isValid(signature, for: message, by: key, asking: plain))
    }
}
