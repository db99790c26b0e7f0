import Cryptography
import Messages
import Primitives
import Testing

@testable import Verification

@Suite("§13 Versions at admission")
struct VersionTests {
    private static let change = ProtocolChange(
        proposal: MessageID(SHA256Digest.hash([1])),
        effectiveAt: Sample.now.adding(milliseconds: 1_000),
        endOfLife: Sample.now.adding(milliseconds: 2_000)
    )

    /// A machine that knows of a change and can read these versions.
    private static func machine(_ readable: Set<Int64>) -> VerificationStateMachine {
        var machine = VerificationStateMachine(isLocalProfile: false, readable: readable)
        machine.versionsChanged(to: ProtocolVersions(changes: [Self.change]))
        return machine
    }

    /// The same message with another number in the unsigned version field.
    private static func message(version: Int64) throws -> [UInt8] {
        let message = try Sample.request()
        let text = String(decoding: message.canonical, as: UTF8.self)
        return Array(text.replacing("\"version\":0", with: "\"version\":\(version)").utf8)
    }

    /// Whether a version is admitted so many milliseconds after the start, and if not, why not.
    private static func refusal(
        _ machine: VerificationStateMachine,
        version: Int64,
        after offset: Int64,
        origin: Origin = Sample.gossip()
    ) throws -> Refusal? {
        var machine = machine
        let request = AdmitMessage(bytes: try Self.message(version: version), origin: origin)
        let now = Sample.now.adding(milliseconds: offset)
        guard case .refuse(_, let id, let refusal)? = machine.admit(request, now: now).first else {
            return nil
        }
        #expect(id == nil, "nothing of it is read but the version")
        return refusal
    }

    @Test(
        "R-13-004, R-13-007: version 1 from the change on, version 0 until its end, both between",
        arguments: [
            (0, [true, false]), (999, [true, false]), (1_000, [true, true]),
            (2_000, [true, true]), (2_001, [false, true]),
        ] as [(Int64, [Bool])]
    )
    func grace(offset: Int64, isAdmitted: [Bool]) throws {
        let machine = Self.machine([0, 1])
        let found = try [0, 1].map {
            try Self.refusal(machine, version: $0, after: offset) == nil
        }
        #expect(found == isAdmitted)
    }

    @Test("R-13-010, R-13-006: a refusal names the version and those that are accepted")
    func words() throws {
        let machine = Self.machine([0, 1])
        let refusal = try #require(try Self.refusal(machine, version: 7, after: 1_500))
        #expect(refusal.code == .unknownVersion)
        #expect(refusal.detail == "protocol version 7 is not accepted; accepted are: 0, 1")
        #expect(!refusal.blamesRelay)
    }

    @Test("R-13-010: software that was left behind says so to its own user as well")
    func leftBehind() throws {
        let machine = Self.machine([0])
        for (version, offset) in [(1, 1_500), (0, 2_001), (1, 2_001)] as [(Int64, Int64)] {
            let refusal = try #require(
                try Self.refusal(machine, version: version, after: offset, origin: .local(nil))
            )
            #expect(refusal.detail.contains("version 1 is in force, install software"))
        }
        #expect(try Self.refusal(machine, version: 0, after: 1_500) == nil)
    }

    @Test("R-13-005: this node reads what it also writes, so that it answers in the peer's version")
    func answers() throws {
        var machine = VerificationStateMachine(isLocalProfile: false)
        machine.versionsChanged(to: ProtocolVersions(changes: [Self.change]))
        let written = try Sample.request().version
        for version: Int64 in 0...2 {
            let refusal = try Self.refusal(machine, version: version, after: 1_500)
            #expect((refusal == nil) == (version == written), "version \(version)")
        }
    }

    @Test("D-87: a page of sync may hold every version that this software reads, and no other")
    func sync() throws {
        let machine = Self.machine([0, 1])
        let origin = Origin.sync(peer: Sample.relay)
        #expect(try Self.refusal(machine, version: 0, after: 2_001, origin: origin) == nil)
        #expect(try Self.refusal(machine, version: 1, after: 0, origin: origin) == nil)
        #expect(try Self.refusal(machine, version: 2, after: 0, origin: origin) != nil)
    }
}
