import Kernel

/// The price of one hop on the bus: two subsystems hand a number to each other.
enum BusHopBench {
    static func run(_ effort: Effort, into report: inout Report) async {
        for inFlight in [1, 64, 1_024] {
            var samples: [Double] = []
            for _ in 0..<effort.runs {
                let envelopes = effort.scaled(200_000)
                samples.append(await self.run(inFlight: inFlight, envelopes: envelopes))
            }
            report.add("bus_hop_\(inFlight)_in_flight", Sample(samples), unit: "ns")
            // A node at work has many envelopes under way, so this is the figure to name.
            if inFlight == 64 { report.add(headline: "bus_hop_ns", Sample(samples).median) }
        }
    }

    /// Heap objects for each delivered envelope, with one worker and so many envelopes in flight.
    static func objectsPerHop(inFlight: Int, envelopes: Int) async -> Double? {
        let kernel = Kernel(clock: SystemClock(), entropy: SeededEntropy(seed: 1))
        let left = kernel.add { boot in Left(boot, Gate()) }
        kernel.add { boot in Right(boot) }
        do {
            try kernel.boot(standard: [])
        } catch {
            preconditionFailure("the ring is a valid topology: \(error)")
        }
        let rounds = envelopes / (2 * inFlight)
        left.start.put(Begin(inFlight: inFlight, rounds: rounds))
        let objects = await ObjectCounter.objects { _ = await kernel.settle() }
        kernel.stop()
        return objects.map { Double($0) / Double(rounds * 2 * inFlight) }
    }

    /// Runs a ring of two subsystems with two workers.
    ///
    /// - Parameters:
    ///   - inFlight: envelopes that circle at once.
    ///   - envelopes: deliveries to measure, at least `inFlight`.
    /// - Returns: nanoseconds of wall time for each delivered envelope.
    static func run(inFlight: Int, envelopes: Int) async -> Double {
        let gate = Gate()
        let kernel = Kernel(clock: SystemClock(), entropy: SeededEntropy(seed: 1))
        let left = kernel.add { boot in Left(boot, gate) }
        kernel.add { boot in Right(boot) }
        do {
            try kernel.boot(standard: [])
        } catch {
            preconditionFailure("the ring is a valid topology: \(error)")
        }
        let running = Task { await kernel.run(workers: 2) }
        let clock = ContinuousClock()
        let start = clock.now
        left.start.put(Begin(inFlight: inFlight, rounds: envelopes / (2 * inFlight)))
        await gate.opened()
        let duration = clock.now - start
        kernel.stop()
        _ = await running.value
        let (seconds, attoseconds) = duration.components
        let nanoseconds = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
        let delivered = envelopes / (2 * inFlight) * 2 * inFlight
        return nanoseconds / Double(max(1, delivered))
    }
}

private struct Begin: Signal {
    let inFlight: Int
    let rounds: Int
}

private struct ToRight: Command {
    static let receiver: SubsystemName = "Right"
    let roundsLeft: Int
}

private struct ToLeft: Command {
    static let receiver: SubsystemName = "Left"
    let roundsLeft: Int
}

private actor Left: Subsystem {
    static let name: SubsystemName = "Left"
    nonisolated let start: Inlet<Begin>
    private let right: Emitter<ToRight>
    private let gate: Gate
    private var circling = 0

    init(_ boot: borrowing Boot, _ gate: Gate) {
        self.start = boot.inlet(Begin.self)
        self.right = boot.emits(ToRight.self)
        self.gate = gate
    }

    static func wire(_ wiring: borrowing Wiring<Left>) {
        wiring.receives(Begin.self) { left, envelope, outbox in
            left.circling = envelope.body.inFlight
            for _ in 0..<envelope.body.inFlight {
                outbox.send(left.right, ToRight(roundsLeft: envelope.body.rounds))
            }
        }
        wiring.receives(ToLeft.self) { left, envelope, outbox in
            let roundsLeft = envelope.body.roundsLeft - 1
            if roundsLeft > 0 {
                outbox.send(left.right, ToRight(roundsLeft: roundsLeft))
            } else {
                left.circling -= 1
                if left.circling == 0 { left.gate.open() }
            }
        }
    }
}

private actor Right: Subsystem {
    static let name: SubsystemName = "Right"
    private let left: Emitter<ToLeft>

    init(_ boot: borrowing Boot) { self.left = boot.emits(ToLeft.self) }

    static func wire(_ wiring: borrowing Wiring<Right>) {
        wiring.receives(ToRight.self) { right, envelope, outbox in
            outbox.send(right.left, ToLeft(roundsLeft: envelope.body.roundsLeft))
        }
    }
}

/// Opens once; one task waits for it.
private final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (self.stream, self.continuation) = AsyncStream.makeStream() }

    func open() { self.continuation.finish() }

    func opened() async {
        for await _ in self.stream {}
    }
}
