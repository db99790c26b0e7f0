import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("What never leaves the machine", .serialized, .timeLimit(.minutes(3)))
struct SecretTests {
    /// The forms in which somebody could write a seed down, or a part of a longer text with it.
    private static func forms(ofSeedIn keyFile: String) throws -> [Data] {
        let file = try #require(FileManager.default.contents(atPath: keyFile))
        let text = try #require(try JSONDocument(scanning: Array(file)).root["seed"]?.string)
        let seed = try #require(Hex.decode(text, count: 32))
        // In the middle of other bytes base64 looks different, by where the seed begins.
        let shifted = (0..<3).map { offset in
            let text = Base64.encode(Array(repeating: 0, count: offset) + seed)
            return String(text.dropFirst(4).prefix(36))
        }
        let texts = [text, text.uppercased(), "\(seed)"] + shifted
        return [Data(seed)] + texts.map { Data($0.utf8) }
    }

    private static func isClean(_ bytes: Data, of secrets: [Data]) -> Bool {
        secrets.allSatisfy { bytes.range(of: $0) == nil }
    }

    /// All that lies below a folder, without the files of keys.
    private static func files(below folder: String) throws -> [(path: String, bytes: Data)] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return paths.filter { !$0.contains("node.key") }.compactMap { path in
            FileManager.default.contents(atPath: "\(folder)/\(path)").map {
                (path: path, bytes: $0)
            }
        }
    }

    /// Everything that one can ask a node, or have it say to others.
    private static func commands(_ path: String, _ node: String) -> [[String]] {
        [
            ["status"], ["network"], ["peer", "list"], ["id", "show"], ["id", "consent", node],
            ["rep", "list"], ["rep", "show"], ["rep", "explain"],
            ["request", "new", "--title", "t"], ["request", "list"],
            ["proposal", "new", "--title", "t", "--file", "\(path)/text"], ["proposal", "list"],
            ["content", "share", "\(path)/text"], ["id", "rotate"],
        ]
    }

    @Test("R-01-003: no message, log or answer of a node holds its private key, in any form")
    func secret() async throws {
        let parent = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let (path, other) = ("\(parent)/node", "\(parent)/other")
        let own = try DataDirectory(path: path).initialise()
        let peer = try DataDirectory(path: other).initialise()
        let network = "\(parent)/lab.json"
        let founder = NetworkDescription.Founder(node: own, score: .one)
        try NetworkDescription(name: "lab", founders: [founder]).write(to: network)
        _ = FileManager.default.createFile(atPath: "\(parent)/log", contents: nil)
        _ = FileManager.default.createFile(atPath: "\(path)/text", contents: Data("text".utf8))
        let log = try #require(FileHandle(forWritingAtPath: "\(parent)/log"))
        let options = ["--genesis", network, "--log-level", "trace"]
        let node = try NodeProcess(path, options, errors: log)
        let address = try #require(node.ready["listen"]?.elements?.first?.string)
        let friend = try NodeProcess(other, ["--genesis", network, "--bootstrap", address])

        var said: [(path: String, bytes: Data)] = []
        for command in Self.commands(path, peer.hex) {
            let outcome = try NodeProgram.run(command + ["--data-dir", path])
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            said.append((path: "\(command)", bytes: Data((outcome.output + outcome.errors).utf8)))
        }
        let answers = try await Caller(node).reads()
        said += answers.map { (path: $0.path, bytes: Data($0.bytes)) }
        try await self.waitUntilSynced(friend, with: node)
        #expect(node.stop() == 0 && friend.stop() == 0)

        let files = try Self.files(below: path) + Self.files(below: other)
        let logged = try #require(FileManager.default.contents(atPath: "\(parent)/log"))
        #expect(logged.count > 1_000 && files.count > 5 && answers.count > 5)
        var secrets = try Self.forms(ofSeedIn: "\(path)/node.key")
        // The node got another key; the first one has to stay secret, too.
        secrets += try Self.forms(ofSeedIn: "\(path)/node.key.retired")
        said.append((path: "log", bytes: logged))
        for (place, bytes) in said + files {
            #expect(Self.isClean(bytes, of: secrets), "\(place) holds the seed")
        }
        let keyFile = try #require(FileManager.default.contents(atPath: "\(path)/node.key"))
        #expect(!Self.isClean(keyFile, of: secrets), "the search finds what there is")
    }

    /// Waits until a peer has what the node said.
    private func waitUntilSynced(_ friend: NodeProcess, with node: NodeProcess) async throws {
        for _ in 0..<100 {
            let requests = try friend.call(["request", "list"])["requests"]?.elements ?? []
            if !requests.isEmpty { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the peer heard nothing")
    }
}
