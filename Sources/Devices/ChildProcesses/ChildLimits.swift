/// Bounds of the device.
enum ChildLimits {
    /// Longest line that a child may say.
    ///
    /// Source: own choice (ADR 0058).
    static let lineBytesMax = 1_048_576

    /// Lines that are handed over at once; the child is not read meanwhile.
    ///
    /// Source: own choice (ADR 0058).
    static let batchLinesMax = 32

    /// Bytes that are read at once.
    ///
    /// Source: own choice (ADR 0058).
    static let pieceBytes = 65_536

    /// Beginning of a stray line that the operator is shown.
    ///
    /// Source: own choice (ADR 0058).
    static let strayBytesMax = 120

    /// What a child's log may hold, twice: the file is renamed when it is full.
    ///
    /// Source: own choice (ADR 0058).
    static let logBytesMax = 1_048_576

    /// What a child may write to its log in a second; beyond that it waits.
    ///
    /// Source: own choice (ADR 0058).
    static let logBytesASecond = 262_144

    /// How often the loop looks after processes that ended.
    ///
    /// Source: own choice (ADR 0058).
    static let tickMilliseconds: Int32 = 100

    /// Ticks between two measurements.
    ///
    /// Source: own choice (ADR 0058).
    static let ticksPerMeasurement = 20

    /// How long children may take to end when the node does.
    ///
    /// Source: own choice (ADR 0058).
    static let farewellMilliseconds: Int64 = 1_000

    /// How much less of the processor children get where it is scarce.
    ///
    /// Source: own choice (ADR 0058).
    static let niceness: Int32 = 10
}
