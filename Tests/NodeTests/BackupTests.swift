import Cryptography
import Foundation
import Messages
import Primitives
import Testing

@testable import Node

/// A node and what is needed to keep it.
private struct Scene {
    static let word = "open sesame"
    let parent: String
    var path: String { "\(self.parent)/node" }
    var network: String { "\(self.parent)/lab.json" }
    var file: String { "\(self.parent)/node.backup" }

    var lock: [String] { ["--backup-passphrase-file", "\(self.parent)/word"] }
    var keyLock: [String] { ["--passphrase-file", "\(self.parent)/word"] }

    /// A node whose key is locked, and that founds a network.
    init(_ parent: String) throws {
        self.parent = parent
        try Data("\(Self.word)\n".utf8).write(to: URL(fileURLWithPath: "\(parent)/word"))
        let node = try DataDirectory(path: self.path).initialise(lockedBy: Array(Self.word.utf8))
        let founder = NetworkDescription.Founder(node: node, score: .one)
        try NetworkDescription(name: "lab", founders: [founder]).write(to: self.network)
    }

    func directory(_ name: String) -> DataDirectory {
        DataDirectory(path: "\(self.parent)/\(name)", passphrase: { Array(Self.word.utf8) })
    }

    func start(_ name: String = "node", _ more: [String] = []) throws -> NodeProcess {
        try NodeProcess(
            "\(self.parent)/\(name)",
            ["--genesis", self.network] + self.keyLock + more
        )
    }

    func backup(_ words: String...) throws -> NodeProgram.Outcome { try self.backup(words) }

    func backup(_ words: [String]) throws -> NodeProgram.Outcome {
        try NodeProgram.run(["backup"] + words + self.lock + self.keyLock + ["--json"])
    }

    func content(of path: String) -> Data? { FileManager.default.contents(atPath: path) }

    func json(of path: String) throws -> JSONValue {
        try JSONDocument(scanning: Array(try #require(self.content(of: path)))).root.value
    }

    func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

@Suite("ADR 0072: backups of a node", .serialized, .timeLimit(.minutes(5)))
struct BackupTests {
    private func withScene(_ body: (Scene) throws -> Void) throws {
        try NodeProgram.withDirectory { parent in try body(Scene(parent)) }
    }

    @Test("a backup of a running node brings it back: key, lock, network and tokens, no old token")
    func roundTrip() throws {
        try self.withScene { scene in
            let node = try scene.start()
            _ = try node.call(["token", "new", "--scope", "read"])
            let made = try scene.backup(
                "create",
                scene.file,
                "--data-dir",
                scene.path,
                "--genesis",
                scene.network
            )
            #expect(made.status == 0, "\(made.errors)")
            #expect(node.stop() == 0)
            let id = node.ready["node_id"]
            let seen = try scene.backup("verify", scene.file).json()
            #expect(seen["node_id"] == id && id != nil)
            #expect(try made.json() == seen)
            #expect(seen["contents"]?.elements?.compactMap(\.string).contains("api.tokens") == true)

            let other = "\(scene.parent)/other"
            let restored = try scene.backup("restore", scene.file, "--data-dir", other)
            #expect(try restored.json()["node_id"] == id, "\(restored.errors)")
            let key = try scene.directory("other").loadKey()
            #expect(NodeID(key.publicKey).hex == id?.string)
            #expect(try scene.directory("other").isKeyLocked())
            #expect(scene.content(of: "\(other)/network.json") == scene.content(of: scene.network))
            #expect(
                scene.content(of: "\(other)/network.hash")
                    == scene.content(of: "\(scene.path)/network.hash")
            )
            let tokens = "api.tokens"
            #expect(
                try scene.json(of: "\(other)/\(tokens)")
                    == scene.json(of: "\(scene.path)/\(tokens)")
            )
            #expect(
                scene.content(of: "\(other)/api.token")
                    != scene.content(of: "\(scene.path)/api.token")
            )
            #expect(!scene.has("\(other)/log"))
        }
    }

