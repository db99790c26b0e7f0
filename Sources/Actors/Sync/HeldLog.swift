import Messages
import OrderedCollections
import Primitives

/// What the log of this node holds, as far as sync is concerned: how new it is, and where it differs
/// from the logs of others.
///
/// All of it follows from the log, so nothing of it is kept anywhere else.
struct HeldLog: Sendable, Codable {
    /// The phases that are compared and read in incremental sync: also the ledger of the storage market,
    /// which bears on everybody's rent (D-29).
    var phases: [Int] { SyncPhases.all }
    private var summary = LogSummary()
    /// The newest message of each phase that somebody else signed and this node received.
    private var newest: OrderedDictionary<Int, Timestamp> = [:]
    /// The same at the start: gossip that comes while this node catches up does not stand for what it
    /// missed before.
    private var newestAtStart: OrderedDictionary<Int, Timestamp> = [:]
    /// The same when the phase was last read from a peer: a phase that is read seldom is read from there on,
    /// whatever gossip has brought since (R-05-109).
    private var newestAtReading: OrderedDictionary<Int, Timestamp> = [:]
    /// Whether it holds anything.
    private(set) var hasPast = false
    /// Messages that peers served by sync; not all of them may be in the log yet.
    private(set) var obtained: UInt64 = 0

    // MARK: The fold

    /// A message is in the log.
    ///
    /// Own messages say nothing of how new it is: a node that was cut off has its own of that time and
    /// misses all others.
    mutating func add(_ message: Message, isOwn: Bool) {
        guard let phase = message.type?.syncPhase else { return }
        self.hasPast = true
        self.summary.add(message.id, at: message.timestamp, phase: phase)
        guard !isOwn else { return }
        self.newest[phase] = max(self.newest[phase] ?? message.timestamp, message.timestamp)
    }

    /// Messages are about archived proposals: they are compared no more, wherever they are held (ADR 0064).
    mutating func archived(_ messages: [MessagePlace]) {
        guard let phase = MessageType.propose.syncPhase else { return }
        for message in messages {
            self.summary.remove(message.id, at: message.timestamp, phase: phase)
        }
    }

    /// A peer served messages, which are on their way into the log.
    mutating func expect(_ messages: Int) { self.obtained += UInt64(messages) }

    /// Whether neither this node nor any peer that served it has a past.
    var isBeginning: Bool { !self.hasPast && self.obtained == 0 }

    /// The replay is over: whatever comes from now on is new.
    mutating func markStart() { self.newestAtStart = self.newest }

    /// A phase was read from a peer to its end.
    mutating func markReading(of phase: Int) {
        self.newestAtReading[phase] = self.newest[phase]
    }

    /// From where a phase is read (R-05-030, R-05-031, R-05-109).
    func start(of phase: Int, isCatchingUp: Bool, now: Timestamp) -> Timestamp {
        let known =
            isCatchingUp
            ? self.newestAtStart[phase] : self.newestAtReading[phase] ?? self.newest[phase]
        guard let newest = known else { return Timestamp(milliseconds: 0) }
        let back =
            newest > now ? SyncLimits.futureLookbackMilliseconds : SyncLimits.lookbackMilliseconds
        return min(newest, now.adding(milliseconds: -back))
    }

    // MARK: Comparing

    /// What it holds of all times.
    func question(now: Timestamp) -> SyncComparison {
        self.question(between: ComparedRanges.edges(now: now), of: self.phases)
    }

    /// Asks where in a large range the logs differ; nil when the range is read as a whole.
    func question(about stretch: Stretch) -> SyncComparison? {
        guard let until = stretch.until, stretch.messages > SyncLimits.stretchMessages else {
            return nil
        }
        let shortest = self.summary.shortestBlock(at: stretch.from)
        guard until.milliseconds(since: stretch.from) > shortest else { return nil }
        let edges = ComparedRanges.edges(from: stretch.from, until: until, inBlocksOf: shortest)
        return self.question(between: edges, of: [stretch.phase])
    }

    private func question(between edges: [Timestamp], of phases: [Int]) -> SyncComparison {
        let digests = phases.map { phase in
            SyncComparison.Phase(phase: phase, ranges: self.digests(of: phase, edges))
        }
        return SyncComparison(edges: edges, digests: digests)
    }

    /// Where it differs from the log of the peer that asks.
    func differences(from theirs: SyncComparison) -> [SyncDifference] {
        theirs.digests.flatMap { phase in
            zip(self.digests(of: phase.phase, theirs.edges), phase.ranges).enumerated()
                .compactMap { range, digests in
                    guard digests.0 != digests.1 else { return nil }
                    return SyncDifference(phase: phase.phase, range: range, digest: digests.0)
                }
        }
    }

    private func digests(of phase: Int, _ edges: [Timestamp]) -> [RangeDigest] {
        edges.indices.map { range in
            self.summary.digest(
                of: phase,
                from: edges[range],
                until: ComparedRanges.end(of: range, in: edges)
            )
        }
    }
}
