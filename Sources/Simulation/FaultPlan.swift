/// What goes wrong in a simulated network.
public struct FaultPlan: Sendable, Equatable {
    /// A time during which the two halves of the network do not hear each other.
    public struct Partition: Sendable, Equatable {
        /// Start, from the beginning of the simulation.
        public var from: Duration
        /// End, from the beginning of the simulation.
        public var until: Duration

        /// Names a window.
        public init(from: Duration, until: Duration) {
            self.from = from
            self.until = until
        }
    }

    /// Shortest one-way delay.
    public var latencyLeast: Duration
    /// Longest one-way delay.
    public var latencyMost: Duration
    /// Frames lost of a thousand.
    public var lossPerMille: Int
    /// Frames of a thousand that arrive twice.
    public var duplicatesPerMille = 0
    /// Frames of a thousand that later ones of the same connection overtake.
    public var overtakenPerMille = 0
    /// How much longer an overtaken frame is under way at most.
    public var overtakenMost = Duration.seconds(5)
    /// Partitions between the nodes of even and odd number.
    public var partitions: [Partition]

    /// Puts a plan together.
    public init(
        latencyLeast: Duration = .milliseconds(10),
        latencyMost: Duration = .milliseconds(120),
        lossPerMille: Int = 10,
        partitions: [Partition] = []
    ) {
        self.latencyLeast = latencyLeast
        self.latencyMost = latencyMost
        self.lossPerMille = lossPerMille
        self.partitions = partitions
    }

    func separates(_ one: Int, _ other: Int, at elapsed: Duration) -> Bool {
        one % 2 != other % 2
            && self.partitions.contains { $0.from <= elapsed && elapsed < $0.until }
    }
}
