public import Primitives

/// How many bytes an identity may have replicated, and propose, in exact integers (R-06-048, D-75, D-81).
public enum StorageAllowance {
    /// Bytes that an identity with ``startingScore`` may have replicated at a time (10 MiB).
    ///
    /// Source: R-06-048, R-16-108, D-63.
    private static let startingBytes: Int64 = 10 * 1_048_576

    /// The score to which ``startingBytes`` belong.
    ///
    /// Source: R-06-048.
    private static let startingScore = FixedPoint(millionths: 200_000)

    /// The bytes that an identity may have replicated at a time: the square of its score counts.
    public static func bytes(at score: FixedPoint) -> Int64 {
        let own = Int128(max(0, score.millionths))
        let unit = Int128(Self.startingScore.millionths)
        return Int64(clamping: Int128(Self.startingBytes) * own * own / (unit * unit))
    }

    /// Whether an artefact fits into what is left to an identity that has so much replicated besides
    /// (R-06-018, R-06-049, D-75).
    public static func fits(_ bytes: Int64, beside other: Int64, at score: FixedPoint) -> Bool {
        bytes <= WireLimits.replicatedContentBytesMax
            && bytes.saturatingAdding(max(0, other)) <= self.bytes(at: score)
    }
}
