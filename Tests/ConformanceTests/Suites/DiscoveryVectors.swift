import Cryptography
import Messages
import OrderedCollections
import Primitives
import TestSupport

@testable import Peers
@testable import Verification

/// Whom a node keeps as a peer, whom it names to others, and what it thinks of its clock.
enum DiscoveryVectors {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    static func run(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        if input.has("same_asn") {
            let isAllowed = Placement.isFairShare(
                Int(try input.integer("same_asn")),
                of: Int(try input.integer("connections"))
            )
            try Check.same("allowed", isAllowed, try expect.bool("allowed"))
        } else if input.has("last_announce_ms_ago") {
            let isActive = try self.isActive(after: try input.integer("last_announce_ms_ago"))
            try Check.same("active", isActive, try expect.bool("active"))
        } else if input.has("accepted_last_hour") {
            let count = try input.integer("accepted_last_hour")
            let hasRoom = self.hasRoom(after: count, each: 1)
            try Check.same("accept", hasRoom, try expect.bool("accept"))
        } else if input.has("verified_last_day") {
            // Spread over the day, so that the hour's limit is not met before.
            let count = try input.integer("verified_last_day")
            let hasRoom = self.hasRoom(after: count, each: 86_400_000 / max(1, count + 1))
            try Check.same("verify", hasRoom, try expect.bool("verify"))
        } else if input.has("known") {
            try self.page(vector)
        } else if input.has("offsets_ms") {
            try self.clock(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    private static func machine() -> PeersStateMachine {
        let own = NodeID(SigningKey.generate().publicKey)
        let configuration = PeersConfiguration(ownNode: own, bootstrap: [], isLocalProfile: true)
        return PeersStateMachine(configuration: configuration, now: self.now)
    }

    /// Whether a peer is still in the table when it has been silent for so long.
    private static func isActive(after milliseconds: Int64) throws -> Bool {
        var peers = self.machine()
        let key = SigningKey.generate()
        let proof = VDFProof.easy(of: NodeID(key.publicKey), at: self.now)
        let announcement = try Draft.announcement(proof).signed(by: key, at: self.now)
        let relay = Origin.gossip(relay: announcement.from, topic: .peers, ticket: 0)
        _ = peers.judge(announcement.admitted(from: relay), now: self.now)
        _ = peers.tick(now: self.now.adding(milliseconds: milliseconds), entropy: 0)
        return peers.table.contains { $0.node == announcement.from }
    }

    /// Whether another stranger is let in when so many were, one in so many milliseconds.
    private static func hasRoom(after count: Int64, each milliseconds: Int64) -> Bool {
        var memory = ProofMemory(hasQuota: true)
        for number in 0..<count {
            let now = self.now.adding(milliseconds: number * milliseconds)
            _ = memory.spend(.connection, now: now)
        }
        let now = self.now.adding(milliseconds: count * milliseconds)
        return memory.spend(.connection, now: now) == nil
    }

    private static func page(_ vector: VectorCase) throws {
        var peers = self.machine()
        for name in try vector.input.texts("known").reversed() {
            guard let node = NodeID(hex: name) else { throw VectorFailure("no key \(name)") }
            _ = peers.connected(
                node,
                address: "/ip4/8.1.0.1/tcp/9090",
                isOutbound: true,
                nonce: [],
                now: self.now
            )
        }
        let after = vector.input.optional("after")?.string
        let draft = Draft(
            .peerListRequest,
            [
                ("limit", .integer(try vector.input.integer("limit"))),
                ("after", after.map { .string($0) } ?? .null),
            ]
        )
        let request = try draft.signed(by: .generate(), at: self.now)
        let exchange = InboundExchange(id: 1, peer: request.from, streamProtocol: .sync)
        let actions = peers.judge(request.admitted(from: .exchange(exchange)), now: self.now)
        guard case .answerList(_, let answer)? = actions.first else {
            throw VectorFailure("no answer: \(actions)")
        }
        let names = answer.peers.map(\.nodeID.hex)
        try Check.same("node_ids", names, try vector.expect.texts("node_ids"))
        try Check.same("has_more", answer.hasMore, try vector.expect.bool("has_more"))
    }

    private static func clock(_ vector: VectorCase) throws {
        var clocks = ClockOffsets()
        for (number, offset) in try vector.input.list("offsets_ms").enumerated() {
            guard let offset = offset.integer else { throw VectorFailure("an offset is no number") }
            let message = try Draft.request().signed(
                by: .named("clock \(number)"),
                at: self.now.adding(milliseconds: -offset)
            )
            let origin = Origin.gossip(relay: message.from, topic: .proposals, ticket: 0)
            _ = clocks.heard(message, origin, now: self.now)
        }
        try Check.same("median_ms", clocks.median, try vector.expect.integer("median_ms"))
        let standing = clocks.comparison?.standing
        let warns = standing == .wrong || standing == .unreliable
        try Check.same("warn", warns, try vector.expect.bool("warn"))
        let isUnreliable = standing == .unreliable
        try Check.same("unreliable", isUnreliable, try vector.expect.bool("unreliable"))
    }
}
