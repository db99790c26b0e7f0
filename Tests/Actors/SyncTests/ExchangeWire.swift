import Messages
import Primitives

/// What is on its way between the nodes of an ``ExchangeTown``, which of them are connected, and what gets
/// lost.
struct ExchangeWire {
    /// Two nodes.
    struct Pair: Hashable {
        let low: Int
        let high: Int

        init(_ one: Int, _ other: Int) {
            self.low = min(one, other)
            self.high = max(one, other)
        }
    }

    /// An exchange that waits for its end.
    struct Open {
        let asker: Int
        let server: Int
        let exchange: OutboundExchange
        let request: SyncRequest
    }

    enum Content {
        case request(number: UInt64)
        case response(Open, SyncResponse)
        case failure(Open)
        case status(SyncState)
    }

    struct Mail {
        let from: Int
        let to: Int
        let due: Int64
        let content: Content
    }

    private(set) var connected: Set<Pair> = []
    private var mails: [Mail] = []
    private var open: [UInt64: Open] = [:]
    private var numbers: UInt64 = 0
    private var losses: [Pair: Int] = [:]
    private static let timeoutMilliseconds: Int64 = 30_000

    func areConnected(_ one: Int, _ other: Int) -> Bool {
        self.connected.contains(Pair(one, other))
    }

    func peers(of node: Int) -> [Int] {
        (0..<ExchangeTown.size).filter { $0 != node && self.areConnected($0, node) }
    }

    // MARK: Connections

    mutating func connect(_ one: Int, _ other: Int) { self.connected.insert(Pair(one, other)) }

    /// Ends a connection; what was under way on it fails.
    mutating func disconnect(_ one: Int, _ other: Int, now: Int64) {
        let pair = Pair(one, other)
        self.connected.remove(pair)
        self.mails.removeAll { Pair($0.from, $0.to) == pair }
        for number in self.open.keys.sorted() {
            guard let open = self.open[number], Pair(open.asker, open.server) == pair else {
                continue
            }
            self.fail(number, at: now)
        }
    }

    /// A process ended: nobody waits any more.
    mutating func forget(_ node: Int) {
        self.mails.removeAll { $0.to == node }
        self.open = self.open.filter { $0.value.asker != node }
    }

    mutating func lose(_ count: Int, between one: Int, and other: Int) {
        self.losses[Pair(one, other)] = count
    }

    mutating func loseNothing() { self.losses = [:] }

    // MARK: Mail

    mutating func ask(_ open: Open, at time: Int64) {
        self.numbers += 1
        self.open[self.numbers] = open
        guard self.areConnected(open.asker, open.server) else {
            return self.fail(self.numbers, at: time)
        }
        let pair = Pair(open.asker, open.server)
        let left = self.losses[pair] ?? 0
        // Every other time it is the answer.
        guard left % 2 == 0 else {
            self.losses[pair] = left - 1
            return self.fail(self.numbers, at: time + Self.timeoutMilliseconds)
        }
        self.send(.request(number: self.numbers), from: open.asker, to: open.server, at: time)
    }

    mutating func answer(_ number: UInt64, _ response: SyncResponse, at time: Int64) {
        guard let open = self.open.removeValue(forKey: number) else { return }
        let pair = Pair(open.asker, open.server)
        let left = self.losses[pair] ?? 0
        guard left == 0 else {
            self.losses[pair] = left - 1
            let end = time + Self.timeoutMilliseconds
            return self.send(.failure(open), from: open.server, to: open.asker, at: end)
        }
        self.send(.response(open, response), from: open.server, to: open.asker, at: time)
    }

    mutating func hangUp(_ number: UInt64, now: Int64) { self.fail(number, at: now) }

    private mutating func fail(_ number: UInt64, at time: Int64) {
        guard let open = self.open.removeValue(forKey: number) else { return }
        self.send(.failure(open), from: open.server, to: open.asker, at: time)
    }

    mutating func send(_ content: Content, from: Int, to: Int, at time: Int64) {
        self.mails.append(Mail(from: from, to: to, due: time, content: content))
    }

    /// What arrives now.
    mutating func take(now: Int64) -> [Mail] {
        let due = self.mails.filter { $0.due <= now }
        self.mails.removeAll { $0.due <= now }
        return due
    }

    /// The request of this number, while somebody waits for its answer.
    func request(_ number: UInt64) -> SyncRequest? { self.open[number]?.request }
}
