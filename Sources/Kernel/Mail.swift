import DequeModule

/// Everything behind the lock of a ``Slot``.
struct Mail {
    var waiting: Deque<Parcel> = []
    /// An empty queue whose memory the next batch uses again.
    var spare: Deque<Parcel> = []
    /// Between the end of the boot and the end of the run.
    var isOpen = false
    /// In the ready queue or being drained.
    var isScheduled = false
    var isTimerDue = false
    /// Threads of devices that wait for room.
    var devicesWaiting = 0
    var batchState: BatchState
    var counts = MailCounts()
    /// What was taken out of here last.
    var history = History()

    init(nextID: EnvelopeID) { self.batchState = BatchState(nextID: nextID) }

    /// Returns whether the caller has to put the slot into the ready queue.
    mutating func becomesScheduled() -> Bool {
        guard !self.isScheduled, self.isTimerDue || !self.waiting.isEmpty else { return false }
        self.isScheduled = true
        return true
    }

    /// How many threads of devices are to try again.
    mutating func takeWaitingDevices() -> Int {
        defer { self.devicesWaiting = 0 }
        return self.devicesWaiting
    }

    mutating func noteWaiting() {
        self.counts.waitingMax = max(self.counts.waitingMax, self.waiting.count)
    }
}

/// What one batch leaves for the next batch of the same subsystem.
struct BatchState {
    var nextID: EnvelopeID
    var now = Moment(nanoseconds: .min)
    /// Empty between batches; its memory is used again.
    var staged: [Outbox.Staged] = []
    /// The wake that the subsystem asked for.
    var wakeAt: Moment?
    /// The wake that ``Timers`` holds for this subsystem at present.
    var timerAt: Moment?
    var conversations = Conversations()
}

/// What ``SubsystemCounters`` reports.
struct MailCounts {
    var delivered = 0
    var dropped = 0
    var refusedToDevices = 0
    var waitingMax = 0
}
