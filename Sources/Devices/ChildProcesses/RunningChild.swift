import DequeModule
import Glibc
import PluginHost
import Primitives

/// One start of a child: what waits to be written to it, and what it said and nobody has read yet.
struct RunningChild {
    /// A line on its way to the child, and what is reported when it was written.
    struct Outgoing {
        let line: [UInt8]
        let report: PluginReport?
    }

    let run: Int
    private(set) var spawned: SpawnedProcess
    private var outgoing: Deque<Outgoing> = []
    /// Bytes of the first line that were written.
    private var written = 0
    private var heard: [UInt8] = []
    /// Whether a line that is too long is being passed over.
    private var isSkipping = false
    private(set) var isPaused = false
    private(set) var isOutputOver = false
    private(set) var areErrorsOver = false

    init(run: Int, _ spawned: SpawnedProcess) {
        self.run = run
        self.spawned = spawned
    }

    // MARK: Writing

    var hasOutgoing: Bool { !self.outgoing.isEmpty && self.spawned.input >= 0 }

    mutating func say(_ line: [UInt8], report: PluginReport?) {
        self.outgoing.append(Outgoing(line: line, report: report))
    }

    /// Writes what the pipe takes.
    ///
    /// - Returns: what is to be reported.
    mutating func write() -> [PluginReport] {
        var reports: [PluginReport] = []
        while let first = self.outgoing.first, self.spawned.input >= 0 {
            let count = first.line.withUnsafeBytes { bytes in
                Glibc.write(
                    self.spawned.input,
                    bytes.baseAddress?.advanced(by: self.written),
                    bytes.count - self.written
                )
            }
            guard count > 0 else {
                // It closed its end: it may still say something, and is ended otherwise.
                if count < 0, errno != EAGAIN, errno != EINTR { self.spawned.closeInput() }
                return reports
            }
            self.written += count
            guard self.written == first.line.count else { return reports }
            self.written = 0
            self.outgoing.removeFirst()
            if let report = first.report { reports.append(report) }
        }
        return reports
    }

    // MARK: Reading

    var wantsOutput: Bool { !self.isPaused && !self.isOutputOver }

    /// Reads what it said.
    mutating func readOutput() {
        switch Self.read(self.spawned.output) {
        case .bytes(let bytes): self.heard += bytes
        case .nothing: break
        case .end: self.isOutputOver = true
        }
    }

    /// Takes whole lines; the child is not read until it may proceed.
    mutating func takeLines() -> [PluginUtterance] {
        guard !self.isPaused else { return [] }
        var utterances: [PluginUtterance] = []
        var start = self.heard.startIndex
        while utterances.count < ChildLimits.batchLinesMax,
            let end = self.heard[start...].firstIndex(of: 0x0a)
        {
            let line = Array(self.heard[start..<end])
            start = end + 1
            if self.isSkipping {
                self.isSkipping = false
            } else {
                utterances.append(PluginLine.utterance(line))
            }
        }
        self.heard.removeSubrange(..<start)
        if self.heard.count > ChildLimits.lineBytesMax, !self.heard.contains(0x0a) {
            // Each further piece of a line without an end counts again.
            utterances.append(PluginLine.stray(self.heard))
            self.isSkipping = true
            self.heard = []
        }
        self.isPaused = !utterances.isEmpty
        return utterances
    }

    mutating func proceed() { self.isPaused = false }

    /// Reads what it said on its standard error.
    mutating func readErrors() -> [UInt8] {
        switch Self.read(self.spawned.errors) {
        case .bytes(let bytes): return bytes
        case .nothing: return []
        case .end:
            self.areErrorsOver = true
            return []
        }
    }

    private enum Piece {
        case bytes([UInt8])
        case nothing
        case end
    }

    private static func read(_ descriptor: Int32) -> Piece {
        var bytes = [UInt8](repeating: 0, count: ChildLimits.pieceBytes)
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        if count > 0 { return .bytes(Array(bytes.prefix(count))) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .end
    }

    // MARK: Its end

    mutating func closeInput() { self.spawned.closeInput() }

    mutating func closePipes() { self.spawned.closePipes() }
}
