import Messages
import Primitives
import TestSupport

@testable import Sync

/// State snapshots: which are taken, and what enough of them agree on.
enum SnapshotVectors {
    private static func snapshot(at time: Timestamp) -> StateSnapshot {
        StateSnapshot(
            identityMerkleRoot: .zero,
            proposalMerkleRoot: .zero,
            reputationSummaryHash: .zero,
            activeNodeCount: 0,
            snapshotTimestamp: time,
            identityCount: 0,
            proposalCount: 0
        )
    }

    /// One snapshot of each publisher, spread over networks; all of them name the same roots.
    private static func kept(_ publishers: Int64, networks: Int64, at time: Timestamp) throws
        -> [KeptSnapshot]
    {
        let snapshot = self.snapshot(at: time)
        return try (0..<publishers).map { number in
            let name = "publisher \(number)"
            return KeptSnapshot(
                message: try Assembly.message(Draft(snapshot), by: name, at: time),
                snapshot: snapshot,
                publisher: try Assembly.node(name),
                network: "\(number % networks)"
            )
        }
    }

    @Sendable static func time(_ vector: VectorCase) throws {
        let time = try vector.input.time("snapshot_timestamp")
        if vector.expect.has("usable") {
            let objection = self.snapshot(at: time).objection(now: try vector.input.time("now"))
            try Check.same("usable", objection == nil, try vector.expect.bool("usable"))
        } else {
            let agreement = SnapshotAgreement(among: try self.kept(5, networks: 3, at: time))
            let since = try vector.expect.time("since_timestamp")
            try Check.same("since", agreement?.readingBegins, since)
        }
    }

    @Sendable static func publisher(_ vector: VectorCase) throws {
        let isUsable = Capability.publishSnapshot
            .isPermitted(at: try vector.input.fraction("reputation"))
        try Check.same("usable", isUsable, try vector.expect.bool("usable"))
    }

    @Sendable static func agreement(_ vector: VectorCase) throws {
        let kept = try self.kept(
            try vector.input.integer("publishers"),
            networks: try vector.input.integer("asns"),
            at: SyncVectors.now
        )
        let isEnough = SnapshotAgreement(among: kept) != nil
        try Check.same("agreement", isEnough, try vector.expect.bool("bootstrap"))
    }

    @Sendable static func summary(_ vector: VectorCase) throws {
        let entries = try vector.input.list("pairs").map { json in
            guard let pair = json.elements, pair.count == 2, let hex = pair[0].string,
                let node = Bytes32(hex: hex), let score = pair[1].integer
            else { throw VectorFailure("no score: \(json)") }
            return ReputationSummary.Entry(
                identity: NodeID(node),
                score: FixedPoint(millionths: score)
            )
        }
        let hash = ReputationSummary.hash(of: entries)
        try Check.same("hash", hash, try vector.expect.bytes32("hash"))
        let written = SHA256Digest.hash(Array(try vector.expect.text("preimage").utf8))
        try Check.same("hash of what is written", written, hash)
    }
}
