import Identities
import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Consensus

@Suite("§8 Weights, resolutions, second looks")
struct WeightTests {
    private func standings(
        _ voters: [Int],
        at offset: Int64 = Fixture.hour,
        reputation: Int64,
        isSuspended: Bool = false,
        tenure: Int64 = 1_000_000
    ) throws -> Standings {
        let standings = try voters.map { voter in
            VoterStandings.Reply.Standing(
                identity: try Fixture.person(voter),
                at: Fixture.at(offset),
                reputation: FixedPoint(millionths: reputation),
                isSuspended: isSuspended,
                tenureFactor: FixedPoint(millionths: tenure)
            )
        }
        return Standings(VoterStandings.Reply(standings: standings))
    }

    private func machine(_ voters: [Int]) throws -> (Governance, MessageID) {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        machine.take(proposal)
        for voter in voters {
            machine.take(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
        }
        return (machine, proposal.message.id)
    }

    @Test("D-46, D-47: what Reputation says of the vote's moment weighs, not the score at arrival")
    func weights() throws {
        let (machine, id) = try self.machine([1])
        func weight(_ standings: Standings) -> Int64? {
            machine.view(of: id, Fixture.network(), at: 0, standings)?.tally.endorse.millionths
        }
        #expect(weight(Standings()) == 500_000)
        #expect(weight(try self.standings([1], reputation: 700_000)) == 700_000)
        #expect(weight(try self.standings([1], reputation: 700_000, tenure: 950_000)) == 665_000)
        let suspended = try self.standings([1], reputation: 700_000, isSuspended: true)
        #expect(weight(suspended) == 10_000)
        #expect(weight(try self.standings([1], reputation: 299_999)) == 0)
        let elsewhere = try self.standings([1], at: 0, reputation: 900_000)
        #expect(weight(elsewhere) == 500_000)
    }

    @Test("R-01-013, R-01-014: a device with two successors is suspended alone, not its root")
    func device() throws {
        var (machine, id) = try self.machine([1, 3])
        machine.take(try Fixture.link(1, 2))
        machine.take(try Fixture.rotation(2, 12, at: 2 * Fixture.hour))
        machine.take(try Fixture.rotation(2, 22, at: 2 * Fixture.hour + 1))
        #expect(machine.view(of: id)?.tally.endorse.millionths == 1_000_000)
        machine.take(try Fixture.vote("endorse", on: id, by: 12, at: 3 * Fixture.hour))
        #expect(machine.view(of: id)?.tally.endorse.millionths == 510_000)
        machine.take(try Fixture.vote("endorse", on: id, by: 1, at: 4 * Fixture.hour))
        #expect(machine.view(of: id)?.tally.endorse.millionths == 1_000_000)
    }

    @Test("D-58: a decision keeps the weights that it was taken with, also after a restart")
    func recorded() throws {
        var (machine, id) = try self.machine([1, 2, 3])
        let standings = try self.standings([1, 2, 3], reputation: 600_000)
        machine.decideNow(at: Fixture.voting + 1, Fixture.network(), standings)
        let decision = try #require(machine.proposals[id]?.decision)
        var (replayed, _) = try self.machine([1, 2, 3])
        replayed.decided(
            try #require(DecisionFact(decision.fact(recordedAt: Fixture.start))),
            at: Fixture.at(Fixture.voting + 1)
        )
        #expect(replayed.view(of: id)?.tally.endorse.millionths == 1_800_000)
        #expect(replayed.digest == machine.digest)
    }

    @Test("Reputation is asked for the author and for every vote that stands")
    func voters() throws {
        var (machine, id) = try self.machine([2, 1])
        machine.take(try Fixture.vote("reject", on: id, by: 2, at: 2 * Fixture.hour))
        let voters = machine.voters(on: [id])
        let expected = [
            VoterStandings.Voter(identity: try Fixture.person(0), at: Fixture.start),
            .init(identity: try Fixture.person(1), at: Fixture.at(Fixture.hour)),
            .init(identity: try Fixture.person(2), at: Fixture.at(2 * Fixture.hour)),
        ]
        #expect(Set(voters.map { "\($0)" }) == Set(expected.map { "\($0)" }))
    }

    @Test("D-34, RATE-N01: a proposal of an author below 0.3 is in the tree and not ratified")
    func author() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal(score: 299_999)
        let id = proposal.message.id
        let code = machine.refusalCode(proposal)
        #expect(code == nil)
        #expect(machine.treeView(.root, now: Fixture.start).root == MerkleTree(ids: [id]).root)
        for voter in 1...3 { machine.take(try Fixture.vote("endorse", on: id, by: voter)) }
        #expect(machine.view(of: id)?.missing.first?.contains("0.299999") == true)
        let states = machine.decideNow(at: Fixture.voting + 1)
        #expect(states == [.rejected])
    }

