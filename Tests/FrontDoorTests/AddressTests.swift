import Foundation
import LocalAPI
import Primitives
import Testing

@testable import Node
@testable import valence_node

@Suite("ADR 0057: which node a command asks", .serialized)
struct AddressTests {
    private static let fine = APIResponse(.object([("fine", .bool(true))]))

    private static func address(
        _ directory: DataDirectory,
        isNamed: Bool = false,
        _ environment: [String: String] = [:]
    ) throws -> NodeAddress {
        try NodeAddress(directory, isNamed: isNamed, Places(environment))
    }

    @Test("a flag before the environment, the environment before the data directory")
    func precedence() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let url = "http://127.0.0.1:\(door.port)"
            let both = ["VALENCE_SERVER_URL": url, "VALENCE_TOKEN": "t"]
            let owner = try door.directory.loadToken()
            for (isNamed, environment, isPort, token) in [
                (false, [:], false, owner), (false, ["VALENCE_TOKEN": "t"], false, "t"),
                (false, both, true, "t"), (true, both, false, owner),
                (true, ["VALENCE_SERVER_URL": url], false, owner),
                (false, ["VALENCE_SERVER_URL": "", "VALENCE_TOKEN": ""], false, owner),
            ] as [(Bool, [String: String], Bool, String)] {
                let address = try Self.address(door.directory, isNamed: isNamed, environment)
                #expect(address.token == token, "\(environment)")
                if case .port(let host, let port) = address.place {
                    #expect(isPort && host == "127.0.0.1" && port == door.port)
                } else {
                    #expect(!isPort, "\(environment)")
                }
            }
        }
    }

    @Test("C2-2, C2-3: the owner's token goes nowhere that the environment names")
    func ownerStaysHere() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let url = ["VALENCE_SERVER_URL": "http://127.0.0.1:\(door.port)"]
            let failure = #expect(throws: CommandFailure.self) {
                try Self.address(door.directory, url)
            }
            #expect(failure?.code == .usage)
            #expect(failure?.detail.contains("set both") == true)
        }
    }

    @Test("a URL that is not this machine's plain http is refused with the reason")
    func urls() throws {
        let directory = DataDirectory(path: "/nonexistent")
        func address(_ url: String) throws -> NodeAddress {
            try Self.address(directory, ["VALENCE_SERVER_URL": url, "VALENCE_TOKEN": "t"])
        }
        for (url, host, port) in [
            ("http://127.0.0.1:9090", "127.0.0.1", 9_090), ("http://localhost:1/", "127.0.0.1", 1),
            ("HTTP://LOCALHOST", "127.0.0.1", 80), ("http://[::1]:65535", "::1", 65_535),
        ] {
            guard case .port(host, port) = try address(url).place else {
                Issue.record("\(url)")
                continue
            }
        }
        for (url, reason) in [
            ("https://127.0.0.1:9090", "not http"), ("http://example.org:9090", "another machine"),
            ("http://127.0.0.1.example.org", "another machine"), ("http://10.0.0.1", "machine"),
            ("http://127.0.0.1@example.org", "another machine"), ("127.0.0.1:9090", "no URL"),
            ("http://a:b@127.0.0.1", "more than"), ("http://127.0.0.1/v1", "more than"),
            ("http://127.0.0.1?x", "more than"), ("http://127.0.0.1:0", "more than"),
            ("http://127.0.0.1:70000", "more than"), ("unix:///x", "not http"), ("x", "no URL"),
        ] {
            let failure = #expect(throws: CommandFailure.self) { try address(url) }
            #expect(failure?.code == .usage)
            #expect(failure?.detail.contains(reason) == true, "\(url): \(failure?.detail ?? "")")
        }
    }

    @Test("the port of this machine is served on both of its addresses, and own pages are")
    func bothAddresses() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let token = try door.directory.loadToken()
            let bearer = "Authorization: Bearer \(token)"
            let own = "[::1]:\(door.port)"
            // The second address opens a moment after the first.
            var answer: Exchange?
            for _ in 0..<100 where answer == nil {
                answer = try? door.send(
                    "GET /v1/status",
                    fields: ["Host: \(own)", bearer, "Origin: http://\(own)"],
                    isNewer: true
                )
                if answer == nil { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(answer?.status == 200)
            for (host, origin, code) in [
                (own, "http://127.0.0.1:\(door.port)", "wrong_origin"),
                ("[::2]:\(door.port)", "http://[::2]:\(door.port)", "wrong_host"),
            ] {
                let refused = try door.send(
                    "GET /v1/status",
                    fields: ["Host: \(host)", bearer, "Origin: \(origin)"],
                    isNewer: true
                )
                #expect(refused.status == 403)
                #expect(try refused.json()["code"]?.string == code)
            }
        }
    }
}
