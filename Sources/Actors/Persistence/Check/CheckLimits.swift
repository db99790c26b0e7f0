/// Numbers of the check of the database file: those of LMDB's own layout, and bounds of the search
/// for records.
enum CheckLimits {
    /// First number of a meta page's content.
    ///
    /// Source: LMDB 0.9, MDB_MAGIC.
    static let metaMagic: UInt32 = 0xBEEF_C0DE

    /// Layout of the data file.
    ///
    /// Source: LMDB 0.9, MDB_DATA_VERSION.
    static let dataVersion: UInt32 = 1

    /// Sizes that a page may have, in bytes.
    ///
    /// Source: LMDB 0.9: the system's page size, at most MAX_PAGESIZE.
    static let pageSizes = [4_096, 8_192, 16_384, 32_768]

    /// Levels that a tree may have.
    ///
    /// Source: LMDB 0.9, CURSOR_STACK.
    static let depthMax = 32

    /// Largest key, in bytes.
    ///
    /// Source: LMDB 0.9, MDB_MAXKEYSIZE.
    static let keySizeMax = 511

    /// Bytes read at a time when records are looked for.
    ///
    /// Source: own choice: few system calls and little memory.
    static let searchWindow = 1_048_576

    /// Bytes that are given up when the disk cannot read them.
    ///
    /// Source: own choice: the sector of current disks.
    static let salvageUnit = 4_096

    /// Largest record that is looked for, in bytes.
    ///
    /// Source: own choice: twice the largest message (8 MiB), so that a record of any kind is found.
    static let recordBytesMax = 16_777_216

    /// Ways to put records together that are tried when several claim one position.
    ///
    /// Source: own choice: leftovers of eight failed commits.
    static let combinationsMax = 256

    /// Records that one commit of a rebuild holds, in bytes.
    ///
    /// Source: own choice: the largest message, which must fit anyway.
    static let rebuildGroupBytes = 8_388_608
}
