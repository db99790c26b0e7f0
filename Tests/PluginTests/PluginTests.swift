import Cryptography
import Kernel
import Messages
import Primitives
import Synchronization
import Testing

/// Stands for Persistence: logs one proposal when told to, then asks for the count.
private actor Teller: Subsystem {
    static let name: SubsystemName = "Teller"
    private let logged: Emitter<MessageLogged>
    private let finished: Emitter<ReplayFinished>
    private let count: Emitter<ProposalCount>
    private let answer: Answer

    struct Log: Event { let message: Message }
    struct Ask: Event {}

    final class Answer: Sendable {
        let value = Mutex<ProposalCount.Reply?>(nil)
    }

    init(_ boot: borrowing Boot, answer: Answer, inlets: (Inlet<Log>, Inlet<Ask>) -> Void) {
        self.logged = boot.emits(MessageLogged.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.count = boot.asks(ProposalCount.self)
        self.answer = answer
        inlets(boot.inlet(Log.self), boot.inlet(Ask.self))
    }

    static func wire(_ wiring: borrowing Wiring<Teller>) {
        wiring.receives(Log.self) { teller, envelope, outbox in
            let admitted = AdmittedMessage(
                message: envelope.body.message,
                origin: .local(nil),
                receivedAt: outbox.now.timestamp,
                sender: SenderStanding(identity: envelope.body.message.from),
                reputation: .one
            )
            outbox.send(
                teller.logged,
                MessageLogged(sequence: 1, admitted: admitted, isReplay: false)
            )
            outbox.send(teller.finished, ReplayFinished(lastSequence: 1, lastArrival: nil))
        }
        wiring.receives(Ask.self) { teller, _, outbox in
            outbox.ask(teller.count, ProposalCount())
        }
        wiring.receives(ProposalCount.Reply.self) { teller, envelope, _ in
            let reply = envelope.body
            teller.answer.value.withLock { $0 = reply }
        }
    }
}

@Suite("Plugging in a subsystem")
struct PluginTests {
    @Test("A subsystem in its own target observes, answers and keeps time")
    func almanac() async throws {
        let clock = ManualClock(Moment(milliseconds: 1_700_000_000_000))
        let kernel = Kernel(
            clock: clock,
            entropy: SeededEntropy(seed: 1),
            logger: .init(label: "test")
        )
        let answer = Teller.Answer()
        var log: Inlet<Teller.Log>?
        var ask: Inlet<Teller.Ask>?
        _ = kernel.add { boot in
            Teller(boot, answer: answer) { (log, ask) = ($0, $1) }
        }
        _ = kernel.add { boot in Almanac(boot) }
        _ = try kernel.boot(standard: [])
        log?.put(Teller.Log(message: try Self.proposal()))
        await kernel.settle()
        for minute in 1...2 {
            clock.set(to: Moment(milliseconds: 1_700_000_000_000 + Int64(minute) * 60_000))
            kernel.fireWakes()
            await kernel.settle()
        }
        ask?.put(Teller.Ask())
        await kernel.settle()
        let reply = answer.value.withLock { $0 }
        #expect(reply?.total == 1)
        #expect(reply?.ticks == 2)
        #expect(kernel.graph.mermaid.contains("Almanac"))
    }

    private static func proposal() throws -> Message {
        let artefact = Array("text".utf8)
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let payload = JSONValue.object([
            ("title", .string("t")), ("body", .string("b")), ("tags", .array([])),
            ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
            ("content_type", .string("text/plain")),
            ("content_size", .integer(Int64(artefact.count))),
            ("content_inline", .string(Base64.encode(artefact))),
            ("request_id", .null), ("supersedes", .null), ("claims", .array([])),
            ("tier", .string("standard")), ("eol", .null),
            ("voting_deadline", .integer(now.milliseconds + 1_000)),
        ])
        return try EnvelopeCodec.sign(
            .propose,
            payload: payload,
            timestamp: now,
            key: SigningKey.generate()
        )
    }
}