    @Test("R-08-013: after others adopted it, a lost proposal is looked at again, once a day")
    func secondLook() throws {
        var (machine, id) = try self.machine([1, 2, 3])
        let weak = try self.standings([1, 2, 3], reputation: 200_000)
        let first = machine.decideNow(at: Fixture.voting + 1, Fixture.network(), weak)
        #expect(first == [.rejected])
        #expect(machine.nextDecision == nil)
        machine.take(try Fixture.adoption(of: id, by: 7, at: Fixture.voting + 2))
        let next = Fixture.voting + 1 + Fixture.day
        #expect(machine.nextDecision == Fixture.at(next))
        let strong = try self.standings([1, 2, 3], reputation: 900_000)
        let second = machine.decideNow(at: next + 1, Fixture.network(), strong)
        #expect(second == [.ratified])
        #expect(machine.view(of: id)?.state == .ratified)
        machine.take(try Fixture.adoption(of: id, by: 8, at: Fixture.voting + 3))
        #expect(machine.nextDecision == nil)
    }

    // MARK: Constitutional

    private func constitution(_ more: [(String, JSONValue)]) throws -> (
        Governance, MessageID
    ) {
        var machine = Governance(Fixture.hours([(1_024, 900)]))
        let proposal = try Fixture.proposal(more, constitutional: true)
        machine.take(proposal)
        for voter in 1...3 {
            machine.take(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
        }
        return (machine, proposal.message.id)
    }

    private static func parameter(_ name: String, _ value: Int64) -> [(String, JSONValue)] {
        let resolution: [(String, JSONValue)] = [
            ("kind", .string("parameter")), ("name", .string(name)), ("value", .integer(value)),
        ]
        return [("resolution", .object(resolution))]
    }

    @Test("R-08-034, R-08-037: a parameter changes 30 days after a constitutional deadline")
    func parameters() throws {
        var (machine, _) = try self.constitution(Self.parameter("standard_threshold", 750_000))
        let states = machine.decideNow(at: 90 * Fixture.day + 1)
        #expect(states == [.ratified])
        let end = Fixture.at(120 * Fixture.day)
        let before = machine.parameters.parameters(at: end.adding(milliseconds: -1))
        let after = machine.parameters.parameters(at: end)
        #expect(before[.standardThreshold].millionths == 670_000)
        #expect(after[.standardThreshold].millionths == 750_000)
        var standard = Governance(Fixture.hours([(1_024, 900)]))
        let code = standard.refusalCode(
            try Fixture.proposal(Self.parameter("standard_threshold", 1), isOwn: true)
        )
        #expect(code == .rule)
    }

    @Test(
        "R-08-034, R-08-038: no standard vote changes a number of the rules, or the protocol",
        arguments: NetworkParameter.allCases.map(\.rawValue) + ["eol"]
    )
    func standardTier(name: String) throws {
        var machine = Governance(Fixture.hours([(1_024, 900)]))
        let end = JSONValue.integer(Fixture.at(400 * Fixture.day).milliseconds)
        let members: [(String, JSONValue)] =
            name == "eol" ? [("eol", end)] : Self.parameter(name, 500_000)
        let own = machine.refusalCode(try Fixture.proposal(members, isOwn: true))
        #expect(own == .rule)
        let foreign = try Fixture.proposal(members)
        let id = foreign.message.id
        machine.take(foreign)
        for voter in 1...3 { machine.take(try Fixture.vote("endorse", on: id, by: voter)) }
        let states = machine.decideNow(at: Fixture.voting + 1)
        #expect(states == [.rejected])
        #expect(machine.view(of: id)?.missing.first?.contains("constitutional") == true)
        let later = machine.parameters.parameters(at: Fixture.at(400 * Fixture.day))
        #expect(later == NetworkParameters())
    }

    @Test("VOTE-N38, VOTE-N39: no ADOPT of a constitutional proposal before it takes effect")
    func cooling() throws {
        var (machine, id) = try self.constitution([])
        let end = 120 * Fixture.day
        let early = machine.refusalCode(try Fixture.adoption(of: id, by: 4, at: end - 1))
        let inTime = machine.refusalCode(try Fixture.adoption(of: id, by: 4, at: end))
        #expect(early == .rule && inTime == nil)
        // One that came before its proposal is not counted either.
        var other = Governance()
        other.take(try Fixture.adoption(of: id, by: 4, at: end - 1))
        other.take(try Fixture.proposal(constitutional: true))
        #expect(other.view(of: id)?.adoptions.isEmpty == true)
    }

    @Test("R-07-030, R-16-018, RETAIN-N08: chains are shown five deep and not counted beyond ten")
    func chains() throws {
        var machine = Governance()
        var newest: MessageID?
        for number in 0..<12 {
            let more = newest.map { [("supersedes", JSONValue.string($0.hex))] } ?? []
            let version = try Fixture.proposal(by: number, more)
            machine.take(version)
            newest = version.message.id
        }
        let view = try #require(newest.flatMap { machine.view(of: $0) })
        #expect(view.supersedes.count == 5)
        #expect(view.missing.first?.contains("chain") == true)
    }
}
