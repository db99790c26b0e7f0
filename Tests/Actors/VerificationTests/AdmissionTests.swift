import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Verification

/// Own and foreign messages for the tests.
enum Sample {
    static let now = Timestamp(milliseconds: 1_700_000_000_000)
    static let key = SigningKey.generate()
    static let relay = NodeID(SigningKey.generate().publicKey)

    static func request(_ title: String = "t", at timestamp: Timestamp = now) throws -> Message {
        try Draft.request(title: title).signed(by: key, at: timestamp)
    }

    static func gossip(_ topic: Topic = .proposals) -> Origin {
        .gossip(relay: relay, topic: topic, ticket: 1)
    }
}

extension VerificationAction {
    var token: UInt64? {
        if case .submit(_, let token) = self { token } else { nil }
    }

    var code: Refusal.Code? {
        if case .refuse(_, _, let refusal) = self { refusal.code } else { nil }
    }

    var passed: MessageID? {
        if case .pass(let message, _, _) = self { message.id } else { nil }
    }
}

extension VerificationStateMachine {
    /// The log replays a message that was received just now.
    mutating func replay(_ message: Message) {
        let admitted = message.admitted(at: Sample.now)
        self.logged(MessageLogged(sequence: 1, admitted: admitted, isReplay: true))
    }
}

