import Cryptography
import Messages
import Primitives
import Simulation
import Testing

@Suite("ADR 0037: what one stranger's messages do to others' sync", .timeLimit(.minutes(5)))
struct HostileMessageTests {
    private static func request(_ surplus: JSONValue, _ world: World) throws -> Message {
        try EnvelopeCodec.sign(
            .request,
            payload: .object([
                ("title", .string("t")), ("body", .string("b")), ("tags", .array([])),
                ("x", surplus),
            ]),
            timestamp: world.now,
            key: .generate()
        )
    }

    @Test("C1-1: a node that holds the deepest and fullest messages serves a sync to its end")
    func sync() async throws {
        let world = try World(nodeCount: 2, seed: 7, faults: FaultPlan(lossPerMille: 0))
        world.divide(into: [[0], [1]])
        await world.boot()
        await world.run(until: .seconds(30))
        let deep = (0..<60).reduce(JSONValue.integer(1)) { value, _ in .array([value]) }
        let full = JSONValue.array(Array(repeating: .integer(1), count: 540_000))
        let topic = Topic.proposals
        let messages = [
            try Self.request(deep, world), try Self.request(full, world),
            try Self.request(full, world), try Self.request(.null, world),
        ]
        for message in messages {
            let origin = Origin.gossip(relay: message.from, topic: topic, ticket: .max)
            #expect(await world.deliver(message, to: 0, as: origin) == nil)
        }
        await world.run(until: .seconds(600))
        #expect(world.logged(.request, at: 0) == 4 && world.logged(.request, at: 1) == 0)
        world.endFaults()
        await world.run(until: .seconds(3_600))
        #expect(world.logged(.request, at: 1) == 4)
    }
}
