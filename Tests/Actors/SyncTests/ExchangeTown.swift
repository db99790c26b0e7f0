import Messages
import Primitives
import TestSupport

@testable import Sync

/// Lives a history among a few state machines that exchange their logs, and compares them with the plain
/// rules of ``PlainExchange``.
struct ExchangeTown {
    static let size = 4
    /// Two cycles of incremental sync, and the longest pause of a node that gave up.
    private static let healingMilliseconds =
        2 * SyncLimits.incrementalMilliseconds + 2 * SyncLimits.backOffMaxMilliseconds

    private static let lookMilliseconds: Int64 = 20_000
    private static let latencyMilliseconds: Int64 = 700

    private let cast: ModelCast
    private var nodes: [ExchangeNode]
    private var wire = ExchangeWire()
    private var plain = PlainExchange()
    private var messages: [Message] = []
    private var chance = SplitMix64(seed: 1)
    private var now = ModelCast.start
    private var pause = SyncLimits.tickMilliseconds
    private var isBusy = false

    private init(_ cast: ModelCast) throws {
        self.cast = cast
        self.nodes = try (0..<Self.size).map { number in
            ExchangeNode(try cast.node(number), isFounder: number == 0)
        }
    }

    static func run(_ steps: [ExchangeStep], _ cast: ModelCast) throws -> Difference? {
        var town = try ExchangeTown(cast)
        for node in 0..<Self.size { try town.start(node) }
        try town.connectAll()
        for step in steps { try town.take(step) }
        try town.heal()
        return nil
    }

    private var timestamp: Timestamp { Timestamp(milliseconds: self.now) }

    // MARK: Steps

    private mutating func take(_ step: ExchangeStep) throws {
        switch step {
        case .write(let author, let others, let batch): try self.write(author, others, batch)
        case .wait(let seconds): try self.live(milliseconds: seconds * 1_000)
        case .cut(let one, let other): try self.disconnect(one, other)
        case .part(let island):
            for one in island {
                for other in 0..<Self.size where !island.contains(other) {
                    try self.disconnect(one, other)
                }
            }
        case .heal: try self.connectAll()
        case .lose(let one, let other, let count): self.wire.lose(count, between: one, and: other)
        case .restart(let node): try self.restart(node)
        case .fill(let node, let isFull): self.nodes[node].isFull = isFull
        case .refer(let node, let holder): self.refer(node, holder: holder)
        case .lookBack(let node, let phase, let minutes):
            let since = self.timestamp.adding(milliseconds: -minutes * 60_000)
            self.nodes[node].sync.wanted(phase, since: since, now: self.timestamp)
        }
        try self.live(milliseconds: SyncLimits.tickMilliseconds)
    }

    /// Connected and without losses, all come to hold the same within two cycles.
    private mutating func heal() throws {
        self.wire.loseNothing()
        for node in 0..<Self.size { self.nodes[node].isFull = false }
        try self.connectAll()
        let end = self.now + Self.healingMilliseconds
        while self.now < end, self.difference() != nil {
            try self.live(milliseconds: Self.lookMilliseconds)
        }
        if let difference = self.difference() { throw difference }
    }

    private func difference() -> Difference? {
        if let difference = self.plain.difference() { return difference }
        for (number, status) in self.nodes.map(\.sync.status).enumerated() {
            guard status.state == .synced else {
                return Difference("node \(number) still says \(status.state)")
            }
        }
        return nil
    }

    private mutating func write(_ author: Int, _ others: [Int], _ batch: ExchangeBatch) throws {
        for index in 0..<batch.count {
            let back = batch.age + batch.spread * Int64(index) / Int64(batch.count)
            let number = try self.message(author, at: max(1, self.now - back), batch)
            try self.hear(author, number, .local(nil))
            for other in others where other != author {
                let origin = Origin.gossip(
                    relay: self.nodes[author].id,
                    topic: .proposals,
                    ticket: 1
                )
                try self.hear(other, number, origin)
            }
        }
    }

