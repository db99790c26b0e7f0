public import Primitives

/// The delay function of §10: SHA-256 over and over.
public enum VDF {
    /// Iterations of a valid proof.
    public static let difficulty = 1_000_000
    /// Independently checkable parts of a proof.
    public static let segments = 10
    private static let ageMilliseconds: Int64 = 86_400_000
    private static let aheadMilliseconds: Int64 = 300_000

    /// The first hash of the chain of a key.
    public static func start(_ key: Bytes32) -> Bytes32 { SHA256Digest.hash(key.array) }

    /// Computes a proof; for the full difficulty 0.06 seconds of a core with SHA instructions
    /// (ADR 0085), several times as much without.
    ///
    /// - Parameters:
    ///   - key: the public key to prove work for.
    ///   - computedAt: the present.
    ///   - difficulty: iterations, a multiple of ten; only the default makes a valid proof.
    /// - Returns: the proof with its ten checkpoints.
    public static func prove(
        _ key: Bytes32,
        computedAt: Timestamp,
        difficulty: Int = VDF.difficulty
    ) -> VDFProof {
        let interval = difficulty / Self.segments
        var hash = Self.start(key)
        let checkpoints = (1...Self.segments).map { number in
            hash = SHA256Digest.chain(from: hash, iterations: interval)
            return VDFCheckpoint(iteration: Int64(number * interval), hash: hash)
        }
        return VDFProof(
            output: hash,
            inputData: key,
            difficulty: Int64(difficulty),
            computedAt: computedAt,
            checkpoints: checkpoints
        )
    }

    /// Checks everything but the hashes themselves (D-80).
    ///
    /// - Throws: ``VDFError``.
    public static func checkStructure(_ proof: VDFProof, key: Bytes32, now: Timestamp)
        throws(VDFError)
    {
        guard proof.difficulty == Int64(Self.difficulty) else {
            throw .difficulty(proof.difficulty)
        }
        guard proof.inputData == key else { throw .otherKey }
        try Self.checkIterations(of: proof.checkpoints)
        guard proof.checkpoints.last?.hash == proof.output else { throw .output }
        let age = now.milliseconds(since: proof.computedAt)
        guard age <= Self.ageMilliseconds else { throw .expired(ageMilliseconds: age) }
        guard age >= -Self.aheadMilliseconds else {
            throw .fromTheFuture(aheadMilliseconds: -age)
        }
    }

    private static func checkIterations(of checkpoints: [VDFCheckpoint]) throws(VDFError) {
        guard checkpoints.count == Self.segments else { throw .checkpointCount(checkpoints.count) }
        let interval = Int64(Self.difficulty / Self.segments)
        for (index, checkpoint) in checkpoints.enumerated() {
            let expected = Int64(index + 1) * interval
            guard checkpoint.iteration == expected else {
                throw .checkpointOrder(
                    number: index + 1,
                    iteration: checkpoint.iteration,
                    expected: expected
                )
            }
        }
    }

    /// Recomputes one of the ten segments; the structure must have been checked before.
    public static func isValidSegment(_ proof: VDFProof, index: Int) -> Bool {
        guard proof.checkpoints.indices.contains(index) else { return false }
        let from = index == 0 ? Self.start(proof.inputData) : proof.checkpoints[index - 1].hash
        let iterations = Self.difficulty / Self.segments
        return SHA256Digest.chain(from: from, iterations: iterations)
            == proof.checkpoints[index].hash
    }
}
