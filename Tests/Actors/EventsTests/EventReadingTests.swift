import Messages
import Primitives
import TestSupport
import Testing

@testable import Events

@Suite("Events follow from the log")
struct EventReadingTests {
    private static var deadline: Timestamp { Reading.start.adding(milliseconds: 2 * Reading.day) }

    /// A life of a proposal of this node, with others beside it.
    private static func story() throws -> (reading: Reading, own: MessageID, other: MessageID) {
        var reading = try Reading()
        try reading.say(.request(title: "wanted"), by: 1)
        let own = try reading.say(.proposal(title: "mine", until: Self.deadline), by: 0)
        let other = try reading.say(.proposal(title: "theirs", until: Self.deadline), by: 1)
        try reading.say(.vote("endorse", on: own, status: "synced"), by: 2)
        try reading.say(.vote("reject", on: other, status: "synced"), by: 2)
        try reading.say(.vote("reject", on: other, status: "synced"), by: 0)
        try reading.say(.comment(on: own), by: 1)
        reading.write(
            DecisionFact(on: other, author: try Reading.person(1), effectiveAt: Self.deadline)
        )
        reading.write(Notice.score(FixedPoint(millionths: 310_000)))
        return (reading, own, other)
    }

    @Test("each record is one event at most, in the order of the log, with its position as its id")
    func order() throws {
        let (reading, _, _) = try Self.story()
        #expect(
            reading.told.map(\.kind) == [
                .request, .proposal, .proposal, .vote, .vote, .vote, .comment, .decision, .score,
            ]
        )
        #expect(reading.told.map(\.sequence) == Array(1...9))
    }

    @Test(
        "what one did oneself concerns nobody; what others do with it does, and the fate of votes"
    )
    func concerns() throws {
        let (reading, own, other) = try Self.story()
        #expect(
            reading.told.map(\.concerns) == [
                [.requests], [], [], [.proposals], [], [], [.proposals], [.proposals], [.score],
            ]
        )
        #expect(reading.told[3].subject == own && reading.told[3].title == "mine")
        #expect(reading.told[7].subject == other && reading.told[7].outcome == "ratified")
    }

    @Test("a restart, and a read from the disk, tell the same events as those that were told live")
    func sameAgain() throws {
        let (reading, _, _) = try Self.story()
        let again = try Reading.again(reading.records)
        #expect(reading.page(after: 0, of: again)?.events == reading.told)
        let reader = EventReader(belongings: try Self.belongings(after: reading.records))
        #expect(reading.records.compactMap { reader.event(of: $0) } == reading.told)
    }

    /// What the end of a log makes the node's own.
    private static func belongings(after records: [LogRecords.Record]) throws -> Belongings {
        var belongings = Belongings(own: try Reading.person(0))
        for case .message(let entry) in records {
            belongings.note(entry.admitted, at: entry.sequence)
        }
        return belongings
    }

    @Test("a vote that came before the own vote or proposal concerns nobody, now and later")
    func notBackwards() throws {
        var reading = try Reading()
        let proposal = Draft.proposal(title: "mine", until: Self.deadline)
        let id = try proposal.signed(
            by: try Reading.key(0),
            at: reading.time.adding(milliseconds: 1_000)
        ).id
        try reading.say(.vote("endorse", on: id), by: 2)
        #expect(try reading.say(proposal, by: 0) == id)
        try reading.say(.vote("endorse", on: id), by: 3)
        #expect(reading.told.map(\.concerns) == [[], [], [.proposals]])
        let again = try Reading.again(reading.records)
        #expect(reading.page(after: 0, of: again)?.events == reading.told)
    }

    @Test("filters: types, concerns, and tags, which are about requests alone")
    func filters() throws {
        var (reading, _, _) = try Self.story()
        try reading.say(Draft(Request(title: "swift", body: "b", tags: ["swift"])), by: 1)
        func found(_ filter: EventFilter) -> [UInt64]? {
            reading.page(after: 0, filter)?.events.map(\.sequence)
        }
        #expect(found(EventFilter(kinds: [.vote])) == [4, 5, 6])
        #expect(found(EventFilter(concerns: [.score])) == [9])
        #expect(found(EventFilter(kinds: [.vote], concerns: [.proposals])) == [4])
        #expect(found(EventFilter(concerns: [.requests], tags: ["swift"])) == [10])
        #expect(found(EventFilter(kinds: [.request, .score], tags: ["rust"])) == [9])
    }

    @Test("pages go on where the one before ended, and say whether there is more")
    func pages() throws {
        let (reading, _, _) = try Self.story()
        var position: UInt64 = 0
        var seen: [UInt64] = []
        var steps = 0
        while let page = reading.page(after: position, limit: 2), steps < 10 {
            steps += 1
            seen += page.events.map(\.sequence)
            position = page.next
            guard page.hasMore else { break }
        }
        #expect(seen == Array(1...9))
        #expect(position == 9 && steps == 5)
        #expect(reading.page(after: nil, limit: 2)?.events.map(\.sequence) == [8, 9])
        let beyond = try #require(reading.page(after: 10))
        #expect(beyond.isGap && beyond.next == 9 && beyond.events.isEmpty)
    }

    @Test("what is no longer in memory is read from the log, some records at a time")
    func older() throws {
        var reading = try Reading()
        let count = EventsLimits.windowMax + EventsLimits.readMax / 2
        let step = Notice.score(FixedPoint(millionths: 1))
        for _ in 0..<count { reading.write(step) }
        var position: UInt64 = 0
        var seen: [UInt64] = []
        while let page = reading.page(after: position) {
            seen += page.events.map(\.sequence)
            #expect(page.next > position)
            position = page.next
            guard page.hasMore, seen.count <= count else { break }
        }
        #expect(seen == (1...UInt64(count)).map { $0 })
    }
}