@Suite("§2 Admission")
struct AdmissionTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)

    private mutating func admit(_ bytes: [UInt8], _ origin: Origin = Sample.gossip())
        -> VerificationAction?
    {
        self.machine.admit(AdmitMessage(bytes: bytes, origin: origin), now: Sample.now).first
    }

    @Test("R-01-004: a message passes after its signature was checked, not before")
    mutating func passesAfterCheck() throws {
        let message = try Sample.request()
        let token = try #require(self.admit(message.canonical)?.token)
        #expect(
            self.machine.done(token, .valid, now: Sample.now, entropy: 7).first?.passed
                == message.id
        )
        #expect(self.machine.status.verified == 1)
    }

    @Test("R-05-116: a known id never reaches a signature check again")
    mutating func duplicates() throws {
        let message = try Sample.request()
        let token = try #require(self.admit(message.canonical)?.token)
        #expect(self.admit(message.canonical)?.code == .duplicate, "while it is being checked")
        _ = self.machine.done(token, .valid, now: Sample.now, entropy: 7)
        #expect(self.admit(message.canonical)?.code == .duplicate, "after it passed")
        #expect(self.machine.status.pending == 0)
    }

    @Test("R-05-077: of copies from several peers the first valid one counts, whatever came before")
    mutating func forgeryDoesNotPoison() throws {
        let message = try Sample.request()
        let forged = try Self.withOtherSignature(message)
        let token = try #require(self.admit(forged, .sync(peer: Sample.relay))?.token)
        let second = try #require(self.admit(message.canonical)?.token)
        #expect(
            self.machine.done(token, .badSignature, now: Sample.now, entropy: 7).first?.code
                == .badSignature
        )
        #expect(
            self.machine.done(second, .valid, now: Sample.now, entropy: 7).first?.passed
                == message.id
        )
        let third = self.admit(message.canonical, .sync(peer: message.from))
        #expect(third?.code == .duplicate)
    }

    private static func withOtherSignature(_ message: Message) throws -> [UInt8] {
        let other = try Sample.request("other").signature.hex
        let text = String(decoding: message.canonical, as: UTF8.self)
        return Array(text.replacing(message.signature.hex, with: other).utf8)
    }

    @Test("R-02-028: the wrong topic is refused before any signature check")
    mutating func wrongTopic() throws {
        let message = try Sample.request()
        #expect(self.admit(message.canonical, Sample.gossip(.votes))?.code == .wrongTopic)
    }

    @Test(
        "R-05-047: a snapshot comes in an answer of sync or from this node itself, and no other way"
    )
    mutating func snapshots() throws {
        let snapshot = StateSnapshot(
            identityMerkleRoot: .zero,
            proposalMerkleRoot: .zero,
            reputationSummaryHash: .zero,
            activeNodeCount: 1,
            snapshotTimestamp: Sample.now,
            identityCount: 1,
            proposalCount: 1
        )
        let message = try Draft(snapshot).signed(by: Sample.key, at: Sample.now)
        let wrong: [Origin] = [Sample.gossip(.peers), .local(RequestID(rawValue: 1))]
        for origin in wrong {
            #expect(self.admit(message.canonical, origin)?.code == .wrongTopic)
        }
        #expect(self.admit(message.canonical, .local(nil))?.token != nil)
        self.machine = VerificationStateMachine(isLocalProfile: false)
        #expect(self.admit(message.canonical, .sync(peer: Sample.relay))?.token != nil)
        let page = try Draft(SyncRequest(sinceTimestamp: Sample.now, limit: 1))
            .signed(by: Sample.key, at: Sample.now)
        #expect(self.admit(page.canonical, .sync(peer: Sample.relay))?.code == .wrongTopic)
        #expect(self.admit(page.canonical, .local(nil))?.code == .wrongTopic)
    }

    @Test(
        "T13, VALID-02, VALID-03: gossip is refused more than five minutes off",
        arguments: [(300_000, true), (300_001, false), (-300_000, true), (-300_001, false)]
            as [(Int64, Bool)]
    )
    mutating func timeWindow(offset: Int64, isAdmitted: Bool) throws {
        let message = try Sample.request(at: Sample.now.adding(milliseconds: offset))
        let action = self.admit(message.canonical)
        #expect((action?.token != nil) == isAdmitted)
        if !isAdmitted { #expect(action?.code == .outsideTimeWindow) }
    }

    @Test("D-16: sync has no lower limit")
    mutating func syncIsOld() throws {
        let message = try Sample.request(at: Sample.now.adding(milliseconds: -86_400_000))
        #expect(self.admit(message.canonical, .sync(peer: Sample.relay))?.token != nil)
    }

    @Test("Garbage is refused with its cause", arguments: ["", "{", "[]", "{}", "\u{0}"])
    mutating func garbage(text: String) {
        let code = self.admit(Array(text.utf8))?.code
        #expect(code == .malformed || code == .schema)
    }

    @Test("D-18: answers that are the same to the letter each count on their own stream")
    mutating func equalAnswers() throws {
        let draft = Draft(.peerListRequest, [("limit", .integer(10))])
        let answer = try draft.signed(by: Sample.key, at: Sample.now)
        for id in UInt64(1)...3 {
            let exchange = OutboundExchange(
                opener: .peers,
                id: id,
                peer: answer.from,
                streamProtocol: .sync
            )
            let token = try #require(self.admit(answer.canonical, .answer(exchange))?.token)
            if id == 2 { continue }
            #expect(
                self.machine.done(token, .valid, now: Sample.now, entropy: 7).first?.passed
                    == answer.id
            )
        }
    }

    @Test(
        "A message that a judge could not place yet is looked at again",
        arguments: [(.rule, true), (.keyNotValid, true), (.busy, true), (.rateLimited, false)]
            as [(Refusal.Code, Bool)]
    )
    mutating func secondChance(code: Refusal.Code, isAdmitted: Bool) throws {
        let message = try Sample.request()
        let token = try #require(self.admit(message.canonical)?.token)
        _ = self.machine.done(token, .valid, now: Sample.now, entropy: 7)
        let event = MessageRefused(origin: .local(nil), id: message.id, refusal: Refusal(code, ""))
        self.machine.refused(event, now: Sample.now)
        let again = self.admit(message.canonical)
        #expect((again?.token != nil) == isAdmitted)
    }

    @Test("R-05-117, R-16-014: ids are remembered up to 100,000, those used last the longest")
    mutating func forgetting() throws {
        let message = try Sample.request()
        self.machine.replay(message)
        for number in 1..<50_000 { self.replay(number, like: message) }
        #expect(self.admit(message.canonical)?.code == .duplicate)
        for number in 50_000...150_000 { self.replay(number, like: message) }
        #expect(self.admit(message.canonical)?.token != nil, "the memory has an end")
        #expect(VerificationLimits.seenIDsMax == 100_000)
    }

    /// Another message comes from the log.
    private mutating func replay(_ number: Int, like message: Message) {
        let other = Message(
            id: .named("\(number)"),
            from: message.from,
            timestamp: message.timestamp,
            version: message.version,
            typeName: message.typeName,
            type: message.type,
            payload: message.payload,
            signature: message.signature,
            canonical: [],
            payloadRange: 0..<0
        )
        self.machine.replay(other)
    }

    @Test(
        "C3-2: a full log refuses what others ask it to keep, before it is applied; own and votes go in"
    )
    mutating func fullLog() throws {
        let request = try Sample.request()
        let subject = request.id
        let vote = try Draft.vote("endorse", on: subject).signed(by: Sample.key, at: Sample.now)
        let checking = try #require(self.admit(try Sample.request("under way").canonical)?.token)
        self.machine.logStopped(takes: .reserved)
        let checked = self.machine.done(checking, .valid, now: Sample.now, entropy: 7)
        #expect(checked.first?.code == .busy, "not even when its check was under way")
        #expect(self.admit(request.canonical)?.code == .busy)
        #expect(self.admit(request.canonical, .sync(peer: Sample.relay))?.code == .busy)
        #expect(self.admit(vote.canonical, Sample.gossip(.votes))?.token != nil)
        let own = try Sample.request("own")
        #expect(self.admit(own.canonical, .local(nil))?.token != nil)

        self.machine.logStopped(takes: .nothing)
        let late = try Draft.vote("reject", on: subject).signed(by: Sample.key, at: Sample.now)
        #expect(self.admit(late.canonical, Sample.gossip(.votes))?.code == .busy)

        self.machine.logResumed()
        #expect(self.admit(request.canonical)?.token != nil, "it is not known by its refusal")
    }

    @Test("C3-3: while too much waits for the disk, whatever others ask to keep is refused as busy")
    mutating func crowdedLog() throws {
        let request = try Sample.request()
        let vote = try Draft.vote("endorse", on: request.id)
            .signed(by: Sample.key, at: Sample.now)
        self.machine.logStopped(takes: .own)
        #expect(self.admit(request.canonical)?.code == .busy)
        #expect(self.admit(request.canonical, .sync(peer: Sample.relay))?.code == .busy)
        #expect(self.admit(vote.canonical, Sample.gossip(.votes))?.code == .busy)
        let own = try Sample.request("own")
        #expect(self.admit(own.canonical, .local(nil))?.token != nil)
        self.machine.logResumed()
        #expect(self.admit(vote.canonical, Sample.gossip(.votes))?.token != nil)
    }

    @Test("A replayed id is known")
    mutating func replayed() throws {
        let message = try Sample.request()
        self.machine.replay(message)
        #expect(self.admit(message.canonical)?.code == .duplicate)
    }
}
