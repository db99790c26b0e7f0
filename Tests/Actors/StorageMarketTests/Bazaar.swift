import Cryptography
import Kernel
import Messages
import Primitives
import Synchronization
import TestSupport

@testable import StorageMarket

/// Several nodes with machines and disks of their own, messages that reach all who are there, and time
/// that goes from wake to wake.
final class Bazaar {
    /// One node.
    final class Stand {
        let key: SigningKey
        let node: NodeID
        let blobs = MemoryBlobs()
        fileprivate(set) var machine: StorageMarketStateMachine
        fileprivate(set) var isOnline = true
        fileprivate var wakeAt: Timestamp?
        fileprivate var log: [Entry] = []
        fileprivate let reports = Reports()
        fileprivate(set) var offered: StorageOffered?

        fileprivate init(_ number: Int) throws {
            self.key = try Fixture.key(number)
            self.node = try Fixture.node(number)
            self.machine = StorageMarketStateMachine(own: self.node)
        }

        /// Facts of one kind that the node recorded.
        var facts: [StorageFact] {
            self.log.compactMap { entry in
                if case .fact(let fact) = entry { StorageFact(fact) } else { nil }
            }
        }
    }

    /// What a disk told and its node has not heard yet.
    fileprivate final class Reports: Sendable {
        private let waiting = Mutex<[BlobReport]>([])
        func put(_ report: BlobReport) { self.waiting.withLock { $0.append(report) } }
        func take() -> BlobReport? { self.waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    fileprivate enum Entry {
        case message(AdmittedMessage)
        case fact(LocalFact)
    }

    /// A message that somebody broadcast.
    struct Word {
        let by: Int
        let message: Message
    }

    private let calendar: MarketCalendar
    private(set) var now = Fixture.now
    let stands: [Stand]
    private(set) var words: [Word] = []
    /// Scores of those who have another one than all others.
    var scores: [Int: Int64] = [:]
    private var waiting: [(stand: Int, action: StorageMarketAction)] = []
    private var open: [UInt64: (asker: Int, exchange: OutboundExchange)] = [:]
    private var lastExchange: UInt64 = 0
    private var draws: UInt64 = 0

    init(_ count: Int, _ calendar: MarketCalendar = .standard) throws {
        self.calendar = calendar
        self.stands = try (0..<count).map { try Stand($0) }
        for number in self.stands.indices { try self.start(number) }
        try self.settle()
    }

    /// A node begins, with what its log and its disk have.
    private func start(_ number: Int) throws {
        let stand = self.stands[number]
        let reports = stand.reports
        let inventory = stand.blobs.connect { report in
            reports.put(report)
            return true
        }
        stand.wakeAt = nil
        stand.machine = StorageMarketStateMachine(
            inventory,
            calendar: self.calendar,
            own: stand.node
        )
        for (sequence, entry) in stand.log.enumerated() {
            switch entry {
            case .message(let admitted):
                let logged = MessageLogged(
                    sequence: UInt64(sequence),
                    admitted: admitted,
                    isReplay: true
                )
                _ = stand.machine.logged(logged)
            case .fact(let fact): _ = stand.machine.logged(fact)
            }
        }
        self.put(stand.machine.replayFinished(now: self.now), number)
        self.put(stand.machine.caughtUp(now: self.now), number)
        for other in self.stands where other !== stand && other.isOnline {
            self.put(stand.machine.connected(other.node, now: self.now), number)
        }
    }

    // MARK: What tests do

    func restart(_ number: Int) throws {
        try self.start(number)
        try self.settle()
    }

    /// A node goes away, or comes back.
    func set(_ number: Int, online isOnline: Bool) {
        self.stands[number].isOnline = isOnline
        let node = self.stands[number].node
        for other in self.stands where other.node != node && other.isOnline {
            if isOnline {
                _ = other.machine.connected(node, now: self.now)
                _ = self.stands[number].machine.connected(other.node, now: self.now)
            } else {
                other.machine.disconnected(node)
                self.stands[number].machine.disconnected(other.node)
            }
        }
    }

    func offer(_ bytes: Int64, by number: Int) throws {
        let query = OfferStorage(offer: StorageOffer(allocatedBytes: bytes))
        let stand = self.stands[number]
        self.put(stand.machine.offer(query, for: Fixture.asker(), now: self.now), number)
        try self.settle()
    }

    /// A node uploads bytes and asks for copies.
    func replicate(_ bytes: [UInt8], by number: Int) async throws {
        let stand = self.stands[number]
        let upload = stand.blobs.beginUpload()
        try await upload.append(bytes)
        let content = ShareContent(
            upload: await upload.finish(),
            contentType: "text/plain",
            filename: nil,
            description: nil,
            tags: []
        )
        let query = ReplicateContent(content: content)
        self.put(stand.machine.replicate(query, for: Fixture.asker(), now: self.now), number)
        try self.settle()
    }

    /// Somebody says what no node of ours would, with any stamp, and everybody hears it now.
    func say(_ payload: some WirePayload, by number: Int, stamped: Timestamp) throws {
        try self.broadcast(payload, by: number, stamped: stamped)
        try self.settle()
    }

    /// A node ends its part in a contract.
    func leave(_ content: ContentHash, _ way: LeaveContract.Way, by number: Int) throws {
        let query = LeaveContract(content: content, way: way)
        switch try self.stands[number].machine.leave(query, now: self.now).outcome.get() {
        case .withdraw(let message): try self.broadcast(message, by: number)
        case .transfer(let message): try self.broadcast(message, by: number)
        }
        try self.settle()
    }

    /// Time goes on.
    func wait(_ milliseconds: Int64) throws {
        let end = self.now.adding(milliseconds: milliseconds)
        while let next = self.nextWake, next <= end {
            self.now = max(self.now, next)
            for (number, stand) in self.stands.enumerated() where self.isDue(stand) {
                stand.wakeAt = nil
                self.draws += 1
                let entropy = SHA256Digest.hash(Array("\(self.draws)".utf8)).array
                self.put(stand.machine.woke(now: self.now, entropy: entropy), number)
            }
            try self.settle()
        }
        self.now = end
    }

    private func wake(of stand: Stand) -> Timestamp? {
        let pause = stand.machine.pause(from: self.now).map { self.now.adding(milliseconds: $0) }
        return [stand.wakeAt, pause].compactMap(\.self).min()
    }

    private func isDue(_ stand: Stand) -> Bool {
        self.wake(of: stand).map { $0 <= self.now } ?? false
    }

    private var nextWake: Timestamp? { self.stands.compactMap { self.wake(of: $0) }.min() }

    func said<Body: WirePayload>(_ type: Body.Type) -> [Word] {
        self.words.filter { $0.message.type == Body.messageType }
    }

    /// The contract as a node sees it.
    func row(_ content: ContentHash, seenBy number: Int) -> StorageDealings.Row? {
        self.stands[number].machine.dealings(now: self.now).rows.first {
            $0.content.contentHash == content
        }
    }

    /// Who holds copies, as the uploader sees it.
    func holders(of content: ContentHash, seenBy number: Int = 0) -> [Int] {
        let holders = self.row(content, seenBy: number)?.holders ?? []
        return self.stands.indices.filter { holders.contains(self.stands[$0].node) }
    }

    // MARK: What nodes do

    private func put(_ actions: [StorageMarketAction], _ number: Int) {
        self.waiting += actions.map { (number, $0) }
    }

    private func settle() throws {
        while true {
            if !self.waiting.isEmpty {
                let (number, action) = self.waiting.removeFirst()
                try self.perform(action, number)
            } else if let (number, report) = self.nextReport {
                self.put(self.stands[number].machine.reported(report, now: self.now), number)
            } else {
                return
            }
        }
    }

    private var nextReport: (Int, BlobReport)? {
        for (number, stand) in self.stands.enumerated() {
            if let report = stand.reports.take() { return (number, report) }
        }
        return nil
    }

    private func perform(_ action: StorageMarketAction, _ number: Int) throws {
        let stand = self.stands[number]
        switch action {
        case .publish(let payload): try self.broadcast(payload, by: number)
        case .replicated(let outcome, _): try self.broadcast(try outcome.get(), by: number)
        case .request(let exchange, let request): try self.ask(request, on: exchange, by: number)
        case .challenge(let exchange, let payload):
            try self.ask(payload, on: exchange, by: number)
        case .answer(let exchange, let payload): try self.answer(exchange, payload, by: number)
        case .record(let fact):
            stand.log.append(.fact(fact))
            self.put(stand.machine.logged(fact), number)
        case .ask(.scores(let query, let purpose)):
            let reply = self.scores(query)
            self.put(stand.machine.heard(reply, for: purpose, now: self.now), number)
        case .ask(.peers(let purpose)):
            let reply = PeerTable.Reply(rows: self.rows, bootstrap: [])
            self.put(stand.machine.heard(reply, for: purpose, now: self.now), number)
        case .reach: break
        case .wake(let moment): stand.wakeAt = min(stand.wakeAt ?? moment, moment)
        case .tell(let offered): stand.offered = offered
        case .accept, .refuse, .shared, .fetched, .offered: break
        default: self.touch(stand.blobs, action)
        }
    }

    private func touch(_ blobs: MemoryBlobs, _ action: StorageMarketAction) {
        switch action {
        case .store(let bytes, let hash, let adopt, let task):
            blobs.store(bytes, as: hash, adopt: adopt, task: task)
        case .keep(let upload, let task): blobs.keep(upload, task: task)
        case .verify(let hash, let task): blobs.verify(hash, task: task)
        case .read(let hash, let offset, let count, let task):
            blobs.read(hash, offset: offset, count: count, task: task)
        case .prove(let hash, let window, let nonce, let task):
            blobs.prove(hash, window: window, nonce: nonce, task: task)
        case .write(let bytes, let number, let hash, let size, let task):
            blobs.write(bytes, number: number, of: hash, size: size, task: task)
        case .finish(let hash, let size, let task): blobs.finish(hash, size: size, task: task)
        case .discard(let hash): blobs.discard(hash)
        case .remove(let hash, let task): blobs.remove(hash, task: task)
        case .adopt(let hash, let task): blobs.adopt(hash, task: task)
        default: break
        }
    }

    /// Everybody who is there hears of it; those who are not, never do.
    private func broadcast(_ payload: some WirePayload, by number: Int) throws {
        try self.broadcast(payload, by: number, stamped: self.now)
    }

    private func broadcast(_ payload: some WirePayload, by number: Int, stamped: Timestamp) throws {
        let message = try Draft(payload).signed(by: self.stands[number].key, at: stamped)
        self.words.append(Word(by: number, message: message))
        for (other, stand) in self.stands.enumerated() where stand.isOnline || other == number {
            let admitted = message.admitted(
                from: other == number ? .local(nil) : nil,
                at: self.now,
                reputation: FixedPoint(millionths: self.scores[number] ?? 500_000)
            )
            let actions = stand.machine.judge(admitted, now: self.now)
            let isAccepted = actions.contains { if case .accept = $0 { true } else { false } }
            guard isAccepted else { continue }
            self.put(actions, other)
            stand.log.append(.message(admitted))
            let entry = MessageLogged(
                sequence: UInt64(stand.log.count),
                admitted: admitted,
                isReplay: false
            )
            self.put(stand.machine.logged(entry), other)
        }
    }

    private func ask(_ payload: some WirePayload, on exchange: OutboundExchange, by number: Int)
        throws
    {
        let asker = self.stands[number]
        let message = try Draft(payload).signed(by: asker.key, at: self.now)
        asker.machine.signed(RequestSigned(exchange: exchange, id: message.id))
        guard asker.isOnline,
            let answerer = self.stands.firstIndex(where: { $0.node == exchange.peer }),
            self.stands[answerer].isOnline
        else { return self.put(asker.machine.failed(exchange, now: self.now), number) }
        self.lastExchange += 1
        self.open[self.lastExchange] = (number, exchange)
        let inbound = InboundExchange(
            id: self.lastExchange,
            peer: asker.node,
            streamProtocol: exchange.streamProtocol
        )
        let admitted = message.admitted(from: .exchange(inbound), at: self.now)
        let actions = self.stands[answerer].machine.judge(admitted, now: self.now)
        let isRefused = actions.contains { if case .refuse = $0 { true } else { false } }
        guard !isRefused else {
            return self.put(asker.machine.failed(exchange, now: self.now), number)
        }
        self.put(actions, answerer)
    }

    private func answer(_ exchange: InboundExchange, _ payload: some WirePayload, by number: Int)
        throws
    {
        guard let (asker, outbound) = self.open.removeValue(forKey: exchange.id) else { return }
        let message = try Draft(payload).signed(by: self.stands[number].key, at: self.now)
        let admitted = message.admitted(from: .answer(outbound), at: self.now)
        self.put(self.stands[asker].machine.judge(admitted, now: self.now), asker)
    }

    // MARK: What other subsystems know

    private func scores(_ query: Scores) -> Scores.Reply {
        let entries = (query.identities ?? []).map { identity in
            Scores.Entry(
                identity: identity,
                overall: FixedPoint(millionths: 500_000),
                observations: 10,
                isActive: true,
                spendable: FixedPoint(millionths: 400_000),
                network: NetworkName(identity.hex)
            )
        }
        return Scores.Reply(entries: entries, activeIdentities: 5, activeReputation: .one)
    }

    private var rows: [PeerTable.Row] {
        self.stands.map { stand in
            .peer(
                stand.node,
                addresses: ["/dns4/\(stand.node)/tcp/1"],
                isConnected: stand.isOnline,
                isOutbound: true,
                isAuthenticated: stand.isOnline,
                capabilities: ["store"],
                lastAnnounced: self.now
            )
        }
    }
}
