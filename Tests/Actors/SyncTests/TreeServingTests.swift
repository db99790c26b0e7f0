import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

@Suite("§5 Serving trees")
struct TreeServingTests {
    private var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
    )
    private let exchange: InboundExchange

    init() throws {
        let peer = NodeID(try SigningKey.named("a peer").publicKey)
        self.exchange = InboundExchange(id: 1, peer: peer, streamProtocol: .sync)
    }

    private static func ids(_ range: Range<Int>) -> [MessageID] {
        range.map { MessageID.named("leaf \($0)") }
    }

    /// What the machine does when a peer asks for something.
    private mutating func judge(_ request: SyncRequest) throws -> [SyncAction] {
        let message = try Draft(request).signed(by: .named("a peer"), at: start)
        return self.sync.judge(message.admitted(from: .exchange(self.exchange)), now: start)
    }

    private static func request(
        _ tree: SyncRequest.Tree? = nil,
        depth: Int64? = nil,
        path: [Int64]? = nil,
        ids: [MessageID] = [],
        since: Int64 = 0,
        sinceID: MessageID? = nil
    ) -> SyncRequest {
        SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: since),
            sinceID: sinceID,
            limit: 1,
            ids: ids,
            merkleTree: tree,
            depth: depth,
            subtreePath: path
        )
    }

    @Test("D-21, R-12-005: an answer carries the roots of both trees")
    mutating func roots() throws {
        let (one, other) = (MerkleTree(ids: Self.ids(0..<3)).root, MerkleTree(ids: []).root)
        let read = try self.judge(
            SyncRequest(sinceTimestamp: start, types: ["NOTHING"], limit: 1)
        )
        let served = self.sync.served(read, proposals: one, identities: other, now: start)
        let answer = try #require(served)
        #expect(answer.checkpoint == one && answer.identityCheckpoint == other)
        #expect(answer.merkleNodes.isEmpty)
    }

    @Test(
        "R-05-003, R-05-072: a question about a tree goes to its owner, and its nodes into the answer",
        arguments: SyncRequest.Tree.allCases
    )
    mutating func nodes(tree: SyncRequest.Tree) throws {
        let merkle = MerkleTree(ids: Self.ids(0..<5))
        var actions = try self.judge(Self.request(tree, depth: 2, path: [0]))
        var asked: [TreeQuestion] = []
        for owner in [SyncRequest.Tree.proposal, .identity] {
            guard case .ask(.tree(owner, let question, let purpose))? = actions.first else {
                Issue.record("\(actions)")
                return
            }
            asked.append(question)
            let nodes = owner == tree ? merkle.nodes(below: [0], depth: 2) : []
            let view = TreeView(root: merkle.root, leaves: 5, nodes: nodes)
            actions = self.sync.heard(view, of: owner, for: purpose, now: start)
        }
        let wanted = TreeQuestion.nodes(below: [0], depth: 2)
        #expect(asked == (tree == .proposal ? [wanted, .root] : [.root, wanted]))
        guard case .answer(_, let answer)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        let expected = merkle.nodes(below: [0], depth: 2)
        #expect(answer.merkleNodes.map(\.hash) == expected.map(\.hash))
        #expect(answer.merkleNodes.map(\.messageID) == expected.map(\.messageID))
        #expect(answer.merkleNodes.map(\.path) == expected.map { $0.path.map { Int64($0) } })
    }

    @Test("ADR 0062: an answer goes no deeper than it may carry nodes, whatever is asked for")
    mutating func depth() throws {
        for _ in 0..<2 {
            let actions = try self.judge(Self.request(.identity, depth: 64))
            let question = self.question(in: actions, of: .identity)
            #expect(question == .nodes(below: [], depth: 12))
        }
    }

    /// What the owner of a tree is asked in the course of an answer.
    private mutating func question(in actions: [SyncAction], of tree: SyncRequest.Tree)
        -> TreeQuestion?
    {
        guard case .ask(.tree(let owner, let question, let purpose))? = actions.first else {
            return nil
        }
        guard owner != tree else { return question }
        let view = TreeView(root: .zero, leaves: 0)
        let next = self.sync.heard(view, of: owner, for: purpose, now: start)
        guard case .ask(.tree(tree, let question, _))? = next.first else { return nil }
        return question
    }

    @Test("R-05-087, ADR 0062: nodes are charged to the bytes that a peer may have in a minute")
    func charged() {
        let nodes = MerkleTree(ids: Self.ids(0..<600)).nodes(below: [], depth: 12)
        let empty = MessagesAfter.Reply(
            messages: [],
            hasMore: false,
            nextTimestamp: start,
            nextID: nil
        )
        let sizes = [[], nodes].map { nodes in
            let read = ReadPage(
                reading: Reading(exchange: self.exchange),
                messages: empty,
                nodes: nodes
            )
            let page = AnswerPage(read, bytesMax: 1)
            return (charged: page.bytes, written: page.payload.json.canonicalBytes().count)
        }
        #expect(sizes[1].charged - sizes[0].charged >= sizes[1].written - sizes[0].written)
        #expect(sizes[1].written - sizes[0].written > 600 * 128)
    }

    @Test("ADR 0062: when the owner of a tree does not answer, the peer may ask somebody else")
    mutating func silentOwner() throws {
        let actions = try self.judge(Self.request(.proposal, depth: 1))
        guard case .ask(.tree(.proposal, _, let purpose))? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        let end = self.sync.heard(nil, of: .proposal, for: purpose, now: start)
        #expect(end == [.hangUp(self.exchange)])
    }

    // MARK: Votes

    private static func votes(_ count: Int) throws -> [Message] {
        try (0..<count).map { number in
            let draft = Draft.vote("endorse", on: self.ids(0..<1)[0])
            let time = start.adding(milliseconds: Int64(number))
            return try draft.signed(by: .generate(), at: time)
        }
    }

    @Test("R-05-074: who asks for proposals by id gets the votes on them, too")
    mutating func votes() throws {
        let ids = Self.ids(0..<2)
        let votes = try Self.votes(3)
        let asked = try self.judge(Self.request(ids: ids))
        guard case .ask(.votes(let query, let reading))? = asked.first else {
            Issue.record("\(asked)")
            return
        }
        #expect(query == ProposalVotes(of: ids, limit: 998))
        let found = ProposalVotes.Reply(entries: votes.map { MessagePlace($0) }, hasMore: false)
        let read = self.sync.heard(found, for: reading)
        guard case .ask(.messages(let messages, let next))? = read.first else {
            Issue.record("\(read)")
            return
        }
        #expect(messages.ids == ids + votes.map(\.id))
        let page = self.sync.heard(
            MessagesByID.Reply(messages: votes.map(\.canonical)),
            for: next
        )
        let served = self.sync.served(page, now: start)
        let answer = try #require(served)
        #expect(answer.messages == votes.map(\.canonical) && !answer.hasMore)
    }

    @Test(
        "R-05-074: votes that do not fit are asked for behind the last one, without the proposals"
    )
    func pages() throws {
        let votes = try Self.votes(3)
        let places = votes.map { MessagePlace($0) }
        let more = ProposalVotes.Reply(entries: places, hasMore: true)
        let whole = MessagesAfter.Reply(votes.map(\.canonical), votes: more)
        #expect(whole.hasMore && whole.nextID == votes[2].id)
        let rest = ProposalVotes.Reply(entries: places, hasMore: false)
        let cut = MessagesAfter.Reply(votes.prefix(2).map(\.canonical), votes: rest)
        #expect(cut.hasMore && cut.nextID == votes[1].id)
        #expect(cut.nextTimestamp == votes[1].timestamp)
        let none = MessagesAfter.Reply([try Self.votes(1)[0].canonical], votes: rest)
        #expect(none.hasMore && none.nextTimestamp.milliseconds == 1 && none.nextID == nil)
        #expect(!MessagesAfter.Reply([], votes: rest).hasMore, "or the peer would ask for ever")
    }

    @Test("R-05-074: a peer that goes on behind a vote is served votes only")
    mutating func goesOn() throws {
        let (id, vote) = (Self.ids(0..<1)[0], try Self.votes(1)[0])
        let asked = try self.judge(
            Self.request(ids: [id], since: vote.timestamp.milliseconds, sinceID: vote.id)
        )
        guard case .ask(.votes(let query, let reading))? = asked.first else {
            Issue.record("\(asked)")
            return
        }
        #expect(query == ProposalVotes(of: [id], after: MessagePlace(vote), limit: 1_000))
        #expect(reading.ids.isEmpty)
    }
}

