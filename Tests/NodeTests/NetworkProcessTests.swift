import Foundation
import Node
import Primitives
import Testing

@Suite("ADR 0039: two networks meet", .serialized, .timeLimit(.minutes(2)))
struct NetworkProcessTests {
    /// A node of a network whose only founder it is, or of the one in `file`.
    private static func node(
        _ parent: String,
        _ name: String,
        network file: String? = nil,
        options: [String] = []
    ) throws -> (process: NodeProcess, file: String) {
        let path = "\(parent)/\(name)"
        let node = try DataDirectory(path: path).initialise()
        let own = "\(parent)/\(name).json"
        if file == nil {
            let founder = NetworkDescription.Founder(node: node, score: .one)
            try NetworkDescription(name: name, founders: [founder]).write(to: own)
        }
        return (try NodeProcess(path, ["--genesis", file ?? own] + options), file ?? own)
    }

    /// The row of a peer, once it satisfies a condition.
    private static func row(
        of peer: NodeProcess,
        in node: NodeProcess,
        _ isRight: (JSONValue) -> Bool
    ) throws -> JSONValue? {
        for _ in 0..<200 {
            let rows = try node.call(["peer", "list"])["peers"]?.elements ?? []
            let row = rows.first { $0["node_id"] == peer.ready["node_id"] }
            if let row, isRight(row) { return row }
            usleep(50_000)
        }
        return nil
    }

    @Test("C2-4: nodes of two networks say so to each other's operators and count nobody")
    func parted() throws {
        try NodeProgram.withDirectory { parent in
            let (alpha, file) = try Self.node(parent, "alpha")
            let address = try #require(alpha.ready["listen"]?.elements?.first?.string)
            let start = ["--bootstrap", address]
            let (beta, _) = try Self.node(parent, "beta", options: start)
            let (friend, _) = try Self.node(parent, "friend", network: file, options: start)
            let isMet: (JSONValue) -> Bool = { $0["authenticated"]?.bool == true }
            let isTold: (JSONValue) -> Bool = { $0["last_dial_error"]?.string != nil }
            #expect(try Self.row(of: friend, in: alpha, isMet) != nil)
            for (one, other, name) in [(alpha, beta, "beta"), (beta, alpha, "alpha")] {
                let row = try #require(try Self.row(of: other, in: one, isTold))
                let reason = row["last_dial_error"]?.string ?? ""
                #expect(reason.hasPrefix("another network: \(name)/"), "\(reason)")
                #expect(row["authenticated"]?.bool == false)
                #expect(row["other_founders"]?.bool == true)
            }
            let known = try alpha.call(["rep", "list"])["scores"]?.elements ?? []
            #expect(known.contains { $0["identity"] == alpha.ready["node_id"] })
            #expect(!known.contains { $0["identity"] == beta.ready["node_id"] }, "\(known)")
            #expect(alpha.stop() == 0 && beta.stop() == 0 && friend.stop() == 0)
        }
    }

    @Test("C2-4: a node without a description is refused until the operator admits such nodes")
    func undescribed() throws {
        try NodeProgram.withDirectory { parent in
            for isAdmitted in [false, true] {
                let name = isAdmitted ? "open" : "closed"
                let option = isAdmitted ? ["--admit-undescribed"] : []
                let (node, _) = try Self.node(parent, name, options: option)
                let address = try #require(node.ready["listen"]?.elements?.first?.string)
                let path = "\(parent)/\(name)-guest"
                _ = try DataDirectory(path: path).initialise()
                let guest = try NodeProcess(path, ["--bootstrap", address] + option)
                let row = try Self.row(of: guest, in: node) { row in
                    row["authenticated"]?.bool == true || row["last_dial_error"]?.string != nil
                }
                #expect(row?["authenticated"]?.bool == isAdmitted)
                if !isAdmitted {
                    let reason = row?["last_dial_error"]?.string ?? ""
                    #expect(reason.contains("--admit-undescribed"), "\(reason)")
                }
                #expect(node.stop() == 0 && guest.stop() == 0)
            }
        }
    }
}
