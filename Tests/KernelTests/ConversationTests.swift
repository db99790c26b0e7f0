import Testing

@testable import Kernel

/// Set the table; the outcome is told to who asked.
private struct SetTable: Procedure {
    static var answerer: SubsystemName { "Waiter" }
    struct Reply: BusMessage { let plates: Int }
}

/// Asks the waiter, and writes down how it ended.
private actor Guest: Subsystem {
    static let name: SubsystemName = "Guest"

    enum Order: Signal {
        case ask(String, within: Duration)
        case askTwice(String)
        case wake(at: Moment)
    }

    nonisolated let orders: Inlet<Order>
    private let table: Asker<SetTable, String>
    private let journal: Journal<String>

    init(_ boot: borrowing Boot, _ journal: Journal<String>) {
        self.orders = boot.inlet(Order.self)
        self.table = boot.asks(SetTable.self, about: String.self)
        self.journal = journal
    }

    static func wire(_ wiring: borrowing Wiring<Guest>) {
        wiring.receives(Order.self) { guest, envelope, outbox in
            switch envelope.body {
            case .ask(let word, let patience):
                outbox.ask(guest.table, SetTable(), context: word, deadline: patience)
            case .askTwice(let word):
                outbox.ask(guest.table, SetTable(), context: word, deadline: .seconds(1))
                guest.journal.write("asking")
            case .wake(let moment): outbox.wake(at: moment)
            }
        }
        wiring.hears(SetTable.self, about: String.self) { guest, answer, outbox in
            let end = answer.reply.map { "\($0.plates) plates" } ?? "nothing"
            guest.journal.write("\(answer.context): \(end) at \(outbox.now.milliseconds)")
        }
        wiring.wakes { guest, outbox in guest.journal.write("woke at \(outbox.now.milliseconds)") }
    }
}

/// Keeps the addresses and answers when it is told to.
private actor Waiter: Subsystem {
    static let name: SubsystemName = "Waiter"
    struct Serve: Signal { let plates: Int }

    nonisolated let serve: Inlet<Serve>
    private var waiting: [ReplyAddress<SetTable>] = []

    init(_ boot: borrowing Boot) { self.serve = boot.inlet(Serve.self) }

    static func wire(_ wiring: borrowing Wiring<Waiter>) {
        wiring.answers(SetTable.self) { waiter, envelope, _ in
            waiter.waiting.append(envelope.replyAddress)
        }
        wiring.receives(Serve.self) { waiter, envelope, outbox in
            guard !waiter.waiting.isEmpty else { throw Mishap(description: "nobody waits") }
            let reply = SetTable.Reply(plates: envelope.body.plates)
            outbox.reply(reply, to: waiter.waiting.removeFirst())
        }
    }
}

/// A guest, and a waiter if there is one.
private struct Restaurant {
    let clock = ManualClock()
    let kernel: Kernel
    let guest: Guest
    let waiter: Waiter?
    let said = Journal<String>()

    init(hasWaiter: Bool = true) throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        let said = self.said
        self.guest = self.kernel.add { boot in Guest(boot, said) }
        self.waiter = hasWaiter ? self.kernel.add { boot in Waiter(boot) } : nil
        try self.kernel.boot(standard: ["Guest", "Waiter"])
    }

    func at(_ milliseconds: Int64) async {
        self.clock.set(to: Moment(milliseconds: milliseconds))
        self.kernel.fireWakes()
        await self.kernel.settle()
    }
}

@Suite("§3 Questions end exactly once")
struct ConversationTests {
    @Test(
        "a question without a reply ends at its deadline, with its context; a late reply is dropped"
    )
    func timeOut() async throws {
        let place = try Restaurant()
        place.guest.orders.put(.ask("soup", within: .seconds(1)))
        await place.at(10)
        #expect(place.kernel.nextWake == Moment(milliseconds: 1_010))
        await place.at(1_009)
        #expect(place.said.lines.isEmpty)
        await place.at(1_010)
        #expect(place.said.lines == ["soup: nothing at 1010"])
        place.waiter?.serve.put(.init(plates: 4))
        await place.at(2_000)
        #expect(place.said.lines.count == 1)
        #expect(place.kernel.nextWake == nil)
        #expect(place.kernel.exit == nil)
    }

