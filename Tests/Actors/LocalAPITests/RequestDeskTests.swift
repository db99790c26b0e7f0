import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

/// Requests with keys to the desk of the local API, step by step, without a kernel.
private struct Desk {
    var desk = RequestDesk()
    var now = APISteps.start
    private var last: UInt64 = 0
    private(set) var id = RequestID(rawValue: 0)

    init(_ subsystems: Set<SubsystemName> = [.identity]) {
        self.desk.note { $0.assembled(of: subsystems) }
    }

    static func key(_ word: String, of caller: String = "owner", _ content: String) -> RequestKey {
        RequestKey(word, of: caller, askingFor: Array(content.utf8))
    }

    /// Asks; the key asks for what the call says.
    mutating func ask(_ call: APICall, _ word: String?, of caller: String = "owner")
        -> [LocalAPIAction]
    {
        self.last += 1
        self.id = RequestID(rawValue: self.last)
        let key = word.map { Self.key($0, of: caller, "\(call)") }
        let request = APIRequestReceived(id: self.id, call: call, key: key)
        return self.desk.received(request, now: self.now)
    }

    /// The log has the message of what was published.
    mutating func log(_ message: Message, of published: PublishMessage, isReplay: Bool = false)
        -> [LocalAPIAction]
    {
        let origin = Origin.local(isReplay ? nil : published.request, key: published.key)
        let admitted = message.admitted(from: origin, at: self.now)
        let entry = MessageLogged(sequence: 1, admitted: admitted, isReplay: isReplay)
        return self.desk.logged(entry, now: self.now)
    }

    mutating func wait(_ milliseconds: Int64) -> [LocalAPIAction] {
        self.now = self.now.adding(milliseconds: milliseconds)
        let now = self.now
        return self.desk.step(now: now) { $0.woke(now: now) }
    }

    mutating func hear(_ reply: APIReply, from name: SubsystemName) -> [LocalAPIAction] {
        let (id, now) = (self.id, self.now)
        return self.desk.step(now: now) { $0.heard(reply, from: name, for: id, now: now) }
    }
}

extension [LocalAPIAction] {
    /// The only answer, whosoever asked.
    fileprivate var onlyAnswer: APIResponse? {
        let answers = self.compactMap { action -> APIResponse? in
            if case .answer(_, let answer) = action { answer } else { nil }
        }
        return answers.count == 1 ? answers[0] : nil
    }
}

@Suite("ADR 0060: what is asked for with a key happens once")
struct RequestDeskTests {
    private static let post = APICall.publish(.request, Draft.request().payload)
    private static let other = APICall.publish(.comment, Draft.request().payload)

    private static func message(_ text: String = "author") throws -> Message {
        try Draft.request().signed(by: .named(text), at: APISteps.start)
    }

    @Test("the same again is answered as before, and nothing is signed for it")
    func again() throws {
        var desk = Desk()
        let published = try #require(desk.ask(Self.post, "k").published)
        #expect(published.key == Desk.key("k", "\(Self.post)"))
        let first = try #require(desk.log(Self.message(), of: published).onlyAnswer)
        #expect(first.status == 200)
        for _ in 0..<2 {
            let actions = desk.ask(Self.post, "k")
            #expect(actions.published == nil && actions.onlyAnswer == first)
        }
    }

    @Test("without a key, with another one, or from another caller it happens again")
    func others() throws {
        var desk = Desk()
        let published = try #require(desk.ask(Self.post, "k").published)
        _ = desk.log(try Self.message(), of: published)
        let plain = desk.ask(Self.post, nil)
        #expect(plain.published != nil && plain.published?.key == nil)
        let another = desk.ask(Self.post, "l")
        #expect(another.published != nil)
        let stranger = desk.ask(Self.post, "k", of: "somebody")
        #expect(stranger.published != nil)
    }

    @Test("a key with another request is refused, before, while and after the first is answered")
    func reused() throws {
        var desk = Desk()
        let published = try #require(desk.ask(Self.post, "k").published)
        let other = APIRequestReceived(
            id: RequestID(rawValue: 99),
            call: Self.other,
            key: Desk.key("k", "something else")
        )
        let during = desk.desk.received(other, now: desk.now)
        #expect(during.onlyAnswer?.problem == "422 idempotency_key_reused")
        _ = desk.log(try Self.message(), of: published)
        let after = desk.desk.received(other, now: desk.now)
        #expect(after.onlyAnswer?.problem == "422 idempotency_key_reused")
    }

