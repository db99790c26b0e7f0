import Messages
import Primitives

/// Takes the lines of a file through admission, a page at a time (ADR 0065).
///
/// It judges nothing itself, beyond whether a line is a message at all. To all others a page of a file is
/// what a page of sync is, served by this node itself: who stands for it is the operator who brought it.
struct ImporterStateMachine: Sendable {
    /// A page on its way.
    private struct Page: Sendable {
        /// One for each line; nil while it is open.
        var fates: [ImportOutcome.Fate?]
        var messages: [Message] = []
        /// The first line of each message.
        var lines: [MessageID: Int] = [:]
        /// Messages that nobody has decided on.
        var judging: Set<MessageID> = []
        /// Messages that were accepted and are not on the disk.
        var writing: Set<MessageID> = []

        var isOver: Bool { self.judging.isEmpty && self.writing.isEmpty }
    }

    private let origin: Origin
    private var page: Page?
    private var late = 0

    init(own: NodeID) { self.origin = .sync(peer: own) }

    // MARK: The file

    /// The next page is here.
    mutating func took(_ lines: [[UInt8]]) -> [ImporterAction] {
        var page = Page(fates: Array(repeating: nil, count: lines.count))
        for (number, line) in lines.enumerated() {
            do {
                let message = try EnvelopeCodec.decode(line, limits: .message)
                if page.lines[message.id] == nil {
                    page.lines[message.id] = number
                    page.messages.append(message)
                } else {
                    page.fates[number] = .known
                }
            } catch {
                page.fates[number] = .refused(error)
            }
        }
        self.page = page
        return page.messages.isEmpty ? self.endIfOver() : [.look(for: page.messages.map(\.id))]
    }

    /// The log told which messages of the page it has; nil when it did not answer.
    mutating func heard(_ known: MessagesByID.Reply?) -> [ImporterAction] {
        guard var page = self.page else { return [] }
        for bytes in known?.messages ?? [] {
            guard let id = try? EnvelopeCodec.decode(bytes).id, let line = page.lines[id] else {
                continue
            }
            page.fates[line] = .known
        }
        let open = page.messages.filter { message in
            page.lines[message.id].map { page.fates[$0] == nil } ?? false
        }
        page.judging = Set(open.map(\.id))
        page.messages = []
        self.page = page
        return open.map { .admit($0.canonical, self.origin) } + self.endIfOver()
    }

    // MARK: Verdicts

    /// A judge accepted a message.
    mutating func accepted(_ event: MessageAccepted) -> [ImporterAction] {
        let id = event.admitted.message.id
        guard event.admitted.origin == self.origin else { return [] }
        guard self.page?.judging.remove(id) != nil else {
            // It was refused before, and another message made it hold.
            self.late += 1
            return []
        }
        if event.isLogged { self.page?.writing.insert(id) }
        return self.decide(id, .accepted)
    }

    /// A message was refused.
    mutating func refused(_ event: MessageRefused) -> [ImporterAction] {
        guard event.origin == self.origin, let id = event.id,
            self.page?.judging.remove(id) != nil
        else { return [] }
        let refusal = event.refusal
        return self.decide(id, refusal.code == .duplicate ? .known : .refused(refusal))
    }

    private mutating func decide(_ id: MessageID, _ fate: ImportOutcome.Fate)
        -> [ImporterAction]
    {
        if let line = self.page?.lines[id] { self.page?.fates[line] = fate }
        return self.endIfOver()
    }

    private mutating func endIfOver() -> [ImporterAction] {
        guard let page = self.page, page.isOver else { return [] }
        defer {
            self.page = nil
            self.late = 0
        }
        return [.end(ImportOutcome(fates: page.fates.compactMap(\.self), late: self.late))]
    }

    // MARK: The log

    /// A message is on the disk.
    mutating func logged(_ id: MessageID) -> [ImporterAction] {
        guard self.page?.writing.remove(id) != nil else { return [] }
        return self.endIfOver()
    }

    /// The log lacks room: what follows would be refused for that alone.
    func logStopped(_ event: LogStopped) -> [ImporterAction] { [.stop(reason: event.reason)] }
}
