import Cryptography
import Messages
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Kernel
@testable import StorageMarket

/// Artefacts, peers and messages about them.
enum Fixture {
    static let now = Timestamp(milliseconds: 1_767_225_600_000)

    static func key(_ number: Int) throws -> SigningKey { try .named("node \(number)") }

    static func node(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    /// Bytes that are the same for the same count.
    static func artefact(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    static func hash(_ bytes: [UInt8]) -> ContentHash { ContentHash(SHA256Digest.hash(bytes)) }

    /// What a peer reads of a payload.
    static func read(_ payload: some WirePayload) -> JSONValue? {
        (try? JSONDocument(scanning: payload.json.canonicalBytes()))?.root.value
    }

    /// A message of a node, by default as it comes from the node itself by sync.
    static func admitted(
        _ draft: Draft,
        by number: Int,
        at time: Timestamp = now,
        arrival: Timestamp? = nil,
        origin: Origin? = nil,
        identity: Int? = nil,
        reputation: Int64 = 1_000_000
    ) throws -> AdmittedMessage {
        try draft.signed(by: try Self.key(number), at: time).admitted(
            from: origin,
            at: arrival,
            sender: SenderStanding(identity: try Self.node(identity ?? number)),
            reputation: FixedPoint(millionths: reputation)
        )
    }

    static func share(_ artefacts: [[UInt8]], by number: Int, at time: Timestamp = now) throws
        -> AdmittedMessage
    {
        try Self.admitted(.share(artefacts), by: number, at: time)
    }

    /// A SHARE with a description, as nodes write it.
    static func share(
        _ contents: [ContentDescription],
        by number: Int,
        at time: Timestamp = now,
        origin: Origin? = nil,
        identity: Int? = nil
    ) throws -> AdmittedMessage {
        try Self.admitted(
            Draft(Share(entries: contents)),
            by: number,
            at: time,
            origin: origin,
            identity: identity
        )
    }

    /// A message that nobody signed, for those who do not look: signing much takes long.
    static func unsigned(
        _ payload: Payload,
        _ type: MessageType,
        by number: Int,
        at time: Timestamp = now,
        origin: Origin? = nil
    ) throws -> AdmittedMessage {
        Message(
            id: .named("\(type) of \(number)"),
            from: try Self.node(number),
            timestamp: time,
            version: 0,
            typeName: type.rawValue,
            type: type,
            payload: payload,
            signature: try Self.key(number).sign([]),
            canonical: [],
            payloadRange: 0..<0
        ).admitted(from: origin)
    }

    static func described(
        _ bytes: [UInt8],
        filename: String? = nil,
        _ description: String? = nil,
        tags: [String] = []
    ) -> ContentDescription {
        ContentDescription(
            contentHash: Self.hash(bytes),
            contentType: "text/plain",
            contentSize: Int64(bytes.count),
            filename: filename,
            description: description,
            tags: tags
        )
    }

    /// Somebody in this node who waits for an answer.
    static func asker<Q: RoundTrip>(_ number: UInt64 = 1) -> ReplyAddress<Q> {
        ReplyAddress(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: number),
            topic: 0
        )
    }

    static func fetch(
        _ bytes: [UInt8],
        from providers: [Int],
        size: Int? = nil,
        inline: [UInt8]? = nil,
        adopt: Bool = false
    ) throws -> FetchContent {
        FetchContent(
            hash: Self.hash(bytes),
            size: size,
            inline: inline,
            likelyProviders: try providers.map(Self.node),
            adopt: adopt
        )
    }
}

/// A state machine with its blobs: performs what it asks for, and lets the test play the peers.
final class Market {
    /// What a peer answers to a request for a piece; nil when the exchange fails.
    typealias Peer = (ContentRequest) throws -> ContentResponse?

