import Doors
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("What an inbox looks like")
struct InboxRenderingTests {
    private static let start = Timestamp(milliseconds: 1_767_225_600_000)

    private static func reply(_ items: [Inbox.Item], bytesMax: Int) -> Inbox.Reply {
        Inbox.Reply(
            items: items,
            hasMore: false,
            seen: 7,
            objection: nil,
            missing: [],
            bytesMax: bytesMax
        )
    }

    private static func vote(_ number: Int, title: String) -> Inbox.Item {
        .vote(
            WaitingVotes.Entry(
                proposal: .named("\(number)"),
                author: NodeID(.zero),
                title: title,
                deadline: Self.start.adding(milliseconds: Int64(number)),
                weight: .one
            )
        )
    }

    @Test(
        "an answer has no more bytes than are wanted, is cut between items, and says where it goes on"
    )
    func cut() throws {
        let title = String(repeating: "\u{1F600}", count: 1_000)
        let items = (0..<100).map { Self.vote($0, title: title) }
        let brief = InboxList(Self.reply(items, bytesMax: 8_192))
        #expect(brief.shown.canonicalBytes().count <= 8_192)
        let shown = brief.shown["items"]?.elements?.count ?? 0
        #expect(shown > 1 && shown < 20)
        let cursor = try #require(brief.shown["next_cursor"]?.string)
        #expect(Inbox.Place(cursor: cursor) == items[shown - 1].place)
        let whole = InboxList(Self.reply(items, bytesMax: 1_048_576))
        #expect(whole.shown["items"]?.elements?.count == 100)
        #expect(whole.shown["next_cursor"] == .null)
        let tiny = InboxList(Self.reply(items, bytesMax: 1))
        #expect(tiny.shown["items"]?.elements?.count == 1)
    }

    @Test("what is shown is what the schema says, and every item has a reason and a next step")
    func form() throws {
        let request = try Draft.request().signed(by: .named("a"), at: Self.start)
        let view = RequestView(message: request, identity: request.from, isExpired: false)
        let news = NodeEvent.Kind.allCases.map { kind in
            Inbox.Item.news(NodeEvent(sequence: 3, at: Self.start, kind: kind))
        }
        let items = [Self.vote(1, title: "t"), .request(view)] + news
        let shown = InboxList(Self.reply(items, bytesMax: 1_048_576)).shown
        #expect(InboxList.schema.flaw(of: shown) == nil)
        for item in shown["items"]?.elements ?? [] {
            #expect(item["reason"]?.string?.isEmpty == false)
            #expect(item["next"]?.string?.isEmpty == false)
        }
    }

    @Test("any cursor of the right form is a place, and each place is its own cursor")
    func cursors() throws {
        let places: [Inbox.Place] = [
            .vote(DeadlinePlace(deadline: Self.start, id: .named("a"))),
            .request(MessagePlace(timestamp: Self.start, id: .named("b"))), .news(12),
        ]
        for place in places { #expect(Inbox.Place(cursor: place.cursor) == place) }
        let odd = "999999999999999.999999999999999.\(String(repeating: "0", count: 64))"
        #expect(Inbox.Place(cursor: odd) == .news(999_999_999_999_999))
    }
}
