import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("The folders of the log and the lock before them")
struct DataDirectoryTests {
    private static func mode(_ path: String) -> mode_t {
        var figures = stat()
        let code = lstat(path, &figures)
        #expect(code == 0, "\(path)")
        return figures.st_mode & 0o777
    }

    @Test("folders are made with their parents, for this user alone, and those that are there stay")
    func create() throws {
        try LogFixture.withDirectory { path in
            try DataDirectory.create("\(path)/a/b")
            for folder in [path, "\(path)/a", "\(path)/a/b"] {
                #expect(Self.mode(folder) == 0o700, "\(folder)")
            }
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(path)/a/file"))
            try DataDirectory.create("\(path)/a")
            #expect(DataDirectory.size(of: "\(path)/a/file") == 1)
            let below = "\(path)/a/file/c"
            #expect(
                throws: LogError.unusable(path: below, operation: "create", code: ENOTDIR)
            ) { try DataDirectory.create(below) }
        }
    }

    @Test("others on this machine can read nothing of the log")
    func modes() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<1), to: path)
            for name in ["LOCK", "log.format", "log/data.mdb", "log/lock.mdb"] {
                #expect(Self.mode("\(path)/\(name)") == 0o600, "\(name)")
            }
            #expect(Self.mode("\(path)/log") == 0o700)
        }
    }

    @Test("the lock names its holder, and lets the next one in when it is released, once or twice")
    func lock() throws {
        try LogFixture.withDirectory { path in
            try Data("123456789012345\nold".utf8).write(to: URL(fileURLWithPath: path))
            let held = try DataDirectoryLock(path)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text == "\(getpid())\n", "nothing is left of who held it before")
            #expect(throws: LogError.inUse(path: path, processID: getpid())) {
                _ = try DataDirectoryLock(path)
            }
            held.release()
            held.release()
            let next = try DataDirectoryLock(path)
            #expect(throws: LogError.self) { _ = try DataDirectoryLock(path) }
            next.release()
        }
    }

    @Test("a lock whose holder is not named is held all the same")
    func namelessLock() throws {
        try LogFixture.withDirectory { path in
            let held = try DataDirectoryLock(path)
            for text in ["", "x\n", "-\n"] {
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try handle.truncate(atOffset: 0)
                try handle.write(contentsOf: Data(text.utf8))
                try handle.close()
                #expect(throws: LogError.inUse(path: path, processID: nil)) {
                    _ = try DataDirectoryLock(path)
                }
            }
            held.release()
        }
    }

    @Test("a file gets its place on the disk and keeps what it holds")
    func allocate() throws {
        try LogFixture.withDirectory { path in
            #expect(DataDirectory.size(of: path) == nil)
            try Data("kept".utf8).write(to: URL(fileURLWithPath: path))
            try DataDirectory.allocate(path, bytes: 8_192)
            #expect(DataDirectory.size(of: path) == 8_192)
            try DataDirectory.allocate(path, bytes: 100)
            #expect(DataDirectory.size(of: path) == 8_192, "it never shrinks")
            let start = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(5)
            #expect(Array(start) == Array("kept".utf8) + [0])
        }
        #expect(
            throws: LogError.unusable(path: "/nowhere/x", operation: "write", code: ENOENT)
        ) { try DataDirectory.allocate("/nowhere/x", bytes: 1) }
        #expect(throws: LogError.unusable(path: "/nowhere", operation: "open", code: ENOENT)) {
            try DataDirectory.sync("/nowhere")
        }
    }
}

@Suite("What LMDB is asked for")
struct LogEnvironmentTests {
    private static func with(_ body: (LogEnvironment) throws -> Void) throws {
        try LogFixture.withDirectory { path in
            try DataDirectory.create(path)
            try body(LogEnvironment(path: path, mapBytes: 1_048_576))
        }
    }

    private static func tail(_ environment: LogEnvironment) throws -> LogTail? {
        try environment.read { (reader) throws(LogError) in try reader.tail() }
    }

    @Test("what was written before a failure is undone with it")
    func undone() throws {
        try Self.with { environment in
            let failure = LogError.overrun
            #expect(throws: failure) {
                try environment.write { (writer) throws(LogError) in
                    try writer.setTail(LogTail())
                    throw failure
                }
            }
            #expect(try Self.tail(environment) == nil)
            try environment.write { (writer) throws(LogError) in try writer.setTail(LogTail()) }
            #expect(try Self.tail(environment) == LogTail())
        }
    }

    @Test("the map is doubled, and keeps its size and content when it is opened anew")
    func grown() throws {
        try Self.with { environment in
            try environment.write { (writer) throws(LogError) in try writer.setTail(LogTail()) }
            let before = try environment.usage()
            try environment.grow()
            try environment.reopen()
            let after = try environment.usage()
            #expect(after.map == 2 * before.map && after.used == before.used)
            #expect(try Self.tail(environment) == LogTail())
        }
    }

    @Test("an environment that is closed, or could not be opened anew, serves nobody")
    func closed() throws {
        try Self.with { environment in
            #expect(throws: LogError.overrun) {
                try environment.reopen { () throws(LogError) in throw .overrun }
            }
            environment.close()
            #expect(throws: LogError.closed) { try Self.tail(environment) }
            #expect(throws: LogError.closed) { try environment.usage() }
            #expect(throws: LogError.closed) { try environment.grow() }
            #expect(throws: LogError.closed) { try environment.reopen() }
            #expect(throws: LogError.closed) { try environment.clearStaleReaders() }
            #expect(throws: LogError.closed) {
                try environment.write { (_) throws(LogError) in }
            }
        }
    }
}
