import Testing

@testable import Kernel

@Suite("§3 What the boot says")
struct BootTextTests {
    /// Every problem there is, with what its line must name and what it must advise.
    private static let problems: [(BootProblem, names: [String], advice: String)] = [
        (.duplicateSubsystem("A"), ["A"], "rename one"),
        (.duplicateHandler(message: "M", "A"), ["M", "A"], "merge them"),
        (.twoReceivers(command: "M", ["A", "B"]), ["M", "A, B"], "keep one"),
        (.wrongReceiver(command: "M", named: "A", actual: "B"), ["M", "names A"], "B receives"),
        (
            .commandNotReceived(command: "M", sender: "A", named: "B"), ["A sends", "M", "B"],
            "declare it in the wire(_:) of B"
        ),
        (
            .eventNotReceived(event: "M", senders: ["A", "B"]), ["A, B", "M"],
            "remove the emitter"
        ),
        (.twoAnswerers(query: "Q", ["A", "B"]), ["Q", "A, B"], "keep one"),
        (.wrongAnswerer(query: "Q", named: "A", actual: "B"), ["Q", "names A"], "B answers"),
        (
            .queryNotAnswered(query: "Q", asker: "A", named: "B"), ["A asks Q", "B"],
            "plug B in"
        ),
        (
            .replyNotReceived(query: "Q", reply: "R", asker: "A"), ["A asks Q", "R"],
            "declare hears"
        ),
        (.signalNotReceived(signal: "S", "A"), ["A has an inlet for S"], "declare a handler"),
        (.unreachableHandler(message: "M", "A"), ["A has a handler for M"], "nothing can send it"),
        (.queryCycle(["A", "B", "A"]), ["A -> B -> A"], "into an event"),
        (.alreadyBooted, ["booted before"], "make a new one"),
    ]

    @Test("every problem names who and what it is about, and says what to do", arguments: 0..<14)
    func problem(index: Int) throws {
        #expect(Self.problems.count == 14)
        let (problem, names, advice) = Self.problems[index]
        for name in names { #expect(problem.description.contains(name), "\(problem)") }
        #expect(problem.description.contains(advice), "\(problem)")
    }

    @Test("no two problems read alike, and an error lists its own in order")
    func list() {
        let texts = Self.problems.map { $0.0.description }
        #expect(Set(texts).count == texts.count)
        let error = BootError(problems: Self.problems.prefix(2).map(\.0))
        #expect(
            error.description
                == "the topology cannot boot:\n  - \(texts[0])\n  - \(texts[1])"
        )
    }

    @Test("a complete kernel reports who is there, and nothing else")
    func complete() throws {
        let bench = try Kernel.ofTwo()
        let report = try bench.boot(standard: ["Speaker", "Listener"])
        #expect(report.isComplete && report.unheardEvents.isEmpty)
        #expect(report.description == "plugged in: Speaker, Listener")
    }

    @Test("an absent subsystem that nobody needs is named as such")
    func unneeded() throws {
        let report = try Kernel.ofTwo().boot(standard: ["Speaker", "Listener", "Third"])
        #expect(!report.isComplete)
        #expect(
            report.description
                == "plugged in: Speaker, Listener\nThird is absent; nobody sends it anything"
        )
    }

    @Test("a refused boot leaves the kernel shut, and may be tried again when it is whole")
    func again() throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let speaker = kernel.add { boot in Speaker(boot, Journal()) }
        #expect(throws: BootError.self) { try kernel.boot(standard: []) }
        #expect(!speaker.orders.isOpen && kernel.counters.isEmpty)
        kernel.add { boot in Listener(boot, Journal()) }
        try kernel.boot(standard: [])
        #expect(speaker.orders.isOpen)
        #expect(kernel.counters.map(\.subsystem) == ["Speaker", "Listener"])
    }

    @Test("seats have names, in the order of plugging in; seats of other kernels have none")
    func seats() throws {
        let kernel = try Kernel.ofTwo()
        #expect(kernel.name(of: SubsystemID(rawValue: 0)) == nil, "not booted")
        try kernel.boot(standard: [])
        let names = (0..<3).map { kernel.name(of: SubsystemID(rawValue: $0)) }
        #expect(names == ["Speaker", "Listener", nil])
    }
}

extension Kernel {
    fileprivate static func ofTwo() throws -> Kernel {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        kernel.add { boot in Speaker(boot, Journal()) }
        kernel.add { boot in Listener(boot, Journal()) }
        return kernel
    }
}

@Suite("§3 The picture of a topology")
struct TopologyGraphTests {
    private static func graph(_ routes: [(SubsystemName, String, MessageKind, [SubsystemName])])
        -> TopologyGraph
    {
        TopologyGraph(
            subsystems: ["A", "B", "C"],
            routes: routes.map {
                .init(sender: $0.0, message: $0.1, kind: $0.2, receivers: $0.3)
            }
        )
    }

    @Test("subsystems without routes are drawn alone, and an absent receiver gets no arrow")
    func lonely() {
        let drawn = Self.graph([("A", "M", .event, [])]).mermaid
        #expect(drawn == "flowchart LR\n    A\n    B\n    C\n")
    }

    @Test("commands and events of one pair share an arrow, queries have one of their own")
    func shared() {
        let drawn = Self.graph([
            ("A", "Do", .command, ["B"]), ("A", "Done", .event, ["B", "C"]),
            ("A", "Make", .procedure, ["B"]),
            ("A", "Ask", .query, ["B"]), ("B", "Tick", .signal, ["B"]),
        ]).mermaid
        let lines = drawn.split(separator: "\n").dropFirst(4).map(String.init)
        #expect(
            lines == [
                "    A -->|\"Do<br/>Done\"| B", "    A ==>|\"Make\"| B", "    A -.->|\"Ask\"| B",
                "    A -->|\"Done\"| C", "    BDevice([\"Tick\"]) --> B",
            ]
        )
    }

    @Test(
        "questions in a circle are found, and only questions",
        arguments: [
            ([("A", "B")], nil), ([("A", "A")], ["A", "A"]),
            ([("A", "B"), ("B", "C"), ("C", "A")], ["A", "B", "C", "A"]),
            ([("A", "B"), ("A", "C"), ("B", "C")], nil),
            ([("A", "B"), ("B", "C"), ("C", "B")], ["B", "C", "B"]),
        ] as [([(SubsystemName, SubsystemName)], [SubsystemName]?)]
    )
    func cycles(pairs: [(SubsystemName, SubsystemName)], cycle: [SubsystemName]?) {
        let asked = Self.graph(pairs.map { ($0.0, "Q\($0.1)", .query, [$0.1]) })
        #expect(asked.queryCycle == cycle)
        let told = Self.graph(pairs.map { ($0.0, "E\($0.1)", .event, [$0.1]) })
        #expect(told.queryCycle == nil)
    }
}
