import Messages
import Primitives
import TestSupport

/// What nodes must hold, say and ask while they exchange their logs: §5 and §12 written a second time, slowly,
/// over sets of numbered messages.
struct PlainExchange {
    struct Written {
        let phase: Int
        let type: MessageType
        let time: Int64
        let id: MessageID
        let refusedBy: Int?

        /// Whether it stands behind a cursor.
        func isBehind(_ time: Int64, _ id: MessageID?) -> Bool {
            guard self.time == time else { return self.time > time }
            return id.map { self.id > $0 } ?? false
        }
    }

    /// A phase of one peer's log that a node reads page by page.
    private struct Reading {
        let phase: Int
        /// What the peer held when it began; nothing once the node had no room for a page.
        var expected: Set<Int>
        var time: Int64
        var id: MessageID?
    }

    /// What a node says of its trees.
    private struct Trees: Equatable {
        let proposals: Bytes32
        let identities: Bytes32?
    }

    private(set) var written: [Written] = []
    private(set) var held: [Set<Int>] = Array(repeating: [], count: ExchangeTown.size)
    /// The message that each node took in last, at the present moment.
    private var fresh: [Int?] = Array(repeating: nil, count: ExchangeTown.size)
    private var readings: [[Int]: Reading] = [:]
    /// The phases that each node has read to their ends since its start.
    private var read: [Set<Int>] = Array(repeating: [], count: ExchangeTown.size)
    /// The last question to a peer that asked for patience.
    private var throttled: [[Int]: SyncComparison] = [:]
    /// What each node's peers said last of their trees.
    private var trees: [[Int]: Trees] = [:]

    // MARK: What happens

    mutating func write(_ message: Written) -> Int {
        self.written.append(message)
        return self.written.count - 1
    }

    func admits(_ node: Int, _ number: Int) -> Bool { self.written[number].refusedBy != node }

    mutating func hold(_ node: Int, _ number: Int) {
        self.held[node].insert(number)
        self.fresh[node] = number
    }

    /// Everything that followed at this moment was done.
    mutating func settled(_ node: Int) { self.fresh[node] = nil }

    mutating func restarted(_ node: Int) {
        self.read[node] = []
        self.readings = self.readings.filter { !$0.key.starts(with: [node]) }
        self.trees = self.trees.filter { !$0.key.starts(with: [node]) }
    }

    mutating func disconnected(_ node: Int, _ peer: Int) {
        for pair in [[node, peer], [peer, node]] {
            self.readings[pair] = nil
            self.trees[pair] = nil
        }
    }

    // MARK: What nodes ask

    /// A node asks no more than it may, and says of itself what it holds.
    mutating func asked(_ node: Int, of peer: Int, _ request: SyncRequest) throws {
        guard request.limit <= 1_000, request.ids.count <= 1_000 else {
            throw Difference("node \(node) asks for more than a thousand messages at once")
        }
        if let comparison = request.comparison {
            try self.compared(node, of: peer, comparison)
        } else if let phase = Self.phase(of: request) {
            guard request.limit <= 100 else {
                throw Difference("node \(node) asks for a page of \(request.limit) messages")
            }
            self.begin(node, peer, phase, request)
        }
    }

    /// The phase that a page is asked of; nil for questions of other kinds.
    private static func phase(of request: SyncRequest) -> Int? {
        guard request.ids.isEmpty, request.identityKey == nil, request.merkleTree == nil else {
            return nil
        }
        return request.types.first.flatMap { MessageType(rawValue: $0)?.syncPhase }
    }

