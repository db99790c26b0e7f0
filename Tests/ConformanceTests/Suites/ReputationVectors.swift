import Messages
import Primitives

@testable import Reputation

/// The score and the ledger.
enum ReputationVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("alpha") {
            try self.score(vector)
        } else if input.has("observations") {
            let count = Int(try input.integer("observations"))
            let alpha = ScoreFormula.alpha(observations: count)
            try Check.same("alpha", alpha, try vector.expect.integer("alpha"))
        } else if input.has("events") {
            try self.observations(vector)
        } else if input.has("raw_gain") {
            try self.dampening(vector)
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

    // MARK: The formula

    private static func score(_ vector: VectorCase) throws {
        let opinions = try self.opinions(vector.input)
        let average = ScoreFormula.peerAverage(opinions)
        let expected = vector.expect.optional("peer_avg")?.integer
        try Check.same("peer_avg", average?.millionths, expected)
        if vector.expect.has("peer_sum") {
            let products = opinions.map { $0.trust.millionths * $0.overall.millionths }
            let sum = products.reduce(0, +)
            try Check.same("peer_sum", sum, try vector.expect.integer("peer_sum"))
        }
        if vector.expect.has("peer_weight") {
            let weight = opinions.map(\.trust.millionths).reduce(0, +)
            try Check.same("peer_weight", weight, try vector.expect.integer("peer_weight"))
        }
        let direct = vector.input.optional("direct")?.integer.map { FixedPoint(millionths: $0) }
        let score = ScoreFormula.score(
            direct: direct ?? Account().direct,
            alpha: try vector.input.integer("alpha"),
            peerAverage: average,
            networks: Int(try vector.input.integer("distinct_assessor_asns"))
        )
        try Check.same("score", score, try vector.expect.fraction("reputation"))
    }

    private static func opinions(_ input: Fields) throws -> [ScoreFormula.Opinion] {
        if input.has("peer_generator") {
            let count = try input.fields("peer_generator").integer("count")
            return (0..<count).map { number in
                self.opinion(
                    1_000_000 - number * 7_919 % 900_000,
                    100_000 + number * 104_729 % 900_000
                )
            }
        }
        return try input.list("peers").map { pair in
            let numbers = (pair.elements ?? []).compactMap(\.integer)
            guard numbers.count == 2 else { throw VectorFailure("\(pair) is not a pair") }
            return self.opinion(numbers[0], numbers[1])
        }
    }

    private static func opinion(_ trust: Int64, _ overall: Int64) -> ScoreFormula.Opinion {
        ScoreFormula.Opinion(
            trust: FixedPoint(millionths: trust),
            overall: FixedPoint(millionths: overall)
        )
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

    private static func dampening(_ vector: VectorCase) throws {
        let raw = try vector.input.fraction("raw_gain")
        let keys = try vector.input.integer("keys")
        let gain = Dampening.dampened(raw, keys: Int(keys))
        try Check.same("gain", gain, try vector.expect.fraction("effective_gain"))
        // The way not to go: a factor that was cut off before the division.
        let factor = try vector.expect.integer("factor_floor")
        let cube = UInt128(keys * keys * keys)
        let scaled = cube * 1_000_000_000_000_000_000_000_000
        let isFloor = self.fourth(factor) <= scaled && self.fourth(factor + 1) > scaled
        try Check.same("factor_floor is the floor", isFloor, true)
        let other = raw.scaled(numerator: 1_000_000, denominator: factor)
        try Check.same("via_floor_factor", other, try vector.expect.fraction("via_floor_factor"))
    }

    private static func fourth(_ number: Int64) -> UInt128 {
        let square = UInt128(number) * UInt128(number)
        return square * square
    }

    private static func steps(_ vector: VectorCase) throws {
        let person = "somebody"
        let node = try LedgerLine.node(person)
        var line = try LedgerLine(founders: [(person, try vector.input.fraction("start"))])
        var trace: [[Int64]] = []
        for (number, step) in try vector.input.list("steps").enumerated() {
            let fields = try Fields(step, path: "steps.\(number)")
            let amount = try fields.fraction("amount")
            let time = try fields.time("at_ms")
            let before = try line.direct(person)
            switch try fields.text("op") {
            case "gain": line.machine.ledger.earn(amount, by: node, at: time, cause: "vector")
            case "loss": line.machine.ledger.charge(amount, to: node, at: time, cause: "vector")
            case let other: throw VectorFailure("no way to run the step \(other)")
            }
            let after = try line.direct(person)
            let counted = line.machine.ledger.account(of: node)?.counted(on: time.utcDay)
            trace.append([
                (after - before).millionths, after.millionths, counted?.millionths ?? 0,
            ])
        }
        let expected = try vector.expect.list("trace").map { entry in
            ["applied", "reputation", "counted_today"].compactMap { entry[$0]?.integer }
        }
        try Check.same("trace", trace, expected)
        try Check.same("final", try line.direct(person), try vector.expect.fraction("final"))
    }

    private static func inactivity(_ vector: VectorCase) throws {
        let person = "somebody"
        let score = try vector.input.fraction("reputation")
        var line = try LedgerLine(founders: [(person, score)])
        for day in 0..<(try vector.input.integer("silent_days")) { line.machine.ledger.close(day) }
        let after = try line.direct(person)
        try Check.same("score", after, try vector.expect.fraction("reputation"))
        if vector.expect.has("lost") {
            try Check.same("lost", score - after, try vector.expect.fraction("lost"))
        }
    }
}
