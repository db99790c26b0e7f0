import Kernel
import NIOCore
import Testing
import Verification

@testable import SNTP

@Suite("ADR 0066: asking time servers over UDP", .timeLimit(.minutes(1)))
struct TimeClientTests {
    /// The own clock stands, so that the way takes no time.
    private static let now = Moment(milliseconds: 1_796_126_400_000)

    private static func ask(_ servers: [String], waiting timeout: TimeAmount = .seconds(5)) async
        -> [TimeAnswer]
    {
        let client = TimeClient(servers: servers, timeout: timeout) { Self.now }
        return await withCheckedContinuation { continuation in
            client.ask(client.servers) { continuation.resume(returning: $0) }
        }
    }

    private static func outcome(
        waiting timeout: TimeAmount = .seconds(5),
        _ script: @escaping LoopbackTimeServer.Script
    ) async throws -> TimeAnswer.Outcome? {
        let server = try await LoopbackTimeServer(script)
        let answers = await Self.ask([server.name], waiting: timeout)
        try await server.close()
        #expect(answers.map(\.server) == [server.name])
        return answers.first?.outcome
    }

    /// A good answer of a server whose clock is ahead of the own one.
    private static func good(_ question: [UInt8], ahead: Int64) -> [UInt8] {
        let time = Self.now.milliseconds + ahead
        return TimePacket.answer(to: question, received: time, sent: time)
    }

    @Test("R-02-023: a server on the network is asked, and the distance of the clocks found")
    func asks() async throws {
        let outcome = try await Self.outcome { question in
            [.init(packet: Self.good(question, ahead: 4_321))]
        }
        #expect(outcome == .ahead(-4_321))
    }

    @Test("ADR 0066: garbage and answers to other questions are waited out")
    func garbage() async throws {
        let outcome = try await Self.outcome { question in
            var forged = Self.good(question, ahead: 999_999)
            forged[24] ^= 0x80
            return [
                .init(packet: []), .init(packet: [UInt8](repeating: 0xff, count: 1_400)),
                .init(packet: forged), .init(packet: question),
                .init(packet: Self.good(question, ahead: 7), after: .milliseconds(50)),
            ]
        }
        #expect(outcome == .ahead(-7))
    }

    @Test("ADR 0066: an answer that comes too late is none, and neither is silence")
    func late() async throws {
        let outcome = try await Self.outcome(waiting: .milliseconds(100)) { question in
            [.init(packet: Self.good(question, ahead: 7), after: .milliseconds(600))]
        }
        #expect(outcome == .unanswered(because: "no answer within 100 ms"))
        let silence = try await Self.outcome(waiting: .milliseconds(100)) { _ in [] }
        #expect(silence == .unanswered(because: "no answer within 100 ms"))
    }

    @Test(
        "ADR 0066: a server that wants to be left alone says so",
        arguments: [
            ("RATE", TimeAnswer.Outcome.tooOften), ("DENY", .denied), ("RSTR", .denied),
            ("INIT", .unanswered(because: "it says `INIT`")),
        ]
    )
    func kiss(code: String, expected: TimeAnswer.Outcome) async throws {
        let outcome = try await Self.outcome { question in
            var packet = Self.good(question, ahead: 0)
            packet[1] = 0
            packet.replaceSubrange(12..<16, with: Array(code.utf8))
            return [.init(packet: packet)]
        }
        #expect(outcome == expected)
    }

    @Test("ADR 0066: nobody but the server that was asked is listened to")
    func elsewhere() async throws {
        let outcome = try await Self.outcome { question in
            [
                .init(packet: Self.good(question, ahead: 1_000_000), isElsewhere: true),
                .init(packet: Self.good(question, ahead: 7), after: .milliseconds(200)),
            ]
        }
        #expect(outcome == .ahead(-7))
    }

    @Test("R-02-023: all servers are asked, and those that cannot be are no obstacle")
    func several() async throws {
        let servers = try await [
            LoopbackTimeServer { [.init(packet: Self.good($0, ahead: 1))] },
            LoopbackTimeServer { [.init(packet: Self.good($0, ahead: 2))] },
        ]
        let names = servers.map(\.name)
        let answers = await Self.ask([names[0], "not a server", names[1]])
        #expect(answers.map(\.server) == [names[0], "not a server", names[1]])
        #expect(answers.first?.outcome == .ahead(-1) && answers.last?.outcome == .ahead(-2))
        for server in servers { try await server.close() }
    }
}
