import Foundation
import Testing

/// What `docs/plugging-in-a-subsystem.md` shows is what the tests here compile, boot and exercise.
@Suite("The page about plugging in")
struct PageTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The Swift code of the page, by the file that each block names behind `swift`.
    private static func blocks() throws -> [(file: String, code: String)] {
        let page = Self.root.appendingPathComponent("docs/plugging-in-a-subsystem.md")
        var blocks: [(file: String, code: String)] = []
        var isInside = false
        for line in try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n") {
            if line.hasPrefix("```swift") {
                isInside = true
                blocks.append((line.dropFirst(8).trimmingCharacters(in: .whitespaces), ""))
            } else if line.hasPrefix("```") {
                isInside = false
            } else if isInside {
                blocks[blocks.count - 1].code += line + "\n"
            }
        }
        return blocks
    }

    @Test("Its Swift code is the files of the almanac, letter for letter and nothing left out")
    func code() throws {
        let folder = Self.root.appendingPathComponent("Tests/Plugins/Almanac")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let blocks = try Self.blocks()
        #expect(Set(blocks.map(\.file)) == Set(files))
        for file in files {
            let shown = blocks.filter { $0.file == file }.map(\.code).joined()
            let text = try Data(contentsOf: folder.appendingPathComponent(file))
            #expect(Data(shown.utf8) == text, "\(file) is not what the page shows of it")
        }
    }
}
