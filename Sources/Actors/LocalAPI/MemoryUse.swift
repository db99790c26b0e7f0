/// How much memory the process holds beside files that it has mapped, which the system takes back when it needs it.
public struct MemoryUse: Sendable, Equatable {
    /// From which part of the most on it is scarce.
    ///
    /// Source: ADR 0076.
    package static let scarceAtPercent: Int64 = 85

    /// Bytes that it holds.
    public var bytes: Int64
    /// Most bytes that it may hold; nil for as many as the machine has.
    public var bytesMax: Int64?
    /// Whether it is close to the most (ADR 0076).
    public var isScarce: Bool

    /// Says how much it is.
    public init(bytes: Int64, bytesMax: Int64? = nil, isScarce: Bool = false) {
        self.bytes = bytes
        self.bytesMax = bytesMax
        self.isScarce = isScarce
    }
}
