/// Bounds of backups.
enum BackupLimits {
    /// Most bytes of a backup.
    ///
    /// Source: own choice: the largest description of a network, each byte of which may be escaped, and lists.
    static let bytesMax = 67_108_864

    /// No own message has a stamp so far ahead of the clock.
    ///
    /// Source: `IdentityLimits.stampAheadMaxMilliseconds`.
    static let stampAheadMilliseconds: Int64 = 60_000

    /// Records of the log that are read at a time, and their bytes.
    ///
    /// Source: own choice: some milliseconds of work.
    static let (recordsAtOnce, recordBytesAtOnce) = (1_024, 4_194_304)
}
