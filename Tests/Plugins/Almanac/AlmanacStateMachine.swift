import Messages

/// The rules: a plain struct that reads no clock.
struct AlmanacStateMachine: Sendable {
    /// Proposals in the log.
    private(set) var total = 0
    /// The page that was turned to last.
    private(set) var page = 0

    mutating func logged(_ message: Message) {
        if message.type == .propose { self.total += 1 }
    }

    func turnPage() -> Int { self.page + 1 }

    mutating func turned(to page: Int) { self.page = page }
}
