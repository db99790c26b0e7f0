import ArgumentParser
import Logging
import Node
import Primitives

/// The command `valence-node compact`.
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Give back room of a stopped node that its log and artefacts do not need.",
        discussion: """
            The log is written anew without the pages that nothing is in, checked, compared with the old one and put in \
            its place; a crash leaves the one or the other. No message is dropped. Uploads and downloads that did not \
            come to their end go, as do artefacts older than a day that nothing in the log names, unless they were adopted.

            Example: valence-node compact
            """
    )

    @OptionGroup var common: CommonOptions

    func run() throws {
        LogFormat.text.start(LogVolume(.warning))
        let compaction = DirectoryCompaction(
            self.common.directory,
            logger: Logger(label: "valence-node")
        )
        let report: DirectoryCompaction.Report
        do {
            report = try compaction.run(now: .now)
        } catch {
            throw ImportReport.failure(error, verb: "compact")
        }
        if self.common.json {
            return Console.json(
                .object([
                    ("data_dir", .string(self.common.directory.path)),
                    ("log_bytes_before", .integer(Int64(report.logBefore))),
                    ("log_bytes_after", .integer(Int64(report.logAfter))),
                    ("removed_artefacts", .integer(Int64(report.artefacts))),
                    ("removed_parts", .integer(Int64(report.parts))),
                    ("removed_bytes", .integer(Int64(report.removedBytes))),
                ])
            )
        }
        let (before, after) = (Int64(report.logBefore), Int64(report.logAfter))
        Console.line("log        \(Sizes.text(before)) before, \(Sizes.text(after)) now")
        Console.line(
            "artefacts  \(report.artefacts) removed, and \(report.parts) unfinished files: "
                + Sizes.text(Int64(report.removedBytes))
        )
    }
}
