import Doors
import Primitives
import Testing

@Suite("Operations: one entry says all")
struct EndpointTests {
    private enum Deed: Equatable {
        case pour(MessageID, Int64, [String], String?)
    }

    private static let id = String(repeating: "0a", count: 32)

    private static let pour = Endpoint(
        "pour",
        .read,
        path: "/v1/cups/{id}/pour",
        summary: "Pours.",
        Parameter<MessageID>.id("id", "The cup."),
        Parameter<Int64>.integer("amount", "How much.", 1...9, standard: 3),
        .texts("kinds", "Of what."),
        .text("note", "Why."),
        answers: .json(.anything)
    ) { Deed.pour($0, $1, $2, $3) }

    @Test("arguments are read from where HTTP carries them, and defaults stand in for the rest")
    func reading() throws {
        let id = try #require(MessageID(hex: Self.id))
        let operation = Self.pour.operation
        for (target, deed) in [
            ("/v1/cups/\(Self.id)/pour", .pour(id, 3, [], nil)),
            (
                "/v1/cups/\(Self.id)/pour?amount=9&kinds=a%2Cb,c&note=x+y%26",
                .pour(id, 9, ["a", "b", "c"], "x y&")
            ),
        ] as [(String, Deed)] {
            let read = try #require(RequestTarget(target))
            let path = try #require(operation.match(read.segments))
            let arguments = try operation.arguments(path: path, query: read.query)
            #expect(try Self.pour.call(with: arguments) == deed)
        }
        for other in ["/v1/cups//pour", "/v1/cups/x", "/v1/cups/x/pour/", "/v1/Cups/x/pour"] {
            let target = try #require(RequestTarget(other))
            #expect(operation.match(target.segments) == nil, "\(other)")
        }
    }

    @Test("what a client carries is what the server reads")
    func carrying() throws {
        let arguments = JSONValue.object([
            ("id", .string(Self.id)), ("amount", .integer(2)),
            ("kinds", .array([.string("\u{E9} &"), .string("b")])), ("note", .string("a=b?c#d+e")),
        ])
        let carried = Self.pour.operation.carry(arguments)
        let target = try #require(RequestTarget(carried.target))
        let path = try #require(Self.pour.operation.match(target.segments))
        let read = try Self.pour.operation.arguments(path: path, query: target.query)
        #expect(read.canonicalBytes() == arguments.canonicalBytes() && carried.body == nil)
    }

    @Test(
        "ADR 0059: an act with a dry run takes the flag in its query, and does something else by it"
    )
    func dryRuns() throws {
        let act = Endpoint(
            "fill",
            .act,
            path: "/v1/cups/{id}/fill",
            summary: "Fills.",
            Parameter<MessageID>.id("id", "The cup."),
            Parameter<Int64>.integer("amount", "How much.", 1...9, standard: 3),
            answers: .record(Cup.self)
        ) { Deed.pour($0, $1, [], nil) }
        .withDryRun(answering: Shelf.self) { deed in
            if case .pour(let id, let amount, _, _) = deed {
                .pour(id, amount, [], "dry")
            } else {
                deed
            }
        }
        let id = try #require(MessageID(hex: Self.id))
        for (flag, note) in [(nil, nil), (false, nil), (true, "dry")] as [(Bool?, String?)] {
            let arguments = JSONValue.object(
                [("id", .string(Self.id)), ("amount", .integer(2))]
                    + (flag.map { [("dry_run", .bool($0))] } ?? [])
            )
            #expect(try act.call(with: arguments) == .pour(id, 2, [], note))
            let carried = act.operation.carry(arguments)
            #expect(carried.target.hasSuffix(flag.map { "?dry_run=\($0)" } ?? "/fill"))
            #expect(carried.body?["dry_run"] == nil)
        }
        #expect(throws: ArgumentFlaw("`dry_run` must be true or false")) {
            try act.call(with: .object([("id", .string(Self.id)), ("dry_run", .integer(1))]))
        }
        guard case .json(let schema) = act.operation.answer else {
            Issue.record("it answers with bytes")
            return
        }
        let cup = Cup(drink: "tea", size: nil)
        #expect(schema.flaw(of: cup.shown) == nil)
        #expect(schema.flaw(of: Shelf(cups: [cup]).shown) == nil)
        #expect(schema.flaw(of: .object([("drink", .integer(1))])) != nil)
        #expect(schema.records.map(\.name) == ["Cup", "Shelf", "Cup"])
    }

    @Test("what an operation does not take is carried all the same, where the node refuses it")
    func unknown() throws {
        let arguments = JSONValue.object([("id", .string(Self.id)), ("colour", .integer(1))])
        let carried = Self.pour.operation.carry(arguments)
        #expect(carried.target == "/v1/cups/\(Self.id)/pour?colour=1" && carried.body == nil)
    }

    @Test("arguments that are unknown, twice, missing or wrong are told by name")
    func flaws() throws {
        let id = [(name: "id", value: Self.id)]
        for (path, query, detail) in [
            (id, [("amount", "10")], "`amount` must be a whole number from 1 to 9"),
            (id, [("amount", "x")], "`amount` must be a whole number from 1 to 9"),
            (id, [("note", "a"), ("note", "b")], "`note` is there twice"),
            (id, [("colour", "red")], "`colour` is unknown; known are amount, kinds, note"),
            ([], [], "`id` is missing; it must be 64 lower-case hex characters"),
        ] as [([(name: String, value: String)], [(name: String, value: String)], String)] {
            #expect(throws: ArgumentFlaw(detail)) {
                let arguments = try Self.pour.operation.arguments(path: path, query: query)
                _ = try Self.pour.call(with: arguments)
            }
        }
    }
}
