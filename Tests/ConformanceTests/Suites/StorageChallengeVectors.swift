import Cryptography
import Messages
import Primitives
import Synchronization

@testable import StorageMarket

/// What a challenge asks for, and what proves that somebody has it.
enum StorageChallengeVectors {
    private static let time = Timestamp(milliseconds: 1_700_000_000_000)
    private static let task: UInt64 = 7

    static func run(_ vector: VectorCase) throws {
        if vector.input.has("sent_last_24h") { return try self.pace(vector) }
        if vector.expect.has("accept") { return try self.form(vector) }
        try self.proof(vector)
    }

    // MARK: Proofs

    /// The bytes lie in a blob device, which computes the proof.
    private static func proof(_ vector: VectorCase) throws {
        let input = vector.input
        let data = try Self.data(input)
        let window = ChallengeWindow(
            offset: try input.integer("offset"),
            direction: try Self.direction(input.text("direction")),
            size: try input.integer("window_size")
        )
        // Windows that the wire does not allow are computed all the same: the limit is one of form.
        input.skip("enforce_range")
        let nonce = try input.bytes32("challenge_nonce")
        let outcome = try Self.outcome(of: window, nonce: nonce, data)
        guard case .proof(let proof) = outcome else {
            let error = try vector.expect.text("error")
            try Check.text("error", error, "empty-or-out-of-range")
            let hash = ContentHash(SHA256Digest.hash(data))
            return try Check.same("outcome", outcome, .failed(.emptyWindow(hash)))
        }
        let range = try Self.range(of: window, data)
        if let hex = vector.expect.optional("window_hex")?.string {
            try Check.text("window", Hex.encode(data[range]), hex)
        }
        if let length = vector.expect.optional("window_length")?.integer {
            try Check.same("length of the window", Int64(range.count), length)
        }
        try Check.same("proof", proof, try vector.expect.bytes32("proof_hash"))
    }

    private static func range(of window: ChallengeWindow, _ data: [UInt8]) throws -> Range<Int> {
        guard let range = window.bytes(of: data.count) else {
            throw VectorFailure("the window is empty")
        }
        return range
    }

    private static func direction(_ text: String) throws -> StorageChallenge.Direction {
        guard let direction = StorageChallenge.Direction(rawValue: text) else {
            throw VectorFailure("no direction \(text)")
        }
        return direction
    }

    private static func data(_ input: Fields) throws -> [UInt8] {
        if input.has("data_utf8") { return Array(try input.text("data_utf8").utf8) }
        let generator = try input.text("generator")
        guard generator == "(31*i+7)%256" else { throw VectorFailure("no generator \(generator)") }
        return (0..<(try input.integer("length"))).map { UInt8((31 * $0 + 7) % 256) }
    }

    private static func outcome(of window: ChallengeWindow, nonce: Bytes32, _ data: [UInt8]) throws
        -> BlobOutcome
    {
        let blobs = MemoryBlobs()
        let ends = Ends()
        _ = blobs.connect { report in
            ends.put(report)
            return true
        }
        let hash = ContentHash(SHA256Digest.hash(data))
        blobs.store(data, as: hash, adopt: false, task: 1)
        blobs.prove(hash, window: window, nonce: nonce, task: Self.task)
        guard let outcome = ends[Self.task] else { throw VectorFailure("the device said nothing") }
        return outcome
    }

    private final class Ends: Sendable {
        private let outcomes = Mutex<[UInt64: BlobOutcome]>([:])
        func put(_ report: BlobReport) {
            self.outcomes.withLock { $0[report.task] = report.outcome }
        }
        subscript(task: UInt64) -> BlobOutcome? { self.outcomes.withLock { $0[task] } }
    }

    // MARK: The wire

    /// A challenge with this member, which a node takes or refuses for its form.
    private static func form(_ vector: VectorCase) throws {
        var members: [(String, JSONValue)] = [
            ("content_hash", .string(SHA256Digest.hash([1]).hex)), ("offset", .integer(4_096)),
            ("direction", .string("before")), ("window_size", .integer(4_096)),
            ("challenge_nonce", .string(SHA256Digest.hash([2]).hex)),
        ]
        for (place, member) in members.enumerated() where vector.input.has(member.0) {
            let value: JSONValue =
                member.0 == "window_size"
                ? .integer(try vector.input.integer(member.0))
                : .string(try vector.input.text(member.0))
            members[place] = (member.0, value)
        }
        let message = try? EnvelopeCodec.sign(
            .storageChallenge,
            payload: .object(members),
            timestamp: Self.time,
            key: .generate()
        )
        try Check.same("accepted", message != nil, try vector.expect.bool("accept"))
    }

    // MARK: How often

    /// Challenges that were sent to one peer, an hour ago and earlier on the same day.
    private static func pace(_ vector: VectorCase) throws {
        let peer = NodeID(SHA256Digest.hash([3]))
        var quota = ChallengeQuota()
        for number in 1...(try vector.input.integer("sent_last_24h")) {
            let time = Self.time.adding(milliseconds: -number * 3_600_000)
            quota.note(peer, at: time, within: 86_400_000)
        }
        let isAllowed = quota.next(for: peer, at: Self.time, within: 86_400_000) <= Self.time
        try Check.same("may send", isAllowed, try vector.expect.bool("may_send"))
    }
}
