public import Kernel
public import Messages

/// Lines of a file that are to be admitted together (ADR 0065).
public struct ImportPage: Signal {
    /// The lines, as they stand in the file.
    public let lines: [[UInt8]]
    /// Puts lines together; whoever reads the file bounds their number and their bytes.
    public init(lines: [[UInt8]]) { self.lines = lines }
}

/// What became of a page.
public struct ImportOutcome: Sendable, Equatable {
    /// What became of a line.
    public enum Fate: Sendable, Equatable {
        /// It was accepted, and is in the log if its kind is kept.
        case accepted
        /// The log has it already, or an earlier line of the page was the same message.
        case known
        /// It was refused, by whoever refuses such a message of any peer.
        case refused(Refusal)
    }

    /// One for each line of the page.
    public let fates: [Fate]
    /// Messages that were refused before, in this page or an earlier one, and hold since another one came.
    public let late: Int

    /// Puts an outcome together.
    public init(fates: [Fate], late: Int) {
        self.fates = fates
        self.late = late
    }
}

/// The device of ``Importer``: it brings one page after the other, the next one when the last has ended.
public protocol ImporterDesk: Sendable {
    /// The page is judged, and what was accepted of it is on the disk.
    func ended(_ outcome: ImportOutcome)
    /// The log takes no more; the page does not end.
    func stopped(because reason: String)
}
