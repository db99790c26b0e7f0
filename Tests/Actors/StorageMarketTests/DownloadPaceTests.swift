import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

/// One download from hosts that take their time; it is wrong unless all of it is of one host.
private struct Line {
    private static let chunk = StorageMarketLimits.chunkBytesMax

    private(set) var now = Fixture.now
    private(set) var asked: [NodeID] = []
    /// How often the whole was checked.
    private(set) var checks = 0
    private(set) var isStored = false
    private var downloads = Downloads()
    private var numbers = TaskNumbers()
    private var waiting: [(at: Timestamp, exchange: OutboundExchange, request: ContentRequest)] = []
    /// Whose pieces are on disk.
    private var givers: Set<NodeID> = []
    private let honest: NodeID
    private let pieces: Int

    init(pieces: Int, honest: NodeID) {
        self.pieces = pieces
        self.honest = honest
    }

    /// Lets hosts answer until the download ends, or so many pieces have been asked for.
    mutating func run(
        from hosts: [NodeID],
        askedMax: Int = .max,
        pause: (_ host: NodeID, _ checks: Int) -> Int64
    ) {
        let hash = Fixture.hash([1])
        let step = self.downloads.begin(
            hash,
            size: self.pieces * Self.chunk,
            from: hosts,
            for: .fetch(1),
            now: self.now,
            &self.numbers
        )
        self.perform(step, pause)
        while !self.isStored, self.asked.count < askedMax {
            self.waiting.sort { ($0.at, $0.exchange.id) < ($1.at, $1.exchange.id) }
            guard !self.waiting.isEmpty else { return }
            let next = self.waiting.removeFirst()
            self.now = next.at
            let piece = ContentResponse(
                contentHash: hash,
                offset: next.request.offset,
                data: [UInt8](repeating: 0, count: Int(next.request.length)),
                totalSize: Int64(self.pieces * Self.chunk)
            )
            let step = self.downloads.responded(
                piece,
                on: next.exchange,
                now: self.now,
                &self.numbers
            )
            self.perform(step, giver: next.exchange.peer, pause)
        }
    }

    private mutating func perform(
        _ step: Downloads.Step,
        giver: NodeID? = nil,
        _ pause: (NodeID, Int) -> Int64
    ) {
        for action in step.actions {
            switch action {
            case .request(let exchange, let request):
                self.asked.append(exchange.peer)
                let at = self.now.adding(milliseconds: pause(exchange.peer, self.checks))
                self.waiting.append((at, exchange, request))
            case .write(_, _, _, _, let task):
                if let giver { self.givers.insert(giver) }
                self.report(task, .written, pause)
            case .discard: self.givers = []
            case .finish(_, let size, let task):
                self.checks += 1
                self.isStored = self.givers == [self.honest]
                self.givers = []
                let blob = StoredBlob(hash: Fixture.hash([1]), size: size, path: "")
                let wrong = BlobError.wrongHash(expected: blob.hash, found: Fixture.hash([2]))
                self.report(task, self.isStored ? .stored(blob) : .failed(wrong), pause)
            default: break
            }
        }
    }

    private mutating func report(
        _ task: UInt64,
        _ outcome: BlobOutcome,
        _ pause: (NodeID, Int) -> Int64
    ) {
        let report = BlobReport(task: task, outcome: outcome)
        guard let step = self.downloads.reported(report, now: self.now, &self.numbers) else {
            return
        }
        self.perform(step, pause)
    }
}

@Suite("§6 Fetching content from slow nodes")
struct DownloadPaceTests {
    @Test("a host that gives its pieces just in time is asked after those who are fast")
    func slow() throws {
        let hosts = try (1...5).map(Fixture.node)
        var line = Line(pieces: 60, honest: hosts[4])
        line.run(from: hosts, askedMax: 40) { host, _ in host == hosts[4] ? 1 : 29_000 }
        #expect(line.asked.suffix(20).allSatisfy { $0 == hosts[4] })
        #expect(line.now.milliseconds(since: Fixture.now) < 2 * 60_000)
    }

    @Test("who is asked alone and is slow gives way, and none of its pieces is mixed with others")
    func slowAlone() throws {
        let hosts = try (1...3).map(Fixture.node)
        var line = Line(pieces: 16, honest: hosts[2])
        // The second one is fast as long as others are asked, too.
        line.run(from: hosts) { host, checks in host == hosts[1] && checks > 0 ? 25_000 : 10 }
        #expect(line.isStored)
        #expect(line.checks == 3, "all together, the first alone, the third alone")
        #expect(line.now.milliseconds(since: Fixture.now) < 2 * 60_000)
    }
}
