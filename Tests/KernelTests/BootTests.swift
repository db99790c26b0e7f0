import Testing

@testable import Kernel

/// The messages of the odd topologies below.
private struct Ping: Command { static var receiver: SubsystemName { "One" } }
private struct Rang: Event {}
private struct Tick: Signal {}
private struct Left: Query {
    static var answerer: SubsystemName { "One" }
    struct Reply: BusMessage {}
}
private struct Right: Query {
    static var answerer: SubsystemName { "Two" }
    struct Reply: BusMessage {}
}

/// What one of the two subsystems below declares.
private struct Plan: OptionSet, Sendable {
    let rawValue: Int
    static let receivesPing = Plan(rawValue: 1)
    static let emitsPing = Plan(rawValue: 2)
    static let emitsRang = Plan(rawValue: 4)
    static let receivesRang = Plan(rawValue: 8)
    static let asksLeft = Plan(rawValue: 16)
    static let answersLeft = Plan(rawValue: 32)
    static let asksRight = Plan(rawValue: 64)
    static let answersRight = Plan(rawValue: 128)
    static let receivesTick = Plan(rawValue: 512)
    static let hasInlet = Plan(rawValue: 1_024)
    static let ignoresReplies = Plan(rawValue: 2_048)
    static let receivesPingTwice = Plan(rawValue: 4_096)
    static let hearsLeft = Plan(rawValue: 8_192)
}

private actor One: Subsystem {
    static let name: SubsystemName = "One"
    @TaskLocal static var plan: Plan = []

    init(_ boot: borrowing Boot) { declare(Self.plan, boot) }
    static func wire(_ wiring: borrowing Wiring<One>) { declare(Self.plan, wiring) }
}

private actor Two: Subsystem {
    static let name: SubsystemName = "Two"
    @TaskLocal static var plan: Plan = []

    init(_ boot: borrowing Boot) { declare(Self.plan, boot) }
    static func wire(_ wiring: borrowing Wiring<Two>) { declare(Self.plan, wiring) }
}

private func declare(_ plan: Plan, _ boot: borrowing Boot) {
    if plan.contains(.emitsPing) { _ = boot.emits(Ping.self) }
    if plan.contains(.emitsRang) { _ = boot.emits(Rang.self) }
    if plan.contains(.asksLeft) { _ = boot.asks(Left.self) }
    if plan.contains(.asksRight) { _ = boot.asks(Right.self) }
    if plan.contains(.hasInlet) { _ = boot.inlet(Tick.self) }
}

private func declare<S: Subsystem>(_ plan: Plan, _ wiring: borrowing Wiring<S>) {
    if plan.contains(.receivesPing) { wiring.receives(Ping.self) { _, _, _ in } }
    if plan.contains(.receivesPingTwice) {
        wiring.receives(Ping.self) { _, _, _ in }
        wiring.receives(Ping.self) { _, _, _ in }
    }
    if plan.contains(.receivesRang) { wiring.receives(Rang.self) { _, _, _ in } }
    if plan.contains(.receivesTick) { wiring.receives(Tick.self) { _, _, _ in } }
    if plan.contains(.answersLeft) { wiring.answers(Left.self) { _, _, _ in } }
    if plan.contains(.answersRight) { wiring.answers(Right.self) { _, _, _ in } }
    if plan.contains(.hearsLeft) { wiring.hears(Left.self) { _, _, _ in } }
    let replies = !plan.contains(.ignoresReplies)
    if replies, plan.contains(.asksLeft) { wiring.hears(Left.self) { _, _, _ in } }
    if replies, plan.contains(.asksRight) { wiring.hears(Right.self) { _, _, _ in } }
}

@Suite("§3 What the boot refuses")
struct BootTests {
    private func kernel(_ one: Plan, _ two: Plan?) -> Kernel {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        One.$plan.withValue(one) { _ = kernel.add { boot in One(boot) } }
        if let two { Two.$plan.withValue(two) { _ = kernel.add { boot in Two(boot) } } }
        return kernel
    }

    private func problems(_ one: Plan, _ two: Plan?, standard: [SubsystemName] = [])
        -> [BootProblem]
    {
        do {
            try self.kernel(one, two).boot(standard: standard)
            return []
        } catch {
            return error.problems
        }
    }

