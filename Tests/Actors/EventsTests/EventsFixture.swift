import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport

@testable import Events
@testable import Kernel

/// A log that a machine follows; person 0 is this node.
struct Reading {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let day: Int64 = 86_400_000

    private(set) var machine: EventsStateMachine
    private(set) var records: [LogRecords.Record] = []
    private(set) var told: [NodeEvent] = []

    static func key(_ number: Int) throws -> SigningKey { try .named("reader \(number)") }

    static func person(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    init() throws {
        self.machine = EventsStateMachine(own: try Self.person(0))
        _ = self.machine.replayFinished()
    }

    /// What a node that reads the log again knows.
    static func again(_ records: [LogRecords.Record]) throws -> EventsStateMachine {
        var machine = EventsStateMachine(own: try Self.person(0))
        for record in records {
            switch record {
            case .message(let entry): _ = machine.logged(entry)
            case .fact(let entry): _ = machine.logged(entry)
            }
        }
        _ = machine.replayFinished()
        return machine
    }

    var time: Timestamp { Self.start.adding(milliseconds: Int64(self.records.count) * 1_000) }

    /// Writes a message into the log.
    @discardableResult
    mutating func say(_ draft: Draft, by person: Int) throws -> MessageID {
        let message = try draft.signed(by: try Self.key(person), at: self.time)
        let entry = MessageLogged(
            sequence: UInt64(self.records.count + 1),
            admitted: message.admitted(from: person == 0 ? .local(nil) : nil),
            isReplay: false
        )
        self.records.append(.message(entry))
        self.note(self.machine.logged(entry))
        return message.id
    }

    /// Writes a fact into the log.
    mutating func write(_ fact: some Fact) {
        let entry = FactLogged(
            sequence: UInt64(self.records.count + 1),
            fact: fact.fact(recordedAt: self.time),
            isReplay: false
        )
        self.records.append(.fact(entry))
        self.note(self.machine.logged(entry))
    }

    private mutating func note(_ actions: [EventsAction]) {
        self.told += actions.compactMap { if case .tell(let event) = $0 { event } else { nil } }
    }

    /// Asks for a page; older records are handed out as Persistence would.
    func page(
        after: UInt64?,
        _ filter: EventFilter = EventFilter(),
        limit: Int = 1_000,
        of machine: EventsStateMachine? = nil
    ) -> EventPage.Reply? {
        let machine = machine ?? self.machine
        let query = EventPage(after: after, filter: filter, limit: limit)
        for action in machine.asked(query, by: Self.address()) {
            switch action {
            case .showEvents(let page, _): return page
            case .read(let read, let purpose):
                let found = self.records.dropFirst(Int(read.after)).prefix(read.limit)
                let reply = LogRecords.Reply(records: Array(found))
                for case .showEvents(let page, _) in machine.heard(reply, for: purpose) {
                    return page
                }
            default: break
            }
        }
        return nil
    }

    static func address<Q: RoundTrip>(_ type: Q.Type = Q.self) -> ReplyAddress<Q> {
        ReplyAddress(
            asker: SubsystemID(rawValue: 1),
            question: EnvelopeID(rawValue: 1),
            topic: 0
        )
    }
}

extension [EventsAction] {
    /// The facts that are to be written.
    var notices: [Notice] {
        self.compactMap { if case .record(let fact) = $0 { Notice(fact) } else { nil } }
    }

    /// The answer to who asked what waits.
    var inbox: Inbox.Reply? {
        for case .showInbox(let inbox, _) in self { return inbox }
        return nil
    }
}
