import Doors
import Kernel
import Messages
import Primitives

/// One child process: what it may do, what is open with it, and what becomes of its failures.
///
/// Whatever a child does or leaves undone, a message is judged, a question is answered and memory stays
/// bounded; only how is up to the child.
struct PluginChild: Sendable {
    enum Phase: Sendable, Equatable {
        /// It does not run; it is started at a moment, if any.
        case resting(until: Timestamp?)
        /// It runs, and says what it is.
        case describing
        /// It gets ready.
        case beginning
        case ready(since: Timestamp)
        /// It was told to end.
        case ending
        /// It is not started again before the node is.
        case barred
    }

    let registration: PluginRegistration
    let number: Int
    private(set) var phase = Phase.resting(until: nil)
    private(set) var run = 0
    private(set) var tally = PluginTally()
    private(set) var lastProblem: String?
    private var usage = PluginUsage()
    private var questions = PluginQuestions()
    /// Sayings that are not written yet.
    private var unwritten = 0
    /// Events dropped since the child was last told so.
    private var gap = 0
    private var straysInRun = 0
    private var latesInRow = 0
    private var failuresInRow = 0
    private var calls = 0
    private var lines = TokenBucket(
        burst: PluginHostLimits.linesBurst,
        oneInMilliseconds: PluginHostLimits.lineMilliseconds
    )
    private var messages = TokenBucket(
        burst: PluginHostLimits.publishingBurst,
        oneInMilliseconds: PluginHostLimits.publishingMillisecondsEach
    )
    /// When it is read again, if it said too much.
    private var silencedUntil: Timestamp?

    init(_ registration: PluginRegistration, number: Int) {
        self.registration = registration
        self.number = number
    }

    var manifest: PluginManifest { self.registration.manifest }

    private var isReady: Bool { if case .ready = self.phase { true } else { false } }

    private var runs: Bool {
        switch self.phase {
        case .describing, .beginning, .ready: true
        case .resting, .ending, .barred: false
        }
    }

    /// When something is due.
    var wake: Timestamp? {
        var moments = [self.questions.deadline, self.silencedUntil]
        if case .resting(let moment) = self.phase { moments.append(moment) }
        return moments.compactMap(\.self).min()
    }

    // MARK: Time

    /// Starts it.
    mutating func start(now: Timestamp) -> [PluginAction] {
        self.run += 1
        self.tally.starts += 1
        self.phase = .describing
        (self.unwritten, self.gap, self.straysInRun) = (1, 0, 0)
        (self.latesInRow, self.calls, self.silencedUntil) = (0, 0, nil)
        let deadline = now.adding(milliseconds: PluginHostLimits.startMilliseconds)
        let id = self.questions.add(.description, until: deadline)
        return [.start(self.number, run: self.run), .say(.describe(id), to: self.number)]
    }

    /// Something may be due.
    mutating func woke(now: Timestamp) -> [PluginAction] {
        var actions = self.questions.expire(now: now).flatMap { self.isLate($0) }
        if let moment = self.silencedUntil, moment <= now {
            self.silencedUntil = nil
            actions.append(.proceed(self.number))
        }
        if case .resting(let moment?) = self.phase, moment <= now {
            actions += self.start(now: now)
        }
        return actions
    }

    private mutating func isLate(_ question: PluginQuestion) -> [PluginAction] {
        self.tally.lateAnswers += 1
        self.latesInRow += 1
        let actions = self.settle(question, PluginFailure(.late, "it did not answer in time"))
        switch question.purpose {
        case .description, .beginning:
            return actions + self.end(because: "it did not say in time what it is")
        case .judgement, .operation:
            guard self.latesInRow >= PluginHostLimits.latesInRowMax else { return actions }
            return actions + self.end(because: "\(self.latesInRow) answers in a row did not come")
        }
    }

    // MARK: What is asked of it

    /// Judges a message, or has the declared rule judge it.
    mutating func judge(_ command: JudgePluginMessage, now: Timestamp) -> [PluginAction] {
        let size = command.admitted.message.payloadSize
        guard size <= PluginHostLimits.payloadBytesMax else {
            let most = PluginHostLimits.payloadBytesMax
            self.tally.judgedRefused += 1
            return [.refuse(command, Refusal(.rule, "the payload has \(size) of \(most) bytes"))]
        }
        guard self.isReady else { return [self.ruling(on: command)] }
        // Whoever sends more than it can judge must not turn the judge off.
        guard self.takesQuestions else { return [self.postpone(command)] }
        let id = self.questions.add(.judgement(command), until: Self.answerDue(now))
        let event = PluginEvent(sequence: nil, admitted: command.admitted, isCut: false)
        return [self.say(.judge(id, event))]
    }

