/// Bounds of backups.
enum BackupLimits {
    /// Most bytes of a backup.
    ///
    /// Source: own choice: the largest description of a network, each byte of which may be escaped, and lists.
    static let bytesMax = 67_108_864
}
