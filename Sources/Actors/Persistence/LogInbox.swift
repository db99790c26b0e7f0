/// Entries that wait for the disk, and outcomes that wait for Persistence.
struct LogInbox: Sendable {
    /// When the writer has to look at the inbox.
    enum Work { case none, now, afterLinger }

    private(set) var waiting: [LogEntry] = []
    private(set) var waitingBytes = 0
    private(set) var dropped: UInt64 = 0
    private(set) var stoppedBecause: String?
    var knock: (@Sendable () -> Void)?
    private var outcomes: [AppendOutcome] = []
    private var isUrgent = false
    private var isScheduled = false
    private var isLingering = false
    private var mustKnock = false

    /// Forgets the session so far; a stop stays a stop.
    mutating func reset(knock: @escaping @Sendable () -> Void) {
        self.waiting = []
        self.waitingBytes = 0
        self.outcomes = []
        self.isUrgent = false
        self.mustKnock = false
        self.knock = knock
        if let reason = self.stoppedBecause { self.report(.stopped(reason: reason)) }
    }

    /// Takes an entry, or drops it when too much waits.
    mutating func add(_ entry: LogEntry) {
        let bytes = entry.byteCount
        guard self.waiting.count < PersistenceLimits.waitingRecordsMax,
            self.waitingBytes + bytes <= PersistenceLimits.waitingBytesMax || self.waiting.isEmpty
        else {
            self.dropped += 1
            self.report(.dropped(entry))
            return
        }
        self.waiting.append(entry)
        self.waitingBytes += bytes
        self.isUrgent = self.isUrgent || entry.isUrgent
    }

    /// Decides once who looks at the inbox next; a stopped log is looked at by its timer.
    mutating func schedule() -> Work {
        guard self.stoppedBecause == nil, !self.waiting.isEmpty, !self.isScheduled else {
            return .none
        }
        if self.isUrgent || self.waiting.count >= PersistenceLimits.groupRecordsReady {
            self.isScheduled = true
            return .now
        }
        guard !self.isLingering else { return .none }
        self.isLingering = true
        return .afterLinger
    }

    /// The next group; it stays in the inbox until it is committed.
    mutating func group() -> [LogEntry] {
        self.isScheduled = false
        self.isLingering = false
        return Array(self.waiting.prefix(PersistenceLimits.groupRecordsMax))
    }

    /// The group is on the disk.
    mutating func committed(_ outcomes: [AppendOutcome]) {
        for entry in self.waiting.prefix(outcomes.count) { self.waitingBytes -= entry.byteCount }
        self.waiting.removeFirst(outcomes.count)
        if self.waiting.isEmpty { self.isUrgent = false }
        if self.stoppedBecause != nil {
            self.stoppedBecause = nil
            self.report(.resumed)
        }
        for outcome in outcomes { self.report(outcome) }
    }

    /// Writing does not work; says whether that is news.
    mutating func stop(_ reason: String) -> Bool {
        let isNews = self.stoppedBecause == nil
        self.stoppedBecause = reason
        if isNews { self.report(.stopped(reason: reason)) }
        return isNews
    }

    /// Writing may work again although nothing waits.
    mutating func resume() {
        guard self.stoppedBecause != nil else { return }
        self.stoppedBecause = nil
        self.report(.resumed)
    }

    mutating func takeOutcomes() -> [AppendOutcome] {
        defer { self.outcomes = [] }
        return self.outcomes
    }

    /// The knock that is due, to be made outside the lock.
    mutating func takeKnock() -> (@Sendable () -> Void)? {
        guard self.mustKnock else { return nil }
        self.mustKnock = false
        return self.knock
    }

    private mutating func report(_ outcome: AppendOutcome) {
        if self.outcomes.isEmpty { self.mustKnock = true }
        self.outcomes.append(outcome)
    }
}
