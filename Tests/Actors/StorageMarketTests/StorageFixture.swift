import Cryptography
import Messages
import Primitives
import Synchronization
import TestSupport

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

    static func admitted(_ draft: Draft, by number: Int, origin: Origin = .local(nil)) throws
        -> AdmittedMessage
    {
        try draft.signed(by: try Self.key(number), at: Self.now).admitted(from: origin)
    }

    static func share(_ artefacts: [[UInt8]], by number: Int) throws -> AdmittedMessage {
        try Self.admitted(.share(artefacts), by: number)
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
    /// What a peer answers to a request for a piece; nil when it does not answer.
    typealias Peer = (ContentRequest) throws -> [Draft.Member]?

    var machine = StorageMarketStateMachine()
    let blobs = MemoryBlobs()
    private let reports = Reports()
    private(set) var asked: [NodeID] = []
    private(set) var requests: [ContentRequest] = []
    private(set) var fetched: [Result<FetchContent.Stored, ContentFailure>] = []
    private(set) var shared: [Result<ShareContent.Kept, ContentFailure>] = []
    private(set) var answers: [JSONValue] = []

    private final class Reports: Sendable {
        private let waiting = Mutex<[BlobReport]>([])
        func put(_ report: BlobReport) { self.waiting.withLock { $0.append(report) } }
        func take() -> BlobReport? { self.waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    init() {
        let reports = self.reports
        _ = self.blobs.connect { report in
            reports.put(report)
            return true
        }
    }

    /// Puts an artefact into the blob directory.
    func hold(_ bytes: [UInt8]) throws {
        try self.perform([.store(bytes, Fixture.hash(bytes), adopt: false, task: .max)])
    }

    /// Fetches an artefact, with the help of these peers.
    func fetch(_ query: FetchContent, from peers: [NodeID: Peer] = [:]) throws {
        try self.perform(self.machine.fetch(query, for: Fixture.asker()), peers: peers)
    }

    /// Asks the market as a peer does.
    func ask(_ type: MessageType, _ members: [Draft.Member]) throws -> JSONValue? {
        let origin = InboundExchange(
            id: 1,
            peer: try Fixture.node(8),
            streamProtocol: .content
        )
        let admitted = try Fixture.admitted(
            Draft(type, members),
            by: 8,
            origin: .exchange(origin)
        )
        try self.perform(self.machine.judge(admitted))
        return self.answers.last
    }

    /// Performs actions until nothing is left to do.
    func perform(_ actions: [StorageMarketAction], peers: [NodeID: Peer] = [:]) throws {
        var waiting = actions
        while true {
            if let action = waiting.first {
                waiting.removeFirst()
                waiting += try self.perform(action, peers)
            } else if let report = self.reports.take() {
                waiting = self.machine.reported(report)
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
        case .append(let bytes, let task): self.blobs.append(bytes, task: task)
        case .finish(let hash, let size, let adopt, let task):
            self.blobs.finish(hash, size: size, adopt: adopt, task: task)
        case .discard(let task): self.blobs.discard(task: task)
        case .adopt(let hash, let task): self.blobs.adopt(hash, task: task)
        case .request(let exchange, let request):
            self.asked.append(exchange.peer)
            self.requests.append(request)
            return try self.answer(exchange, request, peers)
        case .answer(_, let payload): self.answers.append(payload.json)
        case .shared(let outcome, _): self.shared.append(outcome)
        case .fetched(let outcome, _): self.fetched.append(outcome)
        case .accept, .refuse: break
        }
        return []
    }

    private func answer(
        _ exchange: OutboundExchange,
        _ request: ContentRequest,
        _ peers: [NodeID: Peer]
    ) throws -> [StorageMarketAction] {
        try request.check(at: Fixture.now)
        guard let members = try peers[exchange.peer]?(request) else {
            return self.machine.failed(exchange)
        }
        let draft = Draft(.contentResponse, members)
        let response = try Fixture.admitted(draft, by: 0, origin: .answer(exchange))
        return self.machine.judge(response)
    }

    /// A peer that serves these bytes under any hash.
    static func serving(_ bytes: [UInt8], total: Int? = nil) -> Peer {
        { request in
            let piece = bytes.dropFirst(Int(request.offset)).prefix(Int(request.length))
            return [
                ("content_hash", .string(request.contentHash.hex)),
                ("offset", .integer(request.offset)),
                ("data", .string(Base64.encode(Array(piece)))),
                ("total_size", .integer(Int64(total ?? bytes.count))),
            ]
        }
    }
}
