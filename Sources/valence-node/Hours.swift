import Foundation
import Primitives

/// Times that people give relative to now.
enum Hours {
    /// Unix milliseconds so many hours from now.
    static func fromNow(_ hours: Int64) throws -> Int64 {
        try Self.fromNow(seconds: Double(hours) * 3_600)
    }

    /// Unix milliseconds so many seconds from now.
    static func fromNow(seconds: Double) throws -> Int64 {
        guard seconds > 0, seconds < 3_153_600_000 else {
            throw CommandFailure(.usage, "the time must be positive and below 100 years")
        }
        return Timestamp.now.milliseconds + Int64(seconds * 1_000)
    }
}

extension Timestamp {
    /// The time of this machine; what the command line computes of it is signed and judged by the node.
    static var now: Timestamp {
        Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1_000))
    }
}
