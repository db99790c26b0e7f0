import ArgumentParser
import Foundation
import Primitives

@testable import valence_node

/// What the parser says to a line of arguments.
enum Parsed {
    /// A key or an id of 64 hexadecimal digits.
    static let hex = String(repeating: "0a", count: 32)
    static let otherHex = String(repeating: "0b", count: 32)

    /// The command that a line stands for.
    static func command<C: ParsableCommand>(_ type: C.Type, _ arguments: [String]) throws -> C {
        guard let command = try ValenceNode.parseAsRoot(arguments) as? C else {
            throw Unexpected(description: "\(arguments) is no \(type)")
        }
        return command
    }

    /// Exit code and text of a line that is not taken; nil if it is.
    static func refusal(_ arguments: [String]) -> (code: Int32, text: String)? {
        do {
            _ = try ValenceNode.parseAsRoot(arguments)
            return nil
        } catch {
            return (ValenceNode.exitCode(for: error).rawValue, ValenceNode.message(for: error))
        }
    }

    /// Every command with the words that call it; those that hold others first.
    static var all: [(words: [String], type: any ParsableCommand.Type)] {
        func below(_ type: any ParsableCommand.Type, _ words: [String])
            -> [(words: [String], type: any ParsableCommand.Type)]
        {
            [(words, type)]
                + type.configuration.subcommands.flatMap {
                    below($0, words + [Self.name(of: $0)])
                }
        }
        return below(ValenceNode.self, [])
    }

    /// Commands that do something themselves.
    static var leaves: [[String]] {
        Self.all.filter { $0.type.configuration.subcommands.isEmpty }.map(\.words)
    }

    /// A text without the line breaks that it was given to fit a terminal.
    static func flat(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func name(of type: any ParsableCommand.Type) -> String {
        type.configuration.commandName ?? "\(type)".lowercased()
    }
}

/// A test found something that it cannot go on with.
struct Unexpected: Error, CustomStringConvertible { let description: String }

/// A folder for the time of a test.
func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let path = "/tmp/vn-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
