import Cryptography
import Doors
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("Local API: who is asked, and what its answer becomes")
struct QuestionTests {
    private static let message = MessageID(SHA256Digest.hash([2]))
    private static let key = NodeID(SHA256Digest.hash([3]))
    private static let hash = ContentHash(SHA256Digest.hash([4]))
    private static let upload = UploadedContent(number: 7, hash: Self.hash, size: 5)

    private static let share = APICall.share(
        ShareContent(
            upload: Self.upload,
            contentType: "text/plain",
            filename: "a.txt",
            description: "d",
            tags: ["t"]
        )
    )

    @Test("every call asks the one who knows, for what was asked")
    func asked() {
        let calls: [(APICall, String)] = [
            (.identity(nil), "keys of this node"), (.identity(Self.key), "keys of \(Self.key.hex)"),
            (.network, "phase"), (.peers, "peers"), (.requests(limit: 5), "6 requests, any"),
            (.request(Self.message), "1 requests, \(Self.message.hex)"),
            (.proposals(limit: 6), "7 proposals, any"),
            (.proposal(Self.message), "1 proposals, \(Self.message.hex)"),
            (.artefact(Self.message), "1 proposals, \(Self.message.hex)"),
            (.adopt(Self.message), "1 proposals, \(Self.message.hex)"), (.reputations, "scores"),
            (.reputation(Self.key), "history of \(Self.key.hex)"),
            (.fetch(Self.hash), "1 proposals, \(Self.hash.hex)"),
            (Self.share, "share \(Self.hash.hex)"),
        ]
        for (call, question) in calls {
            var steps = APISteps()
            let actions = steps.put(call)
            #expect(actions.questions == [question])
            #expect(actions.answer == nil && actions.pause == APILimits.tickMilliseconds)
        }
    }

    @Test("a call whose subsystem is not plugged in says which one that is, and is over")
    func absent() {
        let calls: [(APICall, SubsystemName)] = [
            (.identity(nil), .identity), (.network, .consensus), (.peers, .peers),
            (.requests(limit: 1), .consensus), (.proposal(Self.message), .consensus),
            (.adopt(Self.message), .consensus), (.reputations, .reputation),
            (.reputation(Self.key), .reputation), (Self.share, .storageMarket),
            (.fetch(Self.hash), .storageMarket),
        ]
        for (call, name) in calls {
            var steps = APISteps([.sync])
            let actions = steps.put(call)
            #expect(actions.answer == .absent(name) && actions.count == 1, "nothing is waited for")
            #expect(actions.answer?.detail == "this node runs without its \(name) subsystem")
            #expect(actions.answer?.problem == "501 absent_subsystem")
        }
    }

    @Test("an upload is shared as it was described")
    func shareMembers() throws {
        var steps = APISteps()
        guard case .ask(.share(let procedure), _)? = steps.put(Self.share).first else {
            Issue.record("not asked")
            return
        }
        #expect(procedure.upload == Self.upload && procedure.contentType == "text/plain")
        #expect(procedure.filename == "a.txt" && procedure.description == "d")
        #expect(procedure.tags == ["t"])
    }

    @Test("a single request is shown whole, a list in outline, and one that nobody has is unknown")
    func requests() throws {
        let message = try Draft.request(title: "t", body: "long")
            .signed(by: .named("author"), at: APISteps.start)
        let view = RequestView(message: message, identity: message.from, isExpired: false)
        var steps = APISteps()
        _ = steps.put(.request(message.id))
        let single = steps.hear(.requests([view]), from: .consensus).answer
        #expect(single?.body["payload"]?["body"]?.string == "long")
        _ = steps.put(.requests(limit: 1))
        let list = steps.hear(.requests([view]), from: .consensus).answer
        let outline = list?.body["requests"]?.elements?.first
        #expect(outline?["payload"]?["title"]?.string == "t" && outline?["payload"]?["body"] == nil)
        _ = steps.put(.requests(limit: 1))
        let none = steps.hear(.requests([]), from: .consensus).answer
        #expect(none?.body.text == #"{"next_cursor":null,"requests":[]}"#)
        _ = steps.put(.request(message.id))
        let unknown = steps.hear(.requests([]), from: .consensus).answer
        #expect(unknown?.problem == "404 unknown_request")
        #expect(unknown?.detail.contains("`valence-node request list`") == true)
    }

    @Test("a single proposal is shown whole, a list in outline, and one that nobody has is unknown")
    func proposals() throws {
        let view = try ProposalView.example(.open)
        var steps = APISteps()
        _ = steps.put(.proposal(view.message.id))
        let single = steps.hear(.proposals([view]), from: .consensus).answer
        #expect(single?.body["body"]?.string == "b")
        _ = steps.put(.proposals(limit: 1))
        let list = steps.hear(.proposals([view]), from: .consensus).answer
        let outline = list?.body["proposals"]?.elements?.first
        #expect(outline?["title"]?.string == "t" && outline?["body"] == nil)
        for call in [APICall.proposal, APICall.artefact, APICall.adopt].map({ $0(Self.message) }) {
            _ = steps.put(call)
            let unknown = steps.hear(.proposals([]), from: .consensus).answer
            #expect(unknown?.problem == "404 unknown_proposal", "\(call)")
            #expect(unknown?.detail.contains("`valence-node proposal list`") == true)
        }
    }

