import Kernel
import Messages
import OrderedCollections
import Primitives

/// Shares and fetches that somebody in this node waits for.
struct ContentTasks: Sendable {
    /// A fetch, and who waits for it.
    fileprivate struct Fetch: Sendable {
        let query: FetchContent
        let asker: ReplyAddress<FetchContent>
        /// Whether a copy was here and was found damaged.
        var isReplacement = false
    }

    private enum Work: Sendable {
        /// An upload on its way into the blob directory.
        case share(SharedContent, ReplyAddress<ShareContent>)
        /// An artefact on disk that is being read whole.
        case check(Fetch)
        /// An artefact on disk that is read whole for somebody who wants to know of it alone.
        case verify(ContentStanding, ReplyAddress<VerifyContent>)
        /// Bytes in memory that are being written.
        case write(Fetch)
        /// An artefact that comes from peers.
        case download(Fetch)
    }

    /// What follows from an event: what to do at once, and what has to be got from peers first.
    struct Step {
        var actions: [StorageMarketAction] = []
        var wanted: Wanted?
    }

    /// An artefact that has to come from peers.
    struct Wanted: Sendable, Equatable {
        let hash: ContentHash
        let size: Int?
        let likelyHosts: [NodeID]
        let task: UInt64
    }

    private var work: OrderedDictionary<UInt64, Work> = [:]

    private var isFull: Bool { self.work.count >= StorageMarketLimits.tasksMax }

    private static let busy = ContentFailure(
        Refusal(
            .busy,
            "\(StorageMarketLimits.tasksMax) shares and fetches are under way; try again later"
        )
    )

    /// What every artefact without a byte is called; it cannot be had from peers, and need not be.
    private static let emptyHash = ContentHash(SHA256Digest.hash([]))

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
        guard !query.isDryRun else { return [.shared(.success(content.offered), asker)] }
        self.work[task] = .share(content, asker)
        return [.keep(query.upload, task: task)]
    }

    /// Gets an artefact.
    ///
    /// - Parameters:
    ///   - query: which one, and where it may be.
    ///   - asker: who waits for it.
    ///   - isHeld: whether it is in the blob directory already.
    ///   - task: a fresh number for the device and for the download.
    /// - Returns: what to do.
    mutating func fetch(
        _ query: FetchContent,
        for asker: ReplyAddress<FetchContent>,
        isHeld: Bool,
        task: UInt64
    ) -> Step {
        guard !self.isFull else { return Step(actions: [.fetched(.failure(Self.busy), asker)]) }
        let fetch = Fetch(query: query, asker: asker)
        // What lies on a disk may have changed there; nothing is handed out unread.
        return isHeld ? self.check(fetch, task) : self.obtain(fetch, task)
    }

    private mutating func check(_ fetch: Fetch, _ task: UInt64) -> Step {
        let (hash, adopt) = (fetch.query.hash, fetch.query.adopt)
        self.work[task] = .check(fetch)
        return Step(actions: [adopt ? .adopt(hash, task: task) : .verify(hash, task: task)])
    }

    /// Gets an artefact that is not on disk, or no longer whole.
    private mutating func obtain(_ fetch: Fetch, _ task: UInt64) -> Step {
        let query = fetch.query
        if let bytes = query.inline ?? (query.hash == Self.emptyHash ? [] : nil) {
            self.work[task] = .write(fetch)
            return Step(actions: [.store(bytes, query.hash, adopt: query.adopt, task: task)])
        }
        self.work[task] = .download(fetch)
        let wanted = Wanted(
            hash: query.hash,
            size: query.size,
            likelyHosts: query.likelyProviders,
            task: task
        )
        return Step(wanted: wanted)
    }

    /// Reads an artefact on disk whole, for somebody who hears of its standing as well.
    mutating func verify(
        _ hash: ContentHash,
        _ standing: ContentStanding,
        for asker: ReplyAddress<VerifyContent>,
        task: UInt64
    ) -> [StorageMarketAction] {
        guard !self.isFull else {
            let reply = VerifyContent.Reply(outcome: .failure(Self.busy), standing: standing)
            return [.verified(reply, asker)]
        }
        self.work[task] = .verify(standing, asker)
        return [.verify(hash, task: task)]
    }

    // MARK: The end

    /// The blob directory finished a task.
    mutating func reported(_ report: BlobReport) -> Step {
        guard let work = self.work.removeValue(forKey: report.task) else { return Step() }
        switch work {
        case .share(let content, let asker):
            let kept = report.stored.map { _ in content.offered }
            return Step(actions: [.shared(kept, asker)])
        case .check(var fetch):
            switch report.outcome {
            case .failed(.damaged), .failed(.unknown):
                fetch.isReplacement = true
                return self.obtain(fetch, report.task)
            case .stored, .piece, .written, .proof, .removed, .failed:
                return Step(actions: [.fetched(report.stored, fetch.asker)])
            }
        case .verify(let standing, let asker):
            let reply = VerifyContent.Reply(outcome: report.copy, standing: standing)
            return Step(actions: [.verified(reply, asker)])
        case .write(let fetch): return Step(actions: [.fetched(report.stored, fetch.asker)])
        case .download:
            self.work[report.task] = work
            return Step()
        }
    }

    /// A download ended.
    mutating func downloaded(_ outcome: DownloadOutcome, task: UInt64) -> Step {
        guard case .download(let fetch) = self.work.removeValue(forKey: task) else { return Step() }
        let result: Result<FetchContent.Stored, ContentFailure>
        switch outcome {
        case .stored where fetch.query.adopt: return self.check(fetch, task)
        case .stored(let blob): result = .success(blob.forPeople)
        case .failed(let error): result = .failure(ContentFailure(error))
        case .busy: result = .failure(Self.busy)
        case .tooLarge(let size): result = .failure(ContentFailure(tooLarge: size))
        case .unavailable: result = .failure(fetch.unavailable)
        }
        return Step(actions: [.fetched(result, fetch.asker)])
    }
}

extension ContentTasks.Fetch {
    /// Why an artefact cannot be had, for people.
    fileprivate var unavailable: ContentFailure {
        let reason =
            self.isReplacement ? "the copy on this node was damaged and is set aside; " : ""
        return ContentFailure(
            "\(reason)no reachable node gave \(self.query.hash); ask its author to share it, or "
                + "try later"
        )
    }
}

extension StoredBlob {
    fileprivate var forPeople: FetchContent.Stored {
        FetchContent.Stored(path: self.path, size: self.size)
    }
}

extension BlobReport {
    /// Where the artefact is, or why not, for people.
    fileprivate var stored: Result<FetchContent.Stored, ContentFailure> {
        switch self.outcome {
        case .stored(let blob): .success(blob.forPeople)
        case .failed(let error): .failure(ContentFailure(error))
        case .piece, .written, .proof, .removed:
            .failure(ContentFailure("the blob directory answered something else"))
        }
    }

    /// What the copy of an artefact on this node is like, or why that is not known.
    fileprivate var copy: Result<VerifyContent.Copy, ContentFailure> {
        switch self.outcome {
        case .failed(.damaged): .success(.damaged)
        case .failed(.unknown): .success(.absent)
        case .stored, .piece, .written, .proof, .removed, .failed:
            self.stored.map { .whole(bytes: $0.size) }
        }
    }
}
