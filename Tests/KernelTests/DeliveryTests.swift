import Kernel
import Testing

@Suite("§3 Delivery")
struct DeliveryTests {
    @Test("commands, events and queries of one sender arrive in the order of sending")
    func firstInFirstOut() async throws {
        let bench = try Bench()
        await bench.tell(.note("a"), .say("b"), .noteMany(3), .say("c"))
        #expect(bench.heard.lines == ["a", "b", "0", "1", "2", "c"])
    }

    @Test("an order of more envelopes than one batch or one stage holds is kept whole")
    func longRun() async throws {
        let bench = try Bench()
        await bench.tell(.noteMany(1_000))
        #expect(bench.heard.lines == (0..<1_000).map { "\($0)" })
        #expect(bench.counters("Listener")?.delivered == 1_000)
    }

    @Test("a reply goes to the asker with the context of its question, its cause is the question")
    func reply() async throws {
        let bench = try Bench()
        await bench.tell(.note("a"), .ask("first"), .note("b"), .ask("second"))
        #expect(bench.spoken.lines == [#"first: ["a"]"#, #"second: ["a", "b"]"#])
        let questions = bench.trace.lines.filter { $0.message == "Notes" }.map(\.id)
        let replies = bench.trace.lines.filter { $0.message == "Notes.Reply" }
        #expect(replies.map(\.cause) == questions)
    }

    @Test("of two askers each gets its own reply and no other")
    func repliesToTheAsker() async throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let (first, second) = (Journal<String>(), Journal<String>())
        let speaker = kernel.add { boot in Speaker(boot, first) }
        let other = kernel.add { boot in OtherAsker(boot, second) }
        kernel.add { boot in Listener(boot, Journal()) }
        try kernel.boot(standard: [])
        speaker.orders.put(.ask("x"))
        await kernel.settle()
        #expect(first.lines.count == 1)
        #expect(second.lines.isEmpty)
        other.ask.put(OtherAsker.Ask())
        await kernel.settle()
        #expect(first.lines.count == 1)
        #expect(second.lines == ["answered"])
    }

    @Test("the cause chain of an effect leads back to the signal of the device, newest first")
    func causeChain() async throws {
        let bench = try Bench()
        await bench.tell(.ask("x"))
        let reply = try #require(bench.trace.lines.last)
        let chain = bench.kernel.causeChain(of: reply.id)
        #expect(chain.map(\.message) == ["Notes.Reply", "Notes", "Order"])
        #expect(chain.map(\.sender) == ["Listener", "Speaker", "Speaker"])
        #expect(chain.last?.cause == nil)
        #expect(chain.first?.description.hasSuffix("because of \(chain[1].id)") == true)
    }

    @Test("the journal sees each delivery before it is handled, with sender and receiver")
    func journal() async throws {
        let bench = try Bench()
        await bench.tell(.say("x"))
        let seen = bench.trace.lines.map { "\($0.message) \($0.sender)>\($0.receiver)" }
        #expect(seen == ["Order Speaker>Speaker", "Said Speaker>Listener"])
    }

    @Test("with one driving task the same inputs give the same envelopes with the same ids")
    func determinism() async throws {
        func run() async throws -> [EnvelopeHeader] {
            let bench = try Bench(seed: 9)
            for round in 0..<20 {
                bench.clock.advance(by: .seconds(1))
                await bench.tell(.noteMany(round), .ask("x"), .say("\(round)"))
                await bench.tell(.wake(at: bench.clock.now))
                bench.kernel.fireWakes()
                await bench.kernel.settle()
            }
            return bench.trace.lines
        }
        let (one, other) = (try await run(), try await run())
        #expect(one == other)
        #expect(Set(one.map(\.id)).count == one.count)
    }

    @Test("an inlet takes nothing before the boot and after the stop")
    func inletOutsideTheRun() async throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let speaker = kernel.add { boot in Speaker(boot, Journal()) }
        kernel.add { boot in Listener(boot, Journal()) }
        #expect(!speaker.orders.put(.ask("x")))
        try kernel.boot(standard: [])
        #expect(speaker.orders.put(.ask("x")))
        kernel.stop()
        _ = await kernel.run(workers: 1)
        #expect(!speaker.orders.put(.ask("x")))
    }
}

/// A second asker of the same query.
private actor OtherAsker: Subsystem {
    static let name: SubsystemName = "OtherAsker"
    struct Ask: Signal {}
    nonisolated let ask: Inlet<Ask>
    private let notes: Asker<Notes, Void>
    private let journal: Journal<String>

    init(_ boot: borrowing Boot, _ journal: Journal<String>) {
        self.ask = boot.inlet(Ask.self)
        self.notes = boot.asks(Notes.self)
        self.journal = journal
    }

    static func wire(_ wiring: borrowing Wiring<OtherAsker>) {
        wiring.receives(Ask.self) { asker, _, outbox in outbox.ask(asker.notes, Notes()) }
        wiring.hears(Notes.self) { asker, _, _ in asker.journal.write("answered") }
    }
}
