import Messages
import Primitives
import TestSupport
import Testing

@testable import Events

@Suite("The inbox")
struct InboxTests {
    /// Consensus as the inbox sees it.
    private struct Desk {
        var votes: [WaitingVotes.Entry]? = []
        var requests: [RequestView]? = []
        var objection: String?

        /// Asks until the answer is there, and counts what Consensus was asked.
        func inbox(_ query: Inbox, _ machine: EventsStateMachine) -> (
            reply: Inbox.Reply?, asked: [String]
        ) {
            var machine = machine
            var actions = machine.asked(query, by: Reading.address())
            var asked: [String] = []
            for _ in 0..<4 {
                switch actions.first {
                case .askVotes(let question, let purpose)?:
                    asked.append("votes")
                    let behind = self.votes?.filter { entry in
                        question.after.map {
                            ($0.deadline, $0.id) < (entry.deadline, entry.proposal)
                        }
                            ?? true
                    }
                    let reply = behind.map {
                        WaitingVotes.Reply(
                            entries: Array($0.prefix(question.limit)),
                            objection: self.objection
                        )
                    }
                    actions = machine.heard(reply, for: purpose, now: Reading.start)
                case .askRequests(let question, let errand)?:
                    asked.append("requests \(question.answerable ?? ["?"])")
                    let behind = self.requests?.filter {
                        question.after?.isBefore($0.message) ?? true
                    }
                    let reply = behind.map {
                        Requests.Reply(requests: Array($0.prefix(question.limit)))
                    }
                    actions = machine.heard(reply, for: errand)
                default: return (actions.inbox, asked)
                }
            }
            return (nil, asked)
        }
    }

    private static func vote(_ number: Int) throws -> WaitingVotes.Entry {
        WaitingVotes.Entry(
            proposal: .named("\(number)"),
            author: try Reading.person(1),
            title: "\(number)",
            deadline: Reading.start.adding(milliseconds: Int64(number)),
            weight: .one
        )
    }

    private static func request(_ number: Int) throws -> RequestView {
        let time = Reading.start.adding(milliseconds: Int64(number))
        let message = try Draft.request().signed(by: try Reading.key(1), at: time)
        return RequestView(message: message, identity: message.from, isExpired: false)
    }

    /// A machine with two pieces of news behind it.
    private static func reading() throws -> Reading {
        var reading = try Reading()
        reading.write(Notice.score(FixedPoint(millionths: 310_000)))
        try reading.say(.request(), by: 2)
        reading.write(Notice.refused(nil, code: "rule"))
        return reading
    }

    private static func query(
        limit: Int = 20,
        since: UInt64 = 0,
        after: Inbox.Place? = nil
    ) -> Inbox {
        Inbox(tags: ["a"], since: since, limit: limit, bytesMax: 8_192, after: after)
    }

    @Test("votes come first, then requests with the tags, then news behind a position")
    func order() throws {
        let reading = try Self.reading()
        let desk = Desk(
            votes: try (1...2).map { try Self.vote($0) },
            requests: [try Self.request(9)]
        )
        let (reply, asked) = desk.inbox(Self.query(), reading.machine)
        let places = reply?.items.map(\.place)
        #expect(asked == ["votes", "requests [\"a\"]"])
        #expect(places?.count == 5)
        #expect(places?.suffix(2) == [.news(1), .news(3)])
        #expect(reply?.seen == 3 && reply?.hasMore == false)
        let later = desk.inbox(Self.query(since: 1), reading.machine).reply
        #expect(later?.items.count == 4)
    }

    @Test("pages of any size give every item once, in order")
    func pages() throws {
        let reading = try Self.reading()
        let desk = Desk(
            votes: try (1...3).map { try Self.vote($0) },
            requests: try [9, 8].map { try Self.request($0) }
        )
        let whole = desk.inbox(Self.query(), reading.machine).reply?.items.map(\.place)
        #expect(whole?.count == 7)
        for limit in 1...7 {
            var places: [Inbox.Place] = []
            var isOver = false
            while !isOver, places.count < 10 {
                let query = Self.query(limit: limit, after: places.last)
                let reply = try #require(desk.inbox(query, reading.machine).reply)
                places += reply.items.map(\.place)
                isOver = !reply.hasMore
            }
            #expect(places == whole, "pages of \(limit)")
        }
    }

    @Test("who has no vote learns why; what nobody told is named, and the rest comes all the same")
    func missing() throws {
        let reading = try Self.reading()
        let poor = Desk(objection: "score 0.2").inbox(Self.query(), reading.machine).reply
        #expect(poor?.objection == "score 0.2")
        let deaf = Desk(votes: nil, requests: nil).inbox(Self.query(), reading.machine).reply
        #expect(deaf?.missing == ["votes", "requests"])
        #expect(deaf?.items.count == 2)
    }
}
