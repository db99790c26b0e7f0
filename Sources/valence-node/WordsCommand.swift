import ArgumentParser
import Cryptography
import Foundation
import Node
import Primitives

extension IdentityCommand {
    struct Words: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show this node's key as 24 words that one can write on paper.",
            discussion: """
                The words are the key itself (BIP-39, English, without a passphrase): whoever reads them can act \
                for the node for ever. They bring the identity back with `valence-node id recover`, and nothing \
                else of the node.

                Example: valence-node id words
                """
        )

        @OptionGroup var common: CommonOptions
        @ArgumentParser.Flag(
            help: "Print them even where nobody reads: into a file, or to another program."
        )
        var anywhere = false

        func run() throws {
            guard self.anywhere || Console.isTerminal else {
                throw CommandFailure(
                    .refused,
                    "the words are the key, and standard output is no terminal; where they may lie in a file or "
                        + "go to a program, say --anywhere"
                )
            }
            let words = SeedWords.words(of: try OwnKey.load(self.common))
            if self.common.json {
                return Console.json(.object([("words", .array(words.map { .string($0) }))]))
            }
            for line in SeedWordLines.lines(of: words, numbered: Console.isTerminal) {
                Console.line(line)
            }
            self.common.say(
                "Whoever knows these words has the key. Write them down, and clear the screen."
            )
        }
    }

    struct Recover: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a data directory for a key whose 24 words one has.",
            discussion: """
                The node runs under its old name, and says nothing until it has read what the network knows and \
                noticed no other process with its key for twenty minutes.

                Example: valence-node id recover --data-dir ./node
                """
        )

        @OptionGroup var common: CommonOptions
        @Option(
            help: ArgumentHelp(
                "A file with the words; without it, they are typed.",
                valueName: "file"
            )
        )
        var wordsFile: String?
        @ArgumentParser.Flag(help: "Lock the key with a passphrase, which every start then needs.")
        var lock = false

        func run() throws {
            let directory = self.common.directory
            let key = try SeedWordLines.key(file: self.wordsFile)
            let passphrase = try self.lock ? self.common.passphrase.new() : nil
            let node = try OwnKey.reading {
                try directory.putBack(key, lockedBy: passphrase)
            }
            PutBackReport.print(node, directory, self.common)
        }
    }
}

/// The words of a key as people write and read them.
private enum SeedWordLines {
    private static let wordsPerLine = 4
    /// The longest words of the list.
    private static let width = 8
    /// More than any words of a key take.
    private static let bytesMax = 4_096

    /// Four words a line, each with its number for people.
    static func lines(of words: [String], numbered: Bool) -> [String] {
        stride(from: 0, to: words.count, by: Self.wordsPerLine).map { start in
            let row = words.indices.dropFirst(start).prefix(Self.wordsPerLine)
            guard numbered else { return row.map { words[$0] }.joined(separator: " ") }
            return row.map { index in
                let number = "\(index + 1)"
                let gap = String(repeating: " ", count: max(0, 2 - number.count))
                let rest = String(repeating: " ", count: max(0, Self.width - words[index].count))
                return "\(gap)\(number) \(words[index])\(rest)"
            }.joined(separator: "  ")
        }
    }

    /// The key of the words in a file, or of those that somebody types.
    static func key(file: String?) throws -> SigningKey {
        let words = try file.map { try Self.words(in: CommonOptions.absolute($0)) } ?? Self.typed()
        do {
            return try SeedWords.key(of: words)
        } catch {
            throw CommandFailure(
                .refused,
                "\(error); compare them with what was written down, and try again. Nothing was made"
            )
        }
    }

    private static func words(in path: String) throws -> [String] {
        let bytes = try OwnKey.reading { try Files.read(path, upTo: Self.bytesMax) }
        return Self.words(of: bytes)
    }

    /// Numbers that stand before words, as `id words` prints them, are no words.
    private static func words(of bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .map { String($0) }.filter { Int($0) == nil }
    }

    private static func typed() throws -> [String] {
        var words: [String] = []
        while words.count < SeedWords.count {
            let question = "Words \(words.count + 1) to \(SeedWords.count): "
            guard let line = Terminal.line(question) else {
                throw CommandFailure(
                    .failed,
                    "there is no terminal to type the words; name a file that holds them with --words-file"
                )
            }
            let typed = Self.words(of: line)
            if let place = SeedWords.unknownPlace(in: typed) {
                Console.say(
                    "Word \(words.count + place) is none of the list; type this line once more."
                )
            } else {
                words += typed
            }
        }
        return words
    }
}

/// What became of a key that was put back.
enum PutBackReport {
    static func print(_ node: NodeID, _ directory: DataDirectory, _ common: CommonOptions) {
        if common.json {
            return Console.json(
                .object([
                    ("node_id", .string(node.hex)), ("data_dir", .string(directory.path)),
                ])
            )
        }
        Console.line(node.hex)
        common.say(
            "Its key is in \(directory.path). Stop every other node that has it: this one signs nothing until it "
                + "is synced and noticed none for twenty minutes."
        )
    }
}
