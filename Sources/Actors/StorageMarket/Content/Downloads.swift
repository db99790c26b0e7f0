import Messages
import OrderedCollections
import Primitives

/// All artefacts on their way from peers; each is fetched once, whoever wants it.
struct Downloads: Sendable {
    /// Tells who wanted an artefact what came of it.
    struct End: Sendable, Equatable {
        let hash: ContentHash
        let purpose: DownloadPurpose
        let outcome: DownloadOutcome
    }

    /// What follows from an event.
    struct Step {
        var actions: [StorageMarketAction] = []
        var ends: [End] = []
    }

    private var underWay: OrderedDictionary<ContentHash, Download> = [:]
    /// What lies on disk of artefacts that are not under way.
    private var left: [ContentHash: PieceMap]

    /// Begins with what earlier lives of the node left on disk.
    init(partial: [ContentHash: PieceMap] = [:]) { self.left = partial }

    /// How far each is.
    var progress: [DownloadProgress.Row] { self.underWay.values.map(\.progress) }

    /// When something has to be done although nothing happens.
    var nextWake: Timestamp? { self.active.compactMap { self.underWay[$0]?.nextWake }.min() }

    /// Those that ask for pieces; the others wait for their turn.
    ///
    /// What somebody in this node waits for comes first. Of the copies for others there are few at a time and
    /// one of each uploader, so that slow ones keep nobody else waiting.
    private var active: [ContentHash] {
        var (wanted, copies): ([ContentHash], [ContentHash]) = ([], [])
        var uploaders: Set<NodeID> = []
        for (hash, download) in self.underWay {
            guard let uploader = download.uploader else {
                wanted.append(hash)
                continue
            }
            if uploaders.insert(uploader).inserted { copies.append(hash) }
        }
        copies = Array(copies.prefix(StorageMarketLimits.copiesActiveMax))
        return Array((wanted + copies).prefix(StorageMarketLimits.downloadsActiveMax))
    }

    /// Whether one more has a place; copies leave some to those who wait in this node.
    private func hasPlace(for purpose: DownloadPurpose) -> Bool {
        switch purpose {
        case .fetch: self.underWay.count < StorageMarketLimits.downloadsMax
        case .copy:
            self.underWay.values.count { $0.uploader != nil } < StorageMarketLimits.copiesMax
        }
    }

    // MARK: Those who want something

    /// Gets an artefact that is not held.
    ///
    /// - Parameters:
    ///   - hash: what its bytes must have.
    ///   - size: its bytes; nil when unknown. What a contract says holds; else it is a hint, and given up
    ///     when none of the hosts says the same.
    ///   - hosts: who may have it, in the order in which they should be asked.
    ///   - purpose: named in the end.
    ///   - now: the time.
    ///   - numbers: for exchanges and tasks.
    /// - Returns: what follows.
    mutating func begin(
        _ hash: ContentHash,
        size: Int?,
        from hosts: [NodeID],
        for purpose: DownloadPurpose,
        now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> Step {
        var step = Step()
        if let size, size > StorageMarketLimits.artefactBytesMax {
            return Step(ends: [End(hash: hash, purpose: purpose, outcome: .tooLarge(size))])
        }
        if self.underWay[hash] == nil {
            guard self.hasPlace(for: purpose) else {
                return Step(ends: [End(hash: hash, purpose: purpose, outcome: .busy)])
            }
            var pieces = self.left.removeValue(forKey: hash)
            if let known = pieces, let size, known.size != size {
                pieces = nil
                step.actions.append(.discard(hash))
            }
            let isHint = if case .fetch = purpose { true } else { false }
            self.underWay[hash] = Download(hash, size: size, isHint: isHint, pieces: pieces)
        }
        self.underWay[hash]?.add(purpose, hosts)
        self.advance(&step, now: now, &numbers)
        return step
    }

    /// An artefact must not come here: whoever wants it gets nothing, and its pieces go.
    mutating func forbid(_ hash: ContentHash, now: Timestamp, _ numbers: inout TaskNumbers) -> Step
    {
        var step = Step()
        if self.underWay[hash] != nil { self.end(hash, .unavailable, &step) }
        if self.left.removeValue(forKey: hash) != nil { step.actions.append(.discard(hash)) }
        self.advance(&step, now: now, &numbers)
        return step
    }

    // MARK: What happens

    /// A peer answered.
    mutating func responded(
        _ response: ContentResponse,
        on exchange: OutboundExchange,
        now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> Step {
        var step = Step()
        guard let hash = self.owner(of: exchange.id),
            let actions = self.underWay[hash]?.took(response, on: exchange, now: now, &numbers)
        else { return step }
        step.actions = actions
        self.advance(&step, now: now, &numbers)
        return step
    }

    /// A peer did not answer.
    mutating func failed(
        _ exchange: OutboundExchange,
        now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> Step {
        var step = Step()
        guard let hash = self.owner(of: exchange.id),
            let actions = self.underWay[hash]?.failed(exchange, now: now)
        else { return step }
        step.actions = actions
        self.advance(&step, now: now, &numbers)
        return step
    }

    /// The device finished a task.
    ///
    /// - Returns: nil when it was not of a download.
    mutating func reported(
        _ report: BlobReport,
        now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> Step? {
        guard let hash = self.owner(of: report.task) else { return nil }
        var step = Step()
        if let outcome = self.underWay[hash]?.reported(report) {
            self.end(hash, outcome, &step)
        }
        self.advance(&step, now: now, &numbers)
        return step
    }

    /// Time goes on.
    mutating func tick(now: Timestamp, _ numbers: inout TaskNumbers) -> Step {
        var step = Step()
        for hash in self.underWay.keys { self.underWay[hash]?.tick(now: now) }
        self.advance(&step, now: now, &numbers)
        return step
    }

    // MARK: How it goes on

    private func owner(of number: UInt64) -> ContentHash? {
        self.underWay.first { $0.value.knows(number) }?.key
    }

    /// Those whose turn it is ask for more, until none of them ends.
    private mutating func advance(
        _ step: inout Step,
        now: Timestamp,
        _ numbers: inout TaskNumbers
    ) {
        var isSettled = false
        while !isSettled {
            isSettled = true
            for hash in self.active {
                step.actions += self.underWay[hash]?.advance(now: now, &numbers) ?? []
                guard self.underWay[hash]?.isExhausted == true else { continue }
                self.end(hash, .unavailable, &step)
                isSettled = false
            }
        }
    }

    private mutating func end(_ hash: ContentHash, _ outcome: DownloadOutcome, _ step: inout Step) {
        let purposes = self.underWay[hash]?.purposes ?? []
        if case .stored = outcome {
            self.underWay[hash] = nil
        } else {
            self.keepPieces(of: hash, &step)
        }
        step.ends += purposes.map { End(hash: hash, purpose: $0, outcome: outcome) }
    }

    /// What is on disk is there for the next time, unless there is too much of it.
    private mutating func keepPieces(of hash: ContentHash, _ step: inout Step) {
        guard let pieces = self.underWay.removeValue(forKey: hash)?.pieces else { return }
        self.left[hash] = pieces
        while self.left.count > StorageMarketLimits.partialsMax,
            let excess = self.left.keys.filter({ $0 != hash }).min()
        {
            self.left[excess] = nil
            step.actions.append(.discard(excess))
        }
    }
}
