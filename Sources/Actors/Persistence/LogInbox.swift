import Messages

/// What the disk has room for now.
enum DiskRoom: Equatable, Sendable {
    /// Everything.
    case all
    /// Own messages, identity messages and governance; what comes all the same is written.
    case own(reason: String)
    /// Nothing: entries wait.
    case none(reason: String)

    /// Nil with room for everything.
    var reason: String? {
        switch self {
        case .all: nil
        case .own(let reason), .none(let reason): reason
        }
    }

    /// The room as other subsystems are told of it; they need not hear again when only the figures in
    /// the reason change.
    var level: Int {
        switch self {
        case .all: 2
        case .own: 1
        case .none: 0
        }
    }
}

/// Entries that wait for the disk, and outcomes that wait for Persistence.
struct LogInbox: Sendable {
    /// When the writer has to look at the inbox.
    enum Work { case none, now, afterLinger }

    /// What may still come on top of what waits: everything, own entries, or what is under way.
    private enum Backlog { case normal, large, huge }

    private(set) var waiting: [LogEntry] = []
    private(set) var waitingBytes = 0
    private(set) var dropped: UInt64 = 0
    private(set) var room = DiskRoom.all
    /// How much waits.
    private var backlog = Backlog.normal
    /// What Persistence was told last; nil when there is room for everything.
    private var told: LogStopped.Takes?
    var onOutcomes: (@Sendable () -> Void)?
    private var outcomes: [AppendOutcome] = []
    private var isUrgent = false
    private var isScheduled = false
    private var isLingering = false
    private var mustReport = false
    private var isWatched = false

    /// Forgets the session so far; a log that was stopped stays stopped.
    mutating func reset(onOutcomes: @escaping @Sendable () -> Void) {
        self.waiting = []
        self.waitingBytes = 0
        self.outcomes = []
        self.isUrgent = false
        self.mustReport = false
        self.onOutcomes = onOutcomes
        self.backlog = .normal
        self.told = nil
        self.tell()
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
        self.weigh()
    }

    /// Decides once who looks at the inbox next; a stopped log is looked at by its timer.
    mutating func schedule() -> Work {
        guard self.room.level > 0, !self.waiting.isEmpty, !self.isScheduled else { return .none }
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
        for outcome in outcomes { self.report(outcome) }
        self.weigh()
    }

    /// Notes how much room there is; returns whether that has changed.
    mutating func note(_ room: DiskRoom) -> Bool {
        let isNews = room.level != self.room.level
        self.room = room
        self.tell()
        return isNews
    }

    /// Whether a further look for room has to be scheduled; true once until that look takes place.
    mutating func watch() -> Bool {
        guard self.room != .all, !self.isWatched else { return false }
        self.isWatched = true
        return true
    }

    /// The scheduled look takes place.
    mutating func endWatch() { self.isWatched = false }

    mutating func takeOutcomes() -> [AppendOutcome] {
        defer { self.outcomes = [] }
        return self.outcomes
    }

    /// The callback that is due, to be called outside the lock.
    mutating func takeReport() -> (@Sendable () -> Void)? {
        guard self.mustReport else { return nil }
        self.mustReport = false
        return self.onOutcomes
    }

    /// Why something is not taken now; nil when everything is.
    var stop: (takes: LogStopped.Takes, reason: String)? {
        switch (self.room, self.backlog) {
        case (.none(let reason), _): (.nothing, reason)
        case (_, .huge): (.nothing, Self.tooMuch)
        case (_, .large): (.own, Self.tooMuch)
        case (.own(let reason), .normal): (.reserved, reason)
        case (.all, .normal): nil
        }
    }

    private static let tooMuch =
        "More comes in than the disk writes; messages are taken again when it has caught up. "
        + "If that lasts, give the node a faster disk."

    /// Judges whether too much waits, so that what would otherwise be dropped is refused in time: before
    /// a judge applies it.
    private mutating func weigh() {
        if self.waits(moreThan: PersistenceLimits.hugeQuarters) {
            self.backlog = .huge
        } else if self.waits(moreThan: PersistenceLimits.largeQuarters) {
            if self.backlog == .normal { self.backlog = .large }
        } else if self.waits(moreThan: PersistenceLimits.caughtUpQuarters) {
            if self.backlog == .huge { self.backlog = .large }
        } else {
            self.backlog = .normal
        }
        self.tell()
    }

    private func waits(moreThan quarters: Int) -> Bool {
        self.waitingBytes > PersistenceLimits.waitingBytesMax / 4 * quarters
            || self.waiting.count > PersistenceLimits.waitingRecordsMax / 4 * quarters
    }

    /// Reports what there is room for, when that has changed.
    private mutating func tell() {
        let stop = self.stop
        guard stop?.takes != self.told else { return }
        self.told = stop?.takes
        guard let stop else { return self.report(.resumed) }
        self.report(.stopped(reason: stop.reason, takes: stop.takes))
    }

    private mutating func report(_ outcome: AppendOutcome) {
        if self.outcomes.isEmpty { self.mustReport = true }
        self.outcomes.append(outcome)
    }
}
