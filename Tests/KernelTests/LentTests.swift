import Testing

@testable import Kernel

/// A handler that a test puts in at the time of use.
private typealias Deed = @Sendable (inout Outbox) throws -> Void

/// A question for the clerk.
private struct Form: Query {
    static var answerer: SubsystemName { "Clerk" }
    struct Reply: BusMessage { let number: Int }
}

/// Another question, whose reply is another one.
private struct Permit: Query {
    static var answerer: SubsystemName { "Clerk" }
    struct Reply: BusMessage { let isGranted: Bool }
}

/// Does what a test says, with the outbox that the kernel lends.
private actor Hand: Subsystem {
    static let name: SubsystemName = "Hand"
    struct Do: Signal { let deed: Deed }
    struct Extra: Signal {}

    nonisolated let deeds: Inlet<Do>
    nonisolated let form: Asker<Form, Void>
    nonisolated let permit: Asker<Permit, Void>
    private let journal: Journal<String>

    init(_ boot: borrowing Boot, _ journal: Journal<String>) {
        self.deeds = boot.inlet(Do.self)
        self.form = boot.asks(Form.self)
        self.permit = boot.asks(Permit.self)
        self.journal = journal
    }

    static func wire(_ wiring: borrowing Wiring<Hand>) {
        wiring.receives(Do.self) { _, envelope, outbox in try envelope.body.deed(&outbox) }
        wiring.wakes { hand, outbox in
            hand.journal.write("woke at \(outbox.now.milliseconds)")
        }
        wiring.hears(Form.self) { hand, reply, outbox in
            let end = reply.map { "form \($0.number)" } ?? "no form"
            hand.journal.write("\(end) at \(outbox.now.milliseconds)")
        }
        wiring.hears(Permit.self) { hand, reply, _ in
            hand.journal.write(reply.map { "permit \($0.isGranted)" } ?? "no permit")
        }
    }
}

/// Keeps every address that it gets.
private actor Clerk: Subsystem {
    static let name: SubsystemName = "Clerk"
    struct Serve: Signal { let serve: @Sendable ([ReplyAddress<Form>], inout Outbox) -> Void }

    nonisolated let orders: Inlet<Serve>
    private(set) var forms: [ReplyAddress<Form>] = []

    init(_ boot: borrowing Boot) { self.orders = boot.inlet(Serve.self) }

    static func wire(_ wiring: borrowing Wiring<Clerk>) {
        wiring.answers(Form.self) { clerk, envelope, _ in
            clerk.forms.append(envelope.replyAddress)
        }
        wiring.answers(Permit.self) { _, _, _ in }
        wiring.receives(Serve.self) { clerk, envelope, outbox in
            envelope.body.serve(clerk.forms, &outbox)
        }
    }
}

private struct Office {
    let clock = ManualClock()
    let kernel: Kernel
    let hand: Hand
    let clerk: Clerk
    let said = Journal<String>()
    let trace = Journal<EnvelopeHeader>()

    init(seed: UInt64 = 1) throws {
        let (said, trace) = (self.said, self.trace)
        self.kernel = Kernel(
            clock: self.clock,
            entropy: SeededEntropy(seed: seed),
            journal: { trace.write($0) }
        )
        self.hand = self.kernel.add { boot in Hand(boot, said) }
        self.clerk = self.kernel.add { boot in Clerk(boot) }
        try self.kernel.boot(standard: [])
    }

    @discardableResult
    func `do`(_ deed: @escaping Deed) async -> KernelExit? {
        self.hand.deeds.put(Hand.Do(deed: deed))
        return await self.kernel.settle()
    }

    @discardableResult
    func serve(
        _ serve: @escaping @Sendable ([ReplyAddress<Form>], inout Outbox) -> Void
    ) async -> KernelExit? {
        self.clerk.orders.put(Clerk.Serve(serve: serve))
        return await self.kernel.settle()
    }

    func at(_ milliseconds: Int64) async {
        self.clock.set(to: Moment(milliseconds: milliseconds))
        self.kernel.fireWakes()
        await self.kernel.settle()
    }
}

@Suite("§3 What a handler is lent")
struct LentTests {
    @Test("random bytes are as many as were asked for, and follow from the seed")
    func randomBytes() async throws {
        func bytes(_ seed: UInt64) async throws -> [[UInt8]] {
            let drawn = Journal<[UInt8]>()
            try await Office(seed: seed).do { outbox in
                for count in [0, 1, 7, 8, 9, 32] { drawn.write(outbox.randomBytes(count)) }
            }
            return drawn.lines
        }
        let one = try await bytes(5)
        #expect(one.map(\.count) == [0, 1, 7, 8, 9, 32])
        #expect(try await bytes(5) == one)
        let other = try await bytes(6)
        #expect(other.last != one.last)
        let word = SeededEntropy(seed: 5).next()
        #expect(one[1] == [UInt8(truncatingIfNeeded: word)], "the low byte first")
    }

    @Test("a question without a deadline of its own ends after thirty seconds, because of itself")
    func standardDeadline() async throws {
        let office = try Office()
        let form = office.hand.form
        await office.do { outbox in outbox.ask(form, Form()) }
        await office.at(29_999)
        #expect(office.said.lines.isEmpty)
        await office.at(30_000)
        #expect(office.said.lines == ["no form at 30000"])
        let question = try #require(office.trace.lines.first { $0.message == "Form" })
        let end = try #require(office.trace.lines.last)
        #expect(end.message == "Form.Reply" && end.cause == question.id)
        #expect(end.sender == "Hand" && end.receiver == "Hand", "nobody answered")
        let chain = office.kernel.causeChain(of: end.id).map(\.message)
        #expect(chain == ["Form.Reply", "Form", "Hand.Do"])
    }

