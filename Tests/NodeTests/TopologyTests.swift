import Foundation
import Kernel
import Messages
import Testing

@testable import Node

@Suite("§6 Topology")
struct TopologyTests {
    @Test("the picture in docs/architecture.md is the one that the wiring draws")
    func picture() throws {
        let document = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/architecture.md")
        let text = try String(contentsOf: document, encoding: .utf8)
        let after = try #require(text.components(separatedBy: "<!-- topology -->").last)
        let block = try #require(after.components(separatedBy: "<!-- /topology -->").first)
        let drawn = "\n```mermaid\n\(try TopologyPicture.mermaid())```\n"
        #expect(block == drawn, "put the output of `valence-node topology` between the markers")
    }

    @Test("queries go one way")
    func queries() throws {
        let graph = try TopologyPicture.graph()
        #expect(graph.queryCycle == nil)
        #expect(graph.routes.contains { $0.kind == .query })
        #expect(graph.subsystems == SubsystemName.standard.sorted())
    }

    @Test("a complete node lacks nothing, and everything that is sent is received")
    func complete() throws {
        let report = try TopologyPicture.boot().report
        #expect(report.isComplete)
        #expect(report.unheardEvents.isEmpty)
    }

    @Test("a node without one subsystem boots and says which", arguments: SubsystemName.standard)
    func omitted(name: SubsystemName) throws {
        let (kernel, report) = try TopologyPicture.boot(omitting: [name])
        #expect(report.absent.map(\.subsystem) == [name])
        #expect(report.plugged.count == SubsystemName.standard.count - 1)
        #expect(report.description.contains("\(name) is absent"))
        #expect(!kernel.graph.subsystems.contains(name))
    }

    @Test("a node of two subsystems boots, whichever two")
    func pairs() throws {
        let all = SubsystemName.standard
        for one in all {
            for other in all where one < other {
                let absent = Set(all).subtracting([one, other])
                let report = try TopologyPicture.boot(omitting: absent).report
                #expect(Set(report.plugged) == [one, other])
            }
        }
    }
}

@Suite("ADR 0033: a rebuilt node keeps its ports")
struct KeptPortsTests {
    private func configuration(_ listen: [String], api: Int) -> NodeConfiguration {
        NodeConfiguration(dataDirectory: DataDirectory(path: "/"), listen: listen, apiPort: api)
    }

    @Test("C4-1: free ports of the first start are asked for again, those of the operator stay")
    func kept() {
        let ports = KeptPorts(listen: ["/ip4/127.0.0.1/tcp/4711/p2p/12D3"], api: 815)
        let any = ports.applied(to: self.configuration(["/ip4/127.0.0.1/tcp/0"], api: 0))
        #expect(any.listen == ["/ip4/127.0.0.1/tcp/4711"] && any.apiPort == 815)
        let own = ports.applied(to: self.configuration(["/ip4/0.0.0.0/tcp/9090"], api: 8_080))
        #expect(own.listen == ["/ip4/0.0.0.0/tcp/9090"] && own.apiPort == 8_080)
        let several = ["/ip4/127.0.0.1/tcp/0", "/ip6/::1/tcp/0"]
        #expect(ports.applied(to: self.configuration(several, api: 1)).listen == several)
    }
}

@Suite("§3 How often a node rebuilds itself")
struct FaultBudgetTests {
    @Test("the third fault within a minute ends the node; older ones are forgiven")
    func budget() {
        var budget = FaultBudget()
        let goesOn = [0, 30, 91, 121].map { seconds in
            budget.note(at: Moment(milliseconds: Int64(seconds) * 1_000))
        }
        #expect(goesOn == [true, true, true, true])
        let third = budget.note(at: Moment(milliseconds: 150_000))
        #expect(!third)
    }
}
