public import Kernel

// What this subsystem alone says and answers.

/// How many proposals were logged, and how many pages were turned.
public struct ProposalCount: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { "Almanac" }

    /// The two numbers.
    public struct Reply: BusMessage {
        /// Proposals in the log.
        public let total: Int
        /// Minutes since the node went live.
        public let pages: Int
    }

    /// Asks.
    public init() {}
}

/// A minute has passed.
public struct PageTurned: Event {
    /// The new page.
    public let page: Int
}
