public import Messages
import Persistence
public import Primitives

// What is in the logs of nodes.
extension World {
    /// What a node has in its log of one author, in the order in which it came.
    public func messages(of author: NodeID, at number: Int) -> [Message] {
        self.admitted(at: number).map(\.message).filter { $0.from == author }
    }

    /// Every message in the log of a node that came after so many entries.
    func admitted(at number: Int, after sequence: UInt64 = 0) -> [AdmittedMessage] {
        let log = self.bodies[number].log
        var (found, last): ([AdmittedMessage], UInt64) = ([], sequence)
        while let records = try? log.records(
            after: last,
            count: 1_000,
            bytesMax: .max
        ), let end = records.last {
            found += records.compactMap { record in
                if case .message(let admitted) = record.entry { admitted } else { nil }
            }
            last = end.sequence
        }
        return found
    }

    /// Entries in the log of a node.
    func logLength(of number: Int) -> UInt64 { self.bodies[number].log.status.lastSequence }
}
