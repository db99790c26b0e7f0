import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

@Suite("C1-1: pages that cannot be sent as they are")
struct AnswerPageTests {
    /// A withdrawal with an unknown member of its own.
    private static func message(_ number: Int, with member: JSONValue = .null) throws -> Message {
        try EnvelopeCodec.sign(
            .withdraw,
            payload: .object([
                ("proposal_id", .string(SHA256Digest.hash([UInt8(number)]).hex)), ("x", member),
            ]),
            timestamp: start.adding(milliseconds: Int64(number)),
            key: .named("author")
        )
    }

    private static func nested(_ levels: Int) -> JSONValue {
        (1..<levels).reduce(.array([])) { inner, _ in .array([inner]) }
    }

    private static func page(_ messages: [Message], hasMore: Bool = false) -> MessagesAfter.Reply {
        MessagesAfter.Reply(
            messages: messages.map(\.canonical),
            hasMore: hasMore,
            nextTimestamp: messages.last?.timestamp ?? start,
            nextID: messages.last?.id
        )
    }

    private static func answer(_ page: MessagesAfter.Reply, bytesMax: Int = 8_000_000)
        -> AnswerPage
    {
        let exchange = InboundExchange(id: 1, peer: NodeID(.zero), streamProtocol: .sync)
        let read = ReadPage(reading: Reading(exchange: exchange), messages: page)
        return AnswerPage(read, bytesMax: bytesMax)
    }

    private static func sign(_ answer: AnswerPage) throws -> Message {
        try EnvelopeCodec.sign(
            .syncResponse,
            payload: answer.payload.json,
            timestamp: start,
            key: .named("server")
        )
    }

    @Test("C1-1: a message as deep as a frame may be is left out, told, and passed by the cursor")
    func deep() throws {
        // The message itself puts two levels around the member.
        let depth = try #require(
            (1...80).last { (try? Self.message(2, with: Self.nested($0))) != nil }
        )
        let messages = [
            try Self.message(1), try Self.message(2, with: Self.nested(depth)), try Self.message(3),
        ]
        let answer = Self.answer(Self.page(messages, hasMore: true))
        #expect(answer.skipped == [messages[1].id])
        #expect(answer.page.messages == [messages[0].canonical, messages[2].canonical])
        #expect(answer.page.nextID == messages[2].id && answer.page.hasMore)
        _ = try Self.sign(answer)
        let alone = Self.answer(Self.page([messages[1]], hasMore: true))
        #expect(alone.page.messages.isEmpty && alone.page.nextID == messages[1].id)
    }

    @Test("C1-1: a message of the largest size is left out, and its neighbours are sent")
    func large() throws {
        let text = String(repeating: "a", count: WireLimits.messageBytesMax - 600)
        let messages = [
            try Self.message(1), try Self.message(2, with: .string(text)), try Self.message(3),
        ]
        let answer = Self.answer(Self.page(messages), bytesMax: 16_000_000)
        #expect(answer.skipped == [messages[1].id])
        #expect(answer.page.messages.count == 2)
        _ = try Self.sign(answer)
    }

    @Test("C1-1: bytes that nobody can decode do not keep the node busy")
    func undecodable() throws {
        let rubbish = [UInt8](repeating: UInt8(ascii: "["), count: 100)
        let page = MessagesAfter.Reply(
            messages: [rubbish, rubbish, rubbish],
            hasMore: false,
            nextTimestamp: start,
            nextID: nil
        )
        #expect(Self.answer(page).page.messages.isEmpty)
    }

    @Test("a page is cut to what the peer may have, and goes on behind the cut")
    func cut() throws {
        let messages = try (1...4).map { try Self.message($0) }
        let size = messages[0].canonical.count
        let answer = Self.answer(Self.page(messages), bytesMax: size * 5 / 2)
        #expect(answer.page.messages.count == 2 && answer.page.hasMore)
        #expect(answer.page.nextID == messages[1].id)
        #expect(Self.answer(Self.page(messages), bytesMax: 1).page.messages.count == 1)
    }
}
