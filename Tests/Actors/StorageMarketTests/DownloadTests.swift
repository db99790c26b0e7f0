import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Fetching content from several nodes at once")
struct DownloadTests {
    private static let chunk = StorageMarketLimits.chunkBytesMax
    private let bytes: [UInt8]
    private let hash: ContentHash

    /// Eight pieces, each with a byte of its own; the last one is shorter.
    init() {
        let pieces = (0..<8).flatMap { Array(repeating: UInt8($0), count: Self.chunk) }
        self.bytes = Array(pieces.dropLast(5))
        self.hash = Fixture.hash(self.bytes)
    }

    private func nodes(_ numbers: ClosedRange<Int>) throws -> [NodeID] {
        try numbers.map(Fixture.node)
    }

    private func query(from hosts: ClosedRange<Int>, isSizeKnown: Bool = true) throws
        -> FetchContent
    {
        let size = isSizeKnown ? self.bytes.count : nil
        return try Fixture.fetch(self.bytes, from: Array(hosts), size: size)
    }

    private func isStored(_ market: Market) -> Bool {
        // Nothing is kept under a hash that it has not.
        market.blobs.bytes(of: self.hash) != nil
    }

    private func with(_ byte: Int) -> [UInt8] {
        var forged = self.bytes
        forged[byte] ^= 1
        return forged
    }

    @Test("four hosts are asked for four pieces at once, and no fifth before one is there")
    func atOnce() throws {
        let market = Market()
        let hosts = try self.nodes(1...5)
        market.silent = Set(hosts)
        try market.begin(try self.query(from: 1...5))
        #expect(market.asked == Array(hosts.prefix(4)))
        #expect(market.requests.map(\.offset) == (0..<4).map { Int64($0 * Self.chunk) })
    }

    @Test("who does not know the size asks one host for the first piece, and then for the others")
    func unknownSize() throws {
        let market = Market()
        let hosts = try self.nodes(1...2)
        market.silent = Set(hosts)
        try market.begin(try self.query(from: 1...2, isSizeKnown: false))
        #expect(market.asked == [hosts[0]])
        market.silent = []
        let serving = Market.serving(self.bytes)
        try market.fetch(
            try self.query(from: 1...2, isSizeKnown: false),
            from: [hosts[0]: serving, hosts[1]: serving]
        )
        #expect(self.isStored(market))
        #expect(market.fetched.count == 2, "both who wanted it are told of the one download")
    }

    @Test("a piece that a host does not give goes to another one, after 30 seconds at the latest")
    func lost() throws {
        let hosts = try self.nodes(1...3)
        let market = Market()
        market.silent = [hosts[0]]
        let serving = Market.serving(self.bytes)
        try market.fetch(try self.query(from: 1...3), from: [hosts[2]: serving])
        #expect(self.isStored(market))
        let waited = market.now.milliseconds(since: Fixture.now)
        // Meanwhile the third one gives all the rest.
        #expect(waited == StorageMarketLimits.pieceMilliseconds)
        let failures = 1...StorageMarketLimits.hostFailuresMax
        #expect(failures.contains(market.asked.count { $0 == hosts[1] }))
    }

    @Test("a host that was late with all its pieces at once is asked again, for fewer at a time")
    func room() throws {
        let host = try Fixture.node(1)
        var hosts = DownloadHosts()
        hosts.add([host])
        var now = Fixture.now
        for room in [4, 2, 1] {
            #expect(hosts.next(load: [host: room - 1], now: now) == host)
            #expect(hosts.next(load: [host: room], now: now) == nil)
            guard room > 1 else { break }
            // What was asked for together is given up together.
            for _ in 0..<room { hosts.failed(host, now: now) }
            now = now.adding(milliseconds: 10_000)
            hosts.wake(now: now)
        }
        hosts.gave(1, by: host, in: 1)
        #expect(hosts.next(load: [host: 1], now: now) == nil, "its line is as slow as before")
        for _ in 0..<4 {
            #expect(!hosts.areExhausted)
            hosts.failed(host, now: now)
            now = now.adding(milliseconds: 10_000)
        }
        #expect(hosts.areExhausted, "it gave nothing four times in a row")
    }
    @Test("a host that is not connected is dialled, and asked again when it has had time to answer")
    func unconnected() throws {
        let market = Market()
        let host = try Fixture.node(1)
        let ready = Fixture.now.adding(milliseconds: 5_000)
        let dialled: Market.Peer = { request in
            market.now < ready ? nil : try Market.serving(self.bytes)(request)
        }
        try market.fetch(try self.query(from: 1...1, isSizeKnown: false), from: [host: dialled])
        #expect(Set(market.reached) == [host])
        #expect(self.isStored(market))
    }