    private mutating func message(_ author: Int, at time: Int64, _ batch: ExchangeBatch) throws
        -> Int
    {
        let types = MessageType.allCases.filter { $0.syncPhase == batch.phase }
        let type = types[self.messages.count % types.count]
        let message = try self.cast.bare(self.messages.count, type, by: author, at: time)
        self.messages.append(message)
        let written = PlainExchange.Written(
            phase: batch.phase,
            type: type,
            time: time,
            id: message.id,
            refusedBy: batch.refusedBy == author ? nil : batch.refusedBy
        )
        return self.plain.write(written)
    }

    private mutating func refer(_ node: Int, holder: Int) {
        let known = self.nodes[holder].log.entries.suffix(3).map(\.message.id)
        let ids = known + [MessageID.named("nobody wrote this")]
        self.nodes[node].sync.wanted(ids, holders: [self.nodes[holder].id])
    }

    // MARK: Connections

    private mutating func start(_ node: Int) throws {
        self.plain.restarted(node)
        try self.perform(
            node,
            self.nodes[node].restart(now: self.timestamp, entropy: self.chance.next())
        )
    }

    private mutating func restart(_ node: Int) throws {
        let peers = self.wire.peers(of: node)
        self.wire.forget(node)
        for peer in peers { try self.disconnect(node, peer) }
        try self.start(node)
        for peer in peers { try self.connect(node, peer) }
    }

    private mutating func connectAll() throws {
        for one in 0..<Self.size {
            for other in 0..<one where !self.wire.areConnected(one, other) {
                try self.connect(one, other)
            }
        }
    }

    private mutating func connect(_ one: Int, _ other: Int) throws {
        self.wire.connect(one, other)
        for (node, peer) in [(one, other), (other, one)] {
            try self.perform(
                node,
                self.nodes[node].sync.authenticated(
                    self.nodes[peer].id,
                    now: self.timestamp,
                    entropy: self.chance.next()
                )
            )
            self.announce(peer, to: node)
        }
    }

    private mutating func disconnect(_ one: Int, _ other: Int) throws {
        guard self.wire.areConnected(one, other) else { return }
        self.wire.disconnect(one, other, now: self.now)
        self.plain.disconnected(one, other)
        for (node, peer) in [(one, other), (other, one)] {
            let id = self.nodes[peer].id
            try self.perform(
                node,
                self.nodes[node].sync.disconnected(id, now: self.timestamp)
            )
        }
    }

    private mutating func announce(_ node: Int, to peer: Int) {
        let status = ExchangeWire.Content.status(self.nodes[node].sync.status.state)
        self.wire.send(status, from: node, to: peer, at: self.now)
    }

    // MARK: Time

    /// Looks twice a second while anything goes on, and seldom when nothing does.
    private mutating func live(milliseconds: Int64) throws {
        let end = self.now + milliseconds
        while self.now < end {
            self.isBusy = false
            try self.deliverAll()
            for node in 0..<Self.size {
                let entropy = self.chance.next()
                try self.perform(
                    node,
                    self.nodes[node].sync.tick(now: self.timestamp, entropy: entropy)
                )
            }
            let least = SyncLimits.tickMilliseconds
            self.pause = self.isBusy ? least : min(self.pause * 2, 32_000)
            self.now = min(end, self.now + self.pause)
        }
    }

    /// Most mail arrives at once, and with it all that follows from it.
    private mutating func deliverAll() throws {
        var mails = self.wire.take(now: self.now)
        while !mails.isEmpty {
            for mail in mails { try self.deliver(mail) }
            mails = self.wire.take(now: self.now)
        }
    }

    /// When what is sent now arrives.
    private mutating func arrival() -> Int64 {
        self.now + (self.chance.next() % 4 == 0 ? Self.latencyMilliseconds : 0)
    }

    private mutating func deliver(_ mail: ExchangeWire.Mail) throws {
        self.isBusy = true
        let (node, peer) = (mail.to, self.nodes[mail.from].id)
        switch mail.content {
        case .status(let state): self.nodes[node].sync.announced(peer, status: state)
        case .request(let number): try self.serve(number, by: node, to: peer)
        case .failure(let open):
            try self.perform(
                node,
                self.nodes[node].sync.exchangeFailed(open.exchange, now: self.timestamp)
            )
        case .response(let open, let response): try self.answer(open, response)
        }
    }

