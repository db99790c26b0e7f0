public import ArgumentParser
import Logging
import Messages
public import Node
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

extension NodeSettings.Profile: ExpressibleByArgument {}

extension NodeConfiguration.Reach: ExpressibleByArgument {}

/// How much a node says about itself.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
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

/// Which rules decide on a proposal.
enum Tier: String, CaseIterable, ExpressibleByArgument {
    case standard, constitutional

    /// How long votes are taken unless the author says so.
    var votingMilliseconds: Int64 {
        switch self {
        case .standard: WireLimits.defaultVotingMilliseconds
        // Their shortest time; an hour more, since the request takes a moment.
        case .constitutional: WireLimits.votingMilliseconds + 3_600_000
        }
    }
}
