import Kernel
import Messages
import Primitives

/// Follows the log and tells what happened; writes down what only this node found out, so that events follow
/// from the log alone.
struct EventsStateMachine: Sendable {
    private let own: NodeID
    private var belongings: Belongings
    private var window = EventWindow(countMax: EventsLimits.windowMax)
    /// Those events that concern what is this node's.
    private var news = EventWindow(countMax: EventsLimits.newsMax)
    private var lookout = Lookout()
    /// Last position of the log.
    private var last: UInt64 = 0
    private var isLive = false
    private var isLogStopped = false

    private static let newsFilter = EventFilter(
        concerns: [.proposals, .answers, .score, .storage, .identity]
    )

    init(own: NodeID) {
        self.own = own
        self.belongings = Belongings(own: own)
    }

    // MARK: The log

    /// A message is in the log.
    mutating func logged(_ entry: MessageLogged) -> [EventsAction] {
        let event = EventReader(belongings: self.belongings).event(of: .message(entry))
        self.belongings.note(entry.admitted, at: entry.sequence)
        let actions = self.took(event, at: entry.sequence)
        guard self.isLive, entry.admitted.message.type == .propose else { return actions }
        return actions + [.wake(afterMilliseconds: EventsLimits.soonMilliseconds)]
    }

    /// A fact is in the log.
    mutating func logged(_ entry: FactLogged) -> [EventsAction] {
        let event = EventReader(belongings: self.belongings).event(of: .fact(entry))
        if let notice = Notice(entry.fact) { self.lookout.note(notice) }
        return self.took(event, at: entry.sequence)
    }

    private mutating func took(_ event: NodeEvent?, at sequence: UInt64) -> [EventsAction] {
        self.last = sequence
        guard let event else { return [] }
        self.window.append(event)
        if Self.newsFilter.admits(event) { self.news.append(event) }
        return self.isLive ? [.tell(event)] : []
    }

    /// The log was replayed; the node goes live.
    mutating func replayFinished() -> [EventsAction] {
        self.isLive = true
        return [.wake(afterMilliseconds: EventsLimits.soonMilliseconds)]
    }

    /// The log takes nothing for now.
    mutating func logStopped() { self.isLogStopped = true }

    /// The log writes again.
    mutating func logResumed() { self.isLogStopped = false }

    // MARK: What waits

    /// The wake that was asked for: a look at what waits and at the score.
    func woke() -> [EventsAction] {
        guard self.isLive else { return [] }
        let again = EventsAction.wake(afterMilliseconds: EventsLimits.lookMilliseconds)
        guard !self.isLogStopped else { return [again] }
        return [
            .askVotes(WaitingVotes(limit: EventsLimits.ballotsMax), .look),
            .askScore(Scores(identities: [self.own])), again,
        ]
    }

    /// Consensus told what waits for a vote; nil when it did not answer.
    mutating func heard(
        _ reply: WaitingVotes.Reply?,
        for purpose: VotesPurpose,
        now: Timestamp
    ) -> [EventsAction] {
        switch purpose {
        case .look:
            guard let reply, !self.isLogStopped else { return [] }
            return self.lookout.news(of: reply, now: now).map { Self.record($0, now) }
        case .inbox(var errand):
            errand.take(reply)
            return self.askRequests(errand, after: nil)
        }
    }

    /// Reputation told the own score; nil when it did not answer.
    mutating func heard(_ reply: Scores.Reply?, now: Timestamp) -> [EventsAction] {
        guard !self.isLogStopped, let score = reply?.entries.first?.overall,
            let notice = self.lookout.news(of: score)
        else { return [] }
        return [Self.record(notice, now)]
    }

    /// A message ended before acceptance.
    mutating func refused(_ event: MessageRefused, now: Timestamp) -> [EventsAction] {
        guard self.isLive, !self.isLogStopped,
            let notice = self.lookout.refused(event, now: now)
        else { return [] }
        return [Self.record(notice, now)]
    }

    private static func record(_ notice: Notice, _ now: Timestamp) -> EventsAction {
        .record(notice.fact(recordedAt: now))
    }

    // MARK: Questions about events

