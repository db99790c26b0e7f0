import Messages
import Primitives
import TestSupport
import Testing

@testable import Events

@Suite("What Events writes down for its people")
struct LookoutTests {
    private static func entry(_ name: String, in milliseconds: Int64) throws -> WaitingVotes.Entry {
        WaitingVotes.Entry(
            proposal: .named(name),
            author: try Reading.person(1),
            title: name,
            deadline: Reading.start.adding(milliseconds: milliseconds),
            weight: FixedPoint(millionths: 400_000)
        )
    }

    private static func look(
        _ machine: inout EventsStateMachine,
        _ entries: [WaitingVotes.Entry],
        at milliseconds: Int64 = 0
    ) -> [Notice] {
        machine.heard(
            WaitingVotes.Reply(entries: entries),
            for: .look,
            now: Reading.start.adding(milliseconds: milliseconds)
        ).notices
    }

    @Test("a proposal is told when it waits, and once more within a day of its deadline")
    func ballots() throws {
        var machine = try Reading().machine
        let far = try Self.entry("far", in: 3 * Reading.day)
        let first = Self.look(&machine, [far])
        #expect(first.map(\.kind) == [.ballotOpen])
        #expect(Self.look(&machine, [far], at: Reading.day).isEmpty)
        #expect(Self.look(&machine, [far], at: 2 * Reading.day).map(\.kind) == [.ballotClosing])
        #expect(Self.look(&machine, [far], at: 2 * Reading.day + 1).isEmpty)
        let near = try Self.entry("near", in: 3 * Reading.day)
        let late = Self.look(&machine, [far, near], at: 2 * Reading.day + 2)
        #expect(late.map(\.kind) == [.ballotOpen, .ballotClosing])
    }

    @Test("what is in the log is not told again after a restart")
    func restart() throws {
        var reading = try Reading()
        let entry = try Self.entry("p", in: 3 * Reading.day)
        var machine = reading.machine
        for notice in Self.look(&machine, [entry]) { reading.write(notice) }
        #expect(reading.told.map(\.kind) == [.ballot])
        #expect(reading.told.first?.concerns == [.votes])
        var again = try Reading.again(reading.records)
        #expect(Self.look(&again, [entry]).isEmpty)
    }

    @Test("the score is told when one would notice: by 0.001, or across a gate")
    func score() throws {
        var machine = try Reading().machine
        func told(_ millionths: Int64) -> Bool {
            let entry = Scores.Entry(
                identity: NodeID(Bytes32.zero),
                overall: FixedPoint(millionths: millionths),
                observations: 1,
                isActive: true
            )
            let reply = Scores.Reply(entries: [entry], activeIdentities: 1, activeReputation: .zero)
            return !machine.heard(reply, now: Reading.start).notices.isEmpty
        }
        #expect(told(299_500))
        #expect(!told(299_900))
        #expect(told(300_000))
        #expect(!told(300_999))
        #expect(told(301_000))
    }

    @Test("refusals of own messages are told, sixty an hour at most; those of others never")
    func refusals() throws {
        var machine = try Reading().machine
        func told(_ origin: Origin, at milliseconds: Int64) -> Int {
            let event = MessageRefused(origin: origin, id: nil, refusal: Refusal(.rule, "no"))
            let now = Reading.start.adding(milliseconds: milliseconds)
            return machine.refused(event, now: now).notices.count
        }
        #expect(told(.sync(peer: try Reading.person(1)), at: 0) == 0)
        let hour = (0..<100).map { told(.local(nil), at: $0) }.reduce(0, +)
        #expect(hour == EventsLimits.refusalsMax)
        #expect(told(.local(nil), at: EventsLimits.refusalWindowMilliseconds) == 1)
    }

    @Test("nothing is written while the log takes nothing")
    func stopped() throws {
        var machine = try Reading().machine
        machine.logStopped()
        #expect(Self.look(&machine, [try Self.entry("p", in: Reading.day)]).isEmpty)
        machine.logResumed()
        #expect(!Self.look(&machine, [try Self.entry("p", in: Reading.day)]).isEmpty)
    }
}
