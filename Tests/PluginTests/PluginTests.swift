import Almanac
import Cryptography
import Doors
import Kernel
import LocalAPI
import Messages
import Primitives
import Simulation
import Synchronization
import Testing

/// Three whole nodes in a row: the first and the last hear each other only through the second.
private final class Row {
    let world: World
    let diaries = (0..<3).map { _ in Visitor.Diary() }
    /// The visitors of the nodes' present lives.
    private final class Visitors: Sendable {
        let byNode = Mutex<[Int: Visitor]>([:])
    }
    private let visitors = Visitors()

    // Only the numbered nodes have the almanac.
    init(almanacs numbers: Set<Int>) throws {
        let (diaries, visitors) = (self.diaries, self.visitors)
        let calm = FaultPlan(lossPerMille: 0)
        self.world = try World(nodeCount: 3, seed: 1, faults: calm) { number in
            guard numbers.contains(number) else { return .none }
            return PlugIn(extensions: Almanac.extensions) { kernel in
                kernel.add { boot in Almanac(boot) }
                let visitor = kernel.add { boot in Visitor(boot, diaries[number]) }
                visitors.byNode.withLock { $0[number] = visitor }
            }
        }
        self.world.estrange(0, 2)
    }

    /// Boots the nodes and has the first one propose something that all get to know.
    func propose() async throws -> MessageID {
        await self.world.boot()
        await self.world.run(until: .seconds(90))
        let answer = await self.world.call(0, .publish(.propose, Self.proposal(self.world.now)))
        await self.pass(.seconds(30))
        let id = try #require(answer?.body["id"]?.string.flatMap { MessageID(hex: $0) })
        for number in 0..<3 { #expect(self.world.logged(.propose, at: number) == 1) }
        return id
    }

    /// Has a node write a note.
    func write(_ text: String, about proposal: MessageID, at number: Int) {
        let note = AlmanacNote(proposal: proposal, text: text)
        self.visitors.byNode.withLock { _ = $0[number]?.say.put(Visitor.Say(note: note)) }
    }

    func pass(_ time: Duration) async { await self.world.run(until: self.world.elapsed + time) }

    /// What the local API of a node says of the almanac.
    func read(_ number: Int) async -> APIResponse? {
        await self.world.call(number, .plugged("almanac"))
    }

    private static func proposal(_ now: Timestamp) -> JSONValue {
        let artefact = Array("text".utf8)
        return .object([
            ("title", .string("t")), ("body", .string("b")), ("tags", .array([])),
            ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
            ("content_type", .string("text/plain")),
            ("content_size", .integer(Int64(artefact.count))),
            ("content_inline", .string(Base64.encode(artefact))),
            ("request_id", .null), ("supersedes", .null), ("claims", .array([])),
            ("tier", .string("standard")), ("eol", .null),
            ("voting_deadline", .integer(now.adding(milliseconds: 600_000).milliseconds)),
        ])
    }

    static func counts(_ proposal: MessageID, _ notes: Int64) -> JSONValue {
        .object([
            (
                "counts",
                .array([
                    .object([("proposal_id", .string(proposal.hex)), ("notes", .integer(notes))])
                ])
            )
        ])
    }
}

@Suite("Plugging in a subsystem")
struct PluginTests {
    @Test("A note is judged, relayed and kept at every node, and a restart finds the same")
    func participates() async throws {
        let row = try Row(almanacs: [0, 1, 2])
        let proposal = try await row.propose()
        row.write("one", about: proposal, at: 0)
        await row.pass(.seconds(10))
        row.write("two", about: proposal, at: 2)
        await row.pass(.seconds(20))
        for number in 0..<3 {
            let answer = await row.read(number)
            #expect(answer?.status == 200)
            #expect(answer?.body == Row.counts(proposal, 2), "node \(number)")
        }
        try await row.world.restart(1)
        #expect(await row.read(1)?.body == Row.counts(proposal, 2))
    }

    @Test("A node without the subsystem relays its messages within their budget, and keeps none")
    func relayedUnknown() async throws {
        let row = try Row(almanacs: [0, 2])
        let proposal = try await row.propose()
        for number in 1...12 {
            row.write("\(number)", about: proposal, at: 0)
            await row.pass(.seconds(5))
        }
        await row.pass(.seconds(20))
        #expect(await row.read(0)?.body == Row.counts(proposal, 12))
        // Ten an hour of each sender (R-14-002).
        #expect(await row.read(2)?.body == Row.counts(proposal, 10))
        let stranger = await row.read(1)
        #expect(stranger?.status == 404)
        #expect(stranger?.body["code"]?.string == "unknown_extension")
    }

    @Test("What breaks the judge's rules is refused and goes no further")
    func refused() async throws {
        let row = try Row(almanacs: [0, 1, 2])
        let proposal = try await row.propose()
        let unknown = MessageID(Bytes32.zero)
        let broken = [
            try Self.note(proposal, String(repeating: "x", count: 281), row.world.now),
            try Self.note(unknown, "about nothing", row.world.now),
        ]
        let good = try Self.note(proposal, String(repeating: "x", count: 280), row.world.now)
        for message in broken {
            let refusal = await row.world.deliver(message, to: 0)
            #expect(refusal?.code == .rule && refusal?.blamesRelay == false)
        }
        #expect(await row.world.deliver(good, to: 0) == nil)
        await row.pass(.seconds(20))
        for number in 0..<3 {
            #expect(await row.read(number)?.body == Row.counts(proposal, 1))
            #expect(row.diaries[number].accepted.contains(good.id))
        }
        let bad = Set(broken.map(\.id))
        #expect(row.diaries[0].refused.isSuperset(of: bad))
        for number in 1...2 {
            let diary = row.diaries[number]
            #expect(diary.accepted.union(diary.refused).isDisjoint(with: bad), "never seen")
        }
    }