    /// A caller wants events.
    func asked(_ query: EventPage, by asker: ReplyAddress<EventPage>) -> [EventsAction] {
        let limit = min(max(1, query.limit), EventsLimits.pageMax)
        guard let after = query.after else {
            let newest = self.window.newest(query.filter, limit: limit)
            return [.showEvents(.init(events: newest, next: self.last, hasMore: false), asker)]
        }
        guard after <= self.last else {
            let gap = EventPage.Reply(events: [], next: self.last, hasMore: false, isGap: true)
            return [.showEvents(gap, asker)]
        }
        guard after < self.window.beginsAfter else {
            // One event more than is told shows whether there are more.
            let found = self.window.events(after: after, query.filter, limit: limit + 1)
            return [.showEvents(self.page(found, limit, readUpTo: self.last), asker)]
        }
        let read = LogRecords(
            after: after,
            limit: EventsLimits.readMax,
            bytesMax: EventsLimits.readBytesMax
        )
        return [.read(read, ReadPurpose(query: query, asker: asker))]
    }

    /// The log told older records; nil when it did not answer.
    func heard(_ reply: LogRecords.Reply?, for purpose: ReadPurpose) -> [EventsAction] {
        let query = purpose.query
        let reader = EventReader(belongings: self.belongings)
        let records = reply?.records ?? []
        let limit = min(max(1, query.limit), EventsLimits.pageMax)
        let found = records.lazy.compactMap { reader.event(of: $0) }
            .filter { query.filter.admits($0) }.prefix(limit + 1)
        let end = records.last?.sequence ?? query.after ?? self.last
        return [.showEvents(self.page(Array(found), limit, readUpTo: end), purpose.asker)]
    }

    private func page(_ found: [NodeEvent], _ limit: Int, readUpTo end: UInt64) -> EventPage.Reply {
        let events = Array(found.prefix(limit))
        let next = found.count > limit ? events.last?.sequence ?? end : end
        return EventPage.Reply(events: events, next: next, hasMore: next < self.last)
    }

    // MARK: Questions about the inbox

    /// A caller wants to know what waits.
    func asked(_ query: Inbox, by asker: ReplyAddress<Inbox>) -> [EventsAction] {
        let errand = InboxErrand(query, asker)
        switch query.after {
        case nil: return self.askVotes(errand, after: nil)
        case .vote(let place): return self.askVotes(errand, after: place)
        case .request(let place): return self.askRequests(errand, after: place)
        case .news(let place): return self.finish(errand, after: place)
        }
    }

    private func askVotes(_ errand: InboxErrand, after place: DeadlinePlace?) -> [EventsAction] {
        [.askVotes(WaitingVotes(limit: errand.room, after: place), .inbox(errand))]
    }

    private func askRequests(_ errand: InboxErrand, after place: MessagePlace?) -> [EventsAction] {
        guard errand.room > 0 else { return self.finish(errand, after: nil) }
        let query = Requests(limit: errand.room, after: place, answerable: errand.query.tags)
        return [.askRequests(query, errand)]
    }

    /// Consensus told requests; nil when it did not answer.
    func heard(_ reply: Requests.Reply?, for errand: InboxErrand) -> [EventsAction] {
        var errand = errand
        errand.take(reply)
        return self.finish(errand, after: nil)
    }

    private func finish(_ errand: InboxErrand, after place: UInt64?) -> [EventsAction] {
        var errand = errand
        let since = max(errand.query.since, place ?? 0)
        if since < self.news.beginsAfter { errand.miss("older news") }
        errand.take(self.news.events(after: since, EventFilter(), limit: errand.room))
        return [.showInbox(errand.reply(seen: self.last), errand.asker)]
    }
}

extension LogRecords.Record {
    var sequence: UInt64 {
        switch self {
        case .message(let entry): entry.sequence
        case .fact(let entry): entry.sequence
        }
    }
}

extension EventsStateMachine {
    /// What a checkpoint keeps.
    var kept: EventsState {
        EventsState(
            belongings: self.belongings,
            window: self.window,
            news: self.news,
            lookout: self.lookout,
            last: self.last
        )
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: EventsState) {
        self.belongings = kept.belongings
        self.window = kept.window
        self.news = kept.news
        self.lookout = kept.lookout
        self.last = kept.last
    }
}
