import Messages
import OrderedCollections
import Primitives

/// The requests of the last day that came with a key, and what became of them (ADR 0060).
///
/// What the log holds of them builds it anew at a restart.
struct KeptRequests: Sendable {
    /// What a request left in the log.
    enum Trace: Sendable, Equatable, Codable {
        case message(MessageID)
        case fact
    }

    /// What is known of a request.
    enum Finding: Sendable, Equatable {
        /// It did not come before, or left nothing.
        case nothing
        /// Its key came with another request.
        case reused
        /// It has no outcome yet.
        case running
        /// It left this in the log, and its answer is to be put together anew.
        case logged(Trace)
        /// This was its answer.
        case answered(APIResponse)
    }

    private struct Entry: Sendable {
        let content: UInt128
        let since: Timestamp
        /// A caller waits for its outcome.
        var isOpen = false
        /// Its message was handed over, so that the log or a refusal decides what becomes of it.
        var isSent = false
        var trace: Trace?
        var answer: APIResponse?
        /// Bytes of the answer.
        var bytes = 0

        /// It left nothing, and nothing of it is to come.
        var isOver: Bool { !self.isOpen && !self.isSent && self.trace == nil && self.answer == nil }
    }

    /// By the names of their keys, about as old as they are.
    private var entries: OrderedDictionary<UInt128, Entry> = [:]
    /// Bytes of all answers.
    private var bytes = 0
    /// The keys of requests that are under way.
    private var open: [RequestID: RequestKey] = [:]

    /// How many are remembered.
    var count: Int { self.entries.count }

    /// What is known of a request.
    func find(_ key: RequestKey, now: Timestamp) -> Finding {
        guard let entry = self.entries[key.name] else { return .nothing }
        let age = now.milliseconds(since: entry.since)
        if !entry.isOpen, age >= APILimits.keptMilliseconds { return .nothing }
        guard entry.content == key.content else { return .reused }
        if let answer = entry.answer { return .answered(answer) }
        if entry.isOpen { return .running }
        if let trace = entry.trace { return .logged(trace) }
        return .running
    }

    /// A request begins, or begins again.
    mutating func begin(_ key: RequestKey, _ id: RequestID, now: Timestamp) {
        self.open[id] = key
        if case .logged = self.find(key, now: now) {
            self.entries[key.name]?.isOpen = true
            return
        }
        self.add(key, since: now)
        self.entries[key.name]?.isOpen = true
    }

    private mutating func add(_ key: RequestKey, since: Timestamp) {
        self.remove(key)
        if self.entries.count >= APILimits.keptMax { self.forgetOldest(APILimits.keptStep) }
        self.entries[key.name] = Entry(content: key.content, since: since)
    }

    /// Forgets so many at least, and more where answers take too much room.
    ///
    /// What is under way stays: forgotten, it would be done a second time.
    private mutating func forgetOldest(_ count: Int) {
        var (left, bytes) = (count, self.bytes)
        self.entries.removeAll { _, entry in
            let isWanted = left <= 0 && bytes <= APILimits.keptBytesMax
            guard !isWanted, !entry.isOpen, !entry.isSent else { return false }
            left -= 1
            bytes -= entry.bytes
            return true
        }
        self.bytes = bytes
    }

    private mutating func remove(_ key: RequestKey) {
        self.bytes -= self.entries.removeValue(forKey: key.name)?.bytes ?? 0
    }

    /// The key of a request that is under way; nil if it has none.
    func key(of id: RequestID) -> RequestKey? { self.open[id] }

    /// What a request left in the log.
    func trace(of key: RequestKey) -> Trace? { self.entries[key.name]?.trace }

    /// A message of the request was handed over to be signed.
    mutating func sent(_ key: RequestKey) { self.entries[key.name]?.isSent = true }

    /// The log has what a request led to.
    mutating func logged(_ key: RequestKey, _ trace: Trace, at time: Timestamp) {
        if case .reused = self.find(key, now: time) { self.add(key, since: time) }
        if case .nothing = self.find(key, now: time) { self.add(key, since: time) }
        self.entries[key.name]?.trace = trace
        self.entries[key.name]?.isSent = false
    }

    /// The message of a request ended before acceptance.
    mutating func refused(_ key: RequestKey) {
        self.entries[key.name]?.isSent = false
        self.drop(key)
    }

    /// A request was answered; a refusal is not kept, as it left nothing.
    mutating func answered(_ id: RequestID, _ answer: APIResponse) {
        guard let key = self.open.removeValue(forKey: id) else { return }
        self.entries[key.name]?.isOpen = false
        if answer.status < 400 { self.keep(answer, of: key) }
        self.drop(key)
        if self.bytes > APILimits.keptBytesMax { self.forgetOldest(0) }
    }

    private mutating func keep(_ answer: APIResponse, of key: RequestKey) {
        guard var entry = self.entries[key.name] else { return }
        self.bytes -= entry.bytes
        entry.answer = answer
        entry.bytes = answer.body.canonicalBytes().count
        self.bytes += entry.bytes
        self.entries[key.name] = entry
    }

    private mutating func drop(_ key: RequestKey) {
        if self.entries[key.name]?.isOver == true { self.remove(key) }
    }
}

/// What the log holds of one request that came with a key.
struct KeptTrace: Sendable, Equatable, Codable {
    let name: UInt128
    let content: UInt128
    let since: Timestamp
    let trace: KeptRequests.Trace
}

extension KeptRequests {
    /// What the log holds of requests, which is all that a checkpoint keeps of them.
    var traces: [KeptTrace] {
        self.entries.compactMap { name, entry in
            entry.trace.map {
                KeptTrace(name: name, content: entry.content, since: entry.since, trace: $0)
            }
        }
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ traces: [KeptTrace]) {
        for kept in traces {
            var entry = Entry(content: kept.content, since: kept.since)
            entry.trace = kept.trace
            self.entries[kept.name] = entry
        }
    }
}
