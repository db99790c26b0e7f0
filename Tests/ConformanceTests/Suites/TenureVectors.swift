import Primitives

@testable import Reputation

/// How power wears out.
enum TenureVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("seq") { return try self.sequence(vector) }
        guard vector.input.has("tenure") else { throw VectorFailure.unknownShape(vector.input) }
        let tenure = Tenure(cycles: try vector.input.integer("tenure"))
        try Check.same("multiplier", tenure.factor, try vector.expect.fraction("multiplier"))
    }

    private static func sequence(_ vector: VectorCase) throws {
        var tenure = Tenure(cycles: try vector.input.integer("start"))
        var trace: [[Int64]] = []
        for step in try vector.input.list("seq") {
            guard let flag = step.integer, flag == 0 || flag == 1 else {
                throw VectorFailure("\(step) is neither an active nor a skipped cycle")
            }
            tenure.advance(isActive: flag == 1)
            trace.append([tenure.cycles, tenure.skips])
        }
        let expected = try vector.expect.list("trace").map { entry in
            (entry.elements ?? []).compactMap(\.integer)
        }
        try Check.same("trace", trace, expected)
        try Check.same("multiplier", tenure.factor, try vector.expect.fraction("multiplier"))
    }
}
