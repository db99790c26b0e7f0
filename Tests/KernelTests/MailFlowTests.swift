import Foundation
import Synchronization
import Testing

@testable import Kernel

/// A number on its way to one receiver.
private struct Item: Command {
    static var receiver: SubsystemName { "Sink" }
    let number: Int
}

/// A number for everybody.
private struct Told: Event { let number: Int }

/// What a test has the source send in one turn.
private struct Load: Signal {
    var items = 0..<0
    var news = 0..<0
}

private actor Source: Subsystem {
    static let name: SubsystemName = "Source"
    nonisolated let loads: Inlet<Load>
    nonisolated let item: Emitter<Item>
    nonisolated let told: Emitter<Told>

    init(_ boot: borrowing Boot) {
        self.loads = boot.inlet(Load.self)
        self.item = boot.emits(Item.self)
        self.told = boot.emits(Told.self)
    }

    static func wire(_ wiring: borrowing Wiring<Source>) {
        wiring.receives(Load.self) { source, envelope, outbox in
            for number in envelope.body.items { outbox.send(source.item, Item(number: number)) }
            for number in envelope.body.news { outbox.send(source.told, Told(number: number)) }
        }
    }
}

/// Hears numbers, and stops the kernel at one if it is told to.
private actor Sink: Subsystem {
    static let name: SubsystemName = "Sink"
    private let heard: Journal<Int>
    private let reached: @Sendable (Int) -> Void

    init(
        _ boot: borrowing Boot,
        _ heard: Journal<Int>,
        _ reached: @escaping @Sendable (Int) -> Void
    ) {
        self.heard = heard
        self.reached = reached
    }

    static func wire(_ wiring: borrowing Wiring<Sink>) {
        wiring.receives(Item.self) { sink, envelope, _ in
            sink.heard.write(envelope.body.number)
            sink.reached(envelope.body.number)
        }
        wiring.receives(Told.self) { sink, envelope, _ in
            sink.heard.write(envelope.body.number)
        }
    }
}

/// Hears the news, too.
private actor Second: Subsystem {
    static let name: SubsystemName = "Second"
    private let heard: Journal<Int>

    init(_ boot: borrowing Boot, _ heard: Journal<Int>) { self.heard = heard }

    static func wire(_ wiring: borrowing Wiring<Second>) {
        wiring.receives(Told.self) { second, envelope, _ in
            second.heard.write(envelope.body.number)
        }
    }
}

/// A source and up to two sinks.
private final class Plant: Sendable {
    let heard = Journal<Int>()
    let heardToo = Journal<Int>()
    let trace = Journal<EnvelopeHeader>()
    let kernel: Kernel
    let source: Source

    init(
        source mailbox: Mailbox = .standard,
        sink: Mailbox? = .standard,
        hasSecond: Bool = false,
        reached: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        let (trace, heard, heardToo) = (self.trace, self.heard, self.heardToo)
        let kernel = Kernel(
            clock: ManualClock(),
            entropy: SeededEntropy(seed: 1),
            journal: { trace.write($0) }
        )
        self.kernel = kernel
        self.source = kernel.add(mailbox) { boot in Source(boot) }
        if let sink {
            kernel.add(sink) { boot in Sink(boot, heard, reached) }
        }
        if hasSecond { kernel.add { boot in Second(boot, heardToo) } }
        try kernel.boot(standard: ["Source", "Sink", "Second"])
    }

    @discardableResult
    func send(_ items: Range<Int> = 0..<0, news: Range<Int> = 0..<0) async -> KernelExit? {
        self.source.loads.put(Load(items: items, news: news))
        return await self.kernel.settle()
    }

    func counters(_ name: SubsystemName) -> SubsystemCounters? {
        self.kernel.counters.first { $0.subsystem == name }
    }
}

@Suite("§3 Mail from handlers")
struct MailFlowTests {
    @Test("dropOldest keeps the newest across many turns of the sender")
    func dropOldest() async throws {
        let plant = try Plant(sink: Mailbox(capacity: 3, overflow: .dropOldest))
        // Both loads are one batch, and more than is staged at once.
        plant.source.loads.put(Load(items: 0..<70))
        await plant.send(70..<80)
        #expect(plant.heard.lines == [77, 78, 79])
        #expect(plant.counters("Sink")?.dropped == 77)
        await plant.send(80..<82)
        #expect(plant.heard.lines.suffix(2) == [80, 81])
        #expect(plant.counters("Sink")?.dropped == 77)
        #expect(plant.counters("Sink")?.delivered == 5)
    }

    @Test("dropNewest keeps what came first, and takes mail again when there is room")
    func dropNewest() async throws {
        let plant = try Plant(sink: Mailbox(capacity: 3, overflow: .dropNewest))
        await plant.send(0..<5)
        await plant.send(5..<7)
        #expect(plant.heard.lines == [0, 1, 2, 5, 6])
        #expect(plant.counters("Sink")?.dropped == 2)
    }

    @Test("one full mailbox keeps an event from nobody else")
    func othersHear() async throws {
        let plant = try Plant(sink: Mailbox(capacity: 1, overflow: .dropNewest), hasSecond: true)
        await plant.send(news: 0..<4)
        #expect(plant.heard.lines == [0])
        #expect(plant.heardToo.lines == [0, 1, 2, 3])
    }

    @Test("an event goes to all who receive it as one envelope with one number")
    func oneEnvelope() async throws {
        let plant = try Plant(hasSecond: true)
        await plant.send(news: 5..<6)
        let told = plant.trace.lines.filter { $0.message == "Told" }
        #expect(told.map(\.receiver) == ["Sink", "Second"])
        #expect(Set(told.map(\.id)).count == 1)
    }

