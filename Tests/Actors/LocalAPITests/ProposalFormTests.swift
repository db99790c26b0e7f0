import Messages
import Primitives
import Testing

@testable import LocalAPI

@Suite("What people may leave out of a proposal")
struct ProposalFormTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)

    private static func completed(_ members: [(String, JSONValue)]) -> JSONValue {
        ProposalForm.completed(.object(members), now: self.now)
    }

    @Test("a text goes along as the artefact, with its hash and size")
    func text() throws {
        let payload = Self.completed([("content_text", .string("für alle\n"))])
        let bytes = Array("für alle\n".utf8)
        #expect(payload["content_text"] == nil)
        #expect(payload["content_inline"]?.string.flatMap { Base64.decode($0) } == bytes)
        #expect(payload["content_hash"]?.string == SHA256Digest.hash(bytes).hex)
        #expect(payload["content_size"]?.integer == 10)
    }

    @Test("hash and size follow from an artefact that goes along; what is said stays")
    func inline() {
        let derived = Self.completed([("content_inline", .string("AQI=")), ("content_hash", .null)])
        #expect(derived["content_hash"]?.string == SHA256Digest.hash([1, 2]).hex)
        #expect(derived["content_size"]?.integer == 2)
        let said = Self.completed([
            ("content_inline", .string("AQI=")), ("content_size", .integer(7)),
            ("request_id", .null),
        ])
        #expect(said["content_size"]?.integer == 7)
        #expect(said["request_id"] == .null)
    }

    @Test("nothing is invented for an artefact that does not go along, or is not base64")
    func elsewhere() {
        for payload in [Self.completed([]), Self.completed([("content_inline", .string("?"))])] {
            #expect(payload["content_hash"] == nil && payload["content_size"] == nil)
        }
    }

    @Test("claims, tier and the end of voting have defaults", arguments: [nil, "constitutional"])
    func defaults(tier: String?) {
        let payload = Self.completed(tier.map { [("tier", .string($0))] } ?? [])
        #expect(payload["claims"] == .array([]))
        #expect(payload["tier"]?.string == tier ?? "standard")
        let days: Int64 = tier == nil ? 14 : 90
        let hours: Int64 = tier == nil ? 0 : 1
        let end = payload["voting_deadline"]?.integer ?? 0
        #expect(end - Self.now.milliseconds == (days * 24 + hours) * 3_600_000)
    }

    @Test("an artefact that goes along twice is refused")
    func twice() {
        let both = APICall.publish(
            .propose,
            .object([("content_text", .string("a")), ("content_inline", .string("AQI="))])
        )
        #expect(both.flaw?.body["code"]?.string == "bad_text")
        let one = APICall.publish(.propose, .object([("content_text", .string("a"))]))
        #expect(one.flaw == nil)
    }
}
