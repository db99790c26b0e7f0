import Cryptography
import Foundation
import Node
import Primitives
import Testing

@testable import valence_node

@Suite("Settings: flags, then variables, then a file, then the profile, then what is built in")
struct SettingsTests {
    /// A value that is nobody's default, and another one.
    private static func samples(_ setting: Setting) -> (String, String) {
        switch setting.kind {
        case .text, .list: ("one", "two")
        case .flag: Profile.builtIn(setting) == ["true"] ? ("false", "true") : ("true", "false")
        case .choice(let words): (words[1], words[0])
        case .number(_, let range): ("\(range.lowerBound + 1)", "\(range.lowerBound + 2)")
        case .bytes(let range): ("\(range.lowerBound + 1)", "\(range.lowerBound + 2)")
        }
    }

    private static func toml(_ setting: Setting, _ word: String) -> String {
        switch setting.kind {
        case .flag, .number: "\(setting.name) = \(word)"
        case .list: "\(setting.name) = [\"\(word)\"]"
        case .text, .choice, .bytes: "\(setting.name) = \"\(word)\""
        }
    }

    private static func flag(_ setting: Setting, _ word: String) -> [String] {
        guard case .flag = setting.kind else { return ["--\(setting.name)", word] }
        return [word == "true" ? "--\(setting.name)" : "--no-\(setting.name)"]
    }

    private static func withFile<Value>(_ text: String, _ body: (DataDirectory) throws -> Value)
        throws -> Value
    {
        let path = NSTemporaryDirectory() + "settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: "\(path)/config.toml", atomically: true, encoding: .utf8)
        return try body(DataDirectory(path: path))
    }

    private static func settings(
        flags: [String] = [],
        _ environment: [String: String] = [:],
        file: String = ""
    ) throws -> Settings {
        let run = try Parsed.command(RunCommand.self, ["run"] + flags)
        return try Self.withFile(file) { try run.options.settings(of: $0, environment) }
    }

    private static func entry(_ settings: Settings, _ setting: Setting) -> Settings.Entry? {
        settings.entries.first { $0.setting.name == setting.name }
    }

    @Test("each setting is a flag, a variable and a key, and the nearer one wins")
    func order() throws {
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
        for setting in Setting.all {
            let (one, two) = Self.samples(setting)
            let file = Self.toml(setting, one)
            let written = try #require(Self.entry(try Self.settings(file: file), setting))
            #expect(written.words == [one], "\(setting.name)")
            guard case .file(let path) = written.origin else {
                Issue.record("\(setting.name) is from \(written.origin)")
                continue
            }
            #expect(path.hasSuffix("/config.toml"))
            let set = try Self.settings([setting.variable: two], file: file)
            let variable = try #require(Self.entry(set, setting))
            #expect(variable.words == [two] && variable.origin == .variable(setting.variable))
            let flags = Self.flag(setting, one)
            let given = try Self.settings(flags: flags, [setting.variable: two], file: file)
            let flag = try #require(Self.entry(given, setting))
            #expect(flag.words == [one] && flag.origin == .flag, "\(setting.name)")
            #expect(set.changed(in: given).contains { $0.name == setting.name })
        }
    }

    @Test("an empty variable is none, and lists in variables have commas")
    func variables() throws {
        let settings = try Self.settings([
            "VALENCE_API_PORT": "", "VALENCE_BOOTSTRAP": "one,two", "VALENCE_GENESIS": "a,b",
            "VALENCE_DATA_DIR": "elsewhere",
        ])
        #expect(Self.entry(settings, .apiPort)?.origin == .builtIn)
        #expect(settings.list(.bootstrap) == ["one", "two"])
        #expect(settings.text(.genesis) == "a,b")
    }

    @Test(
        "a node runs with what is built in; profiles change what they name, and can be overridden"
    )
    func profiles() throws {
        let home = try Self.settings()
        #expect(home.profile == .home && home.caps.connections == 128)
        #expect(home.caps.memoryBytes == 1 << 30 && home.caps.diskBytes == 10 << 30)
        #expect(home.caps.bytesPerSecond == 5_000_000)
        #expect(home.flag(.mdns) == nil && home.flag(.relay) == true && home.level == .notice)
        #expect(home.list(.listen) == NodeConfiguration.defaultListen)
        let server = try Self.settings(
            flags: ["--max-memory", "3GiB"],
            file: "profile = \"server\""
        )
        #expect(server.profile == .server && server.flag(.mdns) == false)
        #expect(server.caps.memoryBytes == 3 << 30 && server.caps.diskBytes == 100 << 30)
        #expect(Self.entry(server, .maxDisk)?.origin == .profile(.server))
        let local = try Self.settings(["VALENCE_PROFILE": "local"])
        #expect(local.list(.ntpServer).isEmpty && local.profile.admission == .local)
    }

