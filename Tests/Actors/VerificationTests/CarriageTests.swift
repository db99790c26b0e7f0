import Cryptography
import Kernel
import Messages
import Primitives
import Testing

@testable import Verification

@Suite("ADR 0037: only what a page of sync can carry is admitted")
struct CarriageTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)

    private static func request(_ surplus: JSONValue) throws -> Message {
        try EnvelopeCodec.sign(
            .request,
            payload: .object([
                ("title", .string("t")), ("body", .string("b")), ("tags", .array([])),
                ("x", surplus),
            ]),
            timestamp: Sample.now,
            key: Sample.key
        )
    }

    /// A request of exactly so many bytes.
    private static func request(bytes: Int) throws -> Message {
        let empty = try Self.request(.string("")).canonical.count
        return try Self.request(.string(String(repeating: "a", count: bytes - empty)))
    }

    /// A request whose envelope has so many levels.
    private static func request(levels: Int) throws -> Message {
        let inner = (0..<levels - 2).reduce(JSONValue.integer(1)) { value, _ in .array([value]) }
        return try Self.request(inner)
    }

    private mutating func refusal(
        of message: Message,
        _ origin: Origin = Sample.gossip()
    ) -> Refusal? {
        let request = AdmitMessage(bytes: message.canonical, origin: origin)
        let actions = self.machine.admit(request, now: Sample.now)
        guard case .refuse(_, _, let refusal)? = actions.first else { return nil }
        return refusal
    }

    private static func page(_ messages: [Message]) throws -> Message {
        try EnvelopeCodec.sign(
            .syncResponse,
            payload: .object([
                ("messages", .array(messages.map { .canonical($0.canonical) })),
                ("has_more", .bool(false)),
                ("next_timestamp", .integer(Sample.now.milliseconds)),
                ("next_id", .null),
                ("checkpoint", .string(MerkleTree(ids: []).root.hex)),
            ]),
            timestamp: Sample.now,
            key: Sample.key
        )
    }

    @Test(
        "C1-1: whatever is admitted fits a page, the deepest, the longest and the fullest message"
    )
    mutating func carried() throws {
        let fullest = try Self.request(.array(Array(repeating: .integer(1), count: 540_000)))
        let other = try Self.request(.array(Array(repeating: .integer(2), count: 540_000)))
        let pages = [
            [try Self.request(levels: JSONLimits.message.depthMax)],
            [try Self.request(bytes: WireLimits.carriedBytesMax)],
            [fullest, other],
        ]
        for page in pages {
            for message in page { #expect(self.refusal(of: message) == nil) }
            let response = try EnvelopeCodec.decode(try Self.page(page).canonical)
            guard case .syncResponse(let answer) = response.payload else {
                Issue.record("no response")
                return
            }
            #expect(answer.messages == page.map(\.canonical))
        }
    }

    @Test("C1-1: what no page can carry is refused by name, and the relay is not blamed")
    mutating func notCarried() throws {
        let longest = try Self.request(bytes: WireLimits.messageBytesMax)
        let long = try Self.request(bytes: WireLimits.carriedBytesMax + 1)
        let deep = try Self.request(levels: JSONLimits.message.depthMax + 1)
        for message in [longest, long, deep] {
            for origin in [Sample.gossip(), .sync(peer: Sample.relay), .local(nil)] {
                let refusal = self.refusal(of: message, origin)
                #expect(refusal?.code == .tooLarge && refusal?.blamesRelay == false)
            }
        }
    }

    @Test("C1-14, R-14-004: 70,001 elements in a member that no schema names are no offence")
    mutating func manyElements() throws {
        let message = try Self.request(.array(Array(repeating: .integer(1), count: 70_001)))
        #expect(self.refusal(of: message) == nil)
    }

    @Test("C1-1: unsigned members around a message do not make it undeliverable")
    mutating func unsignedMembers() throws {
        let message = try Self.request(.null)
        var text = String(decoding: message.canonical, as: UTF8.self)
        text.removeLast()
        text += ",\"y\":\"" + String(repeating: "a", count: 8_380_000) + "\"}"
        let request = AdmitMessage(bytes: Array(text.utf8), origin: Sample.gossip())
        #expect(self.machine.admit(request, now: Sample.now).first?.token != nil)
    }
}
