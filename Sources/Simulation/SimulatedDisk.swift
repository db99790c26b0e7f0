import Kernel
import Persistence
import Primitives
import Synchronization

/// How long the log of a simulated node takes to be written.
public struct DiskPlan: Sendable, Equatable {
    /// Longest time that an entry waits for others before its commit begins.
    public var lingerMost: Duration
    /// Shortest time that a commit takes.
    public var commitLeast: Duration
    /// Longest time that a commit takes.
    public var commitMost: Duration

    /// Plans a disk; the standard one is like those that the log was measured on, and slower at times.
    public init(
        lingerMost: Duration = .milliseconds(4),
        commitLeast: Duration = .milliseconds(2),
        commitMost: Duration = .milliseconds(40)
    ) {
        self.lingerMost = lingerMost
        self.commitLeast = commitLeast
        self.commitMost = commitMost
    }
}

/// Keeps the time of a disk: says when the log of a simulated node begins a commit and ends it.
final class SimulatedDisk: Sendable {
    fileprivate enum Phase {
        case idle
        case lingering(until: Moment)
        case writing(until: Moment)
    }

    fileprivate struct State {
        var random: SplitMix64
        var plan: DiskPlan
        var phase = Phase.idle
    }

    private let log: MemoryLog
    private let state: Mutex<State>

    init(_ plan: DiskPlan, of log: MemoryLog, seed: UInt64) {
        self.log = log
        self.state = Mutex(State(random: SplitMix64(seed: seed), plan: plan))
    }

    /// From now on it is as fast as this; what is being written ends as it would have.
    func change(_ plan: DiskPlan) { self.state.withLock { $0.plan = plan } }

    /// When the disk does something next; nil while nothing waits.
    var next: Moment? {
        switch self.state.withLock({ $0.phase }) {
        case .idle: nil
        case .lingering(let moment), .writing(let moment): moment
        }
    }

    /// Looks whether there is something to be written.
    func look(at now: Moment) {
        guard case .idle = self.state.withLock({ $0.phase }), self.log.hasWork else { return }
        self.state.withLock { state in
            let pause = state.time(.zero, state.plan.lingerMost)
            state.phase = .lingering(until: now.advanced(by: pause))
        }
    }

    /// Does what is due: begins a commit, or ends one.
    func act(at now: Moment) {
        guard let due = self.next, due <= now else { return }
        switch self.state.withLock({ $0.phase }) {
        case .idle: return
        case .lingering:
            self.log.beginCommit()
            self.state.withLock { state in
                let time = state.time(state.plan.commitLeast, state.plan.commitMost)
                state.phase = .writing(until: now.advanced(by: time))
            }
        case .writing:
            self.state.withLock { $0.phase = .idle }
            self.log.endCommit()
        }
    }

    /// The node is killed: chance decides whether the commit under way came to its end.
    func crash() {
        let finishing = self.state.withLock { state in
            state.phase = .idle
            return state.random.index(below: 2) == 0
        }
        self.log.crash(finishing: finishing)
    }

    /// A new life of the subsystems begins, and the log has written what waited.
    func reset() { self.state.withLock { $0.phase = .idle } }
}

extension SimulatedDisk.State {
    fileprivate mutating func time(_ least: Duration, _ most: Duration) -> Duration {
        let spread = Int64((most - least) / .microseconds(1))
        return least + .microseconds(Int64(self.random.index(below: Int(clamping: spread) + 1)))
    }
}
