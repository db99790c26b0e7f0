import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Repeating what is offered")
struct SharingDutyTests {
    private func later(_ minutes: Int64) -> Timestamp {
        Fixture.now.adding(milliseconds: minutes * 60_000)
    }

    /// A node that offers artefacts, which lie on its disk.
    private func market(offering contents: [[UInt8]], at time: Timestamp = Fixture.now) throws
        -> Market
    {
        let market = Market()
        for content in contents { try market.hold(content) }
        market.start()
        for batch in stride(from: 0, to: contents.count, by: 50) {
            let part = contents[batch..<min(batch + 50, contents.count)]
            try market.judge(try self.own(part.map { Fixture.described($0) }, at: time))
        }
        return market
    }

    private func own(_ contents: [ContentDescription], at time: Timestamp) throws
        -> AdmittedMessage
    {
        try Fixture.share(contents, by: 9, at: time, origin: .local(nil))
    }

    /// Lets time pass; what is published is accepted at once, unless it may not be.
    private func pass(_ market: Market, until end: Timestamp, isAccepted: Bool = true) throws {
        var heard = market.published.count
        while let pause = market.machine.pause(from: market.now),
            market.now.adding(milliseconds: pause) < end
        {
            try market.sleep()
            for share in market.published.dropFirst(heard) {
                // Stamps of one node are in ascending order.
                let time = market.now.adding(milliseconds: Int64(heard % 100))
                if isAccepted { try market.judge(try self.own(share.entries, at: time)) }
                heard += 1
            }
        }
        market.now = end
    }

    @Test("R-06-008, R-16-094: what is offered is repeated every 30 minutes, in the same words")
    func repeats() throws {
        let market = try self.market(offering: [[1]])
        try self.pass(market, until: self.later(30))
        #expect(market.published.isEmpty)
        try self.pass(market, until: self.later(62))
        #expect(market.published.count == 2)
        let expected = [Fixture.hash([1])]
        #expect(market.published.allSatisfy { $0.entries.map(\.contentHash) == expected })
        #expect(market.published.first?.entries.first?.contentType == "text/plain")
    }

    @Test("R-06-008: after a restart the log says what is offered, and the disk what is there")
    func restart() throws {
        let blobs = MemoryBlobs()
        try Market(blobs).hold([1])
        let market = Market(blobs)
        market.now = self.later(100)
        market.logged(
            try self.own([[1], [2]].map { Fixture.described($0) }, at: Fixture.now),
            isReplay: true
        )
        market.logged(try Fixture.share([[3]], by: 1), isReplay: true)
        market.start()
        try market.sleep()
        let start = StorageMarketLimits.shareStartMilliseconds
        #expect(market.now == self.later(100).adding(milliseconds: start))
        #expect(market.published.map { $0.entries.map(\.contentHash) } == [[Fixture.hash([1])]])
    }

    @Test("what was removed is not offered any more; what is fetched again is")
    func removed() throws {
        let market = try self.market(offering: [[1], [2]])
        try market.perform([.remove(Fixture.hash([1]), task: .max)])
        try self.pass(market, until: self.later(31))
        #expect(market.published.map { $0.entries.map(\.contentHash) } == [[Fixture.hash([2])]])
        try market.perform([.remove(Fixture.hash([2]), task: .max)])
        try self.pass(market, until: self.later(91))
        #expect(market.published.count == 1)
        try market.hold([1])
        try self.pass(market, until: self.later(130))
        #expect(market.published.last?.entries.map(\.contentHash) == [Fixture.hash([1])])
    }

    @Test("R-06-005, R-06-007: many artefacts go in batches of 50, all within 65 minutes")
    func batches() throws {
        let contents = (0..<400).map { [UInt8($0 % 256), UInt8($0 / 256)] }
        let market = try self.market(offering: contents)
        try self.pass(market, until: self.later(400))
        #expect(market.refusals.isEmpty)
        #expect(market.published.allSatisfy { $0.entries.count <= 50 })
        let index = market.machine.find(
            FindContent(text: "", tags: [], limit: 500),
            now: market.now
        )
        #expect(index.found.count == 400)
        #expect(index.found.allSatisfy { $0.hosts == 1 })
    }

