import Messages
import Primitives

@testable import Reputation

/// The score and the ledger.
enum ReputationVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("alpha") || input.has("observations") {
            try ScoreVectors.run(vector)
        } else if input.has("events") {
            try self.observations(vector)
        } else if input.has("raw_gain") {
            try DampeningVectors.run(vector)
        } else if input.has("steps") {
            try self.steps(vector)
        } else if input.has("event") {
            try EarningVectors.run(vector)
        } else if input.has("silent_days") {
            try self.inactivity(vector)
        } else {
            try AssessmentVectors.run(vector)
        }
    }

    // MARK: The ledger

    private static func observations(_ vector: VectorCase) throws {
        var ledger = Ledger(founders: [])
        var identities: [NodeID] = []
        for (number, event) in try vector.input.list("events").enumerated() {
            let fields = try Fields(event, path: "events.\(number)")
            fields.skip("key")
            let identity = try LedgerLine.node(try fields.text("identity"))
            let name = try fields.text("type")
            guard let type = MessageType(rawValue: name) else {
                throw VectorFailure("\(name) is no type")
            }
            let id = LedgerLine.message(try fields.text("id"))
            let time = try fields.time("at_ms")
            identities.append(identity)
            ledger.note(identity) { $0.observations.note(type, id, at: time) }
        }
        let count = identities.compactMap { ledger.account(of: $0)?.observations.count }.max() ?? 0
        try Check.same("observations", Int64(count), try vector.expect.integer("observations"))
    }

    private static func steps(_ vector: VectorCase) throws {
        let person = "somebody"
        let node = try LedgerLine.node(person)
        var line = try LedgerLine(founders: [(person, try vector.input.fraction("start"))])
        var trace: [[Int64?]] = []
        for (number, step) in try vector.input.list("steps").enumerated() {
            let fields = try Fields(step, path: "steps.\(number)")
            let amount = try fields.fraction("amount")
            let time = try fields.time("at_ms")
            let before = try line.direct(person)
            let operation = try fields.text("op")
            switch operation {
            case "gain": line.books.earn(amount, by: node, at: time, cause: "vector")
            case "loss": line.books.charge(amount, to: node, at: time, cause: "vector")
            case let other: throw VectorFailure("no way to run the step \(other)")
            }
            let after = try line.direct(person)
            let counted = line.books.ledger.account(of: node)?.counted(on: time.utcDay)
            // What a loss takes shows in the score; only a gain can be cut.
            let applied = operation == "gain" ? (after - before).millionths : nil
            trace.append([applied, after.millionths, counted?.millionths ?? 0])
        }
        let expected = try vector.expect.list("trace").map { entry in
            ["applied", "reputation", "counted_today"].map { entry[$0]?.integer }
        }
        try Check.same("trace", trace, expected)
        try Check.same("final", try line.direct(person), try vector.expect.fraction("final"))
    }

    private static func inactivity(_ vector: VectorCase) throws {
        let person = "somebody"
        let score = try vector.input.fraction("reputation")
        var line = try LedgerLine(founders: [(person, score)])
        line.watch(days: 0..<(try vector.input.integer("silent_days")))
        let after = try line.direct(person)
        try Check.same("score", after, try vector.expect.fraction("reputation"))
        if vector.expect.has("lost") {
            try Check.same("lost", score - after, try vector.expect.fraction("lost"))
        }
    }
}