    private func compared(_ node: Int, of peer: Int, _ comparison: SyncComparison) throws {
        let edges = comparison.edges.map(\.milliseconds)
        guard edges.count <= 200, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw Difference("node \(node) compares \(edges.count) ranges, or not in order")
        }
        // What a peer had no time for it is asked again word by word, some seconds later.
        let refused = self.throttled[[node, peer]]?.digests.map(\.ranges)
        guard refused != comparison.digests.map(\.ranges) else { return }
        for phase in comparison.digests {
            let held = self.held[node]
            // A message that was accepted a moment ago may be on its way into the log.
            let logged = self.fresh[node].map { held.subtracting([$0]) } ?? held
            guard
                phase.ranges == self.digests(held, phase.phase, edges)
                    || phase.ranges == self.digests(logged, phase.phase, edges)
            else {
                throw Difference("node \(node) says that it holds something else in \(phase.phase)")
            }
        }
    }

    private func digests(_ held: Set<Int>, _ phase: Int, _ edges: [Int64]) -> [RangeDigest] {
        var ranges = Array(repeating: RangeDigest.empty, count: edges.count)
        for message in held.map({ self.written[$0] }) where message.phase == phase {
            guard let range = edges.lastIndex(where: { $0 <= message.time }) else { continue }
            ranges[range].add(message.id)
        }
        return ranges
    }

    private mutating func begin(_ node: Int, _ peer: Int, _ phase: Int, _ request: SyncRequest) {
        let (time, id) = (request.sinceTimestamp.milliseconds, request.sinceID)
        let known = self.readings[[node, peer]]
        guard known.map({ $0.phase != phase || $0.time != time || $0.id != id }) ?? true else {
            return
        }
        let expected = self.held[peer].filter { number in
            let message = self.written[number]
            return message.phase == phase && message.isBehind(time, id)
        }
        self.readings[[node, peer]] = Reading(phase: phase, expected: expected, time: time, id: id)
    }

    // MARK: What they are answered

    /// A node gets an answer.
    ///
    /// - Returns: what the peer held when the node began to read a phase that ends with this answer.
    mutating func answered(
        _ node: Int,
        by peer: Int,
        _ request: SyncRequest,
        _ response: SyncResponse,
        hasRoom: Bool
    ) -> Set<Int> {
        if let question = request.comparison {
            self.throttled[[node, peer]] = response.error == nil ? nil : question
        }
        guard response.error == nil else { return [] }
        let phase = request.comparison == nil ? Self.phase(of: request) : nil
        if phase != nil || request.comparison != nil, let proposals = response.checkpoint {
            self.trees[[node, peer]] = Trees(
                proposals: proposals,
                identities: response.identityCheckpoint
            )
        }
        guard let phase, var reading = self.readings[[node, peer]], reading.phase == phase else {
            return []
        }
        reading.time = response.nextTimestamp?.milliseconds ?? reading.time
        reading.id = response.nextID
        if !hasRoom { reading.expected = [] }
        self.readings[[node, peer]] = response.hasMore ? reading : nil
        guard !response.hasMore else { return [] }
        self.read[node].insert(phase)
        return reading.expected
    }

    /// A node has judged what it read to the end: it holds all of it that it admits.
    func finished(_ node: Int, reading numbers: Set<Int>) throws {
        let missing = self.missing(node, of: numbers)
        guard missing.isEmpty else {
            throw Difference("node \(node) read to the end and lacks \(missing.prefix(9))")
        }
    }

    private func missing(_ node: Int, of numbers: Set<Int>) -> [Int] {
        numbers.subtracting(self.held[node]).filter { self.admits(node, $0) }.sorted()
    }

    // MARK: What they say

    /// A node that caught up has read the four phases that it needs, and holds what peers say they hold.
    func caughtUp(_ node: Int) throws {
        guard self.read[node].isSuperset(of: 1...4) else {
            throw Difference("node \(node) is synced and has read only \(self.read[node].sorted())")
        }
        let own = Trees(
            proposals: self.root(node) { $0.type == .propose },
            identities: self.root(node) { $0.phase == 1 }
        )
        let said = (0..<ExchangeTown.size).compactMap { self.trees[[node, $0]] }
        guard said.contains(own) else {
            throw Difference("node \(node) is synced, and its peers hold something else")
        }
    }

    private func root(_ node: Int, where isLeaf: (Written) -> Bool) -> Bytes32 {
        let leaves = self.held[node].map { self.written[$0] }.filter(isLeaf)
        return MerkleTree(ids: leaves.map(\.id)).root
    }

    /// What some node lacks of what any of them holds and it admits.
    func difference() -> Difference? {
        let all = self.held.reduce(into: Set<Int>()) { $0.formUnion($1) }
        for node in self.held.indices {
            let missing = self.missing(node, of: all)
            guard missing.isEmpty else {
                return Difference(
                    "node \(node) still lacks \(missing.count), as \(missing.prefix(9))"
                )
            }
        }
        return nil
    }
}
