import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Importer

@Suite("ADR 0065: how a file is taken in")
struct ImporterTests {
    private static let own = NodeID(SHA256Digest.hash(Array("own".utf8)))
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)
    private static let origin = Origin.sync(peer: own)
    private var machine = ImporterStateMachine(own: own)

    private static func message(_ number: Int) throws -> Message {
        try Draft.request(title: "number \(number)").signed(
            by: .named("author"),
            at: Self.now.adding(milliseconds: Int64(number))
        )
    }

    private static func accepted(_ message: Message, isLogged: Bool = true) -> MessageAccepted {
        MessageAccepted(admitted: message.admitted(from: Self.origin), isLogged: isLogged)
    }

    private static func refused(_ message: Message, _ code: Refusal.Code, _ origin: Origin? = nil)
        -> MessageRefused
    {
        let refusal = Refusal(code, "why")
        return MessageRefused(origin: origin ?? Self.origin, id: message.id, refusal: refusal)
    }

    /// Brings a page of which the log has some messages.
    private mutating func bring(_ messages: [Message], known: [Message] = []) -> [ImporterAction] {
        let looked = self.machine.took(messages.map(\.canonical))
        #expect(looked == [.look(for: messages.map(\.id))])
        return self.machine.heard(MessagesByID.Reply(messages: known.map(\.canonical)))
    }

    @Test("every message goes to admission as one that this node itself served by sync")
    mutating func admits() throws {
        let messages = try (0..<3).map(Self.message)
        let actions = self.bring(messages)
        #expect(actions == messages.map { .admit($0.canonical, Self.origin) })
    }

    @Test("a page ends when all of it was judged, and what was accepted is on the disk")
    mutating func ends() throws {
        let messages = try (0..<4).map(Self.message)
        _ = self.bring(messages)
        #expect(self.machine.accepted(Self.accepted(messages[0])).isEmpty)
        #expect(self.machine.accepted(Self.accepted(messages[1], isLogged: false)).isEmpty)
        #expect(self.machine.refused(Self.refused(messages[2], .badSignature)).isEmpty)
        #expect(self.machine.refused(Self.refused(messages[3], .duplicate)).isEmpty)
        #expect(self.machine.logged(messages[1].id).isEmpty)
        let end = self.machine.logged(messages[0].id)
        let badSignature = ImportOutcome.Fate.refused(Refusal(.badSignature, "why"))
        let fates: [ImportOutcome.Fate] = [.accepted, .accepted, badSignature, .known]
        #expect(end == [.end(ImportOutcome(fates: fates, late: 0))])
    }

    @Test("what the log has, and what stands in the page twice, is not judged again")
    mutating func known() throws {
        let (one, two) = (try Self.message(1), try Self.message(2))
        let looked = self.machine.took([one, two, one].map(\.canonical))
        #expect(looked == [.look(for: [one.id, two.id])])
        let admitted = self.machine.heard(MessagesByID.Reply(messages: [two.canonical]))
        #expect(admitted == [.admit(one.canonical, Self.origin)])
        _ = self.machine.accepted(Self.accepted(one))
        let end = self.machine.logged(one.id)
        #expect(end == [.end(ImportOutcome(fates: [.accepted, .known, .known], late: 0))])
    }

    @Test("a line that is no message is refused without asking anybody, and the rest goes on")
    mutating func broken() throws {
        let message = try Self.message(1)
        var tampered = message.canonical
        let place = try #require(tampered.firstRange(of: Array("number".utf8))?.lowerBound)
        tampered[place] ^= 1
        let looked = self.machine.took([Array("no JSON".utf8), tampered, message.canonical])
        #expect(looked == [.look(for: [message.id])])
        _ = self.machine.heard(MessagesByID.Reply(messages: []))
        let end = self.machine.refused(Self.refused(message, .rule))
        let outcome = try #require(end.first.flatMap(Self.outcome))
        let codes = outcome.fates.map { fate -> Refusal.Code? in
            if case .refused(let refusal) = fate { refusal.code } else { nil }
        }
        #expect(codes == [.malformed, .wrongID, .rule])

        let nothing = self.machine.took([Array("{}".utf8)])
        #expect(nothing.compactMap(Self.outcome).map(\.fates.count) == [1])
    }

    private static func outcome(_ action: ImporterAction) -> ImportOutcome? {
        if case .end(let outcome) = action { outcome } else { nil }
    }

    @Test("verdicts about messages that came another way are not about the page")
    mutating func others() throws {
        let message = try Self.message(1)
        _ = self.bring([message])
        let elsewhere = Origin.sync(peer: message.from)
        #expect(self.machine.refused(Self.refused(message, .rule, elsewhere)).isEmpty)
        let accepted = MessageAccepted(admitted: message.admitted(from: elsewhere))
        #expect(self.machine.accepted(accepted).isEmpty)
        #expect(self.machine.refused(Self.refused(message, .busy)).count == 1)
    }

    @Test("a message that another one makes hold later is told with the page of that moment")
    mutating func late() throws {
        let (early, other) = (try Self.message(1), try Self.message(2))
        _ = self.bring([early])
        #expect(self.machine.refused(Self.refused(early, .rule)).count == 1)
        _ = self.bring([other])
        #expect(self.machine.accepted(Self.accepted(early)).isEmpty)
        #expect(self.machine.logged(early.id).isEmpty)
        let end = self.machine.refused(Self.refused(other, .rule))
        #expect(end.compactMap(Self.outcome).map(\.late) == [1])
    }

    @Test("a log without room ends it")
    mutating func stopped() {
        let actions = self.machine.logStopped(LogStopped(reason: "full", takes: .reserved))
        #expect(actions == [.stop(reason: "full")])
    }
}
