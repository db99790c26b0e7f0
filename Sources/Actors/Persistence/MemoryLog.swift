public import Messages
public import Primitives
import Synchronization

/// The log of a simulated node, in memory; it survives a simulated crash as far as it was committed.
///
/// It gives the same outcomes, pages, replay and digest as ``LogStore`` for the same entries, and what
/// waits obeys the same rules.
public final class MemoryLog: LogDevice {
    /// When entries become durable.
    public enum Commits: Sendable {
        /// When they are appended.
        case atOnce
        /// When somebody who keeps the time of a disk says so, see ``beginCommit()``.
        case byHand
    }

    fileprivate struct State: Sendable {
        var entries: [MemoryRecord] = []
        var positions: [MessageID: UInt64] = [:]
        var index: [UInt16: [IndexKey]] = [:]
        var digest = LogDigest.empty
        var digested = 0
        var bytes: UInt64 = 0
        var inbox = LogInbox()
        /// The first so many entries of the inbox are being written.
        var underWay = 0
    }

    private let state: Mutex<State>
    private let pool: MessagePool
    private let commits: Commits

    /// Makes an empty log.
    ///
    /// - Parameters:
    ///   - pool: where messages are kept; logs of many nodes keep them once in a common one.
    ///   - commits: when entries become durable.
    public convenience init(
        sharing pool: MessagePool = MessagePool(),
        commits: Commits = .atOnce
    ) {
        self.init(State(), pool, commits)
    }

    private init(_ state: State, _ pool: MessagePool, _ commits: Commits) {
        self.state = Mutex(state)
        self.pool = pool
        self.commits = commits
    }

    /// What would be found on the disk now, as a log of its own that commits by hand.
    public func copy() -> MemoryLog {
        var state = self.state.withLock { $0 }
        state.inbox = LogInbox()
        state.underWay = 0
        return MemoryLog(state, self.pool, .byHand)
    }

    /// Becomes what a copy holds, as a data directory does that is restored from a backup.
    ///
    /// Nothing may be connected to it; what waits is gone.
    public func becomeCopy(of copy: MemoryLog) {
        let past = copy.copy().state.withLock { $0 }
        self.state.withLock { $0 = past }
    }

    // MARK: - Faults

    /// Behaves like a full disk until ``resume()``: entries wait, reads go on.
    public func stop(reason: String) {
        self.change { state in _ = state.inbox.note(.none(reason: reason)) }
    }

    /// Writes again, beginning with what waits.
    public func resume() {
        self.change { state in
            _ = state.inbox.note(.all)
            if self.commits == .atOnce { state.commitWaiting(self.pool) }
        }
    }

    /// Fills what may wait with facts of nobody, as years on a full disk would: the next entry is dropped.
    public func crowd() {
        let filler = LocalFact(
            owner: .persistence,
            kind: "filler",
            body: [],
            recordedAt: Timestamp(milliseconds: 0)
        )
        self.change { state in
            while state.inbox.waiting.count < PersistenceLimits.waitingRecordsMax {
                state.inbox.add(.fact(filler))
            }
        }
    }

    /// The process is killed, or the machine loses power: what waits is gone.
    ///
    /// - Parameter finishing: whether the commit under way came to its end all the same. There is no
    ///   third way: LMDB shows all of a transaction or nothing (ADR 0045).
    public func crash(finishing: Bool) {
        self.state.withLock { state in
            if finishing { state.commitGroup(self.pool) }
            state.underWay = 0
            state.inbox.reset {}
        }
    }

    // MARK: - Committing by hand

    /// Entries that wait, those of the commit under way among them.
    public var waiting: Int { self.state.withLock { $0.inbox.waiting.count } }

    /// Whether there are entries to be written and room for them.
    public var hasWork: Bool {
        self.state.withLock { $0.inbox.room.level > 0 && !$0.inbox.waiting.isEmpty }
    }

    /// Begins to write what waits, as far as one commit takes it.
    public func beginCommit() {
        self.state.withLock { $0.underWay = $0.inbox.group().count }
    }

    /// What is being written is durable, and is told; when the disk became full meanwhile, it waits on.
    public func endCommit() {
        self.change { state in
            guard state.inbox.room.level > 0 else { return state.underWay = 0 }
            state.commitGroup(self.pool)
        }
    }

    // MARK: - LogDevice

    /// Begins a session with its callback; what waits is written first, if there is room.
    public func connect(_ onOutcomes: @escaping @Sendable () -> Void) {
        self.state.withLock { state in
            state.commitWaiting(self.pool)
            state.inbox.reset(onOutcomes: onOutcomes)
        }
    }

    /// Hands entries over for the next commit.
    public func append(_ entries: [LogEntry]) {
        self.change { state in
            for entry in entries { state.inbox.add(entry) }
            if self.commits == .atOnce { state.commitWaiting(self.pool) }
        }
    }

    /// Outcomes since the last call, in log order.
    public func takeOutcomes() -> [AppendOutcome] {
        self.state.withLock { $0.inbox.takeOutcomes() }
    }

