import Messages
import Node

/// Cuts a file into pages of lines that are judged together.
struct ImportPages {
    typealias Line = (number: Int, text: [UInt8])

    private var lines: InputLines
    /// The line that had no room in the page before.
    private var held: Line?

    init(_ lines: InputLines) { self.lines = lines }

    /// Why reading ended, if it was not the end of the file.
    var failure: String? { self.lines.failure }

    /// The first line; nil when there is none.
    mutating func heading() async -> [UInt8]? {
        if case .text(let heading)? = await self.lines.next() { heading } else { nil }
    }

    /// The next page; nil at the end.
    ///
    /// A line that is larger than a page is one of its own.
    mutating func next(_ report: inout ImportReport) async -> [Line]? {
        var page: [Line] = []
        var bytes = 0
        while page.count < LogFile.pageLinesMax, let line = await self.line(&report) {
            bytes += line.text.count
            guard page.isEmpty || bytes <= LogFile.pageBytesMax else {
                self.held = line
                break
            }
            page.append(line)
        }
        return page.isEmpty ? nil : page
    }

    private mutating func line(_ report: inout ImportReport) async -> Line? {
        if let held = self.held {
            self.held = nil
            return held
        }
        while let line = await self.lines.next() {
            switch line {
            case .text(let text): return (self.lines.number, text)
            case .tooLong:
                let detail = "longer than \(LogFile.lineBytesMax) bytes"
                report.refuse(self.lines.number, Refusal(.tooLarge, detail))
            }
        }
        return nil
    }
}
