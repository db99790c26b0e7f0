import ArgumentParser
import Logging
import Messages
import Node
import Primitives

/// The command `valence-node export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the log of a stopped node to a file, from which another node can start.",
        discussion: """
            The file has a first line that names the network, and then one message a line, in the order \
            in which this node took them: all that it serves to peers, and nothing that is its own \
            business. Whoever imports it checks every message.

            Example: valence-node export log.jsonl
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file to write; - for standard output.") var file: String

    func validate() throws {
        guard self.file != "-" || !self.common.json else {
            throw ValidationError(
                "--json prints to standard output, where the messages go; name a file"
            )
        }
    }

    func run() throws {
        LogFormat.text.start(LogVolume(.warning))
        let logger = Logger(label: "valence-node")
        var export: LogExport
        do {
            export = try LogExport(self.common.directory, logger: logger)
        } catch {
            throw ImportReport.failure(error, verb: "export")
        }
        defer { export.close() }
        let total: Total
        if self.file == "-" {
            total = try self.write(&export) { try Console.raw($0) }
        } else {
            var sum = Total()
            try LocalFile.writing(to: CommonOptions.absolute(self.file)) { write in
                sum = try self.write(&export, write)
            }
            total = sum
        }
        self.report(total)
    }

    /// What was written.
    private struct Total {
        var messages = 0
        var bytes = 0
    }

    private func write(_ export: inout LogExport, _ write: ([UInt8]) throws -> Void) throws -> Total
    {
        var total = Total()
        try write(export.heading)
        total.bytes += export.heading.count
        var progress = ProgressLine(isShown: !self.common.quiet)
        defer { progress.end() }
        do {
            while let page = try export.next() {
                if !page.lines.isEmpty { try write(page.lines) }
                total.messages += page.messages
                total.bytes += page.lines.count
                progress.show("\(page.percent) %, \(total.messages) messages")
            }
        } catch let error as NodeError {
            throw CommandFailure(.failed, "\(error)")
        }
        return total
    }

    private func report(_ total: Total) {
        if self.common.json {
            return Console.json(
                .object([
                    ("file", .string(CommonOptions.absolute(self.file))),
                    ("messages", .integer(Int64(total.messages))),
                    ("bytes", .integer(Int64(total.bytes))),
                ])
            )
        }
        self.common.say("Wrote \(total.messages) messages, \(Sizes.text(Int64(total.bytes))).")
        self.common.say(
            "Elsewhere: valence-node init, then valence-node import FILE --genesis NETWORK"
        )
    }
}

/// How far something is, for a person who looks on; not more often than one can read.
struct ProgressLine {
    private static let pause = Duration.milliseconds(200)

    private let isShown: Bool
    private var next = ContinuousClock.now

    init(isShown: Bool) { self.isShown = isShown && Console.isTalkOnTerminal }

    mutating func show(_ text: @autoclosure () -> String) {
        guard self.isShown, ContinuousClock.now >= self.next else { return }
        self.next = .now + Self.pause
        Console.progress(text())
    }

    func end() {
        if self.isShown { Console.progress("") }
    }
}
