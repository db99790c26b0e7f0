import Cryptography
import Kernel
import Messages
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Verification

/// Takes outcomes in, as Verification does.
private actor Collector: Subsystem {
    static let name: SubsystemName = "Collector"
    nonisolated let inlet: Inlet<VerificationDone>
    nonisolated let tokens = Mutex<[UInt64]>([])
    nonisolated let arrived = Mutex<AsyncStream<UInt64>.Continuation?>(nil)

    init(_ boot: borrowing Boot) { self.inlet = boot.inlet(VerificationDone.self) }

    static func wire(_ wiring: borrowing Wiring<Collector>) {
        wiring.receives(VerificationDone.self) { collector, envelope, _ in
            collector.tokens.withLock { $0.append(envelope.body.token) }
            _ = collector.arrived.withLock { $0 }?.yield(envelope.body.token)
        }
    }
}

@Suite("§3 The pool of workers")
struct WorkerPoolTests {
    @Test("Workers that find the mailbox full deliver every outcome once there is room")
    func waitForRoom() async throws {
        let pool = WorkerPool(threads: 2)
        defer { pool.stop() }
        let (kernel, collector) = try self.makeKernel()
        let (arrivals, arrived) = AsyncStream.makeStream(of: UInt64.self)
        collector.arrived.withLock { $0 = arrived }
        let job = Self.job()
        for token in UInt64(0)..<200 {
            pool.submit(job, token: token, reportingTo: collector.inlet)
        }
        let running = Task { await kernel.run(workers: 1) }
        var tokens: Set<UInt64> = []
        for await token in arrivals {
            tokens.insert(token)
            if tokens.count == 200 { break }
        }
        kernel.stop()
        _ = await running.value
        #expect(tokens == Set(0..<200))
    }

    private static func job() -> VerificationJob {
        let node = NodeID(SigningKey.generate().publicKey)
        return .proof(.easy(of: node, at: Timestamp(milliseconds: 0)), segments: [])
    }

    private func makeKernel() throws -> (Kernel, Collector) {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let mailbox = Mailbox(capacity: 1, overflow: .halt)
        let collector = kernel.add(mailbox) { boot in Collector(boot) }
        try kernel.boot(standard: [])
        return (kernel, collector)
    }

    @Test("A worker that waits for a full mailbox gives up when the kernel stops")
    func outlivesKernel() async throws {
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        let job = Self.job()
        let (old, oldCollector) = try self.makeKernel()
        for token in UInt64(1)...3 {
            pool.submit(job, token: token, reportingTo: oldCollector.inlet)
        }
        // The first outcome fills the mailbox, which nobody empties; the second is waiting.
        try await Task.sleep(for: .milliseconds(50))
        old.stop()
        let (new, collector) = try self.makeKernel()
        pool.submit(job, token: 9, reportingTo: collector.inlet)
        for _ in 0..<500 where collector.tokens.withLock({ $0.isEmpty }) {
            try await Task.sleep(for: .milliseconds(10))
            await new.settle()
        }
        #expect(collector.tokens.withLock { $0 } == [9])
    }
}
