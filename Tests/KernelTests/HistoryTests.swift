import Testing

@testable import Kernel

@Suite("What a kernel remembers of envelopes")
struct HistoryTests {
    private static func parcel(_ number: UInt64, because cause: UInt64? = nil) -> Parcel {
        Parcel(
            topic: Int(number) + 100,
            replyTopic: 0,
            id: EnvelopeID(rawValue: number),
            cause: cause.map { EnvelopeID(rawValue: $0) },
            sender: SubsystemID(rawValue: 0),
            sentAt: Moment(nanoseconds: Int64(number) * 10)
        )
    }

    private static func history(of capacity: Int, _ numbers: ClosedRange<UInt64>) -> History {
        var history = History()
        history.capacity = capacity
        history.append(numbers.map { Self.parcel($0, because: $0 &- 1) })
        return history
    }

    private static func known(_ history: History, among numbers: ClosedRange<UInt64>) -> [UInt64] {
        numbers.filter { history.entry(EnvelopeID(rawValue: $0)) != nil }
    }

    @Test("an entry keeps cause, time and topic of its envelope")
    func entry() throws {
        let entry = try #require(
            Self.history(of: 4, 1...3).entry(EnvelopeID(rawValue: 2))
        )
        #expect(entry.cause == EnvelopeID(rawValue: 1))
        #expect(entry.sentAt == Moment(nanoseconds: 20))
        #expect(entry.topic == 102)
    }

    @Test(
        "the newest are kept, as many as there is room for, however often the ring goes round",
        arguments: [1, 2, 3, 7],
        [1, 3, 7, 8, 20] as [UInt64]
    )
    func ring(capacity: Int, count: UInt64) {
        let history = Self.history(of: capacity, 1...count)
        let expected = Array((1...count).suffix(capacity))
        #expect(Self.known(history, among: 1...count) == expected)
    }

    @Test("without room nothing is kept, and a stranger's id is not known")
    func nothing() {
        #expect(Self.known(Self.history(of: 0, 1...5), among: 1...5).isEmpty)
        #expect(Self.history(of: 9, 1...5).entry(EnvelopeID(rawValue: 6)) == nil)
    }
}

@Suite("Cause chains")
struct CauseChainTests {
    @Test("before the boot nothing is remembered, and no id of another kernel is known")
    func strangers() async throws {
        let id = EnvelopeID(rawValue: 1)
        let fresh = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        #expect(fresh.causeChain(of: id).isEmpty)
        let bench = try Bench()
        await bench.tell(.say("x"))
        let foreign = EnvelopeID.first(of: SubsystemID(rawValue: 7), isFromDevice: false)
        #expect(bench.kernel.causeChain(of: foreign).isEmpty)
    }

    @Test("a chain ends where memory does: the oldest cause is named, but not shown")
    func forgotten() async throws {
        let relay = try Relay(history: 0)
        // Sixty-four headers are kept for each subsystem, whatever was asked for.
        await relay.run(hops: 200)
        let last = try #require(relay.trace.lines.last)
        let chain = relay.kernel.causeChain(of: last.id)
        #expect(chain.count == KernelLimits.historyHeadersPerSubsystemMin)
        #expect(chain.first == last)
        #expect(chain.last?.cause != nil)
        let forgotten = relay.trace.lines.dropLast(KernelLimits.historyHeadersPerSubsystemMin)
        let newest = try #require(forgotten.last)
        #expect(relay.kernel.causeChain(of: newest.id).isEmpty)
    }

    @Test("no chain is longer than 64, however much is remembered")
    func longest() async throws {
        let relay = try Relay(history: 100_000)
        await relay.run(hops: 500)
        let last = try #require(relay.trace.lines.last)
        let chain = relay.kernel.causeChain(of: last.id)
        #expect(chain.count == KernelLimits.causeChainLengthMax)
        for (effect, cause) in zip(chain, chain.dropFirst()) { #expect(effect.cause == cause.id) }
    }

    @Test("a chain that fits leads to the signal of the device, which has no cause")
    func whole() async throws {
        let relay = try Relay(history: nil)
        await relay.run(hops: 9)
        let last = try #require(relay.trace.lines.last)
        let chain = relay.kernel.causeChain(of: last.id)
        #expect(
            chain.map(\.message) == Array(repeating: "Runner.Pass", count: 9) + ["Runner.Start"]
        )
        #expect(chain.last?.cause == nil)
        #expect(chain.last?.id.description == "0-d1")
    }
}

/// Sends itself a command again and again, each because of the one before.
private actor Runner: Subsystem {
    static let name: SubsystemName = "Runner"
    struct Start: Signal { let hops: Int }
    struct Pass: Command {
        static var receiver: SubsystemName { "Runner" }
        let left: Int
    }

    nonisolated let start: Inlet<Start>
    private let pass: Emitter<Pass>

    init(_ boot: borrowing Boot) {
        self.start = boot.inlet(Start.self)
        self.pass = boot.emits(Pass.self)
    }

    static func wire(_ wiring: borrowing Wiring<Runner>) {
        wiring.receives(Start.self) { runner, envelope, outbox in
            outbox.send(runner.pass, Pass(left: envelope.body.hops - 1))
        }
        wiring.receives(Pass.self) { runner, envelope, outbox in
            guard envelope.body.left > 0 else { return }
            outbox.send(runner.pass, Pass(left: envelope.body.left - 1))
        }
    }
}

private struct Relay {
    let kernel: Kernel
    let trace = Journal<EnvelopeHeader>()
    private let runner: Runner

    init(history: Int?) throws {
        let trace = self.trace
        self.kernel = Kernel(
            clock: ManualClock(),
            entropy: SeededEntropy(seed: 1),
            history: history,
            journal: { trace.write($0) }
        )
        self.runner = self.kernel.add { boot in Runner(boot) }
        try self.kernel.boot(standard: [])
    }

    func run(hops: Int) async {
        self.runner.start.put(Runner.Start(hops: hops))
        await self.kernel.settle()
    }

}
