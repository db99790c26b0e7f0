import Primitives

/// The messages of a host that are under way, and the one place that writes to standard output.
actor BridgeDesk {
    /// Writes one message, unless nobody waits for it any more.
    typealias Say = @Sendable ([UInt8]) async -> Void

    private var tasks: [Int: Task<Void, Never>] = [:]
    private var numbers: [[UInt8]: Int] = [:]
    private var nextNumber = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Begins a piece of work, which may be cancelled by the id of its request.
    func begin(_ id: JSONValue?, _ work: @escaping @Sendable (@escaping Say) async -> Void) {
        let number = self.nextNumber
        self.nextNumber += 1
        if let id { self.numbers[id.canonicalBytes()] = number }
        self.tasks[number] = Task {
            await work { bytes in await self.say(bytes, for: number) }
            self.end(number)
        }
    }

    /// Ends what was begun for a request; nothing more is said for it.
    func cancel(_ id: JSONValue) {
        guard let number = self.numbers[id.canonicalBytes()] else { return }
        self.tasks[number]?.cancel()
        self.end(number)
    }

    /// Waits until fewer pieces of work than this are under way.
    func waitForRoom(_ max: Int) async {
        while self.tasks.count >= max {
            await withCheckedContinuation { self.waiting.append($0) }
        }
    }

    /// Waits for what is under way, but not long.
    func finish(within time: Duration) async {
        let clock = ContinuousClock()
        let deadline = clock.now + time
        while !self.tasks.isEmpty, clock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for number in self.tasks.keys.sorted() { self.tasks[number]?.cancel() }
        self.tasks = [:]
    }

    /// Writes a line.
    func say(_ bytes: [UInt8]) {
        // Without a reader the input ends, too.
        try? Console.raw(bytes + [0x0a])
    }

    private func say(_ bytes: [UInt8], for number: Int) {
        if self.tasks[number] != nil { self.say(bytes) }
    }

    private func end(_ number: Int) {
        self.tasks[number] = nil
        self.numbers = self.numbers.filter { $0.value != number }
        let waiting = self.waiting
        self.waiting = []
        for continuation in waiting { continuation.resume() }
    }
}
