import Messages
import Primitives

/// Bounds of the StorageMarket subsystem.
enum StorageMarketLimits {
    /// Bytes of an artefact that this node keeps (100 MB).
    ///
    /// Source: R-06-018, D-63.
    static let artefactBytesMax = Int(WireLimits.replicatedContentBytesMax)

    /// Bytes asked for in one CONTENT_REQUEST.
    ///
    /// Source: R-06-014.
    static let chunkBytesMax = Int(WireLimits.contentChunkBytesMax)

    /// Bytes of the record of a partial artefact; a longer one is no record.
    ///
    /// Source: own choice: each of its 96 pieces a hundred times.
    static let pieceRecordBytesMax = 65_536

    /// After the start, and between two batches, artefacts are looked at that may go.
    ///
    /// Source: own choice: what is synced at a start names hosts, and the disk has rest.
    static let keepingStartMilliseconds: Int64 = 60_000

    /// Between two looks at artefacts that may go.
    ///
    /// Source: own choice: an age is said in days.
    static let keepingLookMilliseconds: Int64 = 3_600_000

    /// Age below which no artefact goes, however many bytes there are.
    ///
    /// Source: own choice: who fetched it has read it by then.
    static let keepingMinMilliseconds: Int64 = 3_600_000

    /// Milliseconds of a day of the operator, which the days of the market are not.
    ///
    /// Source: 24 hours.
    static let keepingDay: Int64 = 86_400_000

    /// Artefacts that are dropped at once.
    ///
    /// Source: own choice: the device is free for others again within a second.
    static let droppedAtOnceMax = 64

    /// Pieces of one artefact that are asked for or being written at a time, and so the most hosts that
    /// are asked at once.
    ///
    /// Source: own choice: enough to fill a line of 30 MB/s at 100 ms, and 4 MiB of memory.
    static let piecesPerDownloadMax = 4

    /// A piece that is not there after this time is asked for elsewhere.
    ///
    /// Source: D-18, as for every exchange.
    static let pieceMilliseconds: Int64 = 30_000

    /// Times in a row that a host may give nothing before it is left.
    ///
    /// Source: own choice: with the rests between them seven seconds, in which a host that was not
    /// connected is dialled and proves who it is.
    static let hostFailuresMax = 4

    /// Milliseconds that a host may take for 1 MiB on the average of all that it was asked for, before others
    /// are asked first.
    ///
    /// Source: own choice: a third of what one piece may take; four at a time are 400 kB/s.
    static let slowPieceMilliseconds: Int64 = 10_000

    /// Milliseconds of waiting after which a host's pace is judged.
    ///
    /// Source: own choice: a few pieces, so that one that is lost decides nothing.
    static let paceMilliseconds: Int64 = 40_000

    /// Rest of a host that gave nothing; each time in a row it is twice as long.
    ///
    /// Source: own choice: a connection is back by then, if it comes back.
    static let hostRestMilliseconds: Int64 = 1_000

    /// Artefacts that are fetched at a time; others wait.
    ///
    /// Source: own choice: 32 MiB of memory, as each may hold four pieces.
    static let downloadsActiveMax = 8

    /// Artefacts that are fetched or wait for it.
    ///
    /// Source: own choice: more than one node stores in an hour.
    static let downloadsMax = 256

    /// Copies for others that are fetched at a time.
    ///
    /// Source: own choice: half of the places, so that others can be fetched meanwhile.
    static let copiesActiveMax = 4

    /// Copies for others that are fetched or wait for it.
    ///
    /// Source: own choice: the other places are as many as people may wait for (`tasksMax`).
    static let copiesMax = 192

    /// Artefacts that nobody fetches any more and of which pieces are kept.
    ///
    /// Source: own choice: 800 MB of disk at most.
    static let partialsMax = 8

    /// A host that has not repeated its SHARE for so long is none any more: two rounds may be lost on the
    /// way, and the second one may come five minutes late.
    ///
    /// Source: own choice: twice the 30 minutes after which SHAREs are repeated (R-06-008) and silent
    /// peers are dropped (R-04-015), and the time window of messages (R-02-021).
    static let hostLife = MarketSpan.minutes(65)

