import Kernel
import Testing

@Suite("§3 Mailboxes are bounded")
struct MailboxTests {
    @Test("dropOldest keeps the newest envelopes and counts the lost ones")
    func dropOldest() async throws {
        let bench = try Bench(listening: Mailbox(capacity: 4, overflow: .dropOldest))
        let exit = await bench.tell(.noteMany(10))
        #expect(exit == nil)
        #expect(bench.heard.lines == ["6", "7", "8", "9"])
        let counters = try #require(bench.counters("Listener"))
        #expect(counters.dropped == 6)
        #expect(counters.waitingMax == 4)
    }

    @Test("dropNewest keeps the oldest envelopes and counts the lost ones")
    func dropNewest() async throws {
        let bench = try Bench(listening: Mailbox(capacity: 4, overflow: .dropNewest))
        let exit = await bench.tell(.noteMany(10))
        #expect(exit == nil)
        #expect(bench.heard.lines == ["0", "1", "2", "3"])
        #expect(bench.counters("Listener")?.dropped == 6)
    }

    @Test("halt stops the kernel with a fault that names the mailbox, the envelope and its cause")
    func halt() async throws {
        let bench = try Bench(listening: Mailbox(capacity: 4, overflow: .halt))
        guard case .faulted(let fault) = await bench.tell(.noteMany(5)) else {
            Issue.record("no fault")
            return
        }
        #expect(fault.subsystem == "Listener")
        #expect(fault.message == "Note")
        #expect(fault.causeChain.map(\.message) == ["Note", "Order"])
        #expect(fault.reason.contains("mailbox of 4 envelopes is full"))
    }

    @Test("exactly as many as the capacity fit")
    func exactFit() async throws {
        let bench = try Bench(listening: Mailbox(capacity: 4, overflow: .halt))
        let exit = await bench.tell(.noteMany(4))
        #expect(exit == nil)
        #expect(bench.heard.lines.count == 4)
    }

    @Test("a device can tell a full mailbox from a kernel that has stopped")
    func fullOrClosed() throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let mailbox = Mailbox(capacity: 1, overflow: .halt)
        let speaker = kernel.add(mailbox) { boot in Speaker(boot, Journal()) }
        kernel.add { boot in Listener(boot, Journal()) }
        #expect(!speaker.orders.isOpen, "not booted")
        try kernel.boot(standard: [])
        while speaker.orders.put(.say("x")) {}
        #expect(speaker.orders.isOpen, "full")
        kernel.stop()
        #expect(!speaker.orders.isOpen, "stopped")
    }

    @Test("a device is refused when three quarters are taken; the rest is left for subsystems")
    func devices() async throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let mailbox = Mailbox(capacity: 8, overflow: .halt)
        let speaker = kernel.add(mailbox) { boot in Speaker(boot, Journal()) }
        kernel.add { boot in Listener(boot, Journal()) }
        try kernel.boot(standard: [])
        let taken = (0..<10).map { _ in speaker.orders.put(.say("x")) }
        #expect(taken == Array(repeating: true, count: 6) + Array(repeating: false, count: 4))
        #expect(kernel.counters.first?.refusedToDevices == 4)
        let exit = await kernel.settle()
        #expect(exit == nil)
        #expect(speaker.orders.put(.say("x")))
    }

    @Test("a capacity below one counts as one")
    func smallest() {
        #expect(Mailbox(capacity: -3, overflow: .halt).capacity == 1)
        #expect(Mailbox(capacity: 0, overflow: .halt).deviceCapacity == 1)
    }
}
