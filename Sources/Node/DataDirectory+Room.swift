import Persistence

extension DataDirectory {
    /// Room for what comes from others.
    package struct Room: Sendable, Equatable {
        /// Bytes that the log takes before its reserves are touched (ADR 0029).
        package let bytes: UInt64
        /// The cap on the disk, where that leaves less room than the disk itself; nil where the disk does.
        package let cap: UInt64?
    }

    /// How much room there is.
    ///
    /// - Parameter bytesMax: most bytes that log and artefacts may take; nil for the whole disk.
    /// - Returns: the room; nil when the system does not say.
    package func room(within bytesMax: Int64?) -> Room? {
        DiskAllowance(self.path, bytesMax: bytesMax).space(at: self.path).map {
            Room(bytes: $0.writable, cap: $0.cap)
        }
    }
}
