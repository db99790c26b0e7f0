import Messages
import Primitives

/// One comparison of the log with that of a peer, while it goes on.
struct Comparison: Sendable {
    /// What this node holds, as the peer is to compare it; nil while pages are read.
    private(set) var question: SyncComparison?
    /// Whether the newest minute counts, too.
    private let includesNewest: Bool
    /// Where the peer holds something else, as it said.
    private var differing: [SettledRange: RangeDigest] = [:]
    /// What is to be read another time.
    private var left: [Stretch] = []

    init(_ question: SyncComparison, includesNewest: Bool) {
        self.question = question
        self.includesNewest = includesNewest
    }

    // MARK: Questions

    /// Before a stretch is read the peer may be asked where in it the logs differ.
    mutating func ask(_ question: SyncComparison?) { self.question = question }

    /// The payload that asks for it; a peer that does not know the member answers with an empty page.
    static func request(_ question: SyncComparison) -> SyncRequest {
        let types = SyncPhases.types(of: question.digests.first?.phase ?? 1)
        return SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: Int64.max >> 11),
            types: types.map(\.rawValue),
            limit: 1,
            comparison: question
        )
    }

    /// The peer says where its log differs.
    ///
    /// - Parameters:
    ///   - differences: what it said.
    ///   - whole: the large range that was asked about; nil for the whole log.
    ///   - now: the time.
    /// - Returns: the ranges that are not left to gossip.
    mutating func answered(
        _ differences: [SyncDifference],
        about whole: Stretch?,
        now: Timestamp
    ) -> [DifferingRange] {
        guard let question = self.question else { return [] }
        self.question = nil
        var ranges = differences.compactMap { difference in
            DifferingRange(difference, in: question, isPart: whole != nil)
        }
        if let whole {
            if Self.isVague(ranges, about: whole) { ranges = ranges.map(\.uncounted) }
        } else if !self.includesNewest {
            ranges = ranges.filter { $0.range.isOld(now: now) }
        }
        for range in ranges { self.differing[range.range] = range.digest }
        return ranges
    }

    /// Whether parts are said to hold more than the whole.
    ///
    /// The peer keeps longer blocks of that time than this node then, and counts a block for every part
    /// that touches it, so that asking on leads nowhere.
    private static func isVague(_ parts: [DifferingRange], about whole: Stretch) -> Bool {
        parts.reduce(0) { $0 &+ $1.messages } > whole.messages
    }

    // MARK: What came of it

    /// These are to be read another time.
    mutating func leave(_ stretches: some Sequence<Stretch>) {
        self.left.append(contentsOf: stretches)
    }

    /// Whether all that differed was read.
    var isWhole: Bool { self.left.isEmpty }

    /// The ranges of which everything was read and found room.
    var settled: [SettledRange: RangeDigest] {
        guard !self.isWhole else { return self.differing }
        return self.differing.filter { range, _ in !self.left.contains { $0.touches(range) } }
    }
}
