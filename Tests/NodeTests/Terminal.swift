import Foundation

/// A command at a terminal, as a person sees it.
enum Terminal {
    /// TIOCSPTLCK and TIOCGPTN of Linux, which are macros.
    private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

    /// Runs a command to its end and returns what reached the terminal.
    ///
    /// - Parameters:
    ///   - arguments: the command.
    ///   - columns: how wide the terminal is; nil for one that does not tell.
    ///   - environment: what is set besides.
    /// - Returns: what reached the terminal.
    /// - Throws: ``ProcessFailure``, when there is no terminal.
    static func run(
        _ arguments: [String],
        columns: UInt16? = nil,
        environment: [String: String] = [:]
    ) throws -> String {
        let (master, slave) = try self.pair(columns: columns)
        let process = try NodeProgram.process(arguments)
        process.standardOutput = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardError = FileHandle.nullDevice
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try process.run()
        close(slave)
        let watch = NodeProgram.watch(process)
        defer { watch.cancel() }
        var shown = ""
        while let more = self.next(from: master) { shown += more }
        close(master)
        process.waitUntilExit()
        return shown
    }

    /// Both ends of a new terminal.
    static func pair(columns: UInt16?) throws -> (master: Int32, slave: Int32) {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (locked, number): (Int32, Int32) = (0, 0)
        guard master >= 0, ioctl(master, Self.setLock, &locked) == 0,
            ioctl(master, Self.getNumber, &number) == 0
        else {
            throw ProcessFailure(description: "no terminal: \(String(cString: strerror(errno)))")
        }
        if let columns {
            var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
            guard ioctl(master, UInt(TIOCSWINSZ), &size) == 0 else {
                throw ProcessFailure(description: "the terminal takes no size")
            }
        }
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw ProcessFailure(description: "cannot open the terminal") }
        return (master, slave)
    }

    /// What is shown next; nil at the end of the last writer, which is an error of the read.
    private static func next(from master: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(master, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[0..<count], as: UTF8.self) : nil
    }

    // MARK: Typing

    /// What somebody types at a question.
    struct Answer {
        let question: String
        let text: String

        init(_ question: String, _ text: String) {
            self.question = question
            self.text = text
        }
    }

    /// What came of a command at which somebody typed.
    struct Session {
        /// All that could be read on the screen, except for the command's standard output.
        let shown: String
        let output: String
        let status: Int32
        /// How many answers were typed.
        let answered: Int
    }

    /// Runs a command whose terminal this is, and types an answer whenever its question appears.
    ///
    /// - Parameters:
    ///   - arguments: the command.
    ///   - program: another one than the node, by its path.
    ///   - answers: in the order of the questions.
    /// - Returns: what came of it.
    /// - Throws: ``ProcessFailure``, when there is no terminal.
    static func type(
        _ arguments: [String],
        at program: String? = nil,
        _ answers: [Answer]
    ) throws -> Session {
        let (master, slave) = try self.pair(columns: nil)
        let process = try NodeProgram.process(arguments)
        let command = program ?? process.executableURL?.path ?? ""
        // Only the leader of a session can have a terminal of its own.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = ["--ctty", "--wait", command] + arguments
        let output = Pipe()
        process.standardInput = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardError = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardOutput = output
        try process.run()
        close(slave)
        let watch = NodeProgram.watch(process)
        defer { watch.cancel() }
        var (shown, unread, answered) = ("", "", 0)
        while let more = self.next(from: master) {
            shown += more
            unread += more
            while answered < answers.count,
                let end = unread.range(of: answers[answered].question)?.upperBound
            {
                unread = String(unread[end...])
                let line = Array("\(answers[answered].text)\n".utf8)
                guard write(master, line, line.count) == line.count else { break }
                answered += 1
            }
        }
        close(master)
        process.waitUntilExit()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        return Session(
            shown: shown,
            output: String(decoding: printed, as: UTF8.self),
            status: process.terminationStatus,
            answered: answered
        )
    }
}
