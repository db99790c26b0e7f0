import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("Local API: what an uploader is warned of")
struct UploaderWarningTests {
    private static let content = ContentDescription(
        contentHash: ContentHash(SHA256Digest.hash([1])),
        contentType: "x/y",
        contentSize: 1,
        tags: []
    )

    private static func status(_ score: Int64) -> APIReply {
        .reputation(
            ReputationStatus.Reply(
                knownIdentities: 1,
                ownScore: FixedPoint(millionths: score),
                digest: .zero
            )
        )
    }

    private static func warnings(_ answer: APIResponse?) -> [String]? {
        answer?.body["warnings"]?.elements?.compactMap(\.string)
    }

    // MARK: Asking for copies

    /// Has a node of this score ask for copies; without a score nobody tells it.
    private static func replicate(_ score: Int64?, heardBy peers: [PeerTable.Row] = []) throws
        -> APIResponse?
    {
        var steps = APISteps()
        let wanted = ReplicateContent(
            content: ShareContent(
                upload: UploadedContent(number: 1, hash: Self.content.contentHash, size: 1),
                contentType: "x/y",
                filename: nil,
                description: nil,
                tags: []
            ),
            copyCount: 1,
            stake: nil
        )
        _ = steps.put(.replicate(wanted))
        let request = ReplicateRequest(
            content: Self.content,
            copyCount: 1,
            reputationStake: .one
        )
        let asked = steps.hear(.replicable(.success(request)), from: .storageMarket)
        #expect(asked.questions == ["status of Reputation"])
        let sent = steps.hear(score.map { Self.status($0) }, from: .reputation)
        #expect(sent.published?.type == .replicateRequest)
        let message = try Draft.upload([1]).signed(by: .named("uploader"), at: APISteps.start)
        #expect(steps.log(message).questions == ["peers"])
        let table = PeerTable.Reply(rows: peers, bootstrap: [])
        return steps.hear(.peers(table), from: .peers).answer
    }

    @Test("who asks for copies is told how many peers hear it, and that nobody does")
    func audience() throws {
        let node = NodeID(try SigningKey.named("a peer").publicKey)
        let peers: [PeerTable.Row] = [.peer(node, isConnected: true, isAuthenticated: true)]
        let content = Self.content.contentHash.hex
        for (rows, count) in [([], 0), (peers, 1)] {
            let answer = try #require(try Self.replicate(500_000, heardBy: rows))
            #expect(answer.body["peers"]?.integer == Int64(count))
            #expect(answer.body["content_hash"]?.string == content)
        }
    }

    @Test("R-06-036, D-51: who asks for copies just below 0.3 is told that others may not go along")
    func replicating() throws {
        let low = try #require(try Self.warnings(Self.replicate(299_999)))
        #expect(low.count == 1)
        #expect(low.first?.contains("0.299999") == true && low.first?.contains("0.3") == true)
        #expect(try Self.warnings(Self.replicate(300_000)) == [])
        #expect(try Self.warnings(Self.replicate(nil)) == [])
    }

    // MARK: Dealings

    private static func row(_ part: StorageDealings.Part) throws -> StorageDealings.Row {
        StorageDealings.Row(
            content: Self.content,
            part: part,
            uploader: NodeID(try SigningKey.named("uploader").publicKey),
            state: "active",
            until: nil,
            copyCount: 1,
            holders: [],
            dailyRent: .zero,
            risk: nil,
            standing: .clean
        )
    }

    private static func storage(
        _ score: Int64?,
        _ parts: [StorageDealings.Part],
        _ pairs: [StorageDealings.Pair] = []
    ) throws -> APIResponse? {
        var steps = APISteps()
        #expect(steps.put(.storage).questions == ["status of Reputation"])
        let asked = steps.hear(score.map { Self.status($0) }, from: .reputation)
        #expect(asked.questions == ["dealings"])
        let dealings = StorageDealings.Reply(
            offer: .nothing,
            offered: StorageOffered(allocatedBytes: 0, availableBytes: 0, copyCount: 0),
            rows: try parts.map(Self.row),
            examinations: [],
            suspiciousPairs: pairs
        )
        return steps.hear(.dealings(dealings), from: .storageMarket).answer
    }

    @Test("R-06-036: an uploader whose score fell below 0.3 is told, and nobody else")
    func dealings() throws {
        #expect(try Self.warnings(Self.storage(299_999, [.keeping, .uploader]))?.count == 1)
        #expect(try Self.warnings(Self.storage(300_000, [.uploader])) == [])
        #expect(try Self.warnings(Self.storage(200_000, [.keeping])) == [])
        #expect(try Self.warnings(Self.storage(nil, [.uploader])) == [])
    }

    @Test("R-06-072, R-06-112: pairs whose challenges look arranged are shown")
    func pairs() throws {
        let (one, other) = (NodeID(SHA256Digest.hash([1])), NodeID(SHA256Digest.hash([2])))
        let pair = StorageDealings.Pair(validator: one, provider: other)
        let shown = try Self.storage(nil, [], [pair])?.body["suspicious_pairs"]?.elements
        #expect(shown?.map { $0["validator"]?.string } == [one.hex])
        #expect(shown?.map { $0["provider"]?.string } == [other.hex])
    }

    @Test("a node without Reputation shows its dealings all the same")
    func withoutReputation() {
        var steps = APISteps([.storageMarket])
        #expect(steps.put(.storage).questions == ["dealings"])
    }
}
