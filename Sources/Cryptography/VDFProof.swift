public import Primitives

/// The chain's hash after so many iterations.
public struct VDFCheckpoint: Sendable, Hashable {
    /// A multiple of 100,000.
    public let iteration: Int64
    /// The hash there.
    public let hash: Bytes32

    /// Puts a checkpoint together.
    public init(iteration: Int64, hash: Bytes32) {
        self.iteration = iteration
        self.hash = hash
    }
}

/// Proof of sequential work over a public key (§10).
public struct VDFProof: Sendable, Hashable {
    /// The last hash of the chain.
    public let output: Bytes32
    /// The key that the work was done for.
    public let inputData: Bytes32
    /// Iterations; exactly 1,000,000 in a valid proof.
    public let difficulty: Int64
    /// When the computation began, as the prover says.
    public let computedAt: Timestamp
    /// Ten hashes, one after each 100,000 iterations.
    public let checkpoints: [VDFCheckpoint]

    /// Puts a proof together; ``VDF`` says whether it holds.
    public init(
        output: Bytes32,
        inputData: Bytes32,
        difficulty: Int64,
        computedAt: Timestamp,
        checkpoints: [VDFCheckpoint]
    ) {
        self.output = output
        self.inputData = inputData
        self.difficulty = difficulty
        self.computedAt = computedAt
        self.checkpoints = checkpoints
    }
}

/// Why a proof does not hold.
public enum VDFError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another difficulty than 1,000,000.
    case difficulty(Int64)
    /// The work was done for another key.
    case otherKey
    /// More or fewer checkpoints than ten.
    case checkpointCount(Int)
    /// A checkpoint, counted from 1, is not at its multiple of 100,000.
    case checkpointOrder(number: Int, iteration: Int64, expected: Int64)
    /// The output is not the last checkpoint.
    case output
    /// Computed more than 24 hours ago.
    case expired(ageMilliseconds: Int64)
    /// Computed more than five minutes in the future.
    case fromTheFuture(aheadMilliseconds: Int64)

    /// The cause in words.
    public var description: String {
        switch self {
        case .difficulty(let difficulty): "difficulty \(difficulty) instead of 1000000"
        case .otherKey: "the proof belongs to another key"
        case .checkpointCount(let count): "\(count) checkpoints instead of 10"
        case .checkpointOrder(let number, let iteration, let expected):
            "checkpoint \(number) is at iteration \(iteration) instead of \(expected)"
        case .output: "the output is not the last checkpoint"
        case .expired(let age): "computed \(age) ms ago, the limit is 24 hours"
        case .fromTheFuture(let ahead): "computed \(ahead) ms in the future"
        }
    }
}
