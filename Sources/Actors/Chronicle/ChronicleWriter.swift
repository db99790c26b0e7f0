/// One line for the operator.
public struct ChronicleLine: Sendable, Equatable {
    /// Which readers a line is for.
    public enum Level: Sendable {
        /// Operators who look for the cause of a problem.
        case debug
        /// Every operator.
        case notice
    }

    /// Which readers it is for.
    public let level: Level
    /// What happened, for programs: it never changes, and nothing of it comes from peers.
    public let event: String
    /// One sentence without a full stop; parts of it may come from peers.
    public let text: String

    /// Puts a line together.
    public init(_ level: Level, _ event: String, _ text: String) {
        self.level = level
        self.event = event
        self.text = text
    }
}

/// The device of ``Chronicle``: where lines go.
public protocol ChronicleWriter: Sendable {
    /// Whether lines of the level ``ChronicleLine/Level/debug`` are read at all.
    var isVerbose: Bool { get }
    /// Takes a line; does not block.
    func write(_ line: ChronicleLine)
}
