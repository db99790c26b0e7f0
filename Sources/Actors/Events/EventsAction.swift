import Kernel
import Messages

/// What the state machine wants done; the actor carries it out.
enum EventsAction: Sendable {
    /// Tell who follows the events.
    case tell(NodeEvent)
    /// Write a fact to the log.
    case record(LocalFact)
    /// Ask Consensus what waits for a vote of this node.
    case askVotes(WaitingVotes, VotesPurpose)
    /// Ask Consensus for requests.
    case askRequests(Requests, InboxErrand)
    /// Ask Reputation for the own score.
    case askScore(Scores)
    /// Read older records of the log.
    case read(LogRecords, ReadPurpose)
    /// Answer who asked for events.
    case showEvents(EventPage.Reply, ReplyAddress<EventPage>)
    /// Answer who asked what waits.
    case showInbox(Inbox.Reply, ReplyAddress<Inbox>)
    /// Wake after so long, or before.
    case wake(afterMilliseconds: Int64)
}

/// What proposals that wait for a vote are asked for.
enum VotesPurpose: Sendable {
    /// To write down what waits.
    case look
    /// To answer who asked what waits.
    case inbox(InboxErrand)
}

/// Whose question the log is read for.
struct ReadPurpose: Sendable {
    let query: EventPage
    let asker: ReplyAddress<EventPage>
}
