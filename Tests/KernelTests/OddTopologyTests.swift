import Testing

@testable import Kernel

/// Named for one subsystem and answered by another.
private struct Misplaced: Query {
    static var answerer: SubsystemName { "One" }
    struct Reply: BusMessage {}
}

private struct Errand: Procedure {
    static var answerer: SubsystemName { "One" }
    struct Reply: BusMessage {}
}

private struct Favour: Procedure {
    static var answerer: SubsystemName { "Two" }
    struct Reply: BusMessage {}
}

/// A question that is declared as neither a query nor a procedure.
private struct Riddle: RoundTrip {
    static var answerer: SubsystemName { "One" }
    struct Reply: BusMessage {}
}

private struct News: Event {}

/// What a test declares in the place of a subsystem's own code.
private struct Script<S: Subsystem>: Sendable {
    var boot: @Sendable (borrowing Boot) -> Void = { _ in }
    var wire: @Sendable (borrowing Wiring<S>) -> Void = { _ in }
}

private actor One: Subsystem {
    static let name: SubsystemName = "One"
    @TaskLocal static var script = Script<One>()

    init(_ boot: borrowing Boot) { Self.script.boot(boot) }
    static func wire(_ wiring: borrowing Wiring<One>) { Self.script.wire(wiring) }
}

private actor Two: Subsystem {
    static let name: SubsystemName = "Two"
    @TaskLocal static var script = Script<Two>()

    init(_ boot: borrowing Boot) { Self.script.boot(boot) }
    static func wire(_ wiring: borrowing Wiring<Two>) { Self.script.wire(wiring) }
}

@Suite("§3 What else the boot refuses, and what it lets pass")
struct OddTopologyTests {
    private static func kernel(_ one: Script<One>, _ two: Script<Two>) -> Kernel {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        One.$script.withValue(one) { _ = kernel.add { boot in One(boot) } }
        Two.$script.withValue(two) { _ = kernel.add { boot in Two(boot) } }
        return kernel
    }

    private static func problems(_ one: Script<One>, _ two: Script<Two>) -> [BootProblem] {
        do {
            try Self.kernel(one, two).boot(standard: ["One", "Two"])
            return []
        } catch {
            return error.problems
        }
    }

    @Test("a query that another subsystem answers than the one it names")
    func wrongAnswerer() {
        let found = Self.problems(
            Script(
                boot: { boot in _ = boot.asks(Misplaced.self) },
                wire: { wiring in wiring.hears(Misplaced.self) { _, _, _ in } }
            ),
            Script(wire: { wiring in wiring.answers(Misplaced.self) { _, _, _ in } })
        )
        #expect(found == [.wrongAnswerer(query: "Misplaced", named: "One", actual: "Two")])
    }

    @Test("a round trip that is neither a query nor a procedure is held to the rules of a query")
    func plainRoundTrip() throws {
        let asker = Script<Two>(
            boot: { boot in _ = boot.asks(Riddle.self) },
            wire: { wiring in wiring.hears(Riddle.self) { _, _, _ in } }
        )
        #expect(
            Self.problems(Script(), asker)
                == [.queryNotAnswered(query: "Riddle", asker: "Two", named: "One")]
        )
        let answerer = Script<One>(wire: { wiring in wiring.answers(Riddle.self) { _, _, _ in } })
        let kernel = Self.kernel(answerer, asker)
        try kernel.boot(standard: ["One", "Two"])
        #expect(kernel.graph.routes.map(\.kind) == [.query])
        #expect(kernel.graph.routes.map(\.receivers) == [["One"]])
    }

    @Test("a question is answered once, and a reply heard once, by each")
    func twice() {
        let found = Self.problems(
            Script(wire: { wiring in
                wiring.answers(Misplaced.self) { _, _, _ in }
                wiring.answers(Misplaced.self) { _, _, _ in }
            }),
            Script(
                boot: { boot in _ = boot.asks(Misplaced.self) },
                wire: { wiring in
                    wiring.hears(Misplaced.self) { _, _, _ in }
                    wiring.hears(Misplaced.self) { _, _, _ in }
                }
            )
        )
        #expect(
            found == [
                .duplicateHandler(message: "Misplaced", "One"),
                .duplicateHandler(message: "Misplaced.Reply", "Two"),
            ]
        )
    }

    @Test("ADR 0046: an answer that is heard about something else than was asked is not heard")
    func otherContext() {
        let found = Self.problems(
            Script(wire: { wiring in wiring.answers(Misplaced.self) { _, _, _ in } }),
            Script(
                boot: { boot in _ = boot.asks(Misplaced.self, about: Int.self) },
                wire: { wiring in
                    wiring.hears(Misplaced.self, about: String.self) { _, _, _ in }
                }
            )
        )
        #expect(
            found == [
                .replyNotReceived(query: "Misplaced", reply: "Misplaced.Reply", asker: "Two"),
                .unreachableHandler(message: "Misplaced.Reply", "Two"),
            ]
        )
    }

    @Test("ADR 0046: one question may be asked about several things, each heard by itself")
    func twoContexts() {
        let found = Self.problems(
            Script(wire: { wiring in wiring.answers(Misplaced.self) { _, _, _ in } }),
            Script(
                boot: { boot in
                    _ = boot.asks(Misplaced.self, about: Int.self)
                    _ = boot.asks(Misplaced.self)
                },
                wire: { wiring in
                    wiring.hears(Misplaced.self, about: Int.self) { _, _, _ in }
                    wiring.hears(Misplaced.self) { _, _, _ in }
                }
            )
        )
        #expect(found.isEmpty)
    }

    @Test("procedures may go in a circle, since nobody waits for them; an event has any receivers")
    func allowed() throws {
        let one = Script<One>(
            boot: { boot in
                _ = boot.asks(Favour.self)
                _ = boot.emits(News.self)
            },
            wire: { wiring in
                wiring.answers(Errand.self) { _, _, _ in }
                wiring.hears(Favour.self) { _, _, _ in }
                wiring.receives(News.self) { _, _, _ in }
            }
        )
        let two = Script<Two>(
            boot: { boot in _ = boot.asks(Errand.self) },
            wire: { wiring in
                wiring.answers(Favour.self) { _, _, _ in }
                wiring.hears(Errand.self) { _, _, _ in }
                wiring.receives(News.self) { _, _, _ in }
            }
        )
        let kernel = Self.kernel(one, two)
        let report = try kernel.boot(standard: ["One", "Two"])
        #expect(report.isComplete && kernel.graph.queryCycle == nil)
        let news = kernel.graph.routes.filter { $0.message == "News" }
        #expect(news.map(\.receivers) == [["One", "Two"]] && news.map(\.kind) == [.event])
        let errands = kernel.graph.routes.filter { $0.kind == .procedure }
        #expect(errands.map(\.message) == ["Favour", "Errand"])
    }

    @Test("a question to an absent subsystem is reported by its kind, and its asker is told")
    func absentAnswerer() throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let asker = Journal<Asker<Errand, Void>>()
        Two.$script.withValue(
            Script(
                boot: { boot in asker.write(boot.asks(Errand.self)) },
                wire: { wiring in wiring.hears(Errand.self) { _, _, _ in } }
            )
        ) { _ = kernel.add { boot in Two(boot) } }
        let report = try kernel.boot(standard: ["One", "Two"])
        #expect(asker.lines.map(\.isConnected) == [false])
        let unheard = report.absent.first?.unheard
        #expect(unheard?.map(\.kind) == [.procedure])
        #expect(unheard?.map(\.senders) == [["Two"]])
        #expect(report.unheardEvents.isEmpty)
    }
}
