/// Bounds of a JSON document, checked before memory is spent on what exceeds them.
public struct JSONLimits: Sendable, Equatable {
    /// Largest document.
    ///
    /// Source: D-17 (8 MiB).
    public var bytesMax = 8_388_608

    /// Deepest nesting of objects and arrays.
    ///
    /// Source: own choice; the deepest message of the protocol has six levels.
    public var depthMax = 64

    /// Most members of one object or elements of one array.
    ///
    /// Source: own choice: a page of sync holds 1,000 messages; bounds the tape to 100 MiB.
    public var membersMax = 65_536

    /// Most values in the whole document.
    ///
    /// Source: own choice: keeps the tape under 24 MiB for any document of 8 MiB.
    public var valuesMax = 1_000_000

    /// The limits of a message.
    ///
    /// Source: D-17, and the members above.
    public static let message = JSONLimits()

    /// Starts from the limits of a message.
    public init() {}
}
