#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The time of day, in which relays and their clients state how long a reservation lasts.
enum WallClock {
    /// Seconds since 1970.
    @Sendable
    static func seconds() -> UInt64 { UInt64(clamping: time(nil)) }
}
