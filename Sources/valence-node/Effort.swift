import Foundation

/// What a long computation took so far.
struct Effort {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    init() { self.start = self.clock.now }

    /// Real time since the start, in seconds.
    var seconds: Int64 { (self.clock.now - self.start).components.seconds }

    /// The most memory that the process ever used, in MiB; nil where the system does not say.
    var peakMebibytes: Int64? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
        else { return nil }
        return Int64(kibibytes).map { $0 / 1_024 }
    }
}
