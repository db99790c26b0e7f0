import Foundation
import Primitives
import Testing

@testable import Node

@Suite("Hostile plug-ins", .serialized, .timeLimit(.minutes(5)))
struct HostilePluginTests {
    @Test("Whatever they do, the state is that of the log alone, and other answers come as fast")
    func besieged() throws {
        try NodeProgram.withDirectory { parent in
            let calm = try PluginNode("\(parent)/calm")
            let place = try PluginNode("\(parent)/besieged")
            for (name, text) in HostilePlugins.all {
                try place.add(try PluginNode.script(parent, name, text))
            }
            let (quiet, node) = (try calm.start(), try place.start())
            for name in ["flood", "shout", "hang", "wrong"] {
                try node.wait(for: name) { ($0["starts"]?.integer ?? 0) >= 1 }
            }
            var proposals: [String] = []
            for number in 1...3 {
                let id = try node.propose(parent, title: "proposal \(number)")
                _ = try node.call(["proposal", "vote", id, "endorse"])
                proposals.append(id)
            }
            try Self.compareLatency(of: node, with: quiet)
            try Self.expectFailuresToBeTold(node)
            let status = try node.call(["status"])
            let shown = try node.call(["proposal", "list"])["proposals"]
            #expect(node.stop() == 0)

            // The same log without any plug-in.
            for (name, _) in HostilePlugins.all {
                let outcome = try NodeProgram.run([
                    "plugin", "remove", name, "--data-dir", place.path,
                ])
                #expect(outcome.status == 0)
            }
            let alone = try place.start()
            let replayed = try alone.call(["status"])
            #expect(replayed["digests"] == status["digests"])
            #expect(try alone.call(["proposal", "list"])["proposals"] == shown)
            #expect(shown?.elements?.count == proposals.count)
            #expect(alone.stop() == 0 && quiet.stop() == 0)
        }
    }

    /// Both nodes are asked in turn, so that whatever else the machine does slows both alike.
    private static func compareLatency(of node: NodeProcess, with quiet: NodeProcess) throws {
        var (besieged, calm): ([Double], [Double]) = ([], [])
        let (one, other) = (try APIProbe(node), try APIProbe(quiet))
        for _ in 0..<60 {
            besieged.append(try one.milliseconds())
            calm.append(try other.milliseconds())
        }
        let (hard, easy) = (besieged.sorted()[30], calm.sorted()[30])
        #expect(hard <= 3 * easy + 20, "\(hard) ms beside hostile plug-ins, \(easy) ms without")
        #expect(besieged.sorted()[56] <= 1_000, "\(besieged.sorted())")
    }

    /// What they do is counted, and ends them.
    private static func expectFailuresToBeTold(_ node: NodeProcess) throws {
        let crashed = try node.wait(for: "crash") { ($0["starts"]?.integer ?? 0) >= 2 }
        #expect(crashed?["last_problem"]?.string?.contains("status 3") == true)
        let garbage = try node.wait(for: "garbage") { ($0["stray_lines"]?.integer ?? 0) >= 10 }
        #expect(garbage?["last_problem"]?.string?.isEmpty == false)
        for _ in 0..<6 {
            #expect(["plugin_late", "plugin_down"].contains(try node.refusal("hang_ask")))
        }
        let hung = try node.wait(for: "hang") { ($0["starts"]?.integer ?? 0) >= 2 }
        #expect((hung?["late_answers"]?.integer ?? 0) >= 5)
        #expect(["plugin_wrong", "plugin_down"].contains(try node.refusal("wrong_ask")))
        let flood = try node.wait(for: "flood") { ($0["requests"]?.integer ?? 0) >= 100 }
        #expect((flood?["memory_bytes"]?.integer ?? 0) >= 0)
        let shout = try node.wait(for: "shout") { ($0["requests_refused"]?.integer ?? 0) >= 20 }
        #expect(shout?["kept_messages"]?.integer == 0)
        let logs = try node.call(["plugin", "logs", "garbage"])["lines"]?.elements ?? []
        #expect(logs.contains { $0.string?.contains("[node] it said 10 things") == true })
    }
}

/// Asks a node for its status over HTTP, and takes the time.
private struct APIProbe {
    private let port: UInt16
    private let token: String

    init(_ node: NodeProcess) throws {
        guard
            let text = node.ready["api"]?.string?.split(separator: ":").last,
            let port = UInt16(text)
        else { throw ProcessFailure(description: "no port in \(node.ready.prettyText)") }
        self.port = port
        self.token = try DataDirectory(path: node.dataDirectory).loadToken()
    }

    func milliseconds() throws -> Double {
        let start = ContinuousClock.now
        let connection = try RawConnection(port: self.port)
        connection.send(
            "GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1:\(self.port)\r\n"
                + "Authorization: Bearer \(self.token)\r\nConnection: close\r\n\r\n"
        )
        let answer = connection.receive()
        guard answer.hasPrefix("HTTP/1.1 200") else {
            throw ProcessFailure(description: "no status: \(answer)")
        }
        return Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000
    }
}