    @Test("two receivers of one command")
    func twoReceivers() {
        #expect(
            self.problems(.receivesPing, [.receivesPing, .emitsPing])
                == [.twoReceivers(command: "Ping", ["One", "Two"])]
        )
    }

    @Test("a command that another subsystem receives than the one it names")
    func wrongReceiver() {
        let found = self.problems(.emitsPing, .receivesPing)
        #expect(found == [.wrongReceiver(command: "Ping", named: "One", actual: "Two")])
    }

    @Test("a command whose named receiver is there but does not receive it")
    func commandNotReceived() {
        let found = self.problems([], .emitsPing)
        #expect(
            found == [.commandNotReceived(command: "Ping", sender: "Two", named: "One")]
        )
    }

    @Test("an event that nobody receives")
    func eventNotReceived() {
        let found = self.problems(.emitsRang, .emitsRang, standard: ["One", "Two"])
        #expect(found == [.eventNotReceived(event: "Rang", senders: ["One", "Two"])])
    }

    @Test("a query that nobody answers")
    func notAnswered() {
        let found = self.problems([], .asksLeft)
        #expect(found == [.queryNotAnswered(query: "Left", asker: "Two", named: "One")])
    }

    @Test("a query that two answer")
    func twoAnswerers() {
        let found = self.problems(.answersLeft, .answersLeft)
        #expect(found == [.twoAnswerers(query: "Left", ["One", "Two"])])
    }

    @Test("queries that go in a circle")
    func queryCycle() {
        let found = self.problems([.asksRight, .answersLeft], [.asksLeft, .answersRight])
        #expect(found == [.queryCycle(["One", "Two", "One"])])
    }

    @Test("queries that go one way boot")
    func queryWithoutCycle() {
        #expect(self.problems(.answersLeft, .asksLeft).isEmpty)
    }

    @Test("an asker that does not receive the reply")
    func replyNotReceived() {
        let found = self.problems(.answersLeft, [.asksLeft, .ignoresReplies])
        #expect(
            found
                == [.replyNotReceived(query: "Left", reply: "Left.Reply", asker: "Two")]
        )
    }

    @Test("a handler for a signal that no device gives, a device whose signals nobody takes")
    func signals() {
        #expect(
            self.problems(.receivesTick, nil) == [.unreachableHandler(message: "Tick", "One")]
        )
        #expect(self.problems([.hasInlet, .receivesTick], nil).isEmpty)
        #expect(self.problems(.hasInlet, nil) == [.signalNotReceived(signal: "Tick", "One")])
    }

    @Test("a subsystem beyond the standard says what nobody hears yet, and the boot reports it")
    func unheardPlugIn() throws {
        let report = try self.kernel(.receivesRang, .emitsRang).boot(standard: ["One"])
        #expect(report.unheardEvents.isEmpty)
        let alone = try self.kernel([], .emitsRang).boot(standard: ["One"])
        #expect(alone.unheardEvents.map(\.message) == ["Rang"])
        let found = self.problems([], .emitsRang, standard: ["One", "Two"])
        #expect(found == [.eventNotReceived(event: "Rang", senders: ["Two"])])
    }

    @Test("hearing of what is never asked")
    func hearsWithoutAsking() {
        let found = self.problems(.answersLeft, .hearsLeft)
        #expect(found == [.unreachableHandler(message: "Left.Reply", "Two")])
    }

    @Test("two handlers for one type, two subsystems of one name, a second boot")
    func repetitions() throws {
        #expect(
            self.problems([.receivesPingTwice, .emitsPing], nil)
                == [.duplicateHandler(message: "Ping", "One")]
        )
        let kernel = self.kernel([], nil)
        kernel.add { boot in One(boot) }
        #expect(throws: BootError(problems: [.duplicateSubsystem("One")])) {
            try kernel.boot(standard: [])
        }
        let booted = self.kernel([], [])
        try booted.boot(standard: [])
        #expect(throws: BootError(problems: [.alreadyBooted])) { try booted.boot(standard: []) }
    }

    @Test("every mistake is found at once, and each says what to do")
    func allAtOnce() {
        let found = self.problems(
            [.emitsRang, .receivesTick],
            [.emitsPing, .asksLeft],
            standard: ["One", "Two"]
        )
        #expect(found.count == 4)
        let text = "\(BootError(problems: found))"
        #expect(text.contains("plug One in"))
        #expect(text.contains("declare a receiver"))
    }

    @Test("an absent standard subsystem is reported, not refused")
    func absent() throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        Two.$plan.withValue([.emitsPing, .emitsRang, .asksLeft]) {
            _ = kernel.add { boot in Two(boot) }
        }
        let report = try kernel.boot(standard: ["One", "Two"])
        #expect(!report.isComplete)
        #expect(report.absent.map(\.subsystem) == ["One"])
        #expect(report.absent.first?.unheard.map(\.message) == ["Left", "Ping"])
        #expect(report.unheardEvents.map(\.message) == ["Rang"])
        #expect(report.description.contains("One is absent; nobody receives Left (from Two)"))
    }

    @Test("the picture is the same for the same topology, and shows who sends what to whom")
    func picture() throws {
        let one: Plan = [.receivesPing, .receivesRang, .answersLeft]
        let two: Plan = [.emitsPing, .emitsRang, .asksLeft, .hasInlet, .receivesTick]
        let kernel = self.kernel(one, two)
        try kernel.boot(standard: [])
        let expected = """
            flowchart LR
                One
                Two
                TwoDevice(["Tick"]) --> Two
                Two -->|"Ping<br/>Rang"| One
                Two -.->|"Left"| One

            """
        #expect(kernel.graph.mermaid == expected)
        #expect(self.kernel(one, two).graph == kernel.graph)
    }
}