    /// Records after a position, each checked.
    public func records(
        after sequence: UInt64,
        count: Int,
        bytesMax: Int
    ) throws(LogError) -> [LogRecord] {
        self.state.withLock { state in
            let start = Int(clamping: sequence)
            let steps = min(max(count, 0), PersistenceLimits.replayStepMax)
            var records: [LogRecord] = []
            var bytes = 0
            for record in state.entries.dropFirst(start).prefix(steps) {
                guard bytes < bytesMax else { break }
                let entry = record.entry
                bytes += entry.byteCount
                records.append(
                    LogRecord(sequence: sequence + 1 + UInt64(records.count), entry: entry)
                )
            }
            return records
        }
    }

    /// One page of canonical envelopes.
    public func page(_ request: PageRequest) throws(LogError) -> MessagesAfter.Reply {
        self.state.withLock { state in
            let cursors = request.typesWanted.map { type in
                ArrayCursor(
                    keys: state.index[TypeCode.of(type)] ?? [],
                    since: request.since,
                    after: request.sinceID
                )
            }
            return PageMerge.page(request, from: cursors) { state.envelope($0.id) ?? [] }
        }
    }

    /// Canonical envelopes by identifier.
    public func messages(ids: [MessageID]) throws(LogError) -> [[UInt8]] {
        self.state.withLock { state in
            var bytes = 0
            return ids.prefix(PersistenceLimits.pageMessagesMax)
                .compactMap { state.envelope($0) }
                .prefix { envelope in
                    let isFirst = bytes == 0
                    bytes += envelope.count
                    return isFirst || bytes <= PersistenceLimits.answerBytesMax
                }
        }
    }

    /// Figures now.
    public var status: LogStatus {
        self.state.withLock { state in
            state.catchUpDigest()
            var status = LogStatus()
            status.lastSequence = UInt64(state.entries.count)
            status.digest = state.digest
            status.lastArrival = state.entries.last?.entry.arrival
            status.bytesUsed = state.bytes
            status.stoppedBecause = state.inbox.stop?.reason
            status.dropped = state.inbox.dropped
            return status
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let onOutcomes = self.state.withLock { state in
            body(&state)
            return state.inbox.takeReport()
        }
        onOutcomes?()
    }
}

extension MemoryLog.State {
    /// Writes all that waits, in groups.
    fileprivate mutating func commitWaiting(_ pool: MessagePool) {
        while self.inbox.room.level > 0, !self.inbox.waiting.isEmpty {
            self.underWay = self.inbox.group().count
            self.commitGroup(pool)
        }
    }

    /// The group under way is on the disk.
    fileprivate mutating func commitGroup(_ pool: MessagePool) {
        let outcomes = self.inbox.waiting.prefix(self.underWay).map { self.write($0, pool) }
        self.underWay = 0
        self.inbox.committed(outcomes)
    }

    private mutating func write(_ entry: LogEntry, _ pool: MessagePool) -> AppendOutcome {
        let sequence = UInt64(self.entries.count) + 1
        if case .message(let admitted) = entry {
            let message = admitted.message
            guard self.positions.updateIfAbsent(sequence, for: message.id) else {
                return .duplicate(message.id)
            }
            self.index(message)
        }
        self.entries.append(MemoryRecord(entry, pool))
        self.bytes += UInt64(clamping: entry.byteCount + RecordCodec.headerSize)
        return .logged(LogRecord(sequence: sequence, entry: entry))
    }

    /// Digests are asked for rarely: the records since the last time are hashed then.
    fileprivate mutating func catchUpDigest() {
        while self.digested < self.entries.count {
            let record = RecordCodec.encode(
                self.entries[self.digested].entry,
                sequence: UInt64(self.digested) + 1
            )
            let checksum = record.withUnsafeBytes { RecordCodec.checksum(of: $0) }
            self.digest = LogDigest.adding(checksum, to: self.digest)
            self.digested += 1
        }
    }

    fileprivate func envelope(_ id: MessageID) -> [UInt8]? {
        guard let sequence = self.positions[id],
            case .message(let shared, _) = self.entries[Int(sequence) - 1]
        else { return nil }
        return shared.message.canonical
    }

    /// Only types that sync carries are ever read in order.
    private mutating func index(_ message: Message) {
        guard message.type?.syncPhase != nil else { return }
        let key = IndexKey(
            type: TypeCode.of(message.type),
            timestamp: message.timestamp,
            id: message.id
        )
        let place = ArrayCursor.firstIndex(self.index[key.type] ?? []) { key < $0 }
        self.index[key.type, default: []].insert(key, at: place)
    }
}

extension Dictionary where Key: Sendable {
    fileprivate mutating func updateIfAbsent(_ value: Value, for key: Key) -> Bool {
        guard self[key] == nil else { return false }
        self[key] = value
        return true
    }
}

/// Walks the sorted index entries of one type.
private struct ArrayCursor: IndexCursor {
    private let keys: [IndexKey]
    private var place: Int

    init(keys: [IndexKey], since: Timestamp, after: MessageID?) {
        self.keys = keys
        self.place = Self.firstIndex(keys) { key in
            guard key.timestamp == since, let after else { return key.timestamp >= since }
            return key.id > after
        }
    }

    var head: IndexKey? { self.place < self.keys.count ? self.keys[self.place] : nil }

    mutating func advance() { self.place += 1 }

    /// First place of a sorted array from which on `belongs` holds.
    static func firstIndex(_ keys: [IndexKey], where belongs: (IndexKey) -> Bool) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if belongs(keys[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
