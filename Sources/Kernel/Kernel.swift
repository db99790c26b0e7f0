public import Logging
import Synchronization

/// The bus, its workers and its clock; it knows no subsystem.
///
/// A kernel is used in this order: ``add(_:_:)`` for each subsystem, ``boot(standard:)`` once,
/// then either ``run(workers:)`` (a node) or, from one task, ``settle()`` and ``fireWakes()``
/// (the simulator and tests). It cannot be restarted; after a fault make a new one.
///
/// Promises:
/// - Each receiver gets its envelopes in the order they were delivered to its mailbox, one at a
///   time, a batch in one actor hop. What one sender sends arrives in that order.
/// - With one driving task, the same inputs give the same envelopes with the same ids.
/// - No queue is unbounded, and no lock is held while foreign code runs.
public final class Kernel: Sendable {
    let core: Core
    private let assembly = Assembly()
    private let booted = AtomicLazyReference<Booted>()
    private let history: Int

    /// What exists from the end of the boot.
    final class Booted: Sendable {
        let directory: Directory
        let drains: [Assembly.Drain]

        init(_ directory: Directory, _ drains: [Assembly.Drain]) {
            self.directory = directory
            self.drains = drains
        }
    }

    /// Makes a kernel without subsystems.
    ///
    /// - Parameters:
    ///   - clock: the only source of time.
    ///   - entropy: the only source of randomness.
    ///   - logger: gets faults, and nothing about single envelopes.
    ///   - history: how many envelope headers are remembered for cause chains, over all
    ///     subsystems; 40 bytes each. Nil means 4,096.
    ///   - journal: called for each envelope just before it is handled, on the receiver's actor;
    ///     for traces and the simulator's digest. It costs nothing when absent.
    public init(
        clock: any KernelClock,
        entropy: any EntropySource,
        logger: Logger = Logger(label: "kernel"),
        history: Int? = nil,
        journal: (@Sendable (EnvelopeRecord) -> Void)? = nil
    ) {
        self.history = history ?? KernelLimits.historyHeaders
        self.core = Core(clock: clock, entropy: entropy, logger: logger, journal: journal)
    }

    deinit {
        self.stop()
        self.close()
    }

    /// Plugs a subsystem in; before the boot only.
    ///
    /// - Parameters:
    ///   - mailbox: how much mail may wait, and what happens beyond that.
    ///   - make: makes the subsystem with the emitters and inlets that it gets here.
    ///   - wireMore: declares handlers of types that the subsystem knows only from whoever makes it, beside
    ///     those of ``Subsystem/wire(_:)``.
    /// - Returns: what `make` made; the kernel keeps it too.
    @inlinable
    @discardableResult
    public func add<S: Subsystem>(
        _ mailbox: Mailbox = .standard,
        _ make: (borrowing Boot) -> S,
        wireMore: (borrowing Wiring<S>) -> Void = { _ in }
    ) -> S {
        let slot = self.seat(S.name, mailbox)
        let subsystem = make(self.lend(slot))
        let wiring = Wiring<S>(self.parts, slot)
        S.wire(wiring)
        wireMore(wiring)
        let handlers = wiring.table.handlers
        let wake = wiring.table.wake
        self.parts.install(slot) { [subsystem] directory in
            await subsystem.drain(slot, directory, handlers, wake)
        }
        return subsystem
    }

    @usableFromInline var parts: Assembly { self.assembly }

    @usableFromInline
    func seat(_ name: SubsystemName, _ mailbox: Mailbox) -> Slot {
        self.assembly.seat(name, mailbox, self.core)
    }

    @usableFromInline
    func lend(_ slot: Slot) -> Boot { Boot(self.assembly, slot) }

    /// Checks the topology and opens the mailboxes.
    ///
    /// - Parameter standard: the subsystems of a complete node. A command or question whose receiver is
    ///   one of them, but is not plugged in, is reported and not refused. So is an event without a
    ///   receiver, if a standard subsystem is missing or the event's sender is not a standard
    ///   subsystem.
    /// - Returns: who is plugged in, and what the absence of others means.
    /// - Throws: ``BootError`` with every problem found.
    @discardableResult
    public func boot(standard: [SubsystemName]) throws(BootError) -> BootReport {
        guard self.booted.load() == nil else { throw BootError(problems: [.alreadyBooted]) }
        let blueprint = self.assembly.blueprint
        let problems = blueprint.problems(standard: standard)
        guard problems.isEmpty else { throw BootError(problems: problems) }
        let (directory, drains) = self.assembly.seal()
        let slots = directory.slots
        let share = self.history / max(1, slots.count)
        self.core.timers.reserve(slots.count)
        for slot in slots {
            slot.reserveHistory(max(KernelLimits.historyHeadersPerSubsystemMin, share))
        }
        _ = self.booted.storeIfNil(Booted(directory, drains))
        for slot in slots { slot.open() }
        return BootReport(blueprint, standard: standard)
    }
}

// MARK: What can be seen from outside

extension Kernel {
    /// Who sends what to whom, as far as subsystems are plugged in.
    public var graph: TopologyGraph { TopologyGraph(self.assembly.blueprint) }

    /// The mailboxes' figures, in the order of plugging in; empty before the boot.
    public var counters: [SubsystemCounters] {
        self.booted.load()?.directory.slots.map(\.counters) ?? []
    }

    /// The envelope and what led to it, newest first, as far back as is remembered.
    public func causeChain(of id: EnvelopeID) -> [EnvelopeHeader] {
        self.booted.load()?.directory.causeChain(of: id) ?? []
    }

    /// The name of a seat; nil for a seat of another kernel.
    public func name(of id: SubsystemID) -> SubsystemName? {
        guard let slots = self.booted.load()?.directory.slots, id.index < slots.count else {
            return nil
        }
        return slots[id.index].name
    }

    /// How the kernel ended; nil while it can go on.
    public var exit: KernelExit? { self.core.exit }

    /// Ends the run: the handler under way finishes, no other starts, and ``run(workers:)`` returns.
    ///
    /// What is waiting is dropped. Later calls have no effect.
    public func stop() {
        self.core.stop(because: .stopped)
        for slot in self.booted.load()?.directory.slots ?? [] { slot.releaseDevices() }
    }

    /// What the boot made; running before it is a mistake of the caller.
    var plan: Booted {
        guard let booted = self.booted.load() else {
            preconditionFailure("boot the kernel before running it")
        }
        return booted
    }

    func close() {
        for slot in self.booted.load()?.directory.slots ?? [] { slot.close() }
    }
}
