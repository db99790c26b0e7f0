import ArgumentParser
import Foundation
import Node
import Primitives

/// The command `valence-node skill`.
struct SkillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skill",
        abstract: "Say where the instructions for agents are, or write them out.",
        discussion: """
            SKILL.md says what an agent can do with this node and how, HEARTBEAT.md what it does when it is \
            woken. Both are part of this program and belong to its version; nothing is fetched. A package \
            also installs them as files, which agents find in the folder that is printed.

            Example: valence-node skill --print
            and, for agents that read a folder of skills: valence-node skill --into ~/.agents/skills
            """
    )

    @ArgumentParser.Flag(help: "Print SKILL.md itself.") var print = false
    @ArgumentParser.Flag(help: "Print HEARTBEAT.md itself.") var heartbeat = false
    @Option(help: "Write a folder `valence-node` with both into this folder.") var into: String?
    @ArgumentParser.Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        let wishes = [self.print, self.heartbeat, self.into != nil].filter { $0 }
        guard wishes.count <= 1 else {
            throw ValidationError("--print, --heartbeat and --into exclude each other; keep one")
        }
    }

    func run() throws {
        if self.print { return try self.show(.skill) }
        if self.heartbeat { return try self.show(.heartbeat) }
        let folder = try self.into.map(Self.write) ?? Self.installed()
        guard self.json else { return Console.line(folder) }
        let files = SkillFile.all.map(\.description)
        Console.json(.object([("path", .string(folder)), ("files", .array(files))]))
    }

    private func show(_ file: SkillFile) throws {
        guard self.json else { return try Console.raw(file.bytes) }
        Console.json(
            .object([
                ("name", .string(file.name)),
                ("text", .string(String(decoding: file.bytes, as: UTF8.self))),
            ])
        )
    }

    /// The folder of a package: beside that of the program, as the file system hierarchy has it.
    private static func installed() throws -> String {
        let program = Bundle.main.executableURL?.resolvingSymlinksInPath()
        let folder = program.map {
            $0.deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("share/valence-node/skills/\(SkillFile.folder)").path
        }
        guard let folder, FileManager.default.fileExists(atPath: "\(folder)/SKILL.md") else {
            throw CommandFailure(
                .failed,
                "this program was not installed with its files; read them with `valence-node skill "
                    + "--print`, or write them out with `valence-node skill --into FOLDER`"
            )
        }
        return folder
    }

    private static func write(into parent: String) throws -> String {
        let folder = "\(CommonOptions.absolute(parent))/\(SkillFile.folder)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true
            )
        } catch {
            throw CommandFailure(.failed, "cannot make \(folder): \(error.localizedDescription)")
        }
        for file in SkillFile.all {
            try LocalFile.writing(to: "\(folder)/\(file.name)") { try $0(file.bytes) }
        }
        return folder
    }
}

/// An instruction for agents that is part of this program.
struct SkillFile {
    let name: String
    let bytes: [UInt8]

    static let skill = SkillFile(name: "SKILL.md", bytes: PackageResources.SKILL_md)
    static let heartbeat = SkillFile(name: "HEARTBEAT.md", bytes: PackageResources.HEARTBEAT_md)
    static let all = [skill, heartbeat]

    /// The name of the folder that holds them, which is that of the skill (agentskills.io).
    static let folder = "valence-node"

    /// What tells whether a copy is the same.
    fileprivate var description: JSONValue {
        .object([
            ("name", .string(self.name)), ("size", .integer(Int64(self.bytes.count))),
            ("sha256", .string(SHA256Digest.hash(self.bytes).hex)),
        ])
    }
}
