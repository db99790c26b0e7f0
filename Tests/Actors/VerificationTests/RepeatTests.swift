import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Verification

@Suite("§1 Identity messages that come again")
struct RepeatTests {
    private static let day: Int64 = 86_400_000
    private var machine = VerificationStateMachine(isLocalProfile: false)

    private static func link() throws -> Message {
        try Draft.link(Sample.key, .generate()).signed(by: Sample.key, at: Sample.now)
    }

    /// Whether the message goes through the whole of admission after so many milliseconds.
    private mutating func passes(_ message: Message, _ origin: Origin, after offset: Int64) -> Bool
    {
        let now = Sample.now.adding(milliseconds: offset)
        let request = AdmitMessage(bytes: message.canonical, origin: origin)
        guard let token = self.machine.admit(request, now: now).first?.token else { return false }
        return self.machine.done(token, .valid, now: now, entropy: 7).first?.passed == message.id
    }

    @Test("D-15, R-01-030: a known link is relayed again once per 24 hours, and not more often")
    mutating func daily() throws {
        let link = try Self.link()
        let gossip = Sample.gossip(.peers)
        let passed = [0, 1, Self.day - 1, Self.day, Self.day + 1, 2 * Self.day, 31 * Self.day].map {
            self.passes(link, gossip, after: $0)
        }
        #expect(passed == [true, false, false, true, false, true, true])
    }

    @Test("D-15: a replayed link counts from its arrival; a page of sync brings no link twice")
    mutating func replayed() throws {
        let link = try Self.link()
        self.machine.replay(link)
        let bySync = self.passes(link, .sync(peer: Sample.relay), after: 2 * Self.day)
        let early = self.passes(link, Sample.gossip(.peers), after: 1)
        let late = self.passes(link, Sample.gossip(.peers), after: Self.day)
        #expect([bySync, early, late] == [false, false, true])
    }

    @Test("R-01-030: the node's own broadcast of a link passes whenever it comes")
    mutating func own() throws {
        let link = try Self.link()
        self.machine.replay(link)
        let passed = self.passes(link, .local(nil), after: 1)
        #expect(passed)
    }

    @Test("R-05-116: other types never pass a second time")
    mutating func others() throws {
        let request = try Sample.request()
        self.machine.replay(request)
        let passed = self.passes(request, .local(nil), after: 1)
        #expect(!passed)
    }
}