    @Test("a node that was put back signs nothing until its operator says that it is the only one")
    func silence() throws {
        try self.withScene { scene in
            #expect(try scene.start().stop() == 0)
            let files = [scene.file, "--data-dir", scene.path, "--genesis", scene.network]
            #expect(try scene.backup(["create"] + files).status == 0)
            let place = ["--data-dir", "\(scene.parent)/other"]
            #expect(try scene.backup(["restore", scene.file] + place).status == 0)
            let post = ["request", "new", "--title", "t", "--json"] + place

            let first = try scene.start("other")
            let refused = try NodeProgram.run(post)
            #expect(refused.status != 0)
            #expect(try refused.json()["code"]?.string == "not_synced")
            let status = try first.call(["status"])
            let stop = status["identity"]?["signing_stopped_because"]?.string
            #expect(stop?.contains("put back from a backup") == true)
            #expect(first.stop() == 0)

            let second = try scene.start("other", ["--only-instance"])
            #expect(try NodeProgram.run(post).status == 0)
            #expect(second.stop() == 0)
            let third = try scene.start("other")
            #expect(try NodeProgram.run(post).status == 0, "it was said once and for all")
            #expect(third.stop() == 0)
        }
    }

    @Test("what is no backup, is altered, or has another passphrase brings nothing back")
    func refusals() throws {
        try self.withScene { scene in
            let files = [scene.file, "--data-dir", scene.path]
            #expect(try scene.backup(["create"] + files).status == 0)
            let whole = try #require(scene.content(of: scene.file))
            let other = "\(scene.parent)/other"
            func refusal(_ content: Data) throws -> String {
                try content.write(to: URL(fileURLWithPath: scene.file))
                let outcome = try scene.backup("restore", scene.file, "--data-dir", other)
                #expect(outcome.status == 1 && !scene.has("\(other)/node.key"))
                return outcome.errors
            }
            var altered = whole
            altered[whole.count - 20] ^= 1
            #expect(try refusal(altered).contains("altered or cut off"))
            #expect(try refusal(whole.dropLast()).contains("altered or cut off"))
            #expect(try refusal(Data("{}".utf8)).contains("is no backup"))
            let key = try #require(scene.content(of: "\(scene.path)/node.key"))
            #expect(try refusal(key).contains("no backup of a node"))
            let later = try AgeFile.lock(
                Array(#"{"made_by":"9.9.0","valence_backup":3}"#.utf8),
                passphrase: Array(Scene.word.utf8)
            )
            let refused = try refusal(Data(later))
            #expect(refused.contains("version 3") && refused.contains("use valence-node 9.9.0"))
            try whole.write(to: URL(fileURLWithPath: scene.file))
            try Data("open barley\n".utf8).write(to: URL(fileURLWithPath: "\(scene.parent)/word"))
            #expect(try refusal(whole).contains("the passphrase is wrong"))
        }
    }

    /// What is in a backup, as JSON.
    private static func opened(_ scene: Scene) throws -> JSONValue {
        let file = Array(try #require(scene.content(of: scene.file)))
        let text = try AgeFile.unlock(file, passphrase: Array(Scene.word.utf8))
        return try JSONDocument(scanning: text).root.value
    }

    @Test("settings come back letter for letter, and those that were there are not lost")
    func settings() throws {
        try self.withScene { scene in
            let text = "# Über alles: größer\nmax-memory = \"1GiB\"  # why\n\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(scene.path)/config.toml"))
            let files = [scene.file, "--data-dir", scene.path]
            #expect(try scene.backup(["create"] + files).status == 0)
            let seen = try scene.backup("verify", scene.file).json()
            #expect(seen["contents"]?.elements?.compactMap(\.string) == ["config.toml"])
            for (name, before, aside) in [
                ("empty", nil, false), ("same", text, false), ("other", "ntp = false\n", true),
            ] as [(String, String?, Bool)] {
                let other = "\(scene.parent)/\(name)"
                try FileManager.default.createDirectory(
                    atPath: other,
                    withIntermediateDirectories: true
                )
                let config = "\(other)/config.toml"
                try before.map { try Data($0.utf8).write(to: URL(fileURLWithPath: config)) }
                let restored = try scene.backup("restore", scene.file, "--data-dir", other)
                #expect(restored.status == 0, "\(restored.errors)")
                #expect(scene.content(of: config) == Data(text.utf8), "\(name)")
                let kept = scene.content(of: "\(config).1")
                #expect(kept == (aside ? before.map { Data($0.utf8) } : nil), "\(name)")
                #expect(restored.errors.contains("config.toml.1") == aside)
            }
        }
    }