    @Test("R-06-007: what other devices of the identity share counts, too")
    func limited() throws {
        let market = try self.market(offering: (0..<200).map { [UInt8($0)] })
        // Another device of the same identity shares four times meanwhile.
        for minute in 20..<24 as Range<Int64> {
            let content = [Fixture.described([0, UInt8(minute)])]
            try market.judge(
                try Fixture.share(content, by: 5, at: self.later(minute), identity: 9)
            )
        }
        try self.pass(market, until: self.later(59))
        #expect(market.refusals.isEmpty)
        // Four at first, four of the other device.
        #expect(market.published.isEmpty)
        try self.pass(market, until: self.later(66))
        #expect(market.published.count == 4)
    }

    @Test("what is not accepted is offered again five minutes later")
    func refused() throws {
        let market = try self.market(offering: [[1]])
        try self.pass(market, until: self.later(41), isAccepted: false)
        #expect(market.published.count == 3)
        try self.pass(market, until: self.later(60))
        #expect(market.published.count == 4)
    }

    @Test("R-06-007, R-16-102: an identity's eleventh SHARE of an hour is refused")
    func rate() throws {
        let market = Market()
        for number in 0..<10 {
            let share = try Fixture.share(
                [Fixture.described([UInt8(number)])],
                by: number,
                at: self.later(Int64(number)),
                identity: 50
            )
            try market.judge(share)
        }
        #expect(market.refusals.isEmpty)
        let late = [Fixture.described([99])]
        try market.judge(try Fixture.share(late, by: 3, at: self.later(59), identity: 50))
        #expect(market.refusals.map(\.code) == [.rateLimited])
        #expect(market.refusals.first?.retryAt == self.later(60))
        // An older one that comes late is one too many as well: the order of arrival decides nothing.
        try market.judge(try Fixture.share(late, by: 4, at: self.later(-5), identity: 50))
        #expect(market.refusals.count == 2)
        try market.judge(try Fixture.share(late, by: 3, at: self.later(60), identity: 50))
        try market.judge(try Fixture.share(late, by: 3, at: self.later(59), identity: 51))
        #expect(market.refusals.count == 2)
        #expect(market.machine.status().knownArtefacts == 11)
    }

    @Test("R-06-007: what a key shared before it was linked counts for the identity, here as well")
    func linked() throws {
        let (root, child) = (60, 61)
        let market = Market(own: try Fixture.node(child))
        for number in 0..<8 {
            let bytes = [UInt8(number)]
            try market.hold(bytes)
            let share = try Fixture.share(
                [Fixture.described(bytes)],
                by: child,
                at: self.later(Int64(number)),
                origin: .local(nil)
            )
            try market.judge(share)
        }
        let link = Draft.link(try Fixture.key(root), try Fixture.key(child))
        market.logged(try Fixture.admitted(link, by: root, at: self.later(9)), isReplay: false)
        for number in 8..<11 {
            let content = [Fixture.described([UInt8(number)])]
            let time = self.later(Int64(number + 2))
            try market.judge(try Fixture.share(content, by: root, at: time))
        }
        #expect(market.refusals.map(\.code) == [.rateLimited])
        // The node knows that its identity used up its hour.
        market.start()
        try self.pass(market, until: self.later(59))
        #expect(market.published.isEmpty)
    }

    @Test("R-06-117, R-06-118, R-16-020: of a flood of COPY_QUERYs ten a minute are answered")
    func copyQueries() throws {
        let market = Market()
        try market.hold([1])
        func ask(by number: Int, _ bytes: [UInt8] = [1]) throws -> Bool? {
            let members = [("content_hash", JSONValue.string(Fixture.hash(bytes).hex))]
            return try market.ask(.copyQuery, members, by: number)?["has_copy"]?.bool
        }
        for _ in 0..<10 { #expect(try ask(by: 8) == true) }
        for _ in 0..<100 { #expect(try ask(by: 8) == nil) }
        #expect(market.refusals.count == 100)
        #expect(market.refusals.allSatisfy { $0.code == .rateLimited })
        #expect(try ask(by: 7, [2]) == false, "another peer is answered, and truly")
        market.now = Fixture.now.adding(milliseconds: 59_999)
        #expect(try ask(by: 8) == nil)
        market.now = Fixture.now.adding(milliseconds: 60_000)
        #expect(try ask(by: 8) == true)
    }
}
