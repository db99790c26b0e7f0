public import ArgumentParser
import Logging
public import Messages
import Node
public import Primitives

// How identifiers and choices are written on the command line.

extension MessageID: ExpressibleByArgument {
    /// 64 lower-case hexadecimal digits (D-04).
    public init?(argument: String) { self.init(hex: argument) }
}

extension ContentHash: ExpressibleByArgument {
    /// 64 lower-case hexadecimal digits (D-04).
    public init?(argument: String) { self.init(hex: argument) }
}

extension NodeID: ExpressibleByArgument {
    /// A key in any form that the node prints.
    public init?(argument: String) { self.init(anyForm: argument) }
}

extension Messages.Flag.Severity: ExpressibleByArgument {}

extension Messages.Flag.Category: ExpressibleByArgument {}

/// How much a node says about itself.
enum LogLevel: String, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}

/// What a voter says.
enum Stance: String, CaseIterable, ExpressibleByArgument {
    case endorse, reject, abstain
}

extension Propose.Tier: ExpressibleByArgument {}