    @Test("while it is under way, the same again is told to wait a second")
    func running() throws {
        var desk = Desk()
        _ = desk.ask(Self.post, "k")
        let again = desk.ask(Self.post, "k").onlyAnswer
        #expect(again?.problem == "409 idempotency_key_in_use")
        let retryAt = desk.now.adding(milliseconds: APILimits.runningMilliseconds)
        #expect(again?.body["retry_at"]?.integer == retryAt.milliseconds)
    }

    @Test("a refusal left nothing, so that the same may be tried again with the same key")
    func refused() throws {
        var desk = Desk()
        let published = try #require(desk.ask(Self.post, "k").published)
        let refusal = MessageRefused(
            origin: .local(published.request, key: published.key),
            id: nil,
            refusal: Refusal(.rateLimited, "ten a day")
        )
        let answer = desk.desk.refused(refusal, now: desk.now).onlyAnswer
        #expect(answer?.status == 429)
        let again = desk.ask(Self.post, "k")
        #expect(again.published != nil)
    }

    @Test("a message that waits for the disk keeps its request under way, until the log has it")
    func undecided() throws {
        var desk = Desk()
        let published = try #require(desk.ask(Self.post, "k").published)
        desk.desk.note { $0.logStopped(LogStopped(reason: "full")) }
        let late = desk.wait(APILimits.requestMilliseconds).onlyAnswer
        #expect(late?.problem == "504 undecided")
        let during = desk.ask(Self.post, "k").onlyAnswer
        #expect(during?.problem == "409 idempotency_key_in_use")
        desk.desk.note { $0.logResumed() }
        let message = try Self.message()
        let logged = desk.log(message, of: published)
        #expect(logged.onlyAnswer == nil, "nobody waits any more")
        let after = desk.ask(Self.post, "k")
        #expect(after.published == nil)
        #expect(after.onlyAnswer?.body["id"]?.string == message.id.hex)
    }

    @Test("a message that waited and was refused in the end frees its key")
    func refusedLate() throws {
        var desk = Desk()
        let published = try #require(desk.ask(Self.post, "k").published)
        _ = desk.wait(APILimits.requestMilliseconds)
        let refusal = MessageRefused(
            origin: .local(published.request, key: published.key),
            id: nil,
            refusal: Refusal(.rateLimited, "ten a day")
        )
        _ = desk.desk.refused(refusal, now: desk.now)
        let again = desk.ask(Self.post, "k")
        #expect(again.published != nil)
    }

    @Test("a replay of the log finds the message of a key; the answer has its id")
    func replayed() throws {
        let published = PublishMessage(
            type: .request,
            payload: Draft.request().payload,
            key: Desk.key("k", "\(Self.post)")
        )
        var desk = Desk([.identity, .peers])
        let message = try Self.message()
        _ = desk.log(message, of: published, isReplay: true)
        let asked = desk.ask(Self.post, "k")
        #expect(asked.published == nil && asked.onlyAnswer == nil, "who hears it is asked anew")
        let table = PeerTable.Reply(rows: [], bootstrap: [])
        let answer = desk.hear(.peers(table), from: .peers).onlyAnswer
        #expect(answer?.body["id"]?.string == message.id.hex)
        let third = desk.ask(Self.post, "k")
        #expect(third.onlyAnswer == answer)
        let other = desk.desk.received(
            APIRequestReceived(id: desk.id, call: Self.other, key: Desk.key("k", "x")),
            now: desk.now
        )
        #expect(other.onlyAnswer?.problem == "422 idempotency_key_reused")
    }

    @Test("what was no reason against a message that is in the log is none now")
    func lapsed() throws {
        let end = APISteps.start.adding(milliseconds: 1_000).milliseconds
        let call = APICall.publish(.request, .object([("expires", .integer(end))]))
        let key = Desk.key("k", "\(call)")
        let published = PublishMessage(type: .request, payload: .emptyObject, key: key)
        var desk = Desk()
        let message = try Self.message()
        _ = desk.log(message, of: published, isReplay: true)
        _ = desk.wait(2_000)
        let answer = desk.ask(call, "k").onlyAnswer
        #expect(answer?.body["id"]?.string == message.id.hex)
        let fresh = desk.ask(call, "l").onlyAnswer
        #expect(fresh?.problem == "422 already_over")
    }