    @Test(
        "settings elsewhere are named with --config; a missing or unreadable file makes no backup"
    )
    func settingsElsewhere() throws {
        try self.withScene { scene in
            let config = "\(scene.parent)/elsewhere.toml"
            let create = ["create", scene.file, "--data-dir", scene.path, "--config", config]
            let missing = try scene.backup(create)
            #expect(missing.status == 1 && missing.errors.contains("elsewhere.toml"))
            try Data([0xff, 0xfe]).write(to: URL(fileURLWithPath: config))
            let binary = try scene.backup(create)
            #expect(binary.status == 1 && !scene.has(scene.file))
            try Data("ntp = false\n".utf8).write(to: URL(fileURLWithPath: config))
            #expect(try scene.backup(create).status == 0)
            let files = try Self.opened(scene)["files"]
            #expect(files?["config.toml"]?.string == "ntp = false\n")
        }
    }

    @Test("a backup from before settings were in it still brings a node back")
    func earlierVersion() throws {
        try self.withScene { scene in
            let files = [scene.file, "--data-dir", scene.path]
            #expect(try scene.backup(["create"] + files).status == 0)
            // As version 1 was written: neither settings nor the program that made it.
            let members = (try Self.opened(scene).members ?? []).filter { $0.key != "made_by" }
                .map { ($0.key, $0.key == "valence_backup" ? .integer(1) : $0.value) }
            let earlier = try AgeFile.lock(
                JSONValue.object(members).canonicalBytes(),
                passphrase: Array(Scene.word.utf8)
            )
            try Data(earlier).write(to: URL(fileURLWithPath: scene.file))
            let other = "\(scene.parent)/other"
            let restored = try scene.backup("restore", scene.file, "--data-dir", other)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(scene.has("\(other)/node.key") && !scene.has("\(other)/config.toml"))
        }
    }

    @Test("no file is written over, and no key is replaced, usable or not")
    func overwriting() throws {
        try self.withScene { scene in
            let files = [scene.file, "--data-dir", scene.path]
            #expect(try scene.backup(["create"] + files).status == 0)
            let before = scene.content(of: scene.file)
            let again = try scene.backup(["create"] + files)
            #expect(again.status == 1 && again.errors.contains("choose another name"))
            #expect(scene.content(of: scene.file) == before)
            let key = "\(scene.path)/node.key"
            for content in [scene.content(of: key), Data("?".utf8)] {
                try #require(content).write(to: URL(fileURLWithPath: key))
                let refused = try scene.backup("restore", scene.file, "--data-dir", scene.path)
                #expect(refused.status == 1 && refused.errors.contains("none is ever replaced"))
                #expect(scene.content(of: key) == content)
                #expect(!scene.has("\(scene.path)/instance.json"))
            }
            let unreadable = try scene.backup("create", "\(scene.file)2", "--data-dir", scene.path)
            #expect(unreadable.status == 1 && !scene.has("\(scene.file)2"))
        }
    }

    @Test("the description in a backup is the node's own, and is asked for")
    func description() throws {
        try self.withScene { scene in
            #expect(try scene.start().stop() == 0)
            let place = ["create", scene.file, "--data-dir", scene.path]
            let missing = try scene.backup(place)
            #expect(missing.status == 1 && missing.errors.contains("--genesis"))
            let foreign = "\(scene.parent)/foreign.json"
            let founder = NetworkDescription.Founder(node: NodeID(Bytes32.zero), score: .one)
            try NetworkDescription(name: "other", founders: [founder]).write(to: foreign)
            let other = try scene.backup(place + ["--genesis", foreign])
            #expect(other.status == 1 && other.errors.contains("this node belongs to"))
            #expect(!scene.has(scene.file))
        }
    }

    @Test("the high-water mark is behind every own stamp, also where the clock was ahead")
    func highWater() throws {
        try self.withScene { scene in
            let node = try scene.start()
            let sent = try node.call(["request", "new", "--title", "t"])
            #expect(sent["id"]?.string != nil)
            #expect(node.stop() == 0)
            let directory = scene.directory("node")
            let early = Timestamp(milliseconds: 1_000)
            let mark = try directory.backup(genesis: scene.network, now: early).highWater
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            #expect(mark.milliseconds > now - 300_000 && mark.milliseconds <= now)
            let late = Timestamp(milliseconds: now + 500_000)
            let other = try directory.backup(genesis: scene.network, now: late).highWater
            #expect(other == late.adding(milliseconds: 60_000))
        }
    }

    @Test("a record of a key that was put back cannot be read past")
    func record() throws {
        try self.withScene { scene in
            let path = "\(scene.path)/instance.json"
            try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: NodeError.self) { try scene.directory("node").loadRestoredKey() }
            let outcome = try NodeProgram.run(["run", "--data-dir", scene.path] + scene.keyLock)
            #expect(outcome.status == 1 && outcome.errors.contains("instance.json"))
        }
    }
}
