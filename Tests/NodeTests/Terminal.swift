import Foundation

/// A command whose output goes to a terminal, as a person sees it.
enum Terminal {
    /// TIOCSPTLCK and TIOCGPTN of Linux, which are macros.
    private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

    /// Runs a command to its end and returns what reached the terminal.
    static func run(_ arguments: [String]) throws -> String {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (locked, number): (Int32, Int32) = (0, 0)
        guard master >= 0, ioctl(master, Self.setLock, &locked) == 0,
            ioctl(master, Self.getNumber, &number) == 0
        else {
            throw ProcessFailure(description: "no terminal: \(String(cString: strerror(errno)))")
        }
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        guard slave >= 0 else { throw ProcessFailure(description: "cannot open the terminal") }
        let process = try NodeProgram.process(arguments)
        process.standardOutput = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardError = FileHandle.nullDevice
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
