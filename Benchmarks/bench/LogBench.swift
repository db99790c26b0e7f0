import Cryptography
import Dispatch
import Foundation
import Messages
import Persistence
import Primitives

/// The durable log: appending with group commit and sync, then reading it all again.
///
/// Reading by sequence is what a restart does: each record is checked and parsed again. A page is
/// what sync serves: bytes out of the map, in the order of the index.
struct LogBench {
    let effort: Effort
    let parent: String

    func run(into report: inout Report) throws {
        let messages = try SampleMessages.signed(self.effort.scaled(20_000))
        let own = messages.prefix(64).map { LogEntry.admitted($0, .local(nil)) }
        let relayed = messages.dropFirst(own.count).map { LogEntry.relayed($0) }
        var commits: [Double] = []
        var appends: [Double] = []
        var reads: [Double] = []
        var pages: [Double] = []
        for _ in 0..<self.effort.runs {
            try TemporaryLog.with(parent: self.parent) { log in
                let seconds = try Stopwatch.seconds {
                    for entry in own { _ = try log.append([entry]) }
                }
                commits.append(seconds / Double(own.count) * 1_000)
                appends.append(try Self.rate(relayed.count) { try log.append(relayed) })
                reads.append(try Self.rate(messages.count) { try log.readBySequence() })
                pages.append(try Self.rate(messages.count) { try log.readByPage() })
            }
        }
        report.add("log_append", Sample(appends), unit: "messages/s")
        report.add("log_commit_of_one", Sample(commits), unit: "ms")
        report.add("log_read_by_sequence", Sample(reads), unit: "messages/s")
        report.add("log_read_by_page", Sample(pages), unit: "messages/s")
    }

    private static func rate(_ count: Int, _ work: () throws -> Int) throws -> Double {
        var found = 0
        let seconds = try Stopwatch.seconds { found = try work() }
        guard found == count else { throw BenchError("the log has \(found) of \(count) messages") }
        return Double(count) / seconds
    }
}

extension LogEntry {
    /// A message that came by gossip.
    static func relayed(_ message: Message) -> LogEntry {
        .admitted(message, .gossip(relay: message.from, topic: .proposals, ticket: 0))
    }

    fileprivate static func admitted(_ message: Message, _ origin: Origin) -> LogEntry {
        .message(
            AdmittedMessage(
                message: message,
                origin: origin,
                receivedAt: message.timestamp,
                sender: SenderStanding(identity: message.from),
                reputation: .zero
            )
        )
    }
}