    @Test("hosts may give less at a time than they are asked for")
    func shortAnswers() throws {
        let market = Market()
        let peer = Market.serving(self.bytes, atOnce: 300_000)
        try market.fetch(try self.query(from: 1...1), from: [try Fixture.node(1): peer])
        #expect(self.isStored(market))
        #expect(market.requests.count > 8 * 3)
    }

    @Test("R-06-015: whoever sends other bytes is found, and all comes from the others")
    func liar() throws {
        for liar in 1...3 {
            let market = Market()
            var peers: [NodeID: Market.Peer] = [:]
            for number in 1...3 {
                let bytes = number == liar ? self.with(liar * Self.chunk) : self.bytes
                peers[try Fixture.node(number)] = Market.serving(bytes)
            }
            try market.fetch(try self.query(from: 1...3), from: peers)
            #expect(self.isStored(market))
            #expect(try market.fetched.first?.get().size == self.bytes.count)
        }
    }

    @Test("R-06-015: where all lie nothing is kept, and each was asked for the whole alone")
    func allLie() throws {
        let market = Market()
        var peers: [NodeID: Market.Peer] = [:]
        for number in 1...3 {
            var forged = self.bytes
            for piece in 0..<8 { forged[piece * Self.chunk] ^= UInt8(number) }
            peers[try Fixture.node(number)] = Market.serving(forged)
        }
        try market.fetch(try self.query(from: 1...3), from: peers)
        #expect(throws: ContentFailure.self) { try market.fetched.first?.get() }
        #expect(market.asked.suffix(8) == Array(repeating: try Fixture.node(3), count: 8)[...])
        #expect(Market(market.blobs).machine.status().storedArtefacts == 0)
    }

    @Test("whoever lies about the size is left when the size is known")
    func statedSize() throws {
        let market = Market()
        let liar = try Fixture.node(1)
        let peers = [
            liar: Market.serving(self.bytes, total: 17),
            try Fixture.node(2): Market.serving(self.bytes),
        ]
        try market.fetch(try self.query(from: 1...2), from: peers)
        #expect(self.isStored(market))
        // It was asked for several pieces before it answered for the first time.
        #expect(market.asked.count { $0 == liar } <= 2)
    }

    @Test("when hosts tell different sizes and nobody knows better, each is heard")
    func sizesDiffer() throws {
        for lie in [17, self.bytes.count + Self.chunk, 90_000_000] {
            let market = Market()
            let peers = [
                try Fixture.node(1): Market.serving(Fixture.artefact(17), total: lie),
                try Fixture.node(2): Market.serving(self.bytes),
                try Fixture.node(3): Market.serving(self.bytes),
            ]
            let query = try self.query(from: 1...3, isSizeKnown: false)
            try market.fetch(query, from: peers)
            #expect(self.isStored(market), "\(lie)")
        }
    }

    @Test(
        "a proposal that names an absurd size costs nothing: the fetch fails at once and says why"
    )
    func absurdSize() throws {
        for size in [1 << 53 - 1, StorageMarketLimits.artefactBytesMax + 1] {
            let market = Market()
            try market.fetch(try Fixture.fetch([1], from: [1], size: size))
            let outcome = try #require(market.fetched.first)
            guard case .failure(let failure) = outcome else {
                Issue.record("fetched")
                return
            }
            #expect(failure.detail.contains("\(size) bytes"))
            #expect(market.asked.isEmpty)
            #expect(market.machine.progress.rows.isEmpty)
        }
    }

    @Test("a size that a proposal only says is given up when the hosts know better, and no host is")
    func wrongHint() throws {
        let count = self.bytes.count
        for hint in [count - 1, count + 1, 17, count - Self.chunk, count + Self.chunk, 90_000_000] {
            for hosts in [1, 3] {
                let market = Market()
                var peers: [NodeID: Market.Peer] = [:]
                for host in 1...hosts {
                    peers[try Fixture.node(host)] = Market.serving(self.bytes)
                }
                let query = try Fixture.fetch(self.bytes, from: Array(1...hosts), size: hint)
                try market.fetch(query, from: peers)
                #expect(self.isStored(market), "\(hint) from \(hosts)")
            }
        }
    }

