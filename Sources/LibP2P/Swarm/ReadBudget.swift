import Synchronization

/// The memory that documents and frames may take while they are on their way, all peers together.
///
/// Each reader may hold a little without asking, so that nobody is shut out by those who begin
/// large documents and do not end them.
final class ReadBudget: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Bytes that readers hold.
    var bytes: Int { self.held.load(ordering: .relaxed) }

    /// One reader's share; what it holds is given back when the reader goes.
    final class Share {
        private let budget: ReadBudget
        private var held = 0

        init(of budget: ReadBudget) { self.budget = budget }

        /// Accounts for a buffer that has now this size.
        func resize(to count: Int) throws(FramingError) {
            let change = count - self.held
            guard change != 0 else { return }
            self.held = count
            let total = self.budget.held.add(change, ordering: .relaxed).newValue
            guard change < 0 || count <= SwarmLimits.bufferFreeBytes || total <= self.budget.limit
            else { throw .crowded }
        }

        deinit { self.budget.held.subtract(self.held, ordering: .relaxed) }
    }
}