    @Test("a question that was answered does not end again at its deadline, and wakes nobody")
    func answered() async throws {
        let place = try Restaurant()
        place.guest.orders.put(.ask("soup", within: .seconds(1)))
        await place.at(10)
        place.waiter?.serve.put(.init(plates: 2))
        await place.at(20)
        #expect(place.kernel.nextWake == nil)
        await place.at(5_000)
        #expect(place.said.lines == ["soup: 2 plates at 20"])
    }

    @Test("a reply that waits in the mailbox at the deadline still counts")
    func atTheLastMoment() async throws {
        let place = try Restaurant()
        place.guest.orders.put(.ask("soup", within: .seconds(1)))
        await place.at(0)
        place.clock.set(to: Moment(milliseconds: 1_000))
        place.waiter?.serve.put(.init(plates: 1))
        await place.kernel.settle()
        place.kernel.fireWakes()
        await place.kernel.settle()
        #expect(place.said.lines == ["soup: 1 plates at 1000"])
    }

    @Test("without an answerer in the topology the question ends at once, after the handler")
    func absent() async throws {
        let place = try Restaurant(hasWaiter: false)
        place.guest.orders.put(.askTwice("soup"))
        await place.kernel.settle()
        #expect(place.said.lines == ["asking", "soup: nothing at 0"])
        #expect(place.kernel.nextWake == nil)
    }

    @Test("deadlines come in their order, beside the wake that was asked for")
    func order() async throws {
        let place = try Restaurant()
        place.guest.orders.put(.ask("late", within: .seconds(3)))
        place.guest.orders.put(.ask("soon", within: .seconds(1)))
        place.guest.orders.put(.wake(at: Moment(milliseconds: 2_000)))
        await place.at(0)
        for moment: Int64 in [1_000, 2_000, 3_000] {
            #expect(place.kernel.nextWake == Moment(milliseconds: moment))
            await place.at(moment)
        }
        let expected = ["soon: nothing at 1000", "woke at 2000", "late: nothing at 3000"]
        #expect(place.said.lines == expected)
        #expect(place.kernel.nextWake == nil)
    }

    @Test("of one asker's questions each gets its own reply, in whatever order they come")
    func contexts() async throws {
        let place = try Restaurant()
        place.guest.orders.put(.ask("one", within: .seconds(1)))
        place.guest.orders.put(.ask("two", within: .seconds(9)))
        await place.at(0)
        await place.at(1_000)
        place.waiter?.serve.put(.init(plates: 1))
        place.waiter?.serve.put(.init(plates: 2))
        await place.at(1_500)
        #expect(place.said.lines == ["one: nothing at 1000", "two: 2 plates at 1500"])
    }

    @Test("an asker whose questions are all answered keeps no deadline of each")
    func bounded() {
        var conversations = Conversations()
        for number in 0..<10_000 as Range<UInt64> {
            let question = EnvelopeID(rawValue: number)
            let deadline = Moment(milliseconds: 30_000 + Int64(number))
            conversations.begin(question, topic: 0, context: number, until: deadline)
            #expect(conversations.end(question) as? UInt64 == number)
            #expect(conversations.deadlineCount <= KernelLimits.staleDeadlinesMax + 1)
        }
        conversations.begin(
            EnvelopeID(rawValue: 7),
            topic: 3,
            context: "open",
            until: .init(milliseconds: 5)
        )
        #expect(conversations.earliestDeadline() == Moment(milliseconds: 5))
        #expect(conversations.takeDue(Moment(milliseconds: 60_000)).map(\.topic) == [3])
    }

    @Test("a procedure is drawn with a thick arrow")
    func picture() throws {
        let place = try Restaurant()
        #expect(place.kernel.graph.mermaid.contains("Guest ==>|\"SetTable\"| Waiter"))
    }
}
