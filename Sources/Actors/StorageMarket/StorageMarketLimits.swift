/// Bounds of the StorageMarket subsystem.
enum StorageMarketLimits {
    /// Bytes of an artefact that this node keeps (100 MB).
    ///
    /// Source: R-06-018, D-63.
    static let artefactBytesMax = 100_000_000

    /// Bytes asked for in one CONTENT_REQUEST.
    ///
    /// Source: R-06-014.
    static let chunkBytesMax = 1_048_576

    /// Artefacts that the index knows by SHARE; the oldest gives way.
    ///
    /// Source: own choice: about 20 MB of memory.
    static let indexedArtefactsMax = 100_000

    /// Hosts of one artefact that are remembered.
    ///
    /// Source: own choice: more are not needed to fetch it.
    static let hostsPerArtefactMax = 32

    /// Fetches and shares under way.
    ///
    /// Source: own choice: bounds what one API client can start.
    static let tasksMax = 64

    /// Pieces for peers that are being read at a time.
    ///
    /// Source: own choice: 16 MiB of memory at most, and always work for the disk.
    static let piecesReadMax = 16

    /// Pieces for peers that wait to be read; who comes when there are more is told that this node has
    /// nothing, and turns to another one.
    ///
    /// Source: own choice: as many as all peers may wait for at once (`GossipLimits`).
    static let piecesWaitingMax = 1_024
}