    private mutating func answer(_ open: ExchangeWire.Open, _ response: SyncResponse) throws {
        let (node, now) = (open.asker, self.timestamp)
        let read = self.plain.answered(
            node,
            by: open.server,
            open.request,
            response,
            hasRoom: !self.nodes[node].isFull
        )
        let actions = self.nodes[node].sync.responded(response, to: open.exchange, now: now)
        try self.perform(node, actions)
        try self.plain.finished(node, reading: read)
    }

    private mutating func serve(_ number: UInt64, by node: Int, to peer: NodeID) throws {
        guard let request = self.wire.request(number) else { return }
        let exchange = InboundExchange(id: number, peer: peer, streamProtocol: .sync)
        let message = try self.cast.asking(request, at: self.now)
        let admitted = message.admitted(from: .exchange(exchange))
        try self.perform(node, self.nodes[node].sync.judge(admitted, now: self.timestamp))
    }

    // MARK: What machines want

    private mutating func perform(_ node: Int, _ actions: [SyncAction]) throws {
        var queue = actions
        while !queue.isEmpty {
            self.isBusy = true
            switch queue.removeFirst() {
            case .request(let exchange, let request): try self.ask(node, exchange, request)
            case .admit(let bytes, let peer): queue += try self.admit(node, bytes, from: peer)
            case .ask(let question):
                queue += self.nodes[node].answer(question, now: self.timestamp)
            case .answer(let exchange, let response):
                self.wire.answer(exchange.id, response, at: self.arrival())
            case .hangUp(let exchange): self.wire.hangUp(exchange.id, now: self.now)
            case .stateChanged(let state, _): try self.changed(node, state)
            case .tellServed, .warnOfUnserved, .await, .caughtUp, .tell, .warnOfPartition,
                .partitionHealed, .tellScores, .publish, .tellSnapshots, .refuse:
                break
            }
        }
        self.plain.settled(node)
    }

    private mutating func ask(_ node: Int, _ exchange: OutboundExchange, _ request: SyncRequest)
        throws
    {
        let server = self.cast.number(exchange.peer)
        try self.plain.asked(node, of: server, request)
        let open = ExchangeWire.Open(
            asker: node,
            server: server,
            exchange: exchange,
            request: request
        )
        self.wire.ask(open, at: self.arrival())
    }

    private mutating func changed(_ node: Int, _ state: SyncState) throws {
        if state == .synced, !self.nodes[node].isFounder { try self.plain.caughtUp(node) }
        for peer in self.wire.peers(of: node) { self.announce(node, to: peer) }
    }

    // MARK: Admission

    /// A message that gossip brought, or that the node wrote itself.
    private mutating func hear(_ node: Int, _ number: Int, _ origin: Origin) throws {
        guard self.plain.admits(node, number) else { return }
        try self.log(node, number, origin)
    }

    private mutating func admit(_ node: Int, _ bytes: [UInt8], from peer: NodeID) throws
        -> [SyncAction]
    {
        let number = try self.cast.number(of: bytes)
        let (message, origin) = (self.messages[number], Origin.sync(peer: peer))
        if let code = self.objection(node, number) {
            let event = MessageRefused(origin: origin, id: message.id, refusal: Refusal(code, ""))
            return self.nodes[node].sync.refused(event, now: self.timestamp)
        }
        let admitted = message.admitted(from: origin, at: self.timestamp)
        let actions = self.nodes[node].sync.accepted(admitted, now: self.timestamp)
        try self.log(node, number, origin)
        return actions
    }

    private func objection(_ node: Int, _ number: Int) -> Refusal.Code? {
        if self.nodes[node].log.holds(self.messages[number].id) { return .duplicate }
        if self.nodes[node].isFull { return .busy }
        return self.plain.admits(node, number) ? nil : .rule
    }

    private mutating func log(_ node: Int, _ number: Int, _ origin: Origin) throws {
        let message = self.messages[number]
        self.plain.hold(node, number)
        self.nodes[node].add(message, isOwn: origin.peer == nil)
        self.nodes[node].tell(message, origin, at: self.timestamp, isReplay: false)
    }
}
