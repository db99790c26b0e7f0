import Foundation

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
        return Int64((Date.now.timeIntervalSince1970 + seconds) * 1_000)
    }
}