    @Test("what is sent to nobody has no effect and takes no number")
    func unconnected() async throws {
        let plant = try Plant(sink: nil)
        #expect(!plant.source.item.isConnected && !plant.source.told.isConnected)
        #expect(await plant.send(0..<10, news: 0..<10) == nil)
        #expect(plant.trace.lines.map(\.message) == ["Load"])
        let whole = try Plant()
        #expect(whole.source.item.isConnected && whole.source.told.isConnected)
        await whole.send(0..<2)
        #expect(whole.trace.lines.map(\.id.description) == ["0-d1", "0-0", "0-1"])
    }

    @Test("of much mail a batch of 256 is handled, and then it is somebody else's turn")
    func turns() async throws {
        let plant = try Plant()
        for number in 0..<300 { plant.source.loads.put(Load(items: number..<(number + 1))) }
        await plant.kernel.settle()
        let order = plant.trace.lines.map(\.receiver)
        let first = order.firstIndex(of: "Sink")
        #expect(first == KernelLimits.batchEnvelopesMax)
        #expect(order[256..<512].allSatisfy { $0 == "Sink" })
        #expect(order[512..<556].allSatisfy { $0 == "Source" })
        #expect(plant.heard.lines == Array(0..<300))
    }

    /// Stops a kernel from within.
    private final class Brake: Sendable {
        private let kernel = Mutex<Kernel?>(nil)

        func hold(_ kernel: Kernel?) { self.kernel.withLock { $0 = kernel } }
        func pull() { self.kernel.withLock { $0 }?.stop() }
    }

    @Test("a stop lets the handler under way finish and drops what waits")
    func stop() async throws {
        let brake = Brake()
        let plant = try Plant { if $0 == 3 { brake.pull() } }
        brake.hold(plant.kernel)
        #expect(await plant.send(0..<10) == .stopped)
        #expect(plant.heard.lines == [0, 1, 2, 3])
        #expect(plant.counters("Sink")?.delivered == 4)
        #expect(await plant.send(0..<10) == .stopped)
        #expect(plant.heard.lines.count == 4)
        brake.hold(nil)
    }

    @Test("the counters show what waits, the most that waited and the room there is")
    func counters() async throws {
        let plant = try Plant(source: Mailbox(capacity: 40, overflow: .halt))
        #expect(plant.counters("Source")?.waiting == 0)
        for _ in 0..<5 { plant.source.loads.put(Load()) }
        let before = try #require(plant.counters("Source"))
        #expect(before.waiting == 5 && before.waitingMax == 5 && before.delivered == 0)
        #expect(before.capacity == 40)
        await plant.kernel.settle()
        plant.source.loads.put(Load())
        let after = try #require(plant.counters("Source"))
        #expect(after.waiting == 1 && after.waitingMax == 5 && after.delivered == 5)
    }
}

@Suite("§3 Mail from devices")
struct DeviceMailTests {
    @Test(
        "three quarters of a mailbox are for devices, but never less than one place",
        arguments: [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (8, 6), (100, 75), (16_384, 12_288)]
    )
    func share(capacity: Int, share: Int) {
        #expect(Mailbox(capacity: capacity, overflow: .dropOldest).deviceCapacity == share)
    }

    @Test(
        "a device pushes nothing out, whatever the policy",
        arguments: [
            Mailbox.Overflow.dropOldest, .dropNewest, .halt,
        ]
    )
    func pushesNothingOut(overflow: Mailbox.Overflow) async throws {
        let plant = try Plant(source: Mailbox(capacity: 4, overflow: overflow))
        let taken = (0..<6).map { plant.source.loads.put(Load(items: $0..<($0 + 1))) }
        #expect(taken == [true, true, true, false, false, false])
        #expect(await plant.kernel.settle() == nil)
        #expect(plant.heard.lines == [0, 1, 2])
        let counters = try #require(plant.counters("Source"))
        #expect(counters.dropped == 0 && counters.refusedToDevices == 3)
    }

    @Test("a device that can wait gets all in, in order, while the kernel makes room")
    func waiting() async throws {
        let plant = try Plant(source: Mailbox(capacity: 2, overflow: .halt))
        let running = Task { await plant.kernel.run(workers: 1) }
        let device = Thread {
            for number in 0..<200 {
                #expect(plant.source.loads.putWaiting(Load(items: number..<(number + 1))))
            }
        }
        device.start()
        while plant.heard.lines.count < 200 { try await Task.sleep(for: .milliseconds(2)) }
        plant.kernel.stop()
        #expect(await running.value == .stopped)
        #expect(plant.heard.lines == Array(0..<200))
    }

    @Test("a device that waits for room is let go when the kernel stops")
    func letGo() async throws {
        let plant = try Plant(source: Mailbox(capacity: 1, overflow: .halt))
        #expect(plant.source.loads.put(Load()))
        let outcome = Journal<Bool>()
        let device = Thread { outcome.write(plant.source.loads.putWaiting(Load())) }
        device.start()
        try await Task.sleep(for: .milliseconds(20))
        #expect(outcome.lines.isEmpty)
        plant.kernel.stop()
        while outcome.lines.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        #expect(outcome.lines == [false])
    }

    @Test("before the boot a device that can wait does not wait for it")
    func beforeTheBoot() {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let source = kernel.add { boot in Source(boot) }
        #expect(!source.loads.putWaiting(Load()))
        #expect(kernel.counters.isEmpty)
    }

    @Test("an inlet that outlives its kernel takes nothing, and does not keep it alive")
    func outlives() throws {
        var plant: Plant? = try Plant()
        let loads = try #require(plant?.source.loads)
        #expect(loads.isOpen && loads.put(Load()))
        plant = nil
        #expect(!loads.isOpen && !loads.put(Load()))
    }
}