    @Test("of two replies to one question the first counts")
    func twoReplies() async throws {
        let office = try Office()
        let form = office.hand.form
        await office.do { outbox in outbox.ask(form, Form()) }
        let exit = await office.serve { addresses, outbox in
            for number in 1...2 { outbox.reply(Form.Reply(number: number), to: addresses[0]) }
        }
        #expect(exit == nil && office.said.lines == ["form 1 at 0"])
    }

    @Test("a wake comes before the mail of its batch, and may ask for the next one")
    func wakeFirst() async throws {
        let office = try Office()
        let said = office.said
        await office.do { outbox in outbox.wake(at: Moment(milliseconds: 10)) }
        office.clock.set(to: Moment(milliseconds: 10))
        await office.do { outbox in
            said.write("mail")
            outbox.wake(at: Moment(milliseconds: 20))
        }
        #expect(said.lines == ["mail"], "mail at that moment is no wake")
        #expect(office.kernel.nextWake == Moment(milliseconds: 10))
        office.hand.deeds.put(Hand.Do { _ in said.write("more mail") })
        await office.at(10)
        #expect(said.lines == ["mail", "woke at 10", "more mail"])
        #expect(office.kernel.nextWake == nil, "the earlier of two wakes was for both")
        await office.do { outbox in outbox.wake(at: Moment(milliseconds: 1)) }
        await office.at(11)
        #expect(said.lines.last == "woke at 11", "one in the past is due at once")
    }

    @Test("a batch knows one time, which no mail of another is behind")
    func time() async throws {
        let office = try Office()
        let times = Journal<Int64>()
        let clock = office.clock
        clock.set(to: Moment(milliseconds: 5))
        for _ in 0..<2 {
            office.hand.deeds.put(
                Hand.Do { outbox in
                    times.write(outbox.now.milliseconds)
                    clock.advance(by: .milliseconds(7))
                }
            )
        }
        await office.kernel.settle()
        #expect(times.lines == [5, 5])
        await office.do { outbox in times.write(outbox.now.milliseconds) }
        #expect(times.lines.last == 19)
    }

    @Test("handlers that are wired from outside are declared and run like a subsystem's own")
    func wiredMore() async throws {
        let said = Journal<String>()
        let extra = Journal<Inlet<Hand.Extra>>()
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        kernel.add(
            .standard,
            { boot in
                extra.write(boot.inlet(Hand.Extra.self))
                return Hand(boot, said)
            },
            wireMore: { wiring in
                wiring.receives(Hand.Extra.self) { _, _, _ in said.write("extra") }
            }
        )
        kernel.add { boot in Clerk(boot) }
        try kernel.boot(standard: [])
        #expect(kernel.graph.routes.contains { $0.message == "Hand.Extra" && $0.kind == .signal })
        let isTaken = extra.lines.map { $0.put(Hand.Extra()) }
        await kernel.settle()
        #expect(isTaken == [true] && said.lines == ["extra"])
    }

    @Test("a run has a worker, whatever number was asked for", arguments: [0, -3])
    func workers(count: Int) async throws {
        let office = try Office()
        let kernel = office.kernel
        office.hand.deeds.put(Hand.Do { [weak kernel] _ in kernel?.stop() })
        #expect(await kernel.run(workers: count) == .stopped)
        #expect(office.trace.lines.count == 1)
    }

    /// Something that a message carries.
    private final class Load: Sendable {}

    @Test("what waits when a kernel ends is let go, though its inlets live on")
    func released() async throws {
        let office = try Office()
        weak var watched: Load?
        do {
            let load = Load()
            watched = load
            office.hand.deeds.put(Hand.Do { _ in withExtendedLifetime(load) {} })
        }
        #expect(watched != nil)
        office.kernel.stop()
        #expect(await office.kernel.run(workers: 1) == .stopped)
        #expect(watched == nil && !office.hand.deeds.isOpen)
    }
}

@Suite("ADR 0046: addresses that outlive their kernel")
struct ForeignAddressTests {
    /// The addresses of questions in a kernel that has ended.
    private static func addresses() async throws -> [ReplyAddress<Form>] {
        let office = try Office()
        let form = office.hand.form
        await office.do { outbox in outbox.ask(form, Form()) }
        return await office.clerk.forms
    }

    @Test("a reply to a question that nobody asked here is dropped")
    func dropped() async throws {
        let foreign = try await Self.addresses()
        let office = try Office()
        let exit = await office.serve { _, outbox in
            for address in foreign { outbox.reply(Form.Reply(number: 1), to: address) }
        }
        #expect(foreign.count == 1 && exit == nil && office.said.lines.isEmpty)
    }

    @Test("a reply to a seat that this kernel does not have is dropped")
    func noSeat() async throws {
        let office = try Office()
        let nowhere = ReplyAddress<Form>(
            asker: SubsystemID(rawValue: 9),
            question: EnvelopeID(rawValue: 0),
            topic: 0
        )
        let exit = await office.serve { _, outbox in
            outbox.reply(Form.Reply(number: 1), to: nowhere)
        }
        #expect(exit == nil && office.said.lines.isEmpty)
    }

    @Test("a reply that is taken for another message is a fault that says what to do")
    func otherTopic() async throws {
        let office = try Office()
        let foreign = ReplyAddress<Form>(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: 0),
            topic: 0
        )
        let exit = await office.serve { _, outbox in
            outbox.reply(Form.Reply(number: 1), to: foreign)
        }
        guard case .faulted(let fault) = exit else {
            Issue.record("no fault")
            return
        }
        #expect(fault.subsystem == "Hand")
        #expect(fault.reason.contains("forget addresses when a kernel ends"))
    }
}
