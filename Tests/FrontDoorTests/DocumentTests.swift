import ArgumentParser
import Doors
import Foundation
import LocalAPI
import Primitives
import Testing

@testable import valence_node

/// A line of a page that readers type into a shell.
private struct ShownCommand: CustomTestStringConvertible {
    let page: String
    let line: String
    /// The words, without the program.
    let words: [String]

    var testDescription: String { "\(self.page): \(self.line)" }

    /// The commands in the blocks of a page that are for a shell.
    static func all(in page: String) throws -> [ShownCommand] {
        let text = try String(contentsOf: Self.root.appendingPathComponent(page), encoding: .utf8)
        var isShell = false
        var commands: [ShownCommand] = []
        for line in text.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            if line.hasPrefix("```") {
                isShell = line == "```sh"
            } else if isShell, line.hasPrefix("valence-node ") {
                let words = Self.words(of: line).dropFirst()
                commands.append(ShownCommand(page: page, line: line, words: Array(words)))
            }
        }
        return commands
    }

    private static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// A line as a shell splits it, as far as these pages need one; ids stand for variables.
    private static func words(of line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in line {
            if character == quote {
                quote = nil
            } else if quote == nil, "\"'".contains(character) {
                quote = character
            } else if quote == nil, character == " " {
                words.append(word)
                word = ""
            } else {
                word.append(character)
            }
        }
        return (words + [word]).filter { !$0.isEmpty }
            .map { $0.replacing(/\$[A-Z]+/, with: Parsed.hex) }
    }
}

@Suite("Commands that documents show")
struct DocumentTests {
    private static let skill = "Sources/valence-node/Resources/valence-node"

    @Test(
        "every command of a page for agents is one that the program takes",
        arguments: ["\(skill)/SKILL.md", "\(skill)/HEARTBEAT.md", "docs/agents.md"]
    )
    func taken(page: String) throws {
        let commands = try ShownCommand.all(in: page)
        #expect(commands.count > 5)
        for command in commands {
            #expect(Parsed.refusal(command.words)?.text == nil, "\(command.testDescription)")
        }
    }

    @Test("every tool that the skill names is an operation, with arguments that it takes")
    func tools() throws {
        let text = String(decoding: SkillFile.skill.bytes, as: UTF8.self)
        let rows = text.matches(of: /\| `(\w+)` \| `(\{.*\})` \|/)
        #expect(rows.count > 10)
        for row in rows {
            let (name, template) = (String(row.output.1), String(row.output.2))
            let endpoint = try #require(
                Endpoints.all().first { $0.operation.name == name },
                "\(name)"
            )
            let arguments = template.replacing(/\$[A-Z]+/, with: Parsed.hex)
            let value = try JSONDocument(scanning: Array(arguments.utf8)).root.value
            #expect(throws: Never.self, "\(name)") { try endpoint.call(with: value) }
        }
    }

    @Test("what the program carries is what lies in the repository")
    func carried() throws {
        #expect(SkillFile.all.map(\.name) == ["SKILL.md", "HEARTBEAT.md"])
        let text = String(decoding: SkillFile.skill.bytes, as: UTF8.self)
        #expect(text.hasPrefix("---\nname: \(SkillFile.folder)\n"))
    }
}

@Suite("valence-node skill", .serialized)
struct SkillCommandTests {
    @Test("it prints the files, and writes them into a folder of their own, whole or not at all")
    func writes() async throws {
        let printed = try await StandIn.run(["skill", "--print"])
        #expect(printed.data.first == "---" && printed.data.contains("name: valence-node"))
        let heartbeat = try await StandIn.run(["skill", "--heartbeat", "--json"]).json()
        #expect(heartbeat["text"]?.string?.hasPrefix("# When you are woken") == true)
        try await withFolder { folder in
            let answer = try await StandIn.run(["skill", "--into", folder, "--json"]).json()
            #expect(answer["path"]?.string == "\(folder)/valence-node")
            for file in SkillFile.all {
                let written = FileManager.default.contents(
                    atPath: "\(folder)/valence-node/\(file.name)"
                )
                #expect(written.map(Array.init) == file.bytes)
            }
            let files = try FileManager.default.contentsOfDirectory(
                atPath: "\(folder)/valence-node"
            )
            #expect(Set(files) == ["SKILL.md", "HEARTBEAT.md"])
        }
    }

    @Test("where no package put them it says how to get them, and two wishes exclude each other")
    func refusals() async throws {
        let failure = try await StandIn.run(["skill"]).failure
        #expect(failure?.code == .failed && failure?.detail.contains("--into FOLDER") == true)
        #expect(
            Parsed.refusal(["skill", "--print", "--into", "x"])?.text.contains("exclude") == true
        )
    }
}