    private(set) var machine: StorageMarketStateMachine
    let blobs: MemoryBlobs
    var now = Fixture.now
    private let reports = Reports()
    /// Peers that take requests and say nothing.
    var silent: Set<NodeID> = []
    private(set) var asked: [NodeID] = []
    private(set) var requests: [ContentRequest] = []
    private(set) var fetched: [Result<FetchContent.Stored, ContentFailure>] = []
    private(set) var shared: [Result<ShareContent.Kept, ContentFailure>] = []
    private(set) var answers: [JSONValue] = []
    private(set) var published: [Share] = []
    private(set) var reached: [NodeID] = []
    private(set) var refusals: [Refusal] = []
    private(set) var discarded: [ContentHash] = []
    private(set) var told: [ContentHeld] = []
    private(set) var verified: [VerifyContent.Reply] = []

    private final class Reports: Sendable {
        private let waiting = Mutex<[BlobReport]>([])
        func put(_ report: BlobReport) { self.waiting.withLock { $0.append(report) } }
        func take() -> BlobReport? { self.waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    /// Begins a life of a node with what an earlier one left on disk.
    init(_ blobs: MemoryBlobs = MemoryBlobs(), own: NodeID = NodeID(Bytes32.zero)) {
        self.blobs = blobs
        let reports = self.reports
        let inventory = blobs.connect { report in
            reports.put(report)
            return true
        }
        self.machine = StorageMarketStateMachine(inventory, own: own)
    }

    /// Puts an artefact into the blob directory.
    func hold(_ bytes: [UInt8]) throws {
        try self.perform([.store(bytes, Fixture.hash(bytes), adopt: false, task: .max)])
    }

    /// Fetches an artefact with the help of these peers, and waits for the end.
    func fetch(_ query: FetchContent, from peers: [NodeID: Peer] = [:]) throws {
        try self.begin(query, from: peers)
        while self.machine.progress.rows.contains(where: { $0.hash == query.hash }) {
            try self.sleep(peers)
        }
    }

    /// Begins to fetch an artefact, and does what can be done at once.
    func begin(_ query: FetchContent, from peers: [NodeID: Peer] = [:]) throws {
        let actions = self.machine.fetch(query, for: Fixture.asker(), now: self.now)
        try self.perform(actions, peers: peers)
    }

    /// Shares an upload.
    func share(_ query: ShareContent) throws {
        try self.perform(self.machine.share(query, for: Fixture.asker()))
    }

    /// Lets time pass until something is due.
    func sleep(_ peers: [NodeID: Peer] = [:]) throws {
        let pause = try #require(self.machine.pause(from: self.now), "nothing is due")
        self.now = self.now.adding(milliseconds: pause)
        try self.perform(self.machine.woke(now: self.now, entropy: [1]), peers: peers)
    }

    /// Takes a message as its judge does.
    func judge(_ admitted: AdmittedMessage) throws {
        try self.perform(self.machine.judge(admitted, now: self.now))
    }

    /// The log has a message.
    func logged(_ admitted: AdmittedMessage, isReplay: Bool) {
        self.machine.logged(MessageLogged(sequence: 1, admitted: admitted, isReplay: isReplay))
    }

    /// The flags and votes on an artefact were weighed.
    func weighed(_ hash: ContentHash, _ standing: ContentStanding) throws {
        let news = ContentWeighed(hash, standing)
        try self.perform(self.machine.weighed(news, now: self.now))
    }

    /// Asks what the copy of an artefact is like.
    func verify(_ hash: ContentHash) throws {
        let query = VerifyContent(hash: hash)
        try self.perform(self.machine.verify(query, for: Fixture.asker()))
    }

    /// The log has been read, and what follows is done.
    func replayed() throws { try self.perform(self.machine.replayFinished(now: self.now)) }

    /// The log has been read.
    func start() { _ = self.machine.replayFinished(now: self.now) }

    /// Asks the market as a peer does.
    func ask(_ type: MessageType, _ members: [Draft.Member], by number: Int = 8) throws
        -> JSONValue?
    {
        let origin = InboundExchange(
            id: 1,
            peer: try Fixture.node(number),
            streamProtocol: .content
        )
        let admitted = try Fixture.admitted(
            Draft(type, members),
            by: number,
            origin: .exchange(origin)
        )
        let before = self.answers.count
        try self.judge(admitted)
        return self.answers.dropFirst(before).last
    }

    /// What the device does with a task, in the place of the blobs.
    func report(_ task: UInt64, _ outcome: BlobOutcome) throws {
        let report = BlobReport(task: task, outcome: outcome)
        try self.perform(self.machine.reported(report, now: self.now))
    }

    /// Performs actions until nothing is left to do.
    func perform(_ actions: [StorageMarketAction], peers: [NodeID: Peer] = [:]) throws {
        var waiting = actions
        while true {
            if let action = waiting.first {
                waiting.removeFirst()
                waiting += try self.perform(action, peers)
            } else if let report = self.reports.take() {
                waiting = self.machine.reported(report, now: self.now)
            } else {
                return
            }
        }
    }

    private func perform(_ action: StorageMarketAction, _ peers: [NodeID: Peer]) throws
        -> [StorageMarketAction]
    {
        switch action {
        case .store(let bytes, let hash, let adopt, let task):
            self.blobs.store(bytes, as: hash, adopt: adopt, task: task)
        case .keep(let upload, let task): self.blobs.keep(upload, task: task)
        case .verify(let hash, let task): self.blobs.verify(hash, task: task)
        case .read(let hash, let offset, let count, let task):
            self.blobs.read(hash, offset: offset, count: count, task: task)
        case .prove(let hash, let window, let nonce, let task):
            self.blobs.prove(hash, window: window, nonce: nonce, task: task)
        case .write(let bytes, let number, let hash, let size, let task):
            self.blobs.write(bytes, number: number, of: hash, size: size, task: task)
        case .finish(let hash, let size, let task): self.blobs.finish(hash, size: size, task: task)
        case .discard(let hash):
            self.discarded.append(hash)
            self.blobs.discard(hash)
        case .remove(let hash, let task): self.blobs.remove(hash, task: task)
        case .adopt(let hash, let task): self.blobs.adopt(hash, task: task)
        case .dropped: break
        case .holds(let held): self.told.append(held)
        case .verified(let reply, _): self.verified.append(reply)
        case .request(let exchange, let request):
            self.asked.append(exchange.peer)
            self.requests.append(request)
            return try self.answer(exchange, request, peers)
        case .answer(_, let payload): self.answers += [Fixture.read(payload)].compactMap(\.self)
        case .reach(let node): self.reached.append(node)
        case .publish(let payload):
            if let share = payload as? Share { self.published.append(share) }
        case .shared(let outcome, _): self.shared.append(outcome)
        case .fetched(let outcome, _): self.fetched.append(outcome)
        case .refuse(_, let refusal): self.refusals.append(refusal)
        case .accept, .record, .ask, .wake, .challenge, .tell, .replicated, .offered: break
        }
        return []
    }

    private func answer(
        _ exchange: OutboundExchange,
        _ request: ContentRequest,
        _ peers: [NodeID: Peer]
    ) throws -> [StorageMarketAction] {
        try request.check(at: Fixture.now)
        guard !self.silent.contains(exchange.peer) else { return [] }
        guard let piece = try peers[exchange.peer]?(request) else {
            return self.machine.failed(exchange, now: self.now)
        }
        let response = try Fixture.unsigned(
            .contentResponse(piece),
            .contentResponse,
            by: 0,
            origin: .answer(exchange)
        )
        return self.machine.judge(response, now: self.now)
    }

    /// A peer that serves these bytes under any hash.
    ///
    /// - Parameters:
    ///   - bytes: what it serves.
    ///   - total: the size that it claims; that of the bytes unless given.
    ///   - atOnce: the most bytes of one answer.
    /// - Returns: the peer.
    static func serving(_ bytes: [UInt8], total: Int? = nil, atOnce: Int = .max) -> Peer {
        { request in
            let count = min(atOnce, Int(request.length))
            let piece = bytes.dropFirst(Int(request.offset)).prefix(count)
            return ContentResponse(
                contentHash: request.contentHash,
                offset: request.offset,
                data: Array(piece),
                totalSize: Int64(total ?? bytes.count)
            )
        }
    }
}
