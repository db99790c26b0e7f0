import Messages
import OrderedCollections
import Primitives

// What others see of requests.
extension Governance {
    /// Messages of which only an outline is kept, for a question about a single request.
    func cutTexts(_ query: Requests) -> [MessageID] {
        guard let id = query.id, let request = self.requests[id] else { return [] }
        let messages = [request] + self.comments.remarks(on: id).map(\.message)
        return messages.filter(\.isOutline).map(\.id)
    }

    /// Requests as others see them, newest first, with whole texts in the place of outlines.
    func views(
        _ query: Requests,
        now: Timestamp,
        _ texts: [MessageID: Message]
    ) -> [RequestView] {
        self.wanted(query, now: now).map { message in
            let isSingle = query.id != nil
            return RequestView(
                message: texts[message.id] ?? message,
                identity: self.signers.owner(of: message) ?? message.from,
                isExpired: message.isExpiredRequest(at: now),
                threads: isSingle ? self.comments.threads(on: message.id, self.signers, texts) : [],
                answers: isSingle ? self.answers(to: message.id) : []
            )
        }
    }

    private func wanted(_ query: Requests, now: Timestamp) -> [Message] {
        guard let tags = query.answerable else { return self.requests.list(query, now: now) }
        let own = self.ownStanding(now: now)?.identity
        let answered = Set(
            self.proposals.known { $0.author(self.signers) == own }.compactMap { $0.requestID }
        )
        return self.requests.list(query, now: now) { message in
            message.hasTag(among: tags) && !answered.contains(message.id)
                && self.signers.owner(of: message) != own
        }
    }

    /// Proposals that answer a request, sorted.
    private func answers(to request: MessageID) -> [MessageID] {
        self.proposals.known { $0.requestID == request }.map { $0.id }.sorted()
    }
}
