import Foundation
import Glibc

/// What signals to end mean: to drain, or not to wait for it any longer.
struct StopSignals {
    private var first: ContinuousClock.Instant?

    /// A supervisor and a shell may both pass on one wish to end: within this time it is the same one.
    private static let sameWish = Duration.seconds(1)

    /// Takes a signal in.
    ///
    /// - Parameters:
    ///   - isHangUp: the terminal is gone, which is no sign of impatience.
    ///   - now: when it came.
    /// - Returns: whether the node drains; otherwise it ends at once.
    mutating func drains(isHangUp: Bool, at now: ContinuousClock.Instant) -> Bool {
        guard let first = self.first else {
            self.first = now
            return true
        }
        return isHangUp || now - first < Self.sameWish
    }
}

/// The input of this process, which its starter may hold open as long as it lives.
enum StandardInput {
    /// Calls back once, when nobody can write to it any more.
    ///
    /// A pipe closes with the last process that holds its end, however that process ends, and on every
    /// system; a signal of the kernel upon the death of a parent comes with the end of its thread.
    static func whenEnded(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 256)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count > 0 || count < 0 && errno == EINTR { continue }
                return body()
            }
        }
    }
}
