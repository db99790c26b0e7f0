public import Messages
public import Primitives
import Synchronization

/// The log of a simulated node: commits at once, in memory, and survives a simulated restart.
///
/// It gives the same outcomes, pages, replay and digest as ``LogStore`` for the same entries.
public final class MemoryLog: LogDevice {
    fileprivate struct State: Sendable {
        var entries: [MemoryRecord] = []
        var positions: [MessageID: UInt64] = [:]
        var index: [UInt16: [IndexKey]] = [:]
        var digest = LogDigest.empty
        var digested = 0
        var waiting: [LogEntry] = []
        var stoppedBecause: String?
        var bytes: UInt64 = 0
        var outcomes: [AppendOutcome] = []
        var knock: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    private let pool: MessagePool

    /// Makes an empty log.
    ///
    /// - Parameter pool: where messages are kept; logs of many nodes keep them once in a common one.
    public init(sharing pool: MessagePool = MessagePool()) {
        self.pool = pool
    }

    // MARK: - Faults

    /// Behaves like a full disk until ``resume()``: entries wait, reads go on.
    public func stop(reason: String) {
        self.change { state in
            guard state.stoppedBecause == nil else { return }
            state.stoppedBecause = reason
            state.outcomes.append(.stopped(reason: reason, takes: .nothing))
        }
    }

    /// Writes again, beginning with what waits.
    public func resume() {
        self.change { state in
            guard state.stoppedBecause != nil else { return }
            state.stoppedBecause = nil
            state.outcomes.append(.resumed)
            for entry in state.waiting { state.commit(entry, self.pool) }
            state.waiting = []
        }
    }

    // MARK: - LogDevice

    /// Takes the knock of this session.
    public func connect(_ knock: @escaping @Sendable () -> Void) {
        self.state.withLock { state in
            state.waiting = []
            state.outcomes = []
            state.knock = knock
            if let reason = state.stoppedBecause {
                state.outcomes = [.stopped(reason: reason, takes: .nothing)]
            }
        }
    }

    /// Hands entries over for the next commit.
    public func append(_ entries: [LogEntry]) {
        self.change { state in
            for entry in entries {
                if state.stoppedBecause == nil {
                    state.commit(entry, self.pool)
                } else if state.waiting.count < PersistenceLimits.waitingRecordsMax {
                    state.waiting.append(entry)
                } else {
                    state.outcomes.append(.dropped(entry))
                }
            }
        }
    }

    /// Outcomes since the last call, in log order.
    public func takeOutcomes() -> [AppendOutcome] {
        self.state.withLock { state in
            defer { state.outcomes = [] }
            return state.outcomes
        }
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
            status.stoppedBecause = state.stoppedBecause
            return status
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let knock = self.state.withLock { state in
            let wasQuiet = state.outcomes.isEmpty
            body(&state)
            return wasQuiet && !state.outcomes.isEmpty ? state.knock : nil
        }
        knock?()
    }
}

extension MemoryLog.State {
    fileprivate mutating func commit(_ entry: LogEntry, _ pool: MessagePool) {
        let sequence = UInt64(self.entries.count) + 1
        if case .message(let admitted) = entry {
            let message = admitted.message
            guard self.positions.updateIfAbsent(sequence, for: message.id) else {
                self.outcomes.append(.duplicate(message.id))
                return
            }
            self.index(message)
        }
        self.entries.append(MemoryRecord(entry, pool))
        self.bytes += UInt64(clamping: entry.byteCount + RecordCodec.headerSize)
        self.outcomes.append(.logged(LogRecord(sequence: sequence, entry: entry)))
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