    // MARK: - Keys

    private static func keys(
        _ key: NodeID,
        isSuspended: Bool = false,
        rotatedTo: NodeID? = nil
    ) -> APIReply {
        .keys(
            IdentityKeys.Reply(
                key: key,
                identity: key,
                keys: [key],
                isSuspended: isSuspended,
                rotatedTo: rotatedTo
            )
        )
    }

    private static func history(isKnown: Bool) -> APIReply {
        .history(
            ScoreHistory.Reply(
                isKnown: isKnown,
                overall: .one,
                direct: .one,
                start: ScoreHistory.Start(score: .zero, isFounder: false),
                entries: []
            )
        )
    }

    @Test("C2-18: a key that no message names is shown if anything was heard of it, or is unknown")
    func acquaintances() {
        for isKnown in [true, false] {
            var steps = APISteps()
            _ = steps.put(.identity(Self.key))
            let asked = steps.hear(Self.keys(Self.key), from: .identity)
            #expect(asked.questions == ["history of \(Self.key.hex)"] && asked.answer == nil)
            let told = steps.hear(Self.history(isKnown: isKnown), from: .reputation).answer
            #expect(told?.status == (isKnown ? 200 : 404))
            #expect(told?.body["key"]?.string == (isKnown ? Self.key.hex : nil))
            #expect(isKnown || told?.detail.contains("`valence-node rep list`") == true)
        }
    }

    @Test("a key that messages name, the own one, and any on a node without a ledger, are shown")
    func shown() {
        let named = [
            Self.keys(Self.key, isSuspended: true),
            Self.keys(Self.key, rotatedTo: NodeID(SHA256Digest.hash([9]))),
        ]
        for reply in named {
            var steps = APISteps()
            _ = steps.put(.identity(Self.key))
            let answer = steps.hear(reply, from: .identity).answer
            #expect(answer?.status == 200)
        }
        var own = APISteps()
        _ = own.put(.identity(nil))
        let mine = own.hear(Self.keys(Self.key), from: .identity).answer
        var bare = APISteps([.identity])
        _ = bare.put(.identity(Self.key))
        let alone = bare.hear(Self.keys(Self.key), from: .identity).answer
        #expect(mine?.status == 200 && alone?.status == 200)
    }

    @Test("a score of nobody is unknown")
    func scores() {
        var steps = APISteps()
        _ = steps.put(.reputation(Self.key))
        let unknown = steps.hear(Self.history(isKnown: false), from: .reputation).answer
        #expect(unknown?.problem == "404 unknown_identity")
        _ = steps.put(.reputation(Self.key))
        let known = steps.hear(Self.history(isKnown: true), from: .reputation).answer
        #expect(known?.body["overall"]?.integer == 1_000_000)
    }

    @Test("ADR 0047: a plugged-in subsystem is asked by the name of its operation, byte for byte")
    func plugged() {
        let places = [
            PluggedPlace(name: "almanac") { arguments throws(ArgumentFlaw) in
                guard arguments["page"] == nil else {
                    throw ArgumentFlaw("`page` is unknown; known are none")
                }
                return PluggedQuestion(answerer: "Almanac") { _, _ in }
            },
            PluggedPlace(name: "caf\u{E9}") { _ in PluggedQuestion(answerer: "Bar") { _, _ in } },
        ]
        var steps = APISteps(["Almanac"], places: places)
        let asked = steps.put(.plugged("almanac"))
        #expect(asked.questions == ["plugged, of Almanac"])
        let answer = steps.hear(.whole(.object([("a", .integer(1))])), from: "Almanac").answer
        #expect(answer?.body.text == #"{"a":1}"#)
        _ = steps.put(.plugged("almanac"))
        let silent = steps.hear(nil, from: "Almanac").answer
        #expect(silent?.problem == "504 timeout")
        #expect(silent?.detail.hasPrefix("the Almanac subsystem did not answer in time") == true)
        let unclear = steps.put(.plugged("almanac", .object([("page", .integer(1))]))).answer
        #expect(unclear == .unclear("`page` is unknown; known are none"))
        let absent = steps.put(.plugged("caf\u{E9}")).answer
        #expect(absent == .absent("Bar"))
        for other in ["cafe\u{301}", "Almanac", "", "almanac/"] {
            let unknown = steps.put(.plugged(other)).answer
            #expect(unknown?.problem == "404 unknown_extension")
        }
    }
}