@Suite("§5 Asking for votes")
struct VoteRequestTests {
    @Test(
        "R-05-074: as long as a peer has more votes on the proposals, it is asked on behind the last"
    )
    func asksOn() throws {
        let peer = NodeID(try SigningKey.named("a peer").publicKey)
        let ids = [MessageID.named("a proposal")]
        var (requests, numbers) = (SideRequests(), ExchangeNumbers())
        requests.want(ids, holders: [peer])
        var asked: [SyncRequest] = []
        for page in 0..<30 {
            let now = start.adding(milliseconds: Int64(page))
            let actions = requests.next([peer], busy: nil, &numbers, now: now)
            guard let exchange = actions.first?.requested, let payload = actions.first?.payload
            else { break }
            asked.append(payload)
            let more = SyncResponse(
                hasMore: page != 3,
                nextTimestamp: start.adding(milliseconds: Int64(page)),
                nextID: MessageID.named("vote \(page)")
            )
            _ = requests.take(more, on: exchange, now: now)
        }
        #expect(asked.count == 4)
        #expect(asked.allSatisfy { $0.ids == ids })
        #expect(asked.map(\.sinceID) == [nil] + (0..<3).map { MessageID.named("vote \($0)") })
    }

    @Test(
        "R-05-074: a peer whose votes never end, or lead nowhere, is not asked without end",
        arguments: [true, false]
    )
    func endless(moves: Bool) throws {
        let peer = NodeID(try SigningKey.named("a peer").publicKey)
        var (requests, numbers) = (SideRequests(), ExchangeNumbers())
        requests.want([MessageID.named("a proposal")], holders: [peer])
        var count = 0
        for page in 0..<100 {
            let now = start.adding(milliseconds: Int64(page))
            guard
                let exchange = requests.next([peer], busy: nil, &numbers, now: now).first?.requested
            else { break }
            count += 1
            let time = start.adding(milliseconds: moves ? Int64(page) : 0)
            _ = requests.take(
                SyncResponse(hasMore: true, nextTimestamp: time),
                on: exchange,
                now: now
            )
        }
        #expect(count == (moves ? 10 : 2))
    }
}
