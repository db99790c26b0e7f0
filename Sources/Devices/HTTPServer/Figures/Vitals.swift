package import Kernel

/// What the process and its bus are like, beyond what subsystems say of themselves.
package struct Vitals: Sendable {
    /// The mailbox of each subsystem.
    package var mailboxes: [SubsystemCounters]
    /// How often the node was rebuilt from its log since the process began.
    package var rebuilds: Int
    /// Seconds that the processor worked for it.
    package var processorSeconds: Double
    /// Bytes of memory that it holds.
    package var memoryBytes: Int
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
        openFiles: Int,
        openFilesMax: Int,
        startedAt: Double
    ) {
        self.mailboxes = mailboxes
        self.rebuilds = rebuilds
        self.processorSeconds = processorSeconds
        self.memoryBytes = memoryBytes
        self.openFiles = openFiles
        self.openFilesMax = openFilesMax
        self.startedAt = startedAt
    }
}