    @Test("a size that a contract says holds: whoever gives another one is left")
    func contractSize() throws {
        var (downloads, numbers) = (Downloads(), TaskNumbers())
        let host = try Fixture.node(1)
        var step = downloads.begin(
            self.hash,
            size: self.bytes.count - 1,
            from: [host],
            for: .copy(uploader: try Fixture.node(9)),
            now: Fixture.now,
            &numbers
        )
        var asked = 0
        var waiting = step.actions
        while let action = waiting.first {
            waiting.removeFirst()
            if case .request(let exchange, let request) = action {
                asked += 1
                let piece = try #require(try Market.serving(self.bytes)(request))
                step = downloads.responded(piece, on: exchange, now: Fixture.now, &numbers)
                waiting += step.actions
            }
        }
        #expect((1...4).contains(asked))
        #expect(step.ends.map(\.outcome) == [.unavailable])
    }

    @Test("who is asked alone is not held to the size that a liar before it said")
    func sizeOfLiar() throws {
        let market = Market()
        let lie = Fixture.artefact(3 * Self.chunk)
        let short = Fixture.artefact(2 * Self.chunk)
        var answers = 0
        let peers: [NodeID: Market.Peer] = [
            try Fixture.node(1): Market.serving(lie),
            // Says a size when it is asked alone, and then nothing more.
            try Fixture.node(2): { request in
                answers += 1
                return answers <= 2 ? try Market.serving(short, atOnce: 10)(request) : nil
            },
            try Fixture.node(3): Market.serving(self.bytes),
        ]
        try market.fetch(try self.query(from: 1...3, isSizeKnown: false), from: peers)
        #expect(self.isStored(market))
    }

    @Test("what was fetched before a break is not fetched again, in the same life or the next")
    func resumes() throws {
        for isRestarted in [false, true] {
            var market = Market()
            let host = try Fixture.node(1)
            let limit = Int64(5 * Self.chunk)
            let dying: Market.Peer = { request in
                request.offset < limit ? try Market.serving(self.bytes)(request) : nil
            }
            try market.fetch(try self.query(from: 1...1), from: [host: dying])
            #expect(throws: ContentFailure.self) { try market.fetched.first?.get() }
            if isRestarted { market = Market(market.blobs) }
            let before = market.requests.count
            try market.fetch(
                try self.query(from: 1...1),
                from: [host: Market.serving(self.bytes)]
            )
            #expect(self.isStored(market))
            let offsets = Set(market.requests.dropFirst(before).map(\.offset))
            #expect(offsets == Set((5..<8).map { Int64($0 * Self.chunk) }))
        }
    }

    @Test("pieces of an earlier life that were wrong cost one more round, and nobody is blamed")
    func badOldPieces() throws {
        var market = Market()
        let host = try Fixture.node(1)
        let forged = self.with(0)
        let limit = Int64(2 * Self.chunk)
        let dying: Market.Peer = { request in
            request.offset < limit ? try Market.serving(forged)(request) : nil
        }
        try market.fetch(try self.query(from: 1...1), from: [host: dying])
        market = Market(market.blobs)
        try market.fetch(try self.query(from: 1...1), from: [host: Market.serving(self.bytes)])
        #expect(self.isStored(market))
        #expect(market.requests.count == 6 + 8)
    }

    @Test("pieces under another size than the one that is known now are dropped")
    func otherSize() throws {
        var market = Market()
        let host = try Fixture.node(1)
        let dying: Market.Peer = { request in
            request.offset == 0
                ? try Market.serving(self.bytes, total: 3 * Self.chunk)(request) : nil
        }
        try market.fetch(try self.query(from: 1...1, isSizeKnown: false), from: [host: dying])
        market = Market(market.blobs)
        try market.fetch(try self.query(from: 1...1), from: [host: Market.serving(self.bytes)])
        #expect(market.discarded == [self.hash])
        #expect(self.isStored(market))
    }