    /// What a file may hold, and what the refusal must name.
    private static let refused: [(String, [String])] = [
        ("max-memry = \"1GiB\"", ["`max-memry`", "do you mean `max-memory`?"]),
        ("max_memory = \"1GiB\"", ["do you mean `max-memory`?"]),
        ("passphrase = \"secret\"", ["`passphrase`", "config schema"]),
        ("api-port = \"9090\"", ["api-port is of the type string", "without quotes"]),
        ("api-port = 70000", ["api-port in ", "'70000'", "up to 65535"]),
        ("listen = \"/ip4/0.0.0.0/tcp/1\"", ["listen = [\"…\", \"…\"]"]),
        ("bootstrap = [1]", ["bootstrap"]), ("relay = 1", ["true or false"]),
        ("max-memory = \"1 gigabyte\"", ["'1 gigabyte'", "512MiB"]),
        ("max-memory = 5", ["from 128MiB"]), ("profile = \"wide\"", ["home, server or local"]),
        ("relay = true\nrelay = false", ["line 2"]), ("relay = tru", ["line 1"]),
        ("[node]\nrelay = true", ["`node`"]), ("max-bandwidth = 20000", ["from 250kB"]),
    ]

    @Test(
        "a file with a fault is refused with the place, the cause and what to write",
        arguments: refused
    )
    func refusals(file: String, parts: [String]) throws {
        do {
            _ = try Self.settings(file: file)
            Issue.record("taken: \(file)")
        } catch let error as SettingsError {
            for part in parts { #expect("\(error)".contains(part), "\(error)") }
        }
    }

    @Test("a file that somebody names must be there; a variable with a fault is named")
    func named() throws {
        let run = try Parsed.command(RunCommand.self, ["run", "--config", "/nowhere/x.toml"])
        #expect(throws: SettingsError.self) {
            try run.options.settings(of: DataDirectory(path: "/nowhere"), [:])
        }
        do {
            _ = try Self.settings(["VALENCE_LOG_LEVEL": "loud"])
            Issue.record("taken")
        } catch let error as SettingsError {
            #expect("\(error)".hasPrefix("VALENCE_LOG_LEVEL is 'loud'"))
        }
    }

    @Test("what is refused as a number is no number; a path in a file begins at its folder")
    func edges() throws {
        for word in ["+9", " 9", "9 ", "٣", "0x9", ""] {
            #expect(Setting.apiPort.fault(of: [word]) != nil || word.isEmpty, "\(word)")
        }
        let run = try Parsed.command(RunCommand.self, ["run"])
        try Self.withFile("genesis = \"network.json\"") { directory in
            let settings = try run.options.settings(of: directory, [:])
            let path = try settings.configuration(of: directory).genesisPath
            #expect(path == "\(CommonOptions.absolute(directory.path))/network.json")
        }
    }

    @Test("who verifies signatures is the operator's choice, by default known senders")
    func verifier() throws {
        let choices: [(flags: [String], kind: SignatureVerifier.Kind)] = [
            ([], .knownSenders), (["--verifier", "known-senders"], .knownSenders),
            (["--verifier", "libsodium"], .libsodium),
        ]
        for (flags, kind) in choices {
            let run = try Parsed.command(RunCommand.self, ["run"] + flags)
            try Self.withFile("") { directory in
                let settings = try run.options.settings(of: directory, [:])
                #expect(try settings.configuration(of: directory).verifier == kind)
            }
        }
        #expect(Setting.verifier.fault(of: ["zebra"]) != nil)
    }

    @Test("numbers of bytes are read with units and written in the largest that fits")
    func bytes() {
        let readings: [(String, Int64?)] = [
            ("0", 0), ("512MiB", 536_870_912), ("1 GiB", 1 << 30), ("5MB", 5_000_000),
            ("7kB", 7_000),
            ("9B", 9), ("", nil), ("MiB", nil), ("1mb", nil), ("-1", nil), ("1.5GiB", nil),
            ("9223372036854775807TiB", nil), ("1 MiB ", nil),
        ]
        for (text, bytes) in readings { #expect(ByteCount(text)?.bytes == bytes, "\(text)") }
        #expect("\(ByteCount(1 << 30))" == "1GiB" && "\(ByteCount(5_000_000))" == "5MB")
        #expect("\(ByteCount(20_001))" == "20001" && "\(ByteCount(10_000_000_000))" == "10GB")
    }

    @Test("the schema has every setting, and its defaults are what it allows")
    func schema() throws {
        let properties = try #require(Setting.schema["properties"])
        #expect(properties.members?.map(\.key) == Setting.all.map(\.name))
        #expect(Setting.schema["additionalProperties"]?.bool == false)
        for setting in Setting.all {
            #expect(properties[setting.name]?["description"]?.string == setting.about)
            if let standard = Profile.builtIn(setting) {
                #expect(setting.fault(of: standard) == nil, "\(setting.name)")
            }
        }
    }

    @Test("what `config show` prints is a config.toml that says the same")
    func roundTrip() throws {
        let flags = ["--listen", "/ip4/1.2.3.4/tcp/1", "--genesis", "a \"b\"\\c", "--no-relay"]
        let settings = try Self.settings(flags: flags)
        let lines = settings.entries.filter { $0.origin != .unset }
            .map { "\($0.setting.name) = \($0.setting.written($0.words))" }
        let again = try Self.settings(file: lines.joined(separator: "\n"))
        #expect(settings.changed(in: again).isEmpty)
    }
}
