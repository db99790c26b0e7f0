package import Kernel
package import LocalAPI

/// What the process and its bus are like, beyond what subsystems say of themselves.
package struct Vitals: Sendable {
    /// The mailbox of each subsystem.
    package var mailboxes: [SubsystemCounters]
    /// How often the node was rebuilt from its log since the process began.
    package var rebuilds: Int
    /// Seconds that the processor worked for it.
    package var processorSeconds: Double
    /// Bytes of memory that it holds, mapped files among them.
    package var memoryBytes: Int
    /// What it holds beside them, and may hold.
    package var memory: MemoryUse
    /// How signatures were verified.
    package var verifier: VerifierUse
    /// Bytes that came from sockets of peers since the process began.
    package var bytesRead: UInt64
    /// Bytes that were meant for sockets of peers since the process began.
    package var bytesWritten: UInt64
    /// Files and sockets that it has open.
    package var openFiles: Int
    /// How many it may have.
    package var openFilesMax: Int
    /// When the process began, in seconds since 1970.
    package var startedAt: Double

    /// Puts vitals together.
    package init(
        mailboxes: [SubsystemCounters],
        rebuilds: Int,
        processorSeconds: Double,
        memoryBytes: Int,
        memory: MemoryUse,
        verifier: VerifierUse,
        bytesRead: UInt64,
        bytesWritten: UInt64,
        openFiles: Int,
        openFilesMax: Int,
        startedAt: Double
    ) {
        self.mailboxes = mailboxes
        self.rebuilds = rebuilds
        self.processorSeconds = processorSeconds
        self.memoryBytes = memoryBytes
        self.memory = memory
        self.verifier = verifier
        self.bytesRead = bytesRead
        self.bytesWritten = bytesWritten
        self.openFiles = openFiles
        self.openFilesMax = openFilesMax
        self.startedAt = startedAt
    }
}

/// How signatures were verified since the process began (ADR 0078).
package struct VerifierUse: Sendable {
    /// How often a table and libsodium differed.
    package var differences: Int
    /// Keys that have a table.
    package var knownSenders: Int
    /// Signatures that a table accepted.
    package var acceptedByTables: Int

    /// Puts figures together.
    package init(differences: Int = 0, knownSenders: Int = 0, acceptedByTables: Int = 0) {
        self.differences = differences
        self.knownSenders = knownSenders
        self.acceptedByTables = acceptedByTables
    }
}
