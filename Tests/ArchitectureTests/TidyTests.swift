import Foundation
import Testing

/// The style rules that a machine can check (`docs/architecture.md`, Conventions).
@Suite("Tidy")
struct TidyTests {
    private let sources = SourceTree.files(below: "Sources")

    @Test("The tree is found")
    func treeIsFound() {
        #expect(self.sources.count > 100)
    }

    @Test("No file is longer than 600 lines")
    func fileLength() {
        let long = self.sources.filter { $0.lines.count > 600 }
        #expect(long.isEmpty, "\(long)")
    }

    @Test("Every line of the log has a name that never changes, for programs")
    func logEvents() throws {
        let call = try Regex(#"^(trace|debug|info|notice|warning|error|critical|log)\("#)
        var count = 0
        for file in self.sources {
            let text = file.lines.joined(separator: "\n")
            for part in text.split(separator: "ogger.").dropFirst() where part.contains(call) {
                count += 1
                #expect(part.contains("metadata: "), "\(file.path): \(part.prefix(60))")
            }
        }
        #expect(count > 40)
    }

    @Test("No function is longer than 70 lines")
    func functionLength() {
        var long: [String] = []
        for file in self.sources {
            for (name, length) in Functions.lengths(in: file) where length > 70 {
                long.append("\(file.path): \(name) has \(length) lines")
            }
        }
        #expect(long.isEmpty, "\(long)")
    }

    @Test(
        "State machines read no clock, no chance, start no task and lock nothing",
        arguments: [
            "Date()", "Date.now", "ContinuousClock", "SystemClock()", ".random(", "SystemRandom",
            "Task {", "Task.detached", "await ", "Mutex(", "NSLock", "DispatchQueue", "Double",
        ]
    )
    func determinism(forbidden: String) {
        let parts = Set(Anatomy.all.flatMap(\.machine).map(\.path))
        let machines = self.sources.filter {
            $0.path.contains("StateMachine") || $0.path.contains("GossipSub/")
                || $0.path.contains("Yamux/") || $0.path.contains("LibP2P/Relay/")
                || $0.path.contains("Swarm/Streams/") || parts.contains($0.path)
        }
        #expect(machines.count > 10)
        let offenders = machines.filter { file in
            SourceTree.code(of: file).contains { $0.contains(forbidden) }
        }
        #expect(offenders.isEmpty, "\(forbidden) in \(offenders)")
    }

    @Test("Nothing traps on input", arguments: ["try!", "fatalError(", " as! "])
    func noTraps(forbidden: String) {
        let offenders = self.sources.filter { file in
            SourceTree.code(of: file).contains { $0.contains(forbidden) }
        }
        #expect(offenders.isEmpty, "\(forbidden) in \(offenders)")
    }

    @Test("Every constant of a limits file names its source")
    func limitsHaveSources() {
        var missing: [String] = []
        for file in self.sources where file.path.hasSuffix("Limits.swift") {
            missing += Self.undocumentedConstants(in: file)
        }
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test("No test leaves a function in silence in front of what it expects")
    func noSilentExits() {
        let tests = SourceTree.files(below: "Tests")
        #expect(tests.count > 100)
        let silent = tests.flatMap { file in
            Functions.bodies(in: file).filter(Self.leavesInSilence).map { body in
                "\(file.path): \(body[0])"
            }
        }
        #expect(silent.isEmpty, "record an issue, or use #require: \(silent)")
    }

    /// Whether a guard that fails skips expectations further down, and says nothing.
    private static func leavesInSilence(_ body: [String]) -> Bool {
        let words = ["#expect", "#require", "Issue.record", "Check.same", "Check.text"]
        let last = body.lastIndex { line in words.contains { line.contains($0) } }
        return body.indices.prefix(last ?? 0).contains { index in
            let exits = ["return", "continue"]
            let isAlone = exits.contains(body[index]) && body[index - 1].hasSuffix("else {")
            return isAlone || exits.contains { body[index].hasSuffix("else { \($0) }") }
        }
    }

    private static func undocumentedConstants(in file: SourceFile) -> [String] {
        file.lines.indices.compactMap { index in
            let line = file.lines[index].trimmingCharacters(in: .whitespaces)
            guard line.contains("static let ") else { return nil }
            var above = index
            while above > 0,
                file.lines[above - 1].trimmingCharacters(in: .whitespaces).hasPrefix("///")
            {
                above -= 1
            }
            let comment = file.lines[above..<index].joined(separator: "\n")
            return comment.contains("Source:") ? nil : "\(file.path): \(line)"
        }
    }
}

/// Functions, found by counting braces from their first line.
private enum Functions {
    static func lengths(in file: SourceFile) -> [(name: String, length: Int)] {
        self.bodies(in: file).map { ($0[0], $0.count) }
    }

    /// The lines of each function without their indentation, its name in the first one.
    static func bodies(in file: SourceFile) -> [[String]] {
        let code = SourceTree.code(of: file)
        return code.indices.filter { Self.opens(code[$0]) }.compactMap { start in
            Self.end(of: start, in: code).map { end in
                code[start...end].map { $0.trimmingCharacters(in: .whitespaces) }
            }
        }
    }

    private static func opens(_ line: String) -> Bool {
        line.contains("func ") && !line.contains("\"")
    }

    private static func end(of start: Int, in code: [String]) -> Int? {
        var depth = 0
        var isOpen = false
        for index in start..<code.count {
            for character in code[index].utf8 {
                if character == UInt8(ascii: "{") {
                    depth += 1
                    isOpen = true
                }
                if character == UInt8(ascii: "}") { depth -= 1 }
            }
            if isOpen, depth <= 0 { return index }
        }
        return nil
    }
}
