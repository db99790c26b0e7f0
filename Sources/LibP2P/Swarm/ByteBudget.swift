import Synchronization

/// The memory that documents and frames may take while they are on their way.
///
/// Each holder may take a little without asking, so that nobody is shut out by those who begin large
/// documents and do not end them. A budget within another one counts in both.
final class ByteBudget: Sendable {
    private let limit: Int
    private let parent: ByteBudget?
    private let held = Atomic<Int>(0)

    init(limit: Int, within parent: ByteBudget? = nil) {
        self.limit = limit
        self.parent = parent
    }

    /// Bytes that are held.
    var bytes: Int { self.held.load(ordering: .relaxed) }

    /// Whether there is room after the change.
    private func add(_ change: Int) -> Bool {
        let total = self.held.add(change, ordering: .relaxed).newValue
        let isParentFine = self.parent?.add(change) ?? true
        return total <= self.limit && isParentFine
    }

    /// One holder's share; what it holds is given back when the holder goes.
    final class Share {
        private let budget: ByteBudget
        private var held = 0

        init(of budget: ByteBudget) { self.budget = budget }

        /// Accounts for a buffer that has now this size.
        ///
        /// - Throws: when there is no room; the buffer counts nevertheless until it is given up.
        func resize(to count: Int) throws(FramingError) {
            let change = count - self.held
            guard change != 0 else { return }
            self.held = count
            let hasRoom = self.budget.add(change)
            guard change < 0 || count <= SwarmLimits.bufferFreeBytes || hasRoom else {
                throw .crowded
            }
        }

        deinit { _ = self.budget.add(-self.held) }
    }
}
