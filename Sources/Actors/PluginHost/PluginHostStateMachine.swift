import Doors
import Kernel
import Messages
import OrderedCollections
import Primitives

/// Decides what children are asked and told, and what becomes of what they say.
struct PluginHostStateMachine: Sendable {
    /// A message that a child published and whose fate it waits for.
    private struct Publication: Sendable {
        let child: Int
        let run: Int
        let id: PluginCallID
        let deadline: Timestamp
    }

    private var children: [PluginChild]
    private var publications: OrderedDictionary<RequestID, Publication> = [:]
    private var nextPublication: UInt64 = 1
    private var sequence: UInt64 = 0

    init(_ registrations: [PluginRegistration]) {
        self.children = registrations.enumerated().map { PluginChild($1, number: $0) }
    }

    /// Every child and how it does.
    var report: Plugins.Reply {
        let reports = self.children.map(\.report)
        return Plugins.Reply(plugins: reports.sorted { $0.name < $1.name })
    }

    // MARK: Time

    /// The log was replayed: children are started only now, since nothing of the past is asked again.
    mutating func wentLive(now: Timestamp) -> [PluginAction] {
        self.children.indices.flatMap { self.children[$0].start(now: now) } + self.sleep()
    }

    mutating func woke(now: Timestamp) -> [PluginAction] {
        let late = self.publications.filter { $0.value.deadline <= now }
        let refusal = Refusal(.busy, "it is not in the log yet, and may come to be")
        return late.keys.flatMap { self.finish($0, .failure(refusal)) }
            + self.children.indices.flatMap { self.children[$0].woke(now: now) } + self.sleep()
    }

    private func sleep() -> [PluginAction] {
        let moments =
            self.children.compactMap(\.wake) + self.publications.values.map(\.deadline)
        return moments.min().map { [.wake(at: $0)] } ?? []
    }

    // MARK: The node

    mutating func judge(_ command: JudgePluginMessage, now: Timestamp) -> [PluginAction] {
        let message = command.admitted.message
        guard let owner = self.children.firstIndex(where: { $0.manifest.owns(message) }) else {
            return [.refuse(command, Refusal(.unknownType, "no plug-in owns \(message.typeName)"))]
        }
        return self.children[owner].judge(command, now: now) + self.sleep()
    }

    mutating func ask(_ query: AskPlugin, from asker: ReplyAddress<AskPlugin>, now: Timestamp)
        -> [PluginAction]
    {
        for number in self.children.indices {
            let operations = self.children[number].manifest.operations
            guard let operation = operations.first(where: { $0.name == query.operation }) else {
                continue
            }
            return self.children[number].ask(query, operation, from: asker, now: now)
                + self.sleep()
        }
        let failure = PluginFailure(.down, "no plug-in answers `\(query.operation)`")
        return [.reply(AskPlugin.Reply(.failure(failure)), to: asker)]
    }

    mutating func logged(_ entry: MessageLogged) -> [PluginAction] {
        self.sequence = entry.sequence
        var actions: [PluginAction] = []
        if !entry.isReplay, case .local(let request?, _) = entry.admitted.origin {
            actions = self.finish(request, .success(entry.admitted.message.id))
        }
        return self.children.indices.reduce(into: actions) {
            $0 += self.children[$1].hear(entry)
        }
    }

    mutating func refused(_ event: MessageRefused) -> [PluginAction] {
        guard case .local(let request?, _) = event.origin else { return [] }
        return self.finish(request, .failure(event.refusal))
    }

    private mutating func finish(_ request: RequestID, _ outcome: Result<MessageID, Refusal>)
        -> [PluginAction]
    {
        guard let publication = self.publications.removeValue(forKey: request),
            self.children[publication.child].run == publication.run
        else { return [] }
        return [self.children[publication.child].published(outcome, as: publication.id)]
    }

    // MARK: Children

    mutating func reported(_ signal: PluginReported, now: Timestamp) -> [PluginAction] {
        let number = signal.child
        guard self.children[number].run == signal.run else { return [] }
        switch signal.report {
        case .wrote: self.children[number].wrote()
        case .called: self.children[number].called()
        case .measured(let usage): self.children[number].measured(usage)
        case .ended(let cause):
            return self.children[number].ended(cause, now: now) + self.sleep()
        case .heard(let utterances): return self.heard(utterances, number, now: now)
        }
        return []
    }

    private mutating func heard(
        _ utterances: [PluginUtterance],
        _ number: Int,
        now: Timestamp
    ) -> [PluginAction] {
        var (child, publications) = (self.children[number], self.publications)
        var next = self.nextPublication
        let deadline = now.adding(milliseconds: PluginHostLimits.publishingMilliseconds)
        let run = child.run
        let actions = child.heard(utterances, sequence: self.sequence, now: now) { id in
            let request = RequestID.plugin(next)
            next += 1
            publications[request] = Publication(
                child: number,
                run: run,
                id: id,
                deadline: deadline
            )
            return request
        }
        self.children[number] = child
        (self.publications, self.nextPublication) = (publications, next)
        return actions + self.sleep()
    }
}
