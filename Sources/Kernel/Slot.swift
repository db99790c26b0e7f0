import DequeModule
import Dispatch
import Synchronization

/// The seat of one subsystem: its mailbox and what its next batch starts from.
///
/// A slot does not know its subsystem, so emitters that point to slots make no cycle. Nothing here
/// calls foreign code under a lock, and no two locks are ever held at once.
@usableFromInline
final class Slot: Sendable {
    @usableFromInline let id: SubsystemID
    let name: SubsystemName
    let policy: Mailbox
    let core: Core
    private let deviceIDs: Atomic<UInt64>
    private let mail: Mutex<Mail>
    private let room = DispatchSemaphore(value: 0)

    init(id: SubsystemID, name: SubsystemName, policy: Mailbox, core: Core) {
        self.id = id
        self.name = name
        self.policy = policy
        self.core = core
        self.deviceIDs = Atomic(EnvelopeID.first(of: id, isFromDevice: true).rawValue)
        self.mail = Mutex(Mail(nextID: .first(of: id, isFromDevice: false)))
    }

    func nextDeviceID() -> EnvelopeID {
        EnvelopeID(rawValue: self.deviceIDs.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    /// From the end of the boot mail is taken.
    func open() { self.mail.withLock { $0.isOpen = true } }

    /// No mail is taken any more; what waits is dropped.
    func close() {
        // Bodies are released outside the lock: their deinitialisers are foreign code.
        let dropped = self.mail.withLock { mail in
            mail.isOpen = false
            mail.batchState.staged = []
            var waiting: Deque<Parcel> = []
            swap(&waiting, &mail.waiting)
            return waiting
        }
        withExtendedLifetime(dropped) {}
        self.releaseDevices()
    }

    /// Wakes every device thread that waits for room, so that it tries again.
    func releaseDevices() {
        let waiting = self.mail.withLock { mail in mail.takeWaitingDevices() }
        for _ in 0..<waiting { self.room.signal() }
    }

    /// Whether mail is taken; false before the boot, and for ever once the kernel stops.
    var isOpen: Bool { !self.core.isStopping && self.mail.withLock { $0.isOpen } }

    var counters: SubsystemCounters {
        let (counts, waiting) = self.mail.withLock { ($0.counts, $0.waiting.count) }
        return SubsystemCounters(
            subsystem: self.name,
            delivered: counts.delivered,
            dropped: counts.dropped,
            refusedToDevices: counts.refusedToDevices,
            waiting: waiting,
            waitingMax: counts.waitingMax,
            capacity: self.policy.capacity
        )
    }
}

// MARK: Mail comes in

extension Slot {
    /// Takes one parcel from a device, if there is room.
    func acceptFromDevice(_ parcel: Parcel) -> Bool {
        let limit = self.policy.deviceCapacity
        let (isTaken, isNewlyReady) = self.mail.withLock { mail in
            guard mail.isOpen else { return (false, false) }
            guard mail.waiting.count < limit else {
                mail.counts.refusedToDevices += 1
                return (false, false)
            }
            mail.waiting.append(parcel)
            mail.noteWaiting()
            return (true, mail.becomesScheduled())
        }
        if isNewlyReady { self.core.scheduler.schedule(self.id, isUrgent: true) }
        return isTaken
    }

    /// Takes mail from a device as soon as there is room; blocks the calling thread until then.
    func acceptFromWaitingDevice(_ parcel: Parcel) -> Bool {
        while !self.acceptFromDevice(parcel) {
            let limit = self.policy.deviceCapacity
            let (isOpen, mustWait) = self.mail.withLock { mail in
                guard mail.isOpen, !self.core.isStopping else { return (false, false) }
                // Room may have come since the try.
                let isFull = mail.waiting.count >= limit
                if isFull { mail.devicesWaiting += 1 }
                return (true, isFull)
            }
            guard isOpen else { return false }
            if mustWait { self.room.wait() }
        }
        return true
    }

    /// Takes a run of parcels that are all for this slot.
    ///
    /// - Parameters:
    ///   - staged: what was staged, in order.
    ///   - run: the part of it that is for this slot.
    ///   - isLast: nobody else gets it, so that what is taken may be moved out of it.
    ///   - isUrgent: the caller's worker stays busy, so another one should start.
    /// - Returns: the parcel that found the mailbox full, if its policy is to halt.
    func accept(
        _ staged: inout [Outbox.Staged],
        _ run: Range<Int>,
        isLast: Bool,
        isUrgent: Bool
    ) -> Parcel? {
        let policy = self.policy
        let (isNewlyReady, dropped, overflow) = self.mail.withLock { mail in
            var dropped: [Parcel] = []
            guard mail.isOpen else { return (false, dropped, nil as Parcel?) }
            for index in run {
                if mail.waiting.count >= policy.capacity {
                    switch policy.overflow {
                    case .halt: return (false, dropped, staged[index].parcel)
                    case .dropNewest:
                        mail.counts.dropped += 1
                        continue
                    case .dropOldest:
                        mail.counts.dropped += 1
                        if let oldest = mail.waiting.popFirst() { dropped.append(oldest) }
                    }
                }
                let parcel = isLast ? staged[index].parcel.take() : staged[index].parcel
                if let parcel { mail.waiting.append(parcel) }
            }
            mail.noteWaiting()
            return (mail.becomesScheduled(), dropped, nil)
        }
        withExtendedLifetime(dropped) {}
        if isNewlyReady { self.core.scheduler.schedule(self.id, isUrgent: isUrgent) }
        return overflow
    }

    /// The time has come for a wake or for the deadline of a question.
    func timerIsDue() {
        let isNewlyReady = self.mail.withLock { mail in
            guard mail.isOpen else { return false }
            mail.isTimerDue = true
            return mail.becomesScheduled()
        }
        if isNewlyReady { self.core.scheduler.schedule(self.id, isUrgent: true) }
    }
}

// MARK: Mail is handled

extension Slot {
    /// Handles one batch; the caller is on the subsystem's actor, and is the only one there.
    @usableFromInline
    func drain(
        _ directory: Directory,
        wake: (inout Outbox) throws -> Void,
        deliver: (Parcel, inout Outbox) throws -> Void
    ) {
        guard let now = self.core.readClock(), var batch = self.takeBatch() else { return }
        for _ in 0..<batch.devicesWaiting { self.room.signal() }
        let timerAt = batch.isTimerDue ? nil : batch.batchState.timerAt
        var outbox = Outbox(of: self, directory, now: now)
        outbox.begin(&batch.batchState)
        var progress = Progress()
        do {
            if let moment = outbox.wakeAt, batch.isTimerDue, moment <= outbox.now {
                outbox.wakeAt = nil
                try wake(&outbox)
            }
            try self.handle(&batch.parcels, &outbox, &progress, deliver)
            // Checked only after the waiting mail was handled, since that mail may contain the reply.
            var overdue = self.overdue(&outbox)
            try self.handle(&overdue, &outbox, &progress, deliver)
            outbox.flush(isBatchOver: true)
        } catch {
            outbox.staged.removeAll()
            let fault = Fault(in: self, handling: progress.failed, error, directory)
            self.core.stop(because: .faulted(fault))
        }
        self.finish(&outbox, timerAt: timerAt, delivered: progress.delivered, spare: batch.parcels)
    }

    /// How far a batch was handled.
    private struct Progress {
        var delivered = 0
        var failed: Parcel?
    }

    private func handle(
        _ parcels: inout Deque<Parcel>,
        _ outbox: inout Outbox,
        _ progress: inout Progress,
        _ deliver: (Parcel, inout Outbox) throws -> Void
    ) throws {
        // Read once: to look at a member of a class counts a reference to it, for each envelope.
        let (core, journal) = (self.core, self.core.journal)
        while !core.isStopping, let parcel = parcels.popFirst() {
            outbox.begin(parcel)
            journal?(outbox.directory.header(of: parcel, receiver: self))
            do {
                try deliver(parcel, &outbox)
            } catch {
                progress.failed = parcel
                throw error
            }
            progress.delivered += 1
            if outbox.staged.count >= KernelLimits.stagedEnvelopesMax {
                outbox.flush(isBatchOver: false)
            }
        }
    }

    private struct Batch {
        var parcels: Deque<Parcel> = []
        var isTimerDue: Bool
        var devicesWaiting: Int
        var batchState: BatchState
    }

    private func takeBatch() -> Batch? {
        self.mail.withLock { mail in
            guard mail.isOpen else { return nil }
            var batch = Batch(
                isTimerDue: mail.isTimerDue,
                devicesWaiting: mail.takeWaitingDevices(),
                batchState: BatchState(nextID: mail.batchState.nextID)
            )
            // The batch alone holds the state now, so that changing it copies nothing.
            swap(&batch.batchState, &mail.batchState)
            mail.isTimerDue = false
            swap(&batch.parcels, &mail.spare)
            if mail.waiting.count <= KernelLimits.batchEnvelopesMax {
                swap(&batch.parcels, &mail.waiting)
            } else {
                batch.parcels.append(
                    contentsOf: mail.waiting.prefix(KernelLimits.batchEnvelopesMax)
                )
                mail.waiting.removeFirst(KernelLimits.batchEnvelopesMax)
            }
            mail.history.append(batch.parcels)
            return batch
        }
    }

    private func overdue(_ outbox: inout Outbox) -> Deque<Parcel> {
        let parcels = Deque(outbox.overdue())
        if !parcels.isEmpty { self.mail.withLock { $0.history.append(parcels) } }
        return parcels
    }

    private func finish(
        _ outbox: inout Outbox,
        timerAt: Moment?,
        delivered: Int,
        spare: consuming Deque<Parcel>
    ) {
        let deadline = outbox.conversations.earliestDeadline()
        let due = outbox.wakeAt.map { min($0, deadline ?? $0) } ?? deadline
        if due != timerAt { self.core.timers.set(self.id, at: due) }
        var batchState = BatchState(
            nextID: outbox.nextID,
            now: outbox.now,
            wakeAt: outbox.wakeAt,
            timerAt: due
        )
        swap(&batchState.staged, &outbox.staged)
        swap(&batchState.conversations, &outbox.conversations)
        let hasMore = self.mail.withLock { mail in
            swap(&mail.batchState, &batchState)
            if spare.isEmpty { mail.spare = spare }
            mail.counts.delivered += delivered
            mail.isScheduled = mail.isOpen && (mail.isTimerDue || !mail.waiting.isEmpty)
            return mail.isScheduled
        }
        if hasMore { self.core.scheduler.schedule(self.id, isUrgent: false) }
    }
}

// MARK: Memory of recent envelopes

extension Slot {
    /// Bounds how many headers are remembered; called once, at boot.
    func reserveHistory(_ headers: Int) { self.mail.withLock { $0.history.capacity = headers } }

    /// What is remembered of an envelope that was delivered here.
    func remembered(_ id: EnvelopeID) -> History.Entry? {
        self.mail.withLock { $0.history.entry(id) }
    }
}
