import Almanac
import Kernel
import LocalAPI
import Messages
import Primitives
import Simulation
import Synchronization
import Testing

/// Asks the plugged-in subsystem, as another one would.
private actor Reader: Subsystem {
    static let name: SubsystemName = "Reader"

    struct Ask: Signal {}

    final class Answer: Sendable {
        let value = Mutex<ProposalCount.Reply?>(nil)
    }

    nonisolated let ask: Inlet<Ask>
    private let count: Asker<ProposalCount, Void>
    private let answer: Answer

    init(_ boot: borrowing Boot, _ answer: Answer) {
        self.ask = boot.inlet(Ask.self)
        self.count = boot.asks(ProposalCount.self)
        self.answer = answer
    }

    static func wire(_ wiring: borrowing Wiring<Reader>) {
        wiring.receives(Ask.self) { reader, _, outbox in
            outbox.ask(reader.count, ProposalCount())
        }
        wiring.hears(ProposalCount.self) { reader, reply, _ in
            reader.answer.value.withLock { $0 = reply }
        }
    }
}

@Suite("Plugging in a subsystem")
struct PluginTests {
    @Test("A subsystem in a target of its own observes, answers and keeps time in whole nodes")
    func almanac() async throws {
        let answer = Reader.Answer()
        let reader = Mutex<Reader?>(nil)
        let world = try World(nodeCount: 4, seed: 1, faults: FaultPlan(lossPerMille: 0)) { kernel in
            kernel.add { boot in Almanac(boot) }
            let added = kernel.add { boot in Reader(boot, answer) }
            reader.withLock { $0 = added }
        }
        await world.boot()
        await world.run(until: .seconds(90))
        let proposed = await world.call(0, .publish(.propose, Self.proposal(at: world.now)))
        #expect(proposed?.status == 200)
        await world.run(until: .seconds(150))
        // The reader that was made last belongs to the last node, which heard the proposal.
        reader.withLock { _ = $0?.ask.put(Reader.Ask()) }
        await world.run(until: .seconds(170))
        let reply = answer.value.withLock { $0 }
        #expect(reply?.total == 1)
        #expect(reply?.pages == 2)
    }

    private static func proposal(at now: Timestamp) -> JSONValue {
        let artefact = Array("text".utf8)
        return .object([
            ("title", .string("t")), ("body", .string("b")), ("tags", .array([])),
            ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
            ("content_type", .string("text/plain")),
            ("content_size", .integer(Int64(artefact.count))),
            ("content_inline", .string(Base64.encode(artefact))),
            ("request_id", .null), ("supersedes", .null), ("claims", .array([])),
            ("tier", .string("standard")), ("eol", .null),
            ("voting_deadline", .integer(now.adding(milliseconds: 600_000).milliseconds)),
        ])
    }
}
