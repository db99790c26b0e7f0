import Cryptography
import Primitives

/// The delay function: chains, checkpoints, segments, and whole proofs.
enum VDFVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("proof") {
            try self.proof(vector)
        } else if input.has("from_hash") {
            try self.segment(vector)
        } else if input.has("difficulty") {
            try self.chain(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    private static func chain(_ vector: VectorCase) throws {
        let key = try vector.input.bytes32("input_data")
        let difficulty = Int(try vector.input.integer("difficulty"))
        let expect = vector.expect
        if expect.has("chain") {
            var links = [VDF.start(key)]
            for _ in 0..<difficulty {
                links.append(SHA256Digest.chain(from: links[links.count - 1], iterations: 1))
            }
            try Check.same("chain", links.map(\.hex), try expect.texts("chain"))
        }
        if expect.has("output") {
            let output = SHA256Digest.chain(from: VDF.start(key), iterations: difficulty)
            try Check.same("output", output, try expect.bytes32("output"))
        }
        if expect.has("checkpoints") {
            try self.checkpoints(vector, key: key, difficulty: difficulty)
        } else if difficulty.isMultiple(of: VDF.segments) {
            let proof = VDF.prove(key, computedAt: Self.someTime, difficulty: difficulty)
            try Check.same("output of the proof", proof.output, try expect.bytes32("output"))
        }
    }

    private static let someTime = Timestamp(milliseconds: 0)

    private static func checkpoints(_ vector: VectorCase, key: Bytes32, difficulty: Int) throws {
        let interval = Int(try vector.input.integer("checkpoint_interval"))
        let expected = try vector.expect.list("checkpoints").map { try VDFCheckpoint(vector: $0) }
        var hash = VDF.start(key)
        let found = stride(from: interval, through: difficulty, by: interval).map { iteration in
            hash = SHA256Digest.chain(from: hash, iterations: interval)
            return VDFCheckpoint(iteration: Int64(iteration), hash: hash)
        }
        try Check.same("checkpoints", found, expected)
        // With the ten parts of a real proof, the node's prover must give the same.
        if interval * VDF.segments == difficulty {
            let proof = VDF.prove(key, computedAt: Self.someTime, difficulty: difficulty)
            try Check.same("checkpoints of the proof", proof.checkpoints, expected)
        }
    }

    private static func segment(_ vector: VectorCase) throws {
        let reached = SHA256Digest.chain(
            from: try vector.input.bytes32("from_hash"),
            iterations: Int(try vector.input.integer("iterations"))
        )
        let isReached = reached == (try vector.input.bytes32("to_hash"))
        try Check.same("verdict", isReached, try vector.expect.bool("valid"))
    }

    private static func proof(_ vector: VectorCase) throws {
        let input = vector.input
        let proof = try VDFProof(vector: try input.fields("proof"))
        let key = try input.node("sender_key")
        let now = try input.time("now")
        let cause = try self.cause(of: proof, key, now, try input.raw("verify_segments"))
        try Check.same("accept", cause == nil, try vector.expect.bool("accept"))
        if vector.expect.has("reason") {
            try Check.text("reason", cause ?? "none", try vector.expect.text("reason"))
        }
        // Verification always recomputes every segment (D-80).
        if input.optional("verify_segments")?.string == "all" {
            let failure = try ProofCheck.failure(of: proof, key: key, now: now)
            try Check.same("verdict of Verification", failure == nil, cause == nil)
        }
    }

    private static func cause(
        of proof: VDFProof,
        _ key: NodeID,
        _ now: Timestamp,
        _ segments: RawJSON
    ) throws -> String? {
        do {
            try VDF.checkStructure(proof, key: key.bytes, now: now)
        } catch {
            return error.reason
        }
        let indices = try self.indices(segments)
        let holds = indices.allSatisfy { VDF.isValidSegment(proof, index: $0) }
        return holds ? nil : "bad-segment"
    }

    /// `all`, or a list of segments counted from 1.
    private static func indices(_ segments: RawJSON) throws -> [Int] {
        if segments.string == "all" { return Array(0..<VDF.segments) }
        guard let numbers = segments.elements?.compactMap(\.integer) else {
            throw VectorFailure("no way to verify the segments \(segments)")
        }
        return numbers.map { Int($0) - 1 }
    }
}

extension VDFError {
    /// The cause in the words of the vectors.
    fileprivate var reason: String {
        switch self {
        case .difficulty: "difficulty"
        case .otherKey: "input-mismatch"
        case .checkpointCount: "checkpoint-count"
        case .checkpointOrder: "checkpoint-order"
        case .output: "output-mismatch"
        case .expired: "stale"
        case .fromTheFuture: "future"
        }
    }
}

extension VDFCheckpoint {
    fileprivate init(vector: RawJSON) throws {
        guard let iteration = vector["iteration"]?.integer,
            let hash = vector["hash"]?.string.flatMap({ Bytes32(hex: $0) })
        else { throw VectorFailure("not a checkpoint") }
        self.init(iteration: iteration, hash: hash)
    }
}

extension VDFProof {
    fileprivate init(vector: Fields) throws {
        self.init(
            output: try vector.bytes32("output"),
            inputData: try vector.bytes32("input_data"),
            difficulty: try vector.integer("difficulty"),
            computedAt: try vector.time("computed_at"),
            checkpoints: try vector.list("checkpoints").map { try VDFCheckpoint(vector: $0) }
        )
    }
}