    @Test("an upload whose SHARE is in the log is kept again, and no second SHARE is signed")
    func share() throws {
        let hash = ContentHash(SHA256Digest.hash([1]))
        let upload = UploadedContent(number: 7, hash: hash, size: 1)
        let call = APICall.share(
            ShareContent(
                upload: upload,
                contentType: "x/y",
                filename: nil,
                description: nil,
                tags: []
            )
        )
        var desk = Desk([.identity, .storageMarket])
        let message = try Self.message()
        let key = Desk.key("k", "\(call)")
        let published = PublishMessage(type: .share, payload: .emptyObject, key: key)
        _ = desk.log(message, of: published, isReplay: true)
        let asked = desk.ask(call, "k")
        #expect(asked.onlyAnswer == nil)
        let kept = ShareContent.Kept(hash: hash, offer: Share(entries: []))
        let actions = desk.hear(.kept(.success(kept)), from: .storageMarket)
        #expect(actions.published == nil)
        #expect(actions.onlyAnswer?.body["id"]?.string == message.id.hex)
        #expect(actions.onlyAnswer?.body["content_hash"]?.string == hash.hex)
    }

    @Test("an adoption that was signed and not finished is finished; a finished one is told again")
    func adopt() throws {
        for isAdopted in [false, true] {
            let view = try ProposalView.example(.ratified, isAdopted: isAdopted)
            let call = APICall.adopt(view.message.id)
            var desk = Desk([.identity, .consensus, .storageMarket])
            let message = try Self.message()
            let key = Desk.key("k", "\(call)")
            let published = PublishMessage(type: .adopt, payload: .emptyObject, key: key)
            _ = desk.log(message, of: published, isReplay: true)
            _ = desk.ask(call, "k")
            _ = desk.hear(.proposals([view]), from: .consensus)
            let stored = FetchContent.Stored(path: "/blobs/x", size: 1)
            var actions = desk.hear(.fetched(.success(stored)), from: .storageMarket)
            #expect(actions.published == nil)
            #expect((actions.recorded == nil) == isAdopted)
            if let fact = actions.recorded {
                let entry = FactLogged(sequence: 2, fact: fact, isReplay: false)
                actions = desk.desk.logged(entry, now: desk.now)
            }
            #expect(actions.onlyAnswer?.body["id"]?.string == message.id.hex)
            #expect(actions.onlyAnswer?.body["path"]?.string == "/blobs/x")
        }
    }

    @Test("a change of the storage offer is made once; a later one is not undone by a repeat")
    func offer() throws {
        let (one, two) = (StorageOffer(allocatedBytes: 1), StorageOffer(allocatedBytes: 2))
        var desk = Desk([.storageMarket])
        let asked = desk.ask(.offerStorage(one), "k")
        guard case .ask(.offer(let query), _)? = asked.first else {
            Issue.record("no offer")
            return
        }
        #expect(query.key == Desk.key("k", "\(APICall.offerStorage(one))"))
        var fresh = Desk([.storageMarket])
        for (offer, key) in [(one, query.key), (two, nil)] {
            let fact = offer.fact(recordedAt: fresh.now, key: key)
            let entry = FactLogged(sequence: 1, fact: fact, isReplay: true)
            _ = fresh.desk.logged(entry, now: fresh.now)
        }
        let again = fresh.ask(.offerStorage(one), "k")
        #expect(again.count == 1 && again.onlyAnswer?.body["allocated_bytes"]?.integer == 1)
    }

    @Test("keys are remembered for a day, and the oldest go first when there are too many")
    func bounds() throws {
        var desk = Desk()
        let message = try Self.message()
        func published(_ word: String) -> PublishMessage {
            PublishMessage(
                type: .request,
                payload: .emptyObject,
                key: Desk.key(word, "\(Self.post)")
            )
        }
        _ = desk.log(message, of: published("k"), isReplay: true)
        _ = desk.wait(APILimits.keptMilliseconds - 1)
        let kept = desk.ask(Self.post, "k")
        #expect(kept.published == nil)
        _ = desk.wait(1)
        let forgotten = desk.ask(Self.post, "k")
        #expect(forgotten.published != nil)

        var full = Desk()
        for number in 0...APILimits.keptMax {
            _ = full.log(message, of: published("\(number)"), isReplay: true)
        }
        let oldest = full.ask(Self.post, "0")
        #expect(oldest.published != nil)
        let later = full.ask(Self.post, "\(APILimits.keptStep)")
        #expect(later.published == nil)
    }
}
