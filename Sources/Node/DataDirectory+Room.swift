import Persistence

extension DataDirectory {
    /// Bytes that the log takes of others before its reserves are touched (ADR 0029); nil when the system does
    /// not say.
    package var writableBytes: UInt64? { DiskSpace.measure(self.path)?.writable }
}
