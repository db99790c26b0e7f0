import Messages
import Primitives

@testable import Reputation

/// How power wears out: a person votes, or does not, in one cycle after the other.
enum TenureVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("seq") { return try self.sequence(vector) }
        guard vector.input.has("tenure") else { throw VectorFailure.unknownShape(vector.input) }
        var story = try Story()
        for _ in 0..<(try vector.input.integer("tenure")) { try story.pass(isActive: true) }
        let factor = try story.factor()
        try Check.same("multiplier", factor, try vector.expect.fraction("multiplier"))
    }

    private static func sequence(_ vector: VectorCase) throws {
        var story = try Story()
        let start = try vector.input.integer("start")
        for _ in 0..<start { try story.pass(isActive: true) }
        var steps = Tenure(cycles: start)
        var trace: [[Int64]] = []
        for step in try vector.input.list("seq") {
            guard let flag = step.integer, flag == 0 || flag == 1 else {
                throw VectorFailure("\(step) is neither an active nor a skipped cycle")
            }
            try story.pass(isActive: flag == 1)
            steps.advance(isActive: flag == 1)
            trace.append(try story.entry(steps))
        }
        let expected = try vector.expect.list("trace").map { entry in
            (entry.elements ?? []).compactMap(\.integer)
        }
        try Check.same("trace", trace, expected)
        let factor = try story.factor()
        try Check.same("multiplier", factor, try vector.expect.fraction("multiplier"))
    }

    /// A person and a ledger that is told of decisions, cycle by cycle.
    private struct Story {
        private static let voter = "the voter"
        private var line: LedgerLine
        private var cycle = TenureBook.cycle(of: Timestamp(milliseconds: LedgerLine.start))

        init() throws { self.line = try LedgerLine() }

        private var begin: Timestamp {
            Timestamp(milliseconds: self.cycle * GamingLimits.cycleMilliseconds)
        }

        /// A cycle passes, in which the person votes or does not.
        mutating func pass(isActive: Bool) throws {
            if isActive {
                let proposal = LedgerLine.message("proposal of cycle \(self.cycle)")
                let time = self.begin.adding(milliseconds: GamingLimits.cycleMilliseconds / 2)
                try self.line.decide(proposal, [(Self.voter, .endorse)], at: time)
            }
            self.cycle += 1
        }

        /// What a vote at the begin of the present cycle keeps of its weight.
        func factor() throws -> FixedPoint {
            try self.line.standing(of: Self.voter, at: self.begin).tenureFactor
        }

        /// Tenure, and how many cycles in a row were skipped.
        ///
        /// Once nothing is left of a tenure, the ledger counts no further skipped cycles, which take
        /// nothing any more: there they are those of a value that goes through the same steps.
        func entry(_ steps: Tenure) throws -> [Int64] {
            let voter = try LedgerLine.node(Self.voter)
            let tenure = self.line.books.verdicts.tenures.tenure(of: voter, at: self.begin)
            return [tenure.cycles, tenure.cycles == 0 ? steps.skips : tenure.skips]
        }
    }
}
