package import Doors
package import Messages
import Primitives

// What waits for this node's people. All titles are strangers'.

/// One thing that waits, with why and what to do.
struct InboxEntry: Record {
    /// In which part of the inbox it is.
    enum Kind: String, Shown, CaseIterable {
        case vote, request, news
    }

    let item: Inbox.Item

    static let about = "One thing that waits."
    static let fields: [Field<InboxEntry>] = [
        Field("kind", "A vote to give, a request to answer, or news of what is this node's.") {
            $0.kind
        },
        Field("id", "The proposal, the request, or what the news is about.") { $0.id },
        Field("title", "Its title, which its author wrote.") { $0.title },
        Field("author", "Who wrote it; null for what this node found out itself.") { $0.author },
        Field("deadline", "Until when one may act.") { $0.deadline },
        Field("reason", "Why it is here.") { $0.reason }.inOwnWords,
        Field("next", "What to do.") { $0.next }.inOwnWords,
        .ifAny("weight", "What a vote would weigh.") { $0.weight },
        .ifAny("tags", "Tags of a request.") { $0.tags },
        .ifAny("event", "The whole of a piece of news.") { $0.event },
    ]

    private var kind: Kind {
        switch self.item {
        case .vote: .vote
        case .request: .request
        case .news: .news
        }
    }

    private var id: String? {
        switch self.item {
        case .vote(let entry): entry.proposal.hex
        case .request(let view): view.message.id.hex
        case .news(let event):
            event.subject?.hex ?? event.content?.hex ?? event.key?.hex ?? event.message?.hex
        }
    }

    private var title: String? {
        switch self.item {
        case .vote(let entry): entry.title.line
        case .request(let view): view.request?.title.line
        case .news(let event): event.title
        }
    }

    private var author: NodeID? {
        switch self.item {
        case .vote(let entry): entry.author
        case .request(let view): view.identity
        case .news(let event): event.author
        }
    }

    private var deadline: Timestamp? {
        switch self.item {
        case .vote(let entry): entry.deadline
        case .request(let view): view.request?.expires
        case .news(let event): event.deadline
        }
    }

    private var reason: String {
        switch self.item {
        case .vote(let entry):
            "you may vote on it and have not; your vote would weigh \(entry.weight)"
        case .request: "it is open, and you have not answered it"
        case .news(let event): event.news
        }
    }

    private var next: String {
        switch self.item {
        case .vote: "read it with `proposal`, its artefact with `proposal_artifact`, then `vote`"
        case .request: "read it with `request`; answer with `propose` and its `request_id`"
        case .news(let event): event.next
        }
    }

    private var weight: FixedPoint? {
        if case .vote(let entry) = self.item { entry.weight } else { nil }
    }

    private var tags: [String]? {
        if case .request(let view) = self.item { view.request?.tags } else { nil }
    }

    private var event: NodeEvent? {
        if case .news(let event) = self.item { event } else { nil }
    }
}

/// One page of what waits.
package struct InboxList: Record {
    let entries: [InboxEntry]
    let next: Inbox.Place?
    let reply: Inbox.Reply

    /// Bytes of an answer beside its items: two numbers, a cursor and a sentence.
    private static let frameBytesMax = 512

    /// As much as there is room for, and at least one.
    package init(_ reply: Inbox.Reply) {
        var room = reply.bytesMax - Self.frameBytesMax
        var entries: [InboxEntry] = []
        for item in reply.items {
            let entry = InboxEntry(item: item)
            room -= entry.shown.canonicalBytes().count + 1
            guard entries.isEmpty || room >= 0 else { break }
            entries.append(entry)
        }
        let isCut = entries.count < reply.items.count || reply.hasMore
        self.entries = entries
        self.next = isCut ? entries.last?.item.place : nil
        self.reply = reply
    }

    package static let about = "What waits, the most urgent first."
    package static let fields: [Field<InboxList>] = [
        Field("items", "Votes by deadline, then requests, newest first, then news.") { $0.entries },
        .next { $0.next },
        Field("seen", "The `since` for the next time, once all pages are read.") {
            $0.reply.seen
        },
        Field("no_vote_because", "Why no vote of this node would count now; null when it would.") {
            $0.reply.objection
        }.inOwnWords,
        Field("missing", "What could not be told; `older news` gave way: see `events`.") {
            $0.reply.missing
        }.inOwnWords,
    ]
}

extension RequestView {
    fileprivate var request: Request? {
        if case .request(let request) = self.message.payload { request } else { nil }
    }
}

extension NodeEvent {
    /// Why it is told.
    fileprivate var news: String {
        switch self.kind {
        case .vote: "somebody voted on your proposal: \(self.outcome ?? "")"
        case .comment: "somebody wrote about what you said"
        case .adoption: "a node reports of your proposal: \(self.outcome ?? "")"
        case .proposal: "somebody proposes something about what you said"
        case .decision: "this node decided on what you proposed or voted on: \(self.outcome ?? "")"
        case .withdrawal: "its author took back what you voted on"
        case .score: "your score is \(self.amount ?? .zero) now"
        case .storage: "storage that concerns you: \(self.outcome ?? "")"
        case .content: "an artefact of yours: \(self.outcome ?? "")"
        case .identity: "a key of yours: \(self.outcome ?? "")"
        case .refused: "a message of yours was refused: \(self.outcome ?? "")"
        case .request, .ballot, .deadline: "it concerns you"
        }
    }

    /// What to do about it.
    fileprivate var next: String {
        switch self.kind {
        case .vote, .comment, .adoption, .decision, .withdrawal, .ballot, .deadline:
            "see `proposal` or `request`"
        case .proposal, .request: "read it with `proposal`"
        case .score: "`reputation` tells every change and what raises it"
        case .storage, .content: "see `storage`"
        case .identity: "see `own_identity`; if it was not you, rotate the key"
        case .refused: "nothing was sent; put right what the code names"
        }
    }
}

extension String {
    /// A line of it.
    fileprivate var line: String {
        let (lines, most) = (self.unicodeScalars, 200)
        return lines.count <= most ? self : String(Substring(lines.prefix(most))) + "…"
    }
}
