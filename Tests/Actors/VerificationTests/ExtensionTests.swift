import Kernel
import Messages
import Primitives
import Testing

@testable import Verification

@Suite("ADR 0047: types of plugged-in subsystems, and room in the log")
struct ExtensionTests {
    private struct Remark: WireExtension {
        static var typeName: String { "REMARK" }
        static var topic: Topic { .proposals }
        static var judge: SubsystemName { "Almanac" }
        init(reading payload: PayloadReader) throws(SchemaError) {}
        func write(to payload: inout PayloadWriter) {}
    }

    @Test(
        "A full log takes none of what it would keep, and goes on relaying what nobody here keeps"
    )
    func fullLog() throws {
        var machine = VerificationStateMachine(
            isLocalProfile: false,
            extensions: Extensions(messages: [Remark.self])
        )
        machine.logStopped(takes: .reserved)
        let refused = try Self.refusal("REMARK", &machine)
        #expect(refused?.code == .busy)
        #expect(try Self.refusal("ANOTHER", &machine) == nil)
        machine.logResumed()
        #expect(try Self.refusal("REMARK", &machine) == nil)
        machine.logStopped(takes: .nothing)
        #expect(
            try Self.refusal("REMARK", &machine, "b")?.code == .busy,
            "it is known after a pause"
        )
    }

    private static func refusal(
        _ typeName: String,
        _ machine: inout VerificationStateMachine,
        _ text: String = "a"
    ) throws -> Refusal? {
        let message = try EnvelopeCodec.sign(
            typeName: typeName,
            payload: .object([("text", .string(text))]),
            timestamp: Sample.now,
            key: Sample.key
        )
        let request = AdmitMessage(bytes: message.canonical, origin: Sample.gossip())
        guard case .refuse(_, _, let refusal)? = machine.admit(request, now: Sample.now).first
        else { return nil }
        return refusal
    }
}