    /// Answers an operation.
    mutating func ask(
        _ query: AskPlugin,
        _ operation: Operation,
        from asker: ReplyAddress<AskPlugin>,
        now: Timestamp
    ) -> [PluginAction] {
        guard self.isReady, self.takesQuestions else {
            let detail = self.isReady ? "has too much to do" : "does not run now"
            let failure = PluginFailure(.down, "the plug-in \(detail); try again later")
            return [.reply(AskPlugin.Reply(.failure(failure)), to: asker)]
        }
        let id = self.questions.add(.operation(operation, asker), until: Self.answerDue(now))
        let prefix = PluginManifest.prefix(of: self.manifest.name)
        let name = String(operation.name.dropFirst(prefix.count))
        return [self.say(.query(id, operation: name, arguments: query.arguments))]
    }

    private var takesQuestions: Bool {
        self.questions.hasRoom && self.unwritten < 2 * PluginHostLimits.unwrittenMax
    }

    private static func answerDue(_ now: Timestamp) -> Timestamp {
        now.adding(milliseconds: PluginHostLimits.answerMilliseconds)
    }

    /// Hears that a message is in the log, if it asked for its type.
    mutating func hear(_ entry: MessageLogged) -> [PluginAction] {
        let message = entry.admitted.message
        if self.manifest.owns(message) { self.tally.keptMessages += 1 }
        guard !entry.isReplay, self.isReady, self.wants(message) else { return [] }
        guard self.unwritten < PluginHostLimits.unwrittenMax else {
            self.tally.eventsDropped += 1
            self.gap += 1
            return []
        }
        let event = PluginEvent(
            sequence: entry.sequence,
            admitted: entry.admitted,
            isCut: message.payloadSize > PluginHostLimits.payloadBytesMax
        )
        self.tally.eventsSent += 1
        return self.tellOfGap() + [self.say(.event(event))]
    }

    private mutating func tellOfGap() -> [PluginAction] {
        guard self.gap > 0 else { return [] }
        defer { self.gap = 0 }
        return [self.say(.gap(self.gap))]
    }

    private func wants(_ message: Message) -> Bool {
        self.manifest.events.contains { $0.utf8.elementsEqual(message.typeName.utf8) }
    }

    private mutating func say(_ saying: PluginSaying) -> PluginAction {
        self.unwritten += 1
        return .say(saying, to: self.number)
    }

    // MARK: What it says

    /// It said something.
    ///
    /// - Parameters:
    ///   - utterances: a batch; no other comes before the device is told to proceed.
    ///   - sequence: the end of the log.
    ///   - now: the time.
    ///   - publish: names a message that is to be published.
    /// - Returns: what follows.
    mutating func heard(
        _ utterances: [PluginUtterance],
        sequence: UInt64,
        now: Timestamp,
        publish: (PluginCallID) -> RequestID
    ) -> [PluginAction] {
        var actions: [PluginAction] = []
        for utterance in utterances where self.runs {
            if self.lines.hasRoom(now: now) { self.lines.spend(now: now) }
            switch utterance {
            case .result(let id, let value):
                actions += self.answered(id, .success(value), sequence: sequence, now: now)
            case .failure(let id, let detail):
                let failure = PluginFailure(.refused, detail)
                actions += self.answered(id, .failure(failure), sequence: sequence, now: now)
            case .publish(let id, let payload):
                actions.append(self.publishing(payload, as: id, now: now, publish))
            case .call(let id, let operation, let arguments):
                actions.append(self.calling(operation, arguments, as: id))
            case .unknown(let id, let method):
                actions += self.stray("it asks for `\(method)`, which is nothing")
                if let id { actions.append(self.refuse(id, "unknown", "there is no `\(method)`")) }
            case .stray(let text): actions += self.stray("it says `\(text)`")
            }
        }
        guard self.unwritten <= 4 * PluginHostLimits.unwrittenMax else {
            return actions + self.end(because: "it asks, and does not read what it is told")
        }
        guard self.runs else { return actions }
        if self.lines.hasRoom(now: now) { return actions + [.proceed(self.number)] }
        // Its pipe fills meanwhile and makes it wait; nobody else does.
        let pause = PluginHostLimits.lineMilliseconds * Int64(PluginHostLimits.linesBurst) / 2
        self.silencedUntil = now.adding(milliseconds: pause)
        return actions
    }

