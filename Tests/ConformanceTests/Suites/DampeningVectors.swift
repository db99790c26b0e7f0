import Primitives

@testable import Reputation

/// What is left of a gain that several keys share (D-40).
enum DampeningVectors {
    /// Below 0.2 no limit of a day applies, so that much can be earned at once and no more.
    private static let room: Int64 = 200_000
    /// More keys are linked in no time that a test has.
    private static let keysMax: Int64 = 1_000

    static func run(_ vector: VectorCase) throws {
        let raw = try vector.input.fraction("raw_gain")
        let keys = try vector.input.integer("keys")
        let expected = try vector.expect.fraction("effective_gain")
        let isShown = expected.millionths <= self.room && keys <= self.keysMax
        let gain =
            isShown
            ? try self.earned(raw, keys: keys) : Dampening.dampened(raw, keys: Int(keys))
        try Check.same("gain", gain, expected)
        if vector.expect.has("factor_floor") { try self.floor(vector, raw, keys) }
    }

    private static func earned(_ raw: FixedPoint, keys: Int64) throws -> FixedPoint {
        var line = try LedgerLine(founders: [("root", .zero)])
        for child in 1..<max(1, keys) { try line.link("root", "child \(child)") }
        let before = try line.direct("root")
        line.books.earn(
            raw,
            by: try LedgerLine.node(keys > 1 ? "child 1" : "root"),
            at: Timestamp(milliseconds: LedgerLine.start),
            cause: "vector"
        )
        return try line.direct("root") - before
    }

    /// The way not to go: a factor that was cut off before the division.
    private static func floor(_ vector: VectorCase, _ raw: FixedPoint, _ keys: Int64) throws {
        let factor = try vector.expect.integer("factor_floor")
        let scaled = UInt128(keys * keys * keys) * 1_000_000_000_000_000_000_000_000
        let isFloor = self.fourth(factor) <= scaled && self.fourth(factor + 1) > scaled
        try Check.same("factor_floor is the floor", isFloor, true)
        let other = raw.scaled(numerator: 1_000_000, denominator: factor)
        try Check.same("via_floor_factor", other, try vector.expect.fraction("via_floor_factor"))
    }

    private static func fourth(_ number: Int64) -> UInt128 {
        let square = UInt128(number) * UInt128(number)
        return square * square
    }
}
