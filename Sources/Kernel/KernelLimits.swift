/// Bounds of the kernel, each with its source.
enum KernelLimits {
    /// Envelopes a mailbox holds unless the topology says otherwise.
    ///
    /// Source: own choice: a few seconds of a busy node; 8 bytes each while empty.
    static let mailboxCapacity = 16_384

    /// One place in this many is kept free of device signals in every mailbox.
    ///
    /// Source: own choice: a flood from outside must leave room for the mail of subsystems, or
    /// a peer could bring a mailbox with `.halt` to its end.
    static let reservedPlacesDivisor = 4

    /// Envelopes handled in one actor hop at most.
    ///
    /// Source: own choice: the hop (about 100 ns) is spread thin at 256, and a subsystem with a
    /// full mailbox does not keep the others waiting.
    static let batchEnvelopesMax = 256

    /// Outgoing envelopes held back at most before they are delivered in the middle of a batch.
    ///
    /// Source: own choice: one lock and one wake for many envelopes, yet receivers start soon.
    static let stagedEnvelopesMax = 64

    /// Deadlines of answered questions that one subsystem keeps at most, beside twice the open ones.
    ///
    /// Source: own choice: 1 KiB, and the clearing away costs a constant share of the answers.
    static let staleDeadlinesMax = 64

    /// Hops after which a worker lets other tasks of the process have its thread.
    ///
    /// Source: own choice: the pool has one thread a core, and a busy bus would keep them all.
    static let hopsPerYield = 64

    /// Longest sleep of the timer task.
    ///
    /// Source: own choice: bounds how late a wake is when the wall clock is set forward, and how
    /// late a jump of the clock is noticed.
    static let timerSleepMax = Duration.seconds(1)

    /// How far the wall clock may be set back before that counts as a jump; after a smaller step, time
    /// stands still until the clock has caught up.
    ///
    /// Source: own choice: what a time service or a leap second corrects, and no timer misses.
    static let setBackMax = Duration.seconds(5)

    /// Most time between two readings of the clock while the kernel runs; more is a jump.
    ///
    /// Source: own choice: sixty sleeps of the timer task, and a fifth of what gossip reaches back
    /// (R-02-021).
    static let clockGapMax = Duration.seconds(60)

    /// Envelope headers remembered by one kernel unless asked otherwise.
    ///
    /// Source: own choice: 160 KiB, enough for the causes of any recent effect.
    static let historyHeaders = 4_096

    /// Fewest headers remembered for one subsystem.
    ///
    /// Source: own choice: a chain crosses every subsystem about once.
    static let historyHeadersPerSubsystemMin = 64

    /// Longest cause chain that is printed.
    ///
    /// Source: own choice: a message makes under ten hops; periodic work can chain for ever.
    static let causeChainLengthMax = 64
}
