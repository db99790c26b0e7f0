import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("What Consensus keeps in memory")
struct MemoryTests {
    private static func request(_ number: Int, bytes: Int) throws -> AdmittedMessage {
        let draft = Draft(
            .request,
            [
                ("title", .string("request \(number)")),
                ("body", .string(String(repeating: "x", count: bytes))),
                ("tags", .array((0..<1_000).map { .string("tag \($0)") })), ("expires", .null),
                ("extension", .string(String(repeating: "y", count: bytes))),
            ]
        )
        return try Fixture.admitted(draft, by: number, at: 0, score: 1_000_000)
    }

    @Test("of six requests of a megabyte and a half a few kilobytes each stay")
    func requests() throws {
        var machine = Governance()
        for number in 0..<6 {
            let admitted = try Self.request(number, bytes: 750_000)
            #expect(admitted.message.canonical.count > 1_500_000)
            machine.take(admitted)
        }
        #expect(machine.requests.count == 6)
        let requests = machine.requests.list(Requests(), now: Fixture.start)
        let kept = requests.reduce(0) { $0 + $1.canonical.count }
        #expect(kept < 6 * 2_048)
        for message in requests {
            guard case .request(let request) = message.payload else {
                Issue.record("not a request")
                return
            }
            #expect(request.title.hasPrefix("request "))
            #expect(request.body.utf8.count <= WireLimits.outlineTextBytesMax)
            #expect(request.tags.count <= WireLimits.outlineElementsMax)
        }
    }

    @Test("an outline counts like its message: same id, sender, time, tier, end and resolution")
    func outline() throws {
        let resolution: [(String, JSONValue)] = [
            ("kind", .string("ban")), ("subject", .string(try Fixture.person(3).hex)),
        ]
        let proposal = try Fixture.proposal([
            ("claims", .array([])), ("resolution", .object(resolution)),
            ("extension", .string(String(repeating: "y", count: 9_000))),
        ]).message
        let outline = proposal.outline
        guard case .propose(let whole) = proposal.payload, case .propose(let cut) = outline.payload
        else {
            Issue.record("not a proposal")
            return
        }
        #expect(outline.isOutline && !proposal.isOutline)
        #expect(outline.id == proposal.id && outline.from == proposal.from)
        #expect(outline.timestamp == proposal.timestamp)
        #expect(cut.resolution == whole.resolution && cut.tier == whole.tier)
        #expect(cut.votingDeadline == whole.votingDeadline && cut.isGovernance)
        #expect(outline.outline.canonical == outline.canonical)
    }

    @Test("D-88: the orphan that has waited longest goes, one at a time, and the rest still counts")
    func orphans() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let first = try Fixture.vote("endorse", on: id, by: 1)
        machine.take(first)
        machine.take(try Fixture.vote("endorse", on: id, by: 2))
        var box = OrphanBox()
        _ = box.add(first, waitingFor: id)
        let other = MessageID(SHA256Digest.hash([1]))
        var dropped: [AdmittedMessage] = []
        for _ in 0..<ConsensusLimits.orphansMax {
            dropped += box.add(try Self.filler.get(), waitingFor: other)
        }
        #expect(dropped.map(\.message.id) == [first.message.id])
        #expect(box.count == ConsensusLimits.orphansMax)
        #expect(box.take(id).isEmpty)
        let waiting = box.take(other)
        #expect(waiting.count == ConsensusLimits.orphansMax && box.count == 0)
        machine.take(proposal)
        #expect(machine.view(of: id)?.tally.voters == 2)
    }

    private static let filler = Result {
        try Fixture.vote("endorse", on: MessageID(SHA256Digest.hash([1])), by: 5)
    }
}
