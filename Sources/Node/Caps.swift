/// What a node takes of its machine at most (ADR 0076); nil leaves it to the machine.
public struct Caps: Sendable, Equatable {
    /// Connections of the transport, and dials under way.
    public var connections: Int?
    /// Bytes a second of all sockets of the transport, each way.
    public var bytesPerSecond: Int64?
    /// Bytes of memory beside mapped files.
    public var memoryBytes: Int64?
    /// Bytes of log and artefacts on the disk.
    public var diskBytes: Int64?

    /// No caps.
    public init() {}
}
