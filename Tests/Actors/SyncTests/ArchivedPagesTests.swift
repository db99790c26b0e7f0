import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

@Suite("ADR 0064: archived proposals in sync")
struct ArchivedPagesTests {
    private let peer = NodeID.named("peer")
    private let exchange = InboundExchange(
        id: 1,
        peer: NodeID.named("peer"),
        streamProtocol: .sync
    )

    private func signed(_ draft: Draft, at offset: Int64) throws -> Message {
        try draft.signed(by: .named("author"), at: start.adding(milliseconds: offset))
    }

    /// A machine that is asked for a page, and the question to the log that follows.
    private func asked(_ sync: inout SyncStateMachine, types: [String]) throws -> SyncQuestion? {
        let request = try Draft.page(of: types).signed(by: .named("peer"), at: start)
            .admitted(from: .exchange(self.exchange))
        guard case .ask(let question) = sync.judge(request, now: start).first else { return nil }
        return question
    }

    private func machine() -> SyncStateMachine {
        SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
        )
    }

    private func page(_ messages: [Message], hasMore: Bool = false, next: Int64 = 9)
        -> MessagesAfter.Reply
    {
        MessagesAfter.Reply(
            messages: messages.map(\.canonical),
            hasMore: hasMore,
            nextTimestamp: start.adding(milliseconds: next),
            nextID: messages.last?.id
        )
    }

    @Test("R-12-013: a page leaves archived proposals out, and all that is said about them")
    func leftOut() throws {
        let end = start.adding(milliseconds: 100)
        let archived = try self.signed(.proposal(title: "archived", until: end), at: 0)
        let active = try self.signed(.proposal(title: "active", until: end), at: 1)
        let about = { (id: MessageID) in
            try [
                self.signed(.vote("endorse", on: id), at: 2),
                self.signed(.adoption(of: id), at: 3), self.signed(.withdrawal(of: id), at: 4),
                self.signed(.comment(on: id, body: "c", answering: nil), at: 5),
            ]
        }
        let request = try self.signed(.request(), at: 6)
        let left = try [active, request] + about(active.id)
        let all = try [archived] + about(archived.id) + left
        var sync = self.machine()
        guard case .page(_, let reading)? = try self.asked(&sync, types: []),
            case .ask(.archived(let query, let read)) =
                sync.heard(self.page(all, hasMore: true), for: reading).first
        else {
            Issue.record("nobody is asked what is archived")
            return
        }
        #expect(Set(query.proposals) == [archived.id, active.id])
        guard
            case .ask(.tree(.proposal, .root, .serving(let rest))) = sync.heard(
                [archived.id],
                for: read
            ).first,
            case .ask(.tree(.identity, .root, let purpose)) = sync.heard(
                Self.noTree,
                of: .proposal,
                for: .serving(rest),
                now: start
            ).first,
            case .answer(_, let answer) = sync.heard(
                Self.noTree,
                of: .identity,
                for: purpose,
                now: start
            ).first
        else {
            Issue.record("the peer is not answered")
            return
        }
        #expect(answer.messages == left.map(\.canonical))
        #expect(answer.hasMore && answer.nextID == all.last?.id)
    }

    private static let noVotes = ProposalVotes.Reply(entries: [], hasMore: false)
    private static let noTree = TreeView(root: .emptyRoot, leaves: 0)

    @Test("R-12-013: who asks for an archived proposal by its id gets it")
    func byID() throws {
        let proposal = try self.signed(.proposal(until: start), at: -1)
        let request = try Draft.page(of: []).adding([("ids", .array([.string(proposal.id.hex)]))])
            .signed(by: .named("peer"), at: start).admitted(from: .exchange(self.exchange))
        var sync = self.machine()
        guard case .ask(.votes(_, let asked)) = sync.judge(request, now: start).first,
            case .ask(.messages(_, let reading)) = sync.heard(Self.noVotes, for: asked).first
        else {
            Issue.record("the log is not asked")
            return
        }
        let reply = MessagesByID.Reply(messages: [proposal.canonical])
        guard
            case .ask(.tree(.proposal, .root, .serving(let page))) = sync.heard(reply, for: reading)
                .first
        else {
            Issue.record("something is left out")
            return
        }
        #expect(page.messages.messages == [proposal.canonical])
    }

    @Test("ADR 0064: pages of which nothing is left are passed, sixteen in one answer")
    func emptied() throws {
        let vote = try self.signed(.vote("endorse", on: .named("archived")), at: 2)
        var sync = self.machine()
        guard case .page(var query, var reading)? = try self.asked(&sync, types: ["VOTE"]) else {
            Issue.record("no page is read")
            return
        }
        var pages: Int64 = 0
        while true {
            pages += 1
            let page = self.page([vote], hasMore: true, next: pages)
            guard case .ask(.archived(_, let read)) = sync.heard(page, for: reading).first,
                case .ask(let next) = sync.heard([.named("archived")], for: read).first
            else {
                Issue.record("page \(pages) leads nowhere")
                return
            }
            guard case .page(let following, let again) = next else { break }
            #expect(following.types == [.vote] && following.sinceID == vote.id)
            #expect(following.since == start.adding(milliseconds: pages))
            #expect(following.bytesMax == query.bytesMax)
            (query, reading) = (following, again)
        }
        #expect(pages == Int64(SyncLimits.archivedPagesMax) + 1)
    }

    @Test(
        "ADR 0064: pages of other types cost no question, and without an answer the peer asks anew"
    )
    func unasked() throws {
        var sync = self.machine()
        let share = try self.signed(.vote("endorse", on: .named("p")), at: 2)
        guard case .page(_, let reading)? = try self.asked(&sync, types: ["SHARE"]),
            case .ask(.tree(.proposal, .root, .serving(let page))) =
                sync.heard(self.page([share]), for: reading).first
        else {
            Issue.record("Consensus is asked")
            return
        }
        #expect(sync.heard(nil as Set<MessageID>?, for: page) == [.hangUp(self.exchange)])
    }

    @Test("R-12-013, ADR 0035: logs that archived the same are equal, whatever they hold of it")
    func compared() throws {
        let messages = try (0..<40).map {
            try self.signed(.vote("endorse", on: .named("\($0 % 2)")), at: 3_600_000 * $0)
        }
        let gone = messages.filter { $0.target == .named("0") }
        var (whole, joiner) = (HeldLog(), HeldLog())
        for message in messages { whole.add(message, isOwn: false) }
        for message in messages where !gone.contains(where: { $0.id == message.id }) {
            joiner.add(message, isOwn: false)
        }
        let now = start.adding(milliseconds: 86_400_000 * 40)
        #expect(!whole.differences(from: joiner.question(now: now)).isEmpty)
        whole.archived(gone.map { MessagePlace($0) })
        #expect(whole.differences(from: joiner.question(now: now)).isEmpty)
        #expect(joiner.differences(from: whole.question(now: now)).isEmpty)
    }

    @Test("ADR 0064: what is archived before it is in the log is taken out all the same")
    func early() throws {
        let vote = try self.signed(.vote("endorse", on: .named("archived")), at: 2)
        var (log, empty) = (HeldLog(), HeldLog())
        log.archived([MessagePlace(vote)])
        log.add(vote, isOwn: false)
        empty.add(try self.signed(.request(), at: 1), isOwn: false)
        log.add(try self.signed(.request(), at: 1), isOwn: false)
        let now = start.adding(milliseconds: 3_600_000)
        #expect(log.differences(from: empty.question(now: now)).isEmpty)
    }
}

extension NodeID {
    /// A node that follows from a name.
    fileprivate static func named(_ name: String) -> NodeID { NodeID(MessageID.named(name).bytes) }
}
