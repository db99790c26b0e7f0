import ArgumentParser
import Glibc
import Importer
import Logging
import Messages
import Node
import Primitives

/// The command `valence-node import`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Start a node from a file that `valence-node export` wrote.",
        discussion: """
            The node must not run. It checks every message as if a peer had served it, so that whoever \
            wrote the file need not be trusted: what does not hold is refused with the number of its \
            line, and the rest is taken. What the node has already is left alone: an import that was \
            interrupted can be given again.

            Example: valence-node import log.jsonl --genesis network.json
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file; - for standard input.") var file: String
    @OptionGroup(title: "Settings, as for `run`", visibility: .hidden) var options: SettingOptions

    func run() async throws {
        LogFormat.text.start(LogVolume(.warning))
        let logger = Logger(label: "valence-node")
        let descriptor = self.file == "-" ? STDIN_FILENO : try self.open()
        let configuration = try self.options.configuration(of: self.common.directory)
        let node: LogImport
        do {
            node = try await LogImport(configuration, logger: logger)
        } catch {
            throw ImportReport.failure(error, verb: "import")
        }
        let report: Result<ImportReport, any Error>
        do {
            var pages = ImportPages(InputLines(descriptor, bytesMax: LogFile.lineBytesMax))
            report = .success(try await self.read(&pages, into: node))
        } catch {
            report = .failure(error)
        }
        await node.close()
        try report.get().print(self.common)
    }

    private func open() throws -> Int32 {
        let path = CommonOptions.absolute(self.file)
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .failed,
                "cannot read \(path): \(String(cString: strerror(errno)))"
            )
        }
        return descriptor
    }

    private func read(_ pages: inout ImportPages, into node: LogImport) async throws -> ImportReport
    {
        var report = ImportReport()
        var progress = ProgressLine(isShown: !self.common.quiet)
        defer { progress.end() }
        do {
            guard let heading = await pages.heading() else {
                throw NodeError.noLogFile(cause: pages.failure ?? "it is empty")
            }
            try node.begin(heading)
            while let page = await pages.next(&report) {
                let outcome = try await node.take(page.map(\.text))
                report.take(outcome, of: page.map(\.number))
                progress.show(report.words)
            }
        } catch let error as NodeError {
            progress.end()
            throw ImportReport.failure(error, verb: "import", after: report)
        }
        if let failure = pages.failure {
            throw CommandFailure(.failed, "cannot read on: \(failure); until then: \(report.words)")
        }
        return report
    }
}
