import Doors
import Messages
import Primitives

// Requests of the network. All texts are strangers'.

/// A request in lists: an outline without the body.
struct RequestSummary: Record {
    let view: RequestView

    static let about = "A request in outline."
    static let fields: [Field<RequestSummary>] =
        envelopeFields + [
            .formed("payload", "What it says, without its body.", .map(.anything)) { request in
                let members = request.view.message.payloadValue.members ?? []
                return .object(members.filter { $0.key != "body" })
            }
        ]

    fileprivate static let envelopeFields: [Field<RequestSummary>] = [
        Field("id", "The REQUEST message.") { $0.view.message.id },
        Field("type", "The type of the message.") { $0.view.message.typeName }.inOwnWords,
        Field("from", "The key that signed it.") { $0.view.message.from },
        Field("identity", "Its author.") { $0.view.identity },
        Field("timestamp", "When it was asked.") { $0.view.message.timestamp },
        Field("expired", "Whether it is past its `expires`.") { $0.view.isExpired },
    ]
}

/// Everything that the node knows of a request.
struct RequestDetail: Record {
    let view: RequestView

    static let about = "A request with its comments and the proposals that answer it."
    static let fields: [Field<RequestDetail>] =
        RequestSummary.envelopeFields.map { $0.pullback { RequestSummary(view: $0.view) } } + [
            .formed("payload", "What it says.", .map(.anything)) { $0.view.message.payloadValue },
            Field("comments", "All comments, each thread in order.") { $0.view.threads },
            Field("proposals", "Proposals that answer it.") { $0.view.answers },
        ]
}

extension RequestView {
    /// What lists show.
    var summary: RequestSummary { RequestSummary(view: self) }

    /// Everything the node knows of the request.
    var detail: RequestDetail { RequestDetail(view: self) }
}

/// One page of the requests.
struct RequestList: Record {
    let requests: [RequestSummary]
    let next: MessagePlace?

    static let about = "Requests, newest first; expired ones are left out."
    static let fields: [Field<RequestList>] = [
        Field("requests", "The requests.") { $0.requests },
        .next { $0.next },
    ]
}

extension Message {
    /// The payload as a value; own canonical bytes always parse.
    var payloadValue: JSONValue {
        (try? JSONDocument(scanning: self.payloadJSON).root.value) ?? .null
    }
}
