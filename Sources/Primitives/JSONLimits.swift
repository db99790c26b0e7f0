/// Bounds of a JSON document, checked before memory is spent on what exceeds them.
///
/// How many values there are is not bounded by itself: a value takes two bytes at least, so the tape
/// never takes more than eight times the length of its document.
public struct JSONLimits: Sendable, Equatable {
    /// Largest document.
    ///
    /// Source: D-17 (8 MiB).
    public var bytesMax = 8_388_608

    /// Deepest nesting of objects and arrays.
    ///
    /// Source: own choice; the deepest message of the protocol has six levels.
    public var depthMax = 64

    /// Largest magnitude of a number; all whole numbers up to it are exact in every JSON reader.
    ///
    /// Source: D-03 (2^53 - 1).
    public static let integerMax: Int64 = 9_007_199_254_740_991

    /// The limits of a message that nodes keep and hand on.
    ///
    /// Source: D-17, and the members above.
    public static let message = JSONLimits()

    /// The limits of a frame between two nodes, which may hold messages.
    ///
    /// Source: ADR 0037: a SYNC_RESPONSE puts three levels around a message; the rest is to spare.
    public static let frame = JSONLimits(depthMax: JSONLimits.message.depthMax + 8)

    /// Starts from the limits of a message.
    public init() {}

    private init(depthMax: Int) { self.depthMax = depthMax }
}
