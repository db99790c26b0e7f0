import Foundation
import Primitives
import Testing

@testable import Node

@Suite("What is typed at a terminal", .serialized, .timeLimit(.minutes(3)))
struct TypedPassphraseTests {
    private static let word = "open sesame"
    private static let (new, again) = ("New passphrase of the node's key: ", "Once more: ")
    private static let known = "Passphrase of the node's key: "

    private static func isLocked(_ path: String) throws -> Bool {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(path)/node.key"))
        return bytes.starts(with: Data("age-encryption.org/v1\n".utf8))
    }

    @Test("a passphrase is typed twice to lock a key and once to open it, and is never shown")
    func passphrase() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let made = try Terminal.type(
                ["init", "--lock", "--data-dir", path],
                [.init(Self.new, Self.word), .init(Self.again, Self.word)]
            )
            #expect(made.status == 0 && made.answered == 2, "\(made.shown)")
            #expect(try Self.isLocked(path))
            let wrong = try Terminal.type(
                ["id", "unlock", "--data-dir", path],
                [.init(Self.known, "open barley")]
            )
            #expect(wrong.status == 1 && wrong.shown.contains("the passphrase is wrong"))
            let locked = try Self.isLocked(path)
            #expect(locked)
            let right = try Terminal.type(
                ["id", "unlock", "--data-dir", path],
                [.init(Self.known, Self.word)]
            )
            #expect(right.status == 0, "\(right.shown)")
            let unlocked = try !Self.isLocked(path)
            #expect(unlocked)
            for session in [made, wrong, right] {
                #expect(!session.shown.contains("sesame") && !session.shown.contains("barley"))
                #expect(!session.output.contains("sesame"))
            }
        }
    }

    @Test("two passphrases that differ, or none, lock nothing and make no key")
    func difference() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let typed = [
                [Terminal.Answer(Self.new, Self.word), .init(Self.again, "open barley")],
                [.init(Self.new, "")],
            ]
            for answers in typed {
                let session = try Terminal.type(["init", "--lock", "--data-dir", path], answers)
                #expect(session.status == 4 && session.shown.contains("nothing changed"))
                #expect(!FileManager.default.fileExists(atPath: "\(path)/node.key"))
            }
        }
    }

    @Test("words of a key are shown on a terminal alone, and typed they bring the key back")
    func words() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let node = try NodeProgram.run(["init", "--json", "--data-dir", path]).json()["node_id"]
            let piped = try NodeProgram.run(["id", "words", "--data-dir", path])
            #expect(piped.status == 4 && piped.output.isEmpty)
            #expect(piped.errors.contains("--anywhere"))
            let told = try NodeProgram.run(["id", "words", "--anywhere", "--data-dir", path])
            let words = told.output.split(whereSeparator: \.isWhitespace).map { String($0) }
            #expect(told.status == 0 && words.count == 24)
            let shown = try Terminal.run(["id", "words", "--data-dir", path], columns: 80)
            let read = shown.split(whereSeparator: \.isWhitespace).map { String($0) }
            #expect(read.filter { Int($0) == nil } == words)
            #expect(shown.contains(" 1 \(words[0]) ") && shown.contains("24 \(words[23])"))

            let other = "\(parent)/other"
            let first = words[..<12].joined(separator: " ")
            let rest = words[12...].joined(separator: " ")
            let typed = try Terminal.type(
                ["id", "recover", "--data-dir", other, "--json"],
                [
                    .init("Words 1 to 24: ", first), .init("Words 13 to 24: ", "\(rest) x"),
                    .init("Words 13 to 24: ", rest),
                ]
            )
            #expect(typed.status == 0, "\(typed.shown)")
            #expect(typed.shown.contains("Word 25 is none of the list"))
            let line = try JSONDocument(scanning: Array(typed.output.utf8)).root.value
            #expect(line["node_id"] == node && node != nil)
        }
    }

    @Test("words of a file bring a key back, a wrong one does not, and no key is replaced")
    func wordsFile() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let file = "\(parent)/words"
            let node = try NodeProgram.run(["init", "--json", "--data-dir", path]).json()["node_id"]
            let told = try NodeProgram.run(["id", "words", "--anywhere", "--data-dir", path])
            #expect(FileManager.default.createFile(atPath: file, contents: Data(told.output.utf8)))
            func recover(into place: String) throws -> NodeProgram.Outcome {
                try NodeProgram.run(
                    ["id", "recover", "--words-file", file, "--json", "--data-dir", place]
                )
            }
            #expect(try recover(into: "\(parent)/other").json()["node_id"] == node)

            // Whatever lies there as a key stays, readable or not.
            let key = "\(path)/node.key"
            let usable = try #require(FileManager.default.contents(atPath: key))
            for content in [usable, Data("?".utf8)] {
                try content.write(to: URL(fileURLWithPath: key))
                let refused = try recover(into: path)
                #expect(refused.status == 1 && refused.errors.contains("none is ever replaced"))
                #expect(FileManager.default.contents(atPath: key) == content)
            }
            #expect(!FileManager.default.fileExists(atPath: "\(path)/instance.json"))

            let wrong = told.output.split(whereSeparator: \.isWhitespace).reversed()
                .joined(separator: " ")
            #expect(FileManager.default.createFile(atPath: file, contents: Data(wrong.utf8)))
            let refused = try recover(into: "\(parent)/third")
            #expect(refused.status == 4 && refused.errors.contains("do not belong together"))
            #expect(!FileManager.default.fileExists(atPath: "\(parent)/third"))
        }
    }
}
