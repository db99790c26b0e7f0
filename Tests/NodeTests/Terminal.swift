import Foundation

/// A command whose output goes to a terminal, as a person sees it.
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
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
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
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        guard slave >= 0 else { throw ProcessFailure(description: "cannot open the terminal") }
        let process = try NodeProgram.process(arguments)
        process.standardOutput = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardError = FileHandle.nullDevice
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try process.run()
        close(slave)
        let watch = NodeProgram.watch(process)
        defer { watch.cancel() }
        // The end of the last writer is an error of the read.
        var shown: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while case let count = read(master, &buffer, buffer.count), count > 0 {
            shown += buffer[0..<count]
        }
        close(master)
        process.waitUntilExit()
        return String(decoding: shown, as: UTF8.self)
    }
}
