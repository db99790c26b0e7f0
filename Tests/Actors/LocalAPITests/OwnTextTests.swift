import Messages
import Primitives
import Testing

@testable import LocalAPI

@Suite("What this node's own people may send")
struct OwnTextTests {
    private static let id = MessageID(SHA256Digest.hash([1]))

    private static func payload(_ members: [(String, JSONValue)]) -> JSONValue { .object(members) }

    private static func post(_ members: [(String, JSONValue)]) -> APICall {
        .publish(.request, .object(members))
    }

    private static func text(_ count: Int) -> JSONValue {
        .string(String(repeating: "x", count: count))
    }

    private static func tags(_ tags: [String]) -> (String, JSONValue) {
        ("tags", .array(tags.map { .string($0) }))
    }

    @Test(
        "a text may have so many bytes and no more",
        arguments: [("title", 512), ("label", 512), ("body", 262_144), ("reason", 10_240)]
    )
    func lengths(member: String, bytesMax: Int) {
        #expect(Self.post([(member, Self.text(bytesMax))]).excess == nil)
        let excess = Self.post([(member, Self.text(bytesMax + 1))]).excess
        #expect(excess?.status == 422 && excess?.body["code"]?.string == "too_long")
        let detail = excess?.body["detail"]?.string ?? ""
        #expect(detail.contains("\(member) has \(bytesMax + 1) bytes; at most \(bytesMax)"))
    }

    @Test("bytes count, not letters")
    func bytes() {
        let letters = String(repeating: "ü", count: 256)
        #expect(Self.post([("title", .string(letters))]).excess == nil)
        #expect(Self.post([("title", .string(letters + "u"))]).excess != nil)
    }

    @Test("the reason of a vote is bounded like any other, and other calls have no text")
    func reasons() {
        let long = String(repeating: "x", count: 10_241)
        #expect(APICall.vote(Self.id, stance: .reject, reason: long).excess != nil)
        #expect(APICall.vote(Self.id, stance: .reject, reason: nil).excess == nil)
        #expect(APICall.status.excess == nil && APICall.adopt(Self.id).excess == nil)
    }

    @Test("a tag has 64 bytes and no more")
    func tags() {
        let longest = String(repeating: "t", count: 64)
        #expect(Self.post([Self.tags(Array(repeating: longest, count: 20))]).excess == nil)
        let long = Self.post([Self.tags(["t", longest + "t"])]).excess
        #expect(long?.body["detail"]?.string?.contains("a tag has 65 bytes") == true)
    }

    @Test("a request that is over before it is sent is not sent")
    func lapsed() {
        let now = Timestamp(milliseconds: 1_000)
        let ends: [(JSONValue, Bool)] = [
            (.integer(0), true), (.integer(1_000), true), (.integer(1_001), false),
            (.null, false), (.string("0"), false),
        ]
        for (end, isOver) in ends {
            let lapse = Self.post([("expires", end)]).lapse(now: now)
            #expect((lapse?.body["code"]?.string == "already_over") == isOver, "\(end)")
        }
        let other = APICall.publish(.propose, Self.payload([("expires", .integer(0))]))
        #expect(other.lapse(now: now) == nil)
    }

    @Test("members of another kind are no text; the protocol refuses them")
    func otherKinds() {
        let call = Self.post([
            ("title", .integer(1)), ("body", .null), ("tags", .string("x")),
        ])
        #expect(call.excess == nil && call.flaw == nil)
    }

    @Test(
        "a title is one line that somebody can see",
        arguments: [
            "", " ", "\t\u{A0}", "\u{200B}\u{2060}", "\0", "a\nb", "a\r", "a\u{85}b", "a\u{2028}b",
        ]
    )
    func noTitle(title: String) {
        for type in [MessageType.request, .propose] {
            let flaw = APICall.publish(type, Self.payload([("title", .string(title))])).flaw
            #expect(flaw?.status == 422 && flaw?.body["code"]?.string == "bad_text")
            #expect(flaw?.body["detail"]?.string?.contains("at most 512 bytes") == true)
        }
        let other = APICall.publish(.didLink, Self.payload([("title", .string(title))]))
        #expect(other.flaw == nil, "what is no title of a list may be anything")
    }

    @Test(
        "titles of every script are titles",
        arguments: ["t", "Über", "標題", "e\u{301}", "👩\u{200D}👧", " a "]
    )
    func title(title: String) {
        #expect(Self.post([("title", .string(title))]).flaw == nil)
    }

    @Test(
        "tags are lower-case words of any script",
        arguments: ["a", "c++", "c#", "a/b:c.d_e-f", "ünï", "タグ", "हिन्दी", "2"]
    )
    func tag(tag: String) {
        #expect(Self.post([Self.tags([tag])]).flaw == nil)
    }

    @Test(
        "what is no tag is named",
        arguments: ["", "A", "a b", "ǅ", "a,b", "a\n", "😀", "\u{200D}", "½"]
    )
    func noTag(tag: String) {
        let calls = [
            Self.post([Self.tags(["fine", tag])]),
            .share(
                ShareContent(
                    upload: UploadedContent(
                        number: 1,
                        hash: ContentHash(SHA256Digest.hash([])),
                        size: 0
                    ),
                    contentType: "text/plain",
                    filename: nil,
                    description: nil,
                    tags: ["fine", tag]
                )
            ),
        ]
        for call in calls {
            #expect(call.flaw?.body["detail"]?.string?.hasPrefix("`\(tag)` is no tag; ") == true)
        }
    }

    @Test("an empty comment says nothing, and one of white space neither")
    func comments() {
        func comment(_ body: String) -> APIResponse? {
            APICall.publish(.comment, Self.payload([("body", .string(body))])).flaw
        }
        #expect(comment("") != nil && comment(" \n\t") != nil && comment("\u{FEFF}") != nil)
        #expect(comment("a\n\nb") == nil && comment(".") == nil)
    }

    @Test("only what changes the log needs a log that writes")
    func storage() {
        let hash = ContentHash(SHA256Digest.hash([]))
        let reads: [APICall] = [
            .status, .readiness(MemoryUse(bytes: 0)), .identity(nil), .network, .peers,
            .requests(limit: 1),
            .request(Self.id), .proposals(limit: 1), .proposal(Self.id), .artefact(Self.id),
            .reputations, .reputation(NodeID(SHA256Digest.hash([]))), .fetch(hash), .verify(hash),
            .find(text: "", tags: [], limit: 1), .downloads,
        ]
        #expect(reads.allSatisfy { !$0.needsStorage })
        let writes: [APICall] = [
            .publish(.request, .emptyObject), .vote(Self.id, stance: .abstain, reason: nil),
            .adopt(Self.id),
            .share(
                ShareContent(
                    upload: UploadedContent(number: 1, hash: hash, size: 0),
                    contentType: "",
                    filename: nil,
                    description: nil,
                    tags: []
                )
            ),
        ]
        #expect(writes.allSatisfy { $0.needsStorage })
    }
}
