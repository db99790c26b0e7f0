import Cryptography
import Primitives
import Testing

@Suite("§10 Proof of delay")
struct DelayTests {
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)
    private static let key = SHA256Digest.hash([1])

    /// A well-formed proof whose hashes are nonsense.
    private func proof(
        difficulty: Int64 = 1_000_000,
        input: Bytes32 = key,
        computedAt: Timestamp = now,
        interval: Int64 = 100_000,
        count: Int64 = 10,
        output: Bytes32 = key
    ) -> VDFProof {
        let points = (0..<count).map { number in
            VDFCheckpoint(iteration: (number + 1) * interval, hash: Self.key)
        }
        return VDFProof(
            output: output,
            inputData: input,
            difficulty: difficulty,
            computedAt: computedAt,
            checkpoints: points
        )
    }

    private func check(_ proof: VDFProof) throws(VDFError) {
        try VDF.checkStructure(proof, key: Self.key, now: Self.now)
    }

    @Test("VDF-01: the chain starts with the hash of the key and hashes on")
    func chain() throws {
        let input = "4cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29"
        let key = try #require(Bytes32(hex: input))
        let proof = VDF.prove(key, computedAt: Self.now, difficulty: 10)
        #expect(
            VDF.start(key).hex == "4a67330b803d5c88757afb9328615344a89c49839a07f1f76887ad62d06a1f57"
        )
        #expect(
            proof.output.hex == "449bcdcf7459a1bb9b5ad418b3c2f96623fbf19080d30bcacccb664bab6abaa3"
        )
        #expect(proof.checkpoints.map(\.iteration) == Array(1...10))
        #expect(proof.checkpoints.last?.hash == proof.output)
        #expect(SHA256Digest.chain(from: VDF.start(key), iterations: 10) == proof.output)
    }

    @Test("D-80: a proof of another difficulty is not one")
    func difficulty() {
        let small = VDF.prove(Self.key, computedAt: Self.now, difficulty: 100)
        #expect(throws: VDFError.difficulty(100)) { try self.check(small) }
        #expect(throws: Never.self) { try self.check(self.proof()) }
    }

    @Test("D-80: ten checkpoints in order, the last one the output, for the sender's key")
    func structure() {
        let other = SHA256Digest.hash([2])
        #expect(throws: VDFError.otherKey) { try self.check(self.proof(input: other)) }
        #expect(throws: VDFError.output) { try self.check(self.proof(output: other)) }
        let early = VDFError.checkpointOrder(number: 1, iteration: 99_999, expected: 100_000)
        #expect(throws: early) { try self.check(self.proof(interval: 99_999)) }
    }

    @Test(
        "C1-17: too few or too many checkpoints are refused for their count, not for their order",
        arguments: [0, 1, 9, 11, 20]
    )
    func checkpointCount(count: Int64) {
        let error = #expect(throws: VDFError.self) { try self.check(self.proof(count: count)) }
        #expect(error == .checkpointCount(Int(count)))
        #expect(error?.description == "\(count) checkpoints instead of 10")
    }

    @Test("a proof is good for 24 hours and not from the future, both ends included")
    func age() {
        let day: Int64 = 86_400_000
        func at(_ offset: Int64) -> VDFProof {
            self.proof(computedAt: Self.now.adding(milliseconds: offset))
        }
        #expect(throws: Never.self) { try self.check(at(-day)) }
        #expect(throws: VDFError.expired(ageMilliseconds: day + 1)) { try self.check(at(-day - 1)) }
        #expect(throws: Never.self) { try self.check(at(300_000)) }
        #expect(throws: VDFError.fromTheFuture(aheadMilliseconds: 300_001)) {
            try self.check(at(300_001))
        }
        #expect(throws: VDFError.self) { try self.check(at(.min)) }
        #expect(throws: VDFError.self) { try self.check(at(.max)) }
    }

    @Test("every segment is recomputed from the one before it; a forged one is found")
    func segments() {
        let first = SHA256Digest.chain(from: VDF.start(Self.key), iterations: 100_000)
        let points = (1...10).map {
            VDFCheckpoint(iteration: $0 * 100_000, hash: $0 == 1 ? first : Self.key)
        }
        let forged = VDFProof(
            output: Self.key,
            inputData: Self.key,
            difficulty: 1_000_000,
            computedAt: Self.now,
            checkpoints: points
        )
        #expect(VDF.isValidSegment(forged, index: 0))
        #expect(!VDF.isValidSegment(forged, index: 1))
        #expect(!VDF.isValidSegment(forged, index: 10))
        #expect(!VDF.isValidSegment(forged, index: -1))
    }
}