    private mutating func answered(
        _ id: Int64,
        _ result: Result<JSONValue, PluginFailure>,
        sequence: UInt64,
        now: Timestamp
    ) -> [PluginAction] {
        guard let question = self.questions.take(id) else {
            // It was given up on a moment ago, or it never was.
            return self.questions.wasAsked(id) ? [] : self.stray("it answers what nobody asked")
        }
        self.latesInRow = 0
        switch (question.purpose, result) {
        case (.description, .success(let value)):
            guard (try? PluginManifest(value)) == self.manifest else {
                return self.bar("it is another plug-in than the one that was added; add it again")
            }
            self.phase = .beginning
            let due = now.adding(milliseconds: PluginHostLimits.startMilliseconds)
            let id = self.questions.add(.beginning, until: due)
            return [self.say(.begin(id, sequence: sequence))]
        case (.beginning, .success):
            self.phase = .ready(since: now)
            return []
        case (.description, .failure(let failure)), (.beginning, .failure(let failure)):
            return self.end(because: "it cannot begin: \(failure.detail)")
        case (.judgement(let command), .success(let value)):
            return self.judged(command, PluginVerdict(value))
        case (.judgement(let command), .failure): return self.judged(command, nil)
        case (.operation(let operation, let asker), .success(let value)):
            return self.replied(value, operation, asker)
        case (.operation, .failure(let failure)): return self.settle(question, failure)
        }
    }

    private mutating func judged(_ command: JudgePluginMessage, _ verdict: PluginVerdict?)
        -> [PluginAction]
    {
        switch verdict {
        case .accept?:
            self.tally.judgedAccepted += 1
            return [.accept(command)]
        case .refuse(let reason)?:
            self.tally.judgedRefused += 1
            return [.refuse(command, Refusal(.rule, reason))]
        case nil:
            self.tally.wrongAnswers += 1
            return [self.ruling(on: command)] + self.stray("its judgement is none")
        }
    }

    /// What the manifest says of messages that are not judged.
    private mutating func ruling(on command: JudgePluginMessage) -> PluginAction {
        self.tally.judgedByRule += 1
        return self.manifest.owned?.failsOpen == true ? .accept(command) : self.postpone(command)
    }

    private func postpone(_ command: JudgePluginMessage) -> PluginAction {
        let detail = "the plug-in `\(self.manifest.name)` cannot judge it now; send it again later"
        return .refuse(command, Refusal(.busy, detail))
    }

    private mutating func replied(
        _ value: JSONValue,
        _ operation: Operation,
        _ asker: ReplyAddress<AskPlugin>
    ) -> [PluginAction] {
        guard case .json(let schema) = operation.answer, let flaw = schema.flaw(of: value) else {
            return [.reply(AskPlugin.Reply(.success(value)), to: asker)]
        }
        self.tally.wrongAnswers += 1
        let failure = PluginFailure(.wrong, "the plug-in's answer is not what it declared: \(flaw)")
        return [.reply(AskPlugin.Reply(.failure(failure)), to: asker)]
            + self.stray("its answer is not what it declared: \(flaw)")
    }

    private mutating func publishing(
        _ payload: JSONValue,
        as id: PluginCallID,
        now: Timestamp,
        _ publish: (PluginCallID) -> RequestID
    ) -> PluginAction {
        self.tally.requests += 1
        guard let owned = self.manifest.owned, self.isReady else {
            return self.refuse(
                id,
                "rule",
                "a plug-in publishes messages of its own type, once ready"
            )
        }
        guard self.messages.hasRoom(now: now) else {
            let most = 60_000 / PluginHostLimits.publishingMillisecondsEach
            return self.refuse(id, "rate_limited", "\(most) messages a minute are published")
        }
        self.messages.spend(now: now)
        let request = publish(id)
        return .publish(
            PublishExtension(typeName: owned.typeName, payload: payload, request: request)
        )
    }

