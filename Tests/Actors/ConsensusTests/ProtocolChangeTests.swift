import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§13 Changes of the protocol")
struct ProtocolChangeTests {
    /// When a constitutional proposal of the start takes effect: 90 days of votes, 30 of cooling.
    private static let effect = 120 * Fixture.day

    /// A proposal that ends the version before it so many days after it takes effect.
    private static func change(
        graceDays: Int64,
        minusMilliseconds: Int64 = 0,
        tags: [String] = ["minor"],
        isConstitutional: Bool = true,
        isOwn: Bool = false,
        _ more: [(String, JSONValue)] = []
    ) throws -> AdmittedMessage {
        let end = Fixture.at(Self.effect + graceDays * Fixture.day - minusMilliseconds)
        return try Fixture.proposal(
            [
                ("eol", .integer(end.milliseconds)),
                ("tags", .array(tags.map { .string($0) })),
            ] + more,
            constitutional: isConstitutional,
            isOwn: isOwn
        )
    }

    private static func constitution() -> Governance {
        Governance(Fixture.hours([(1_024, 900)]))
    }

    /// Why a change is not put to the vote; nil when it is.
    private static func objection(to change: AdmittedMessage) throws -> String? {
        var machine = Self.constitution()
        machine.take(change)
        return machine.objection(to: try #require(machine.proposals[change.message.id]))
    }

    private static func change(_ number: UInt8, at day: Int64, end: Int64) -> ProtocolChange {
        ProtocolChange(
            proposal: MessageID(SHA256Digest.hash([number])),
            effectiveAt: Fixture.at(day * Fixture.day),
            endOfLife: Fixture.at(end * Fixture.day)
        )
    }

    @Test("R-13-003, R-13-004, R-13-006, R-13-007: two versions in the grace period, else one")
    func versions() {
        let versions = ProtocolVersions(changes: [Self.change(1, at: 10, end: 40)])
        func accepted(_ offset: Int64) -> [Int64] { versions.accepted(at: Fixture.at(offset)) }
        let (begin, end) = (10 * Fixture.day, 40 * Fixture.day)
        #expect(ProtocolVersions.initial.accepted(at: Fixture.at(end)) == [0])
        #expect(accepted(begin - 1) == [0])
        #expect(accepted(begin) == [0, 1])
        #expect(accepted(end) == [0, 1])
        #expect(accepted(end + 1) == [1])
        #expect(versions.current(at: Fixture.at(begin)) == 1)
    }

    @Test("R-13-004: of three versions the first ends no later than the second, in any order")
    func threeVersions() {
        let changes = [
            Self.change(1, at: 10, end: 100), Self.change(2, at: 20, end: 60),
        ]
        let versions = ProtocolVersions(changes: changes)
        #expect(versions == ProtocolVersions(changes: changes.reversed()))
        let accepted = [15, 60, 61].map { versions.accepted(at: Fixture.at($0 * Fixture.day)) }
        #expect(accepted == [[0, 1], [0, 1, 2], [2]])
    }

    @Test("R-13-001: a protocol change is constitutional, and known to all once it is ratified")
    func ratified() throws {
        var machine = Self.constitution()
        let change = try Self.change(graceDays: 30)
        let id = change.message.id
        machine.take(change)
        for voter in 1...3 { machine.take(try Fixture.vote("endorse", on: id, by: voter)) }
        #expect(machine.changesProtocol(id))
        #expect(machine.protocolChanges.isEmpty)
        let states = machine.decideNow(at: 90 * Fixture.day + 1)
        #expect(states == [.ratified])
        let expected = ProtocolChange(
            proposal: id,
            effectiveAt: Fixture.at(Self.effect),
            endOfLife: Fixture.at(150 * Fixture.day)
        )
        #expect(machine.phase(now: Fixture.start).protocolChanges == [expected])
    }

    @Test(
        "R-13-009, R-16-069, R-16-070: 30 days are left by a minor change, 90 by any other",
        arguments: [(["minor"], 30), ([], 90), (["major"], 90), (["minority"], 90)]
            as [([String], Int64)]
    )
    func endOfLife(tags: [String], days: Int64) throws {
        let enough = try Self.change(graceDays: days, tags: tags)
        let hasty = try Self.change(graceDays: days, minusMilliseconds: 1, tags: tags)
        #expect(try Self.objection(to: enough) == nil)
        #expect(try Self.objection(to: hasty)?.contains("less than \(days) days") == true)
    }

    @Test(
        "R-07-010: eol belongs to constitutional proposals, and such a one of the node is refused"
    )
    func standardTier() throws {
        let standard = try Self.change(graceDays: 365, isConstitutional: false)
        #expect(try Self.objection(to: standard)?.contains("constitutional") == true)
        var machine = Self.constitution()
        let own = machine.refusalCode(
            try Self.change(graceDays: 365, isConstitutional: false, isOwn: true)
        )
        #expect(own == .rule)
    }

    @Test("R-13-008: a protocol change has content, an end of life and a way to migrate")
    func contents() throws {
        let members: [[(String, JSONValue)]] = [
            [], [("content_size", .integer(0)), ("content_inline", .null)],
            [("body", .string(" \n"))],
        ]
        let objections = try members.map { more in
            let base = try Self.change(graceDays: 90)
            // Later members of one name would be duplicates, so the message is made anew.
            let names = more.map(\.0)
            let payload = try #require(
                try JSONDocument(scanning: base.message.payloadJSON).root.value.members
            )
            let kept = payload.filter { !names.contains($0.key) }.map { ($0.key, $0.value) }
            return try Self.objection(
                to: Fixture.admitted(Draft(.propose, kept + more), by: 0, at: 0)
            )
        }
        #expect(objections[0] == nil)
        #expect(objections[1]?.contains("specification") == true)
        #expect(objections[2]?.contains("migrate") == true)
    }

    @Test("R-07-015, R-08-012: a change of the protocol needs 0.80 or more, whatever its tier")
    func scrutiny() throws {
        let machine = Self.constitution()
        func threshold(_ proposal: AdmittedMessage) throws -> Int64 {
            guard case .propose(let propose) = proposal.message.payload else { return 0 }
            let record = ProposalRecord(proposal, propose)
            return machine.rules(for: record, Fixture.network()).threshold.millionths
        }
        #expect(try threshold(Fixture.proposal()) == 670_000)
        #expect(try threshold(Self.change(graceDays: 90, isConstitutional: false)) == 800_000)
        #expect(try threshold(Self.change(graceDays: 90)) == 900_000)
    }
}
