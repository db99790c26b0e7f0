import LocalAPI
import Messages
import Primitives
import Simulation
import Testing

@Suite("ADR 0018, ADR 0019: whom whole nodes keep as peers", .timeLimit(.minutes(5)))
struct StandingTests {
    private static let seed: UInt64 = 11

    private static func world(_ past: [LocalFact] = []) throws -> World {
        try World(
            nodeCount: 5,
            seed: Self.seed,
            faults: FaultPlan(lossPerMille: 0),
            past: past
        )
    }

    /// A decision of before the start that bans an identity.
    private static func ban(_ identity: NodeID) -> LocalFact {
        let resolution = JSONValue.object([
            ("kind", .string("ban")), ("subject", .string(identity.hex)),
        ])
        let body = JSONValue.object([
            ("proposal_id", .string(SHA256Digest.hash([1]).hex)), ("state", .string("ratified")),
            ("mode", .string("weighted")), ("active_identities", .integer(16)),
            ("active_reputation", .integer(1)), ("author", .string(identity.hex)),
            ("effective_at", .integer(0)), ("resolution", resolution), ("votes", .array([])),
        ])
        return LocalFact(
            owner: .consensus,
            kind: FactKind.decision.rawValue,
            body: body.canonicalBytes(),
            recordedAt: Timestamp(milliseconds: 0)
        )
    }

    private static func peers(of node: Int, in world: World) async throws -> [String: JSONValue] {
        let answer = try #require(await world.call(node, .peers))
        let rows = (answer.body["peers"]?.elements ?? []).map { ($0["node_id"]?.string ?? "", $0) }
        return Dictionary(rows) { first, _ in first }
    }

    @Test("D-85: nobody keeps a banned identity's node as a peer; without the ban everybody does")
    func banned() async throws {
        let last = try Self.world().nodes[4]
        for isBanned in [false, true] {
            let world = try Self.world(isBanned ? [Self.ban(last)] : [])
            await world.boot()
            await world.run(until: .seconds(180))
            for node in 0..<4 {
                let peers = try await Self.peers(of: node, in: world)
                let isConnected = peers[last.hex]?["connected"]?.bool ?? false
                #expect(isConnected == !isBanned, "node \(node)")
                let others = world.nodes.prefix(4).filter { $0 != world.nodes[node] }
                #expect(others.allSatisfy { peers[$0.hex]?["connected"]?.bool == true })
            }
        }
    }

    @Test("a peer that a node found and dialled itself becomes its anchor; the named ones do not")
    func newAnchors() async throws {
        let world = try Self.world()
        await world.boot()
        await world.run(until: .seconds(900))
        // Everybody was told of the first three, and the last two found each other.
        var anchors: [Int: [String]] = [:]
        for node in world.nodes.indices {
            let peers = try await Self.peers(of: node, in: world)
            let named = peers.filter { $0.value["anchor"]?.bool == true }
            if !named.isEmpty { anchors[node] = Array(named.keys) }
        }
        let pair = (world.nodes[3].hex, world.nodes[4].hex)
        #expect(anchors == [3: [pair.1]] || anchors == [4: [pair.0]])
    }

    @Test("anchors in the log are known at the start, before anybody can name them")
    func oldAnchors() async throws {
        let first = try Self.world()
        await first.boot()
        await first.run(until: .seconds(60))
        let last = first.nodes[4].hex
        let known = try await Self.peers(of: 0, in: first)[last]
        let entry = JSONValue.object([
            ("addresses", .array([try #require(known?["addresses"]?.elements?.first)])),
            ("node_id", .string(last)),
        ])
        let fact = LocalFact(
            owner: .peers,
            kind: "anchors",
            body: JSONValue.object([("anchors", .array([entry]))]).canonicalBytes(),
            recordedAt: Timestamp(milliseconds: 0)
        )
        for isKnown in [false, true] {
            let world = try Self.world(isKnown ? [fact] : [])
            await world.boot()
            let peers = try await Self.peers(of: 0, in: world)
            #expect(peers[last]?["anchor"]?.bool == (isKnown ? true : nil))
        }
    }
}