    /// Hosts of one artefact that are remembered.
    ///
    /// Source: own choice: more are not needed to fetch it.
    static let hostsPerArtefactMax = 32

    /// Hosts of one artefact that are remembered of one identity.
    ///
    /// Source: own choice: an identity has few nodes, and can have many keys.
    static let hostsPerIdentityMax = 4

    /// Artefacts of one identity that the index knows; its oldest gives way.
    ///
    /// Source: own choice: what it may offer in an hour (R-06-005, R-06-007).
    static let indexedPerIdentityMax = 500

    /// Bytes of all that the index knows; whoever speaks of most artefacts gives way.
    ///
    /// Source: own choice: a hundred thousand artefacts with short descriptions.
    static let indexBytesMax = 33_554_432

    /// Bytes that an announcement takes beside its texts.
    ///
    /// Source: own choice: measured on 64-bit machines, rounded up.
    static let announcementBytes = 256

    /// Bytes of a media type that are remembered.
    ///
    /// Source: RFC 6838, 4.2: two names of 127 characters.
    static let contentTypeBytesMax = 255

    /// Bytes of a filename that are remembered.
    ///
    /// Source: own choice: as long as file systems allow.
    static let filenameBytesMax = 255

    /// Bytes of a description that are remembered and searched.
    ///
    /// Source: own choice, as for the description of a proposal (R-07-005).
    static let descriptionBytesMax = 1_024

    /// SHAREs of one identity in a rolling hour.
    ///
    /// Source: R-06-007.
    static let sharesPerHourMax = 10

    /// SHAREs of this node in a rolling hour that only repeat what it offers.
    ///
    /// Source: own choice: two are left for what people share meanwhile.
    static let repeatedSharesPerHourMax = 8

    /// A rolling hour.
    ///
    /// Source: R-06-007.
    static let hour = MarketSpan.hours(1)

    /// Times of SHAREs that are remembered of one identity.
    ///
    /// Source: own choice: four hours of what it may send.
    static let shareTimesMax = 40

    /// Identities whose SHAREs are counted.
    ///
    /// Source: own choice: 8 MB of memory; whoever was silent for longest is forgotten.
    static let sharersMax = 20_000

    /// A SHARE is repeated after this time.
    ///
    /// Source: R-06-008.
    static let sharePause = MarketSpan.minutes(30)

    /// What is due within this time is repeated together with what is due.
    ///
    /// Source: own choice: artefacts that were shared one after the other soon go in one message.
    static let shareSlack = MarketSpan.minutes(5)

    /// After a start nothing is repeated before this time: nobody would hear it.
    ///
    /// Source: own choice: peers have been dialled and authenticated by then.
    static let shareStartMilliseconds: Int64 = 30_000

    /// What was not accepted is offered again after this time.
    ///
    /// Source: own choice: an operator is told of each refusal.
    static let shareRetry = MarketSpan.minutes(5)

    /// COPY_QUERYs of one peer in a rolling minute.
    ///
    /// Source: R-06-118, R-16-020.
    static let copyQueriesPerMinuteMax = 10

    /// A rolling minute.
    ///
    /// Source: R-06-118.
    static let minuteMilliseconds: Int64 = 60_000

    /// Peers whose COPY_QUERYs are counted; whoever asked first is forgotten.
    ///
    /// Source: own choice: more than are connected at a time.
    static let countedPeersMax = 1_024

    /// Artefacts in the answer to one search.
    ///
    /// Source: own choice, as for other lists of the local API, and one more, which tells that there are
    /// more.
    static let foundMax = 1_001

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

    /// Peers that are remembered as readers of an artefact, all artefacts taken together; when there are
    /// more, the older half is forgotten.
    ///
    /// Source: own choice: 256 KiB of memory; who is forgotten gets a disputed artefact from others.
    static let readersMax = 4_096
}