    private mutating func calling(
        _ operation: String,
        _ arguments: JSONValue,
        as id: PluginCallID
    ) -> PluginAction {
        self.tally.requests += 1
        guard self.phase != .describing else {
            return self.refuse(id, "rule", "a plug-in says what it is before it asks for anything")
        }
        guard self.calls < PluginHostLimits.callsMax else {
            let most = PluginHostLimits.callsMax
            return self.refuse(id, "busy", "\(most) requests are open; wait for their answers")
        }
        self.calls += 1
        return .call(operation, arguments, as: id, for: self.number)
    }

    private mutating func refuse(_ id: PluginCallID, _ code: String, _ detail: String)
        -> PluginAction
    {
        self.tally.requestsRefused += 1
        return self.say(.refused(id, code: code, detail: detail))
    }

    /// What became of a message that it published.
    mutating func published(_ outcome: Result<MessageID, Refusal>, as id: PluginCallID)
        -> PluginAction
    {
        switch outcome {
        case .success(let message): return self.say(.published(id, message))
        case .failure(let refusal):
            return self.refuse(id, refusal.code.rawValue, refusal.detail)
        }
    }

    /// A line that is no part of the conversation; too many of them end the child.
    private mutating func stray(_ problem: String) -> [PluginAction] {
        self.tally.strayLines += 1
        self.straysInRun += 1
        self.lastProblem = problem
        let actions = [PluginAction.tell(problem, of: self.number)]
        guard self.straysInRun >= PluginHostLimits.straysMax else { return actions }
        return actions + self.end(because: "it said \(self.straysInRun) things that are none")
    }

    // MARK: Its process

    mutating func wrote() { self.unwritten = max(0, self.unwritten - 1) }

    mutating func called() { self.calls = max(0, self.calls - 1) }

    mutating func measured(_ usage: PluginUsage) { self.usage = usage }

    private mutating func end(because problem: String) -> [PluginAction] {
        guard self.runs else { return [] }
        self.phase = .ending
        self.lastProblem = problem
        return [.tell("\(problem); it is ended", of: self.number)] + self.abandon()
            + [.end(self.number)]
    }

    /// It is not started again.
    private mutating func bar(_ problem: String) -> [PluginAction] {
        let actions = self.end(because: problem)
        self.phase = .barred
        return actions
    }

    /// It does not run any more.
    mutating func ended(_ cause: String, now: Timestamp) -> [PluginAction] {
        self.usage = PluginUsage()
        guard self.phase != .barred else { return [] }
        if case .ready(let since) = self.phase,
            now.milliseconds(since: since) >= PluginHostLimits.steadyMilliseconds
        {
            self.failuresInRow = 0
        }
        if self.phase != .ending { self.lastProblem = cause }
        let actions = self.abandon()
        let doublings = min(self.failuresInRow, 16)
        let pause = min(
            PluginHostLimits.pauseMillisecondsMin << Int64(doublings),
            PluginHostLimits.pauseMillisecondsMax
        )
        self.failuresInRow += 1
        self.phase = .resting(until: now.adding(milliseconds: pause))
        return [.tell("\(cause); it is started again in \(pause) ms", of: self.number)] + actions
    }

    /// Settles what it will not answer.
    private mutating func abandon() -> [PluginAction] {
        self.silencedUntil = nil
        return self.questions.clear().flatMap {
            self.settle($0, PluginFailure(.down, "the plug-in ended before it answered"))
        }
    }

    private mutating func settle(_ question: PluginQuestion, _ failure: PluginFailure)
        -> [PluginAction]
    {
        switch question.purpose {
        case .description, .beginning: []
        case .judgement(let command): [self.ruling(on: command)]
        case .operation(_, let asker): [.reply(AskPlugin.Reply(.failure(failure)), to: asker)]
        }
    }

    // MARK: What is told of it

    var report: Plugins.Reply.Plugin {
        Plugins.Reply.Plugin(
            name: self.manifest.name,
            version: self.manifest.version,
            scope: self.registration.scope,
            state: self.state,
            usage: self.usage,
            tally: self.tally,
            lastProblem: self.lastProblem
        )
    }

    private var state: String {
        switch self.phase {
        case .resting: "waits to be started"
        case .describing, .beginning: "starts"
        case .ready: "runs"
        case .ending: "is ended"
        case .barred: "is barred"
        }
    }
}