    @Test("a disk without room ends a download with its cause; what is there stays")
    func noRoom() throws {
        var machine = StorageMarketStateMachine()
        let actions = machine.fetch(
            try self.query(from: 1...1),
            for: Fixture.asker(),
            now: Fixture.now
        )
        guard case .request(let exchange, let request) = try #require(actions.first) else {
            Issue.record("asked nobody")
            return
        }
        let piece = try #require(try Market.serving(self.bytes)(request))
        let answer = try Fixture.unsigned(
            .contentResponse(piece),
            .contentResponse,
            by: 1,
            origin: .answer(exchange)
        )
        let written = machine.judge(answer, now: Fixture.now).first
        guard case .write(_, 0, _, _, let task) = try #require(written) else {
            Issue.record("wrote nothing")
            return
        }
        let report = BlobReport(task: task, outcome: .failed(.noRoom(bytes: 1)))
        let end = machine.reported(report, now: Fixture.now).first
        guard case .fetched(.failure(let failure), _) = try #require(end) else {
            Issue.record("nobody was told")
            return
        }
        #expect(failure.detail.contains("no room"))
        #expect(machine.progress.rows.isEmpty)
    }

    @Test("how far a download is can be asked at any time")
    func progress() throws {
        let market = Market()
        let hosts = try self.nodes(1...2)
        market.silent = [hosts[1]]
        try market.begin(
            try self.query(from: 1...2),
            from: [hosts[0]: Market.serving(self.bytes)]
        )
        let row = try #require(market.machine.progress.rows.first)
        #expect(row.hash == self.hash)
        #expect(row.size == self.bytes.count)
        #expect((1..<self.bytes.count).contains(row.received))
        #expect(row.hosts == 2)
    }

    @Test("a few artefacts are fetched at a time; the others wait for their turn")
    func turns() throws {
        let market = Market()
        let host = try Fixture.node(1)
        market.silent = [host]
        let count = StorageMarketLimits.downloadsActiveMax + 3
        for number in 0..<count {
            try market.begin(try Fixture.fetch([UInt8(number)], from: [1], size: 1))
        }
        #expect(market.asked.count == StorageMarketLimits.downloadsActiveMax)
        market.silent = []
        var peers: [NodeID: Market.Peer] = [:]
        peers[host] = { request in
            let number = (0..<count).first { Fixture.hash([UInt8($0)]) == request.contentHash }
            return try Market.serving([UInt8(number ?? 0)])(request)
        }
        while market.fetched.count < count { try market.sleep(peers) }
        #expect(market.machine.status().storedArtefacts == count)
    }

    /// The peers that are asked when another artefact is to be fetched, each named like its host.
    private func asked(
        _ downloads: inout Downloads,
        _ numbers: inout TaskNumbers,
        _ host: Int,
        for purpose: DownloadPurpose
    ) throws -> Downloads.Step {
        downloads.begin(
            Fixture.hash([UInt8(host / 256), UInt8(host % 256)]),
            size: 2,
            from: [try Fixture.node(host)],
            for: purpose,
            now: Fixture.now,
            &numbers
        )
    }

    @Test(
        "what is fetched here goes before copies for others; four of those at a time, one of an uploader"
    )
    func copiesGiveWay() throws {
        var (downloads, numbers) = (Downloads(), TaskNumbers())
        var begun: [Int] = []
        for host in 0..<20 {
            let uploader = try Fixture.node(100 + host / 4)
            let step = try self.asked(&downloads, &numbers, host, for: .copy(uploader: uploader))
            if !step.actions.isEmpty { begun.append(host) }
        }
        #expect(begun == [0, 4, 8, 12], "the first of each of four uploaders")
        // Somebody waits for one of those that wait for their turn, and for others.
        for host in [1] + Array(20..<27) {
            let step = try self.asked(&downloads, &numbers, host, for: .fetch(UInt64(host)))
            #expect(step.actions.count == 1, "\(host)")
        }
        let ninth = try self.asked(&downloads, &numbers, 27, for: .fetch(27))
        #expect(ninth.actions.isEmpty, "eight are under way")
    }

    @Test("however many copies wait, there is a place for what somebody here waits for")
    func copiesLeavePlaces() throws {
        var (downloads, numbers) = (Downloads(), TaskNumbers())
        let uploader = try Fixture.node(1_000)
        for host in 0..<StorageMarketLimits.copiesMax {
            let step = try self.asked(&downloads, &numbers, host, for: .copy(uploader: uploader))
            #expect(step.ends.isEmpty)
        }
        let excess = try self.asked(&downloads, &numbers, 900, for: .copy(uploader: uploader))
        #expect(excess.ends.map(\.outcome) == [.busy])
        for host in 901..<901 + StorageMarketLimits.tasksMax {
            let step = try self.asked(&downloads, &numbers, host, for: .fetch(UInt64(host)))
            #expect(step.ends.isEmpty)
        }
    }

    @Test("pieces that nobody fetches any more are dropped when there are too many")
    func leftovers() throws {
        let market = Market()
        let host = try Fixture.node(1)
        for number in 0..<StorageMarketLimits.partialsMax + 2 {
            let begins: Market.Peer = { request in
                guard request.offset == 0 else { return nil }
                return try Market.serving(
                    [UInt8](repeating: 0, count: Self.chunk),
                    total: 2 * Self.chunk
                )(request)
            }
            let query = try Fixture.fetch([UInt8(number)], from: [1], size: 2 * Self.chunk)
            try market.fetch(query, from: [host: begins])
        }
        #expect(market.discarded.count == 2)
        #expect(Set(market.discarded).count == 2)
    }
}