    @Test("An event that nobody hears yet is in the boot report")
    func unheard() throws {
        let row = try Row(almanacs: [0])
        let unheard = row.world.bootReport(of: 0).unheardEvents.filter { $0.senders == ["Almanac"] }
        #expect(unheard.map(\.message) == ["PageTurned"])
        #expect(!row.world.bootReport(of: 1).description.contains("PageTurned"))
    }

    private static func note(_ proposal: MessageID, _ text: String, _ now: Timestamp) throws
        -> Message
    {
        try EnvelopeCodec.sign(
            typeName: AlmanacNote.typeName,
            payload: AlmanacNote(proposal: proposal, text: text).json,
            timestamp: now,
            key: SigningKey(seed: Array(repeating: 7, count: 32))
        )
    }
}

@Suite("Registering what a plugged-in subsystem owns")
struct RegistrationTests {
    private struct Vote: WireExtension {
        static var typeName: String { "VOTE" }
        static var topic: Topic { .votes }
        static var judge: SubsystemName { "Almanac" }
        init(reading payload: PayloadReader) throws(SchemaError) {}
        func write(to payload: inout PayloadWriter) {}
    }

    private struct Whisper: WireExtension {
        static var typeName: String { "whisper" }
        static var topic: Topic { .votes }
        static var judge: SubsystemName { "Almanac" }
        init(reading payload: PayloadReader) throws(SchemaError) {}
        func write(to payload: inout PayloadWriter) {}
    }

    /// A question under the name of one of the node's own.
    private struct State: ServedQuery {
        static var answerer: SubsystemName { "Almanac" }
        static let endpoint = Endpoint(
            "status",
            .read,
            path: "/v1/extensions/status",
            summary: "The state of the almanac.",
            answers: .record(NoteCounts.Reply.self)
        ) { State() }
        typealias Reply = NoteCounts.Reply
    }

    /// A subsystem within the node that would act in its name.
    private struct Writing: ServedQuery {
        static var answerer: SubsystemName { "Almanac" }
        static let endpoint = Endpoint(
            "write_page",
            .act,
            path: "/v1/extensions/write_page",
            summary: "Writes a page.",
            answers: .record(NoteCounts.Reply.self)
        ) { Writing() }
        typealias Reply = NoteCounts.Reply
    }

    private static func operation(
        _ name: String = "pages",
        scope: Doors.Operation.Scope = .read,
        path: String = "/v1/extensions/pages",
        arguments: [String] = [],
        answer: Doors.Operation.Answer = .json(.anything)
    ) -> Doors.Operation {
        Doors.Operation(
            name: name,
            kind: .read,
            scope: scope,
            path: path,
            summary: "Pages.",
            arguments: arguments.map { .init(place: .path, property: Property($0, "", .text)) },
            answer: answer
        )
    }

    @Test("An operation is a read below the path of extensions, for callers with a token")
    func operations() {
        let folder = "/v1/extensions/"
        for good in [
            Self.operation(), Self.operation(scope: .admin),
            Self.operation(path: folder + "pages/{page}/notes", arguments: ["page"]),
        ] {
            #expect(good.extensionFlaw == nil, "\(good.path)")
        }
        for (bad, words) in [
            (Self.operation("Pages"), "no name"), (Self.operation(""), "no name"),
            (Self.operation(path: "/v1/pages"), "does not begin"),
            (Self.operation(scope: .open), "without a token"),
            (Self.operation(answer: .bytes), "bytes"),
            (Self.operation(path: folder), "parts"),
            (Self.operation(path: folder + "a//b"), "parts"),
            (Self.operation(path: folder + "a?b"), "parts"),
            (Self.operation(path: folder + "%61"), "parts"),
            (Self.operation(path: folder + "page}"), "parts"),
            (Self.operation(path: folder + "{page}"), "arguments"),
            (Self.operation(arguments: ["page"]), "arguments"),
        ] as [(Doors.Operation, String)] {
            #expect(bad.extensionFlaw?.contains(words) == true, "\(bad.name) at \(bad.path)")
        }
    }

    @Test("A name of the node's own operations is not taken again")
    func ownNames() {
        #expect(Endpoints.flaw(in: Almanac.extensions) == nil)
        let state = Extensions(reads: [State.self])
        #expect(state.flaw == nil)
        #expect(Endpoints.flaw(in: state)?.contains("status") == true)
    }

    @Test("Names are of one form, taken once and never the protocol's")
    func flaws() {
        #expect(Almanac.extensions.flaw == nil)
        #expect(Extensions(messages: [Vote.self]).flaw?.contains("VOTE") == true)
        #expect(Extensions(messages: [Whisper.self]).flaw?.contains("whisper") == true)
        let notes = Extensions(messages: [AlmanacNote.self, AlmanacNote.self])
        #expect(notes.flaw?.contains("twice") == true)
        #expect(Extensions(reads: [Writing.self]).flaw?.contains("no read") == true)
        let reads = Extensions(reads: [NoteCounts.self, NoteCounts.self])
        #expect(reads.flaw?.contains("twice") == true)
    }
}
