import Kernel
import Logging
import Primitives
import Synchronization

/// Tells the service manager that the node lives, for as long as its bus answers (ADR 0073).
///
/// No clock makes a sign of life: each stands for a question that went through all subsystems, or for a
/// step of the replay, which does so as well.
final class Heartbeat: Sendable {
    /// Asks the node for its status over the bus.
    typealias Question = @Sendable () async -> (status: Int, body: JSONValue)

    private let manager: ServiceManager
    private let absent: Set<String>
    private let logger: Logger
    private let ask: Question
    private let lastStep = Mutex<Moment?>(nil)

    /// Prepares it for one life of the subsystems.
    ///
    /// - Parameters:
    ///   - manager: who is told.
    ///   - absent: subsystems that this node was built without, and that cannot answer.
    ///   - logger: gets a line when a subsystem does not answer.
    ///   - ask: asks all others.
    init(
        _ manager: ServiceManager,
        absent: [String],
        logger: Logger,
        ask: @escaping Question
    ) {
        self.manager = manager
        self.absent = Set(absent)
        self.logger = logger
        self.ask = ask
    }

    /// A step of the replay is over.
    func replayed() {
        let now = SystemClock.uptime
        let isDue = self.lastStep.withLock { last in
            if let last, now.duration(since: last) < HeartbeatLimits.stepPause { return false }
            last = now
            return true
        }
        guard isDue else { return }
        self.manager.tell(
            .moreTime(HeartbeatLimits.stepTime),
            .alive,
            .status("Replaying the log")
        )
    }

    /// Asks again and again, until the task is cancelled.
    func run() async {
        let period = (self.manager.patience ?? HeartbeatLimits.unwatched) / 2
        while !Task.isCancelled {
            let asked = ContinuousClock.now
            let pulse = Pulse(await self.ask(), without: self.absent)
            guard !Task.isCancelled else { return }
            self.tell(pulse)
            let pause = pulse.isWhole ? period : period / HeartbeatLimits.triesPerPeriod
            try? await Task.sleep(until: asked + pause)
        }
    }

    private func tell(_ pulse: Pulse) {
        if pulse.isWhole {
            self.manager.tell(.alive, .status(pulse.text))
        } else {
            self.logger.error(
                "no sign of life for the service manager: \(pulse.text)",
                metadata: ["event": "heartbeat_missing"]
            )
            self.manager.tell(.status(pulse.text))
        }
    }
}

/// What came back when the node was asked for its status.
private struct Pulse {
    /// Whether all subsystems answered.
    let isWhole: Bool
    /// The same in a line for people.
    let text: String

    init(_ answer: (status: Int, body: JSONValue), without absent: Set<String>) {
        let silent = (answer.body["absent"]?.elements ?? []).compactMap(\.string)
            .filter { !absent.contains($0) }
        guard answer.status == 200, silent.isEmpty else {
            self.isWhole = false
            let cause = answer.body["detail"]?.string ?? "no answer"
            self.text =
                silent.isEmpty ? cause : "no answer from \(silent.joined(separator: ", "))"
            return
        }
        self.isWhole = true
        let state = answer.body["sync"]?["state"]?.string ?? "without sync"
        let peers = answer.body["peers"]?["authenticated"]?.integer ?? 0
        self.text = "Up, \(state), \(peers) peer\(peers == 1 ? "" : "s")"
    }
}
