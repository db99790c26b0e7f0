import Kernel
import Messages
import OrderedCollections
import Primitives

/// Shares and fetches that somebody in this node waits for.
struct ContentTasks: Sendable {
    private enum Work: Sendable {
        /// An upload on its way into the blob directory.
        case share(SharedContent, ReplyAddress<ShareContent>)
        /// An artefact on disk that is being read whole.
        case check(FetchContent, ReplyAddress<FetchContent>)
        /// Bytes in memory that are being written.
        case write(ReplyAddress<FetchContent>)
        /// An artefact that comes from peers.
        case fetch(ContentFetch, ReplyAddress<FetchContent>)
    }

    private var work: OrderedDictionary<UInt64, Work> = [:]

    private var isFull: Bool { self.work.count >= StorageMarketLimits.tasksMax }

    private static let busy = ContentFailure(
        "\(StorageMarketLimits.tasksMax) shares and fetches are under way; try again later"
    )

    // MARK: The beginning

    /// Keeps an upload, if others would take it.
    mutating func share(
        _ query: ShareContent,
        for asker: ReplyAddress<ShareContent>,
        task: UInt64
    ) -> [StorageMarketAction] {
        let content = SharedContent(query)
        if let failure = self.isFull ? Self.busy : content.flaw {
            return [.shared(.failure(failure), asker)]
        }
        self.work[task] = .share(content, asker)
        return [.keep(query.upload, task: task)]
    }

    /// Gets an artefact.
    ///
    /// - Parameters:
    ///   - query: which one, and where it may be.
    ///   - asker: who waits for it.
    ///   - isHeld: whether it is in the blob directory already.
    ///   - index: who else says to hold it.
    ///   - task: a fresh number for the device and for peers.
    /// - Returns: what to do.
    mutating func fetch(
        _ query: FetchContent,
        for asker: ReplyAddress<FetchContent>,
        isHeld: Bool,
        _ index: ContentIndex,
        task: UInt64
    ) -> [StorageMarketAction] {
        guard !self.isFull else { return [.fetched(.failure(Self.busy), asker)] }
        guard isHeld else { return self.obtain(query, for: asker, replacing: false, index, task) }
        // What lies on a disk may have changed there; nothing is handed out unread.
        self.work[task] = .check(query, asker)
        return [query.adopt ? .adopt(query.hash, task: task) : .verify(query.hash, task: task)]
    }

    /// Gets an artefact that is not on disk, or no longer whole.
    private mutating func obtain(
        _ query: FetchContent,
        for asker: ReplyAddress<FetchContent>,
        replacing isDamaged: Bool,
        _ index: ContentIndex,
        _ task: UInt64
    ) -> [StorageMarketAction] {
        if let inline = query.inline {
            self.work[task] = .write(asker)
            return [.store(inline, query.hash, adopt: query.adopt, task: task)]
        }
        let hosts = OrderedSet(query.likelyProviders + index.hosts(of: query.hash))
        let fetch = ContentFetch(query, candidates: Array(hosts), replacing: isDamaged)
        return self.advance(fetch, for: asker, task)
    }

    // MARK: The device

    /// The blob directory finished a task.
    mutating func reported(_ report: BlobReport, _ index: ContentIndex) -> [StorageMarketAction] {
        guard let work = self.work.removeValue(forKey: report.task) else { return [] }
        switch work {
        case .share(let content, let asker):
            let kept = report.stored.map { _ in content.offered }
            return [.shared(kept, asker)]
        case .check(let query, let asker):
            switch report.outcome {
            case .failed(.damaged), .failed(.unknown):
                return self.obtain(query, for: asker, replacing: true, index, report.task)
            case .stored, .piece, .failed: return [.fetched(report.stored, asker)]
            }
        case .write(let asker): return [.fetched(report.stored, asker)]
        case .fetch(var fetch, let asker):
            switch report.outcome {
            case .failed(.wrongHash), .failed(.wrongSize):
                // The peer sent something else: start anew with the next one.
                fetch.nextCandidate()
                return self.advance(fetch, for: asker, report.task)
            case .stored, .piece, .failed: return [.fetched(report.stored, asker)]
            }
        }
    }

    // MARK: Peers

    /// Asks for the next piece, or gives up when nobody is left to ask.
    private mutating func advance(
        _ fetch: ContentFetch,
        for asker: ReplyAddress<FetchContent>,
        _ task: UInt64
    ) -> [StorageMarketAction] {
        guard let peer = fetch.candidate else {
            self.work[task] = nil
            let failure = ContentFailure(
                "\(fetch.reason)no reachable node gave \(fetch.hash); ask its author to share it, or "
                    + "try later"
            )
            return [.discard(task: task), .fetched(.failure(failure), asker)]
        }
        self.work[task] = .fetch(fetch, asker)
        let exchange = OutboundExchange(
            opener: .storageMarket,
            id: task,
            peer: peer,
            streamProtocol: .content
        )
        return [.request(exchange, fetch.nextRequest)]
    }

    /// A piece arrived.
    mutating func responded(_ response: ContentResponse, on exchange: OutboundExchange)
        -> [StorageMarketAction]
    {
        let task = exchange.id
        guard case .fetch(var fetch, let asker) = self.work[task], fetch.candidate == exchange.peer
        else { return [] }
        switch fetch.take(response) {
        case .useless: return self.moveOn(fetch, for: asker, task)
        case .more:
            return [.append(response.data, task: task)] + self.advance(fetch, for: asker, task)
        case .complete(let size):
            self.work[task] = .fetch(fetch, asker)
            return [
                .append(response.data, task: task),
                .finish(fetch.hash, size: size, adopt: fetch.adopt, task: task),
            ]
        }
    }

    /// A peer did not answer.
    mutating func failed(_ exchange: OutboundExchange) -> [StorageMarketAction] {
        guard case .fetch(let fetch, let asker) = self.work[exchange.id],
            fetch.candidate == exchange.peer
        else { return [] }
        return self.moveOn(fetch, for: asker, exchange.id)
    }

    /// Leaves a peer for the next one; what came from it is thrown away.
    private mutating func moveOn(
        _ fetch: ContentFetch,
        for asker: ReplyAddress<FetchContent>,
        _ task: UInt64
    ) -> [StorageMarketAction] {
        var fetch = fetch
        fetch.nextCandidate()
        return [.discard(task: task)] + self.advance(fetch, for: asker, task)
    }
}

extension BlobReport {
    /// Where the artefact is, or why not, for people.
    fileprivate var stored: Result<FetchContent.Stored, ContentFailure> {
        switch self.outcome {
        case .stored(let blob): .success(FetchContent.Stored(path: blob.path, size: blob.size))
        case .piece: .failure(ContentFailure("a piece of an artefact is no artefact"))
        case .failed(let error): .failure(ContentFailure("\(error)"))
        }
    }
}
