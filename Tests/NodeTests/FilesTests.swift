import Foundation
import Glibc
import Messages
import Primitives
import Testing

@testable import Node

@Suite("Small files of a node")
struct FilesTests {
    private static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private static func failure<T>(_ body: () throws -> T) -> String {
        do {
            _ = try body()
            return "taken"
        } catch {
            return "\(error)"
        }
    }

    @Test("a file is written whole with its mode, replaces the one before, and leaves nothing else")
    func write() throws {
        try NodeProgram.withDirectory { folder in
            let path = "\(folder)/file"
            for bytes in [[], [1, 2, 3], [UInt8](repeating: 9, count: 100_000)] {
                try Files.write(bytes, to: path, mode: 0o600)
                #expect(try Files.read(path, upTo: 100_000) == bytes)
                #expect(try Files.mode(path) & 0o777 == 0o600)
            }
            #expect(try Self.names(in: folder) == ["file"])
        }
    }

    @Test("a write that fails names the place that was asked for, and leaves what was there")
    func failedWrite() throws {
        try NodeProgram.withDirectory { folder in
            let text = Self.failure { try Files.write([1], to: "\(folder)/none/file", mode: 0o600) }
            #expect(text == "\(folder)/none/file: No such file or directory")
            try Files.makeDirectory("\(folder)/taken/inside")
            let taken = Self.failure { try Files.write([1], to: "\(folder)/taken", mode: 0o600) }
            #expect(taken.hasPrefix("\(folder)/taken: ") && !taken.contains(".tmp"))
            #expect(try Self.names(in: folder) == ["taken"])
        }
    }

    @Test("what has more bytes than it may is refused, and what has as many is read")
    func limits() throws {
        try NodeProgram.withDirectory { folder in
            let path = "\(folder)/file"
            try Files.write([1, 2, 3, 4], to: path, mode: 0o600)
            #expect(try Files.read(path, upTo: 4) == [1, 2, 3, 4])
            let text = Self.failure { try Files.read(path, upTo: 3) }
            #expect(text == "\(path): it has 4 bytes; at most 3 can be used here")
        }
    }

    @Test("pipes, devices and folders are refused before they are read")
    func irregular() throws {
        try NodeProgram.withDirectory { folder in
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            for (path, cause) in [
                ("\(folder)/pipe", "it is a pipe or a device"),
                ("/dev/zero", "it is a pipe or a device"),
                (folder, "Is a directory"), ("\(folder)/none", "No such file or directory"),
            ] {
                let text = Self.failure { try Files.read(path, upTo: 10) }
                #expect(text.hasPrefix("\(path): \(cause)"), "\(text)")
            }
        }
    }

    @Test("a file is read piece by piece, as long as it was when it was opened, and again")
    func pieces() throws {
        try NodeProgram.withDirectory { folder in
            let path = "\(folder)/file"
            let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0) }
            try Files.write(bytes, to: path, mode: 0o600)
            let file = try RegularFile(path, upTo: 1_000_000)
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data([7, 7]))
            for _ in 0..<2 {
                var read: [UInt8] = []
                while let piece = try file.next() { read += piece }
                #expect(read == bytes && file.size == 600_000)
                #expect(try file.next() == nil)
                file.rewind()
            }
            try handle.truncate(atOffset: 10)
            _ = try file.next()
            #expect(Self.failure { try file.next() } == "\(path): it became shorter")
        }
    }

    @Test("folders are made with their parents for the owner alone; a file in the way is named")
    func folders() throws {
        try NodeProgram.withDirectory { folder in
            try Files.makeDirectory("\(folder)/a/b/c")
            try Files.makeDirectory("\(folder)/a/b/c")
            #expect(try Files.mode("\(folder)/a/b") & 0o777 == 0o700)
            try Files.write([], to: "\(folder)/file", mode: 0o600)
            let text = Self.failure { try Files.makeDirectory("\(folder)/file/x") }
            #expect(text.hasPrefix("\(folder)/file: it is a file, and no folder"))
        }
    }

    @Test("moves and copies replace, and a missing source is named")
    func moves() throws {
        try NodeProgram.withDirectory { folder in
            let (one, two) = ("\(folder)/one", "\(folder)/two")
            try Files.write([1], to: one, mode: 0o644)
            try Files.write([2], to: two, mode: 0o644)
            try Files.copy(one, to: two, mode: 0o600)
            #expect(try Files.read(two, upTo: 9) == [1] && Files.exists(one))
            #expect(try Files.mode(two) & 0o777 == 0o600)
            try Files.move(two, to: one)
            #expect(Files.exists(one) && !Files.exists(two))
            #expect(Self.failure { try Files.move(two, to: one) }.hasPrefix("\(one): "))
            Files.remove(one)
            Files.remove(one)
            #expect(!Files.exists(one))
        }
    }

    @Test("what a process that is gone left half written is removed, and nothing else")
    func leftovers() throws {
        try NodeProgram.withDirectory { folder in
            // No process has the largest number.
            let gone = "api.token.\(Int32.max).tmp"
            let kept = [
                "api.token.\(getpid()).tmp", "file.tmp", "a.b.tmp", "a.0.tmp", "a.-1.tmp",
                "node.key",
                "a.\(Int32.max).txt",
            ]
            for name in kept + [gone] {
                try Files.write([], to: "\(folder)/\(name)", mode: 0o600)
            }
            DataDirectory(path: folder).removeLeftovers()
            #expect(try Self.names(in: folder) == kept.sorted())
            DataDirectory(path: "\(folder)/none").removeLeftovers()
        }
    }
}

@Suite("The socket of a data directory")
struct SocketPlaceTests {
    @Test("a path of up to 107 bytes is its own address; a longer one is reached by its folder")
    func lengths() throws {
        try NodeProgram.withDirectory { folder in
            for length in [107, 108] {
                let name = String(repeating: "s", count: 40)
                let rest = length - folder.utf8.count - name.utf8.count - 2
                let deep = "\(folder)/\(String(repeating: "d", count: rest))"
                try Files.makeDirectory(deep)
                let place = try SocketPlace(folder: deep, name: name)
                #expect((place.path == "\(deep)/\(name)") == (length == 107), "\(place.path)")
                #expect(place.path.utf8.count <= 107)
                try Files.write([1], to: "\(deep)/\(name)", mode: 0o600)
                withExtendedLifetime(place) { #expect(Files.exists(place.path)) }
            }
        }
    }

    @Test("a folder that others may enter is no place to look for the own node")
    func openFolder() throws {
        try NodeProgram.withDirectory { folder in
            let directory = DataDirectory(path: folder)
            _ = try directory.initialise()
            #expect(try directory.socketPlace() == nil, "no node has run")
            let place = try directory.makeSocketPlace()
            try Files.write([], to: place.path, mode: 0o644)
            try directory.closeSocketToOthers()
            #expect(try Files.mode(place.path) & 0o777 == 0o600)
            #expect(try directory.socketPlace()?.path == place.path)
            for mode in [0o701, 0o710, 0o777] as [mode_t] {
                try Files.setMode("\(folder)/run", mode)
                let error = #expect(throws: NodeError.self) { try directory.socketPlace() }
                #expect("\(try #require(error))".contains("chmod 700 \(folder)/run"))
            }
            _ = try directory.makeSocketPlace()
            #expect(try directory.socketPlace() != nil, "the node closes it again")
        }
    }

    @Test("the port is left for programs while a node runs, and taken back with it")
    func port() throws {
        try NodeProgram.withDirectory { folder in
            let directory = DataDirectory(path: folder)
            for port in [65_535, 1] {
                try directory.writePort(port)
                let bytes = try Files.read("\(folder)/api.port", upTo: 9)
                #expect(String(decoding: bytes, as: UTF8.self) == "\(port)")
            }
            directory.removePort()
            #expect(!Files.exists("\(folder)/api.port"))
            directory.removePort()
        }
    }

    @Test("a token that can be guessed or read by others is refused; white space around it is not")
    func tokens() throws {
        try NodeProgram.withDirectory { folder in
            let directory = DataDirectory(path: folder)
            _ = try directory.initialise()
            let path = "\(folder)/api.token"
            let good = String(repeating: "t", count: 32)
            for (text, isGood) in [
                (good, true), ("\n  \(good)\n", true), (String(good.dropLast()), false),
                (good + "ü", false), (String(repeating: "\u{1}", count: 40), false),
            ] {
                try Files.write(Array(text.utf8), to: path, mode: 0o600)
                if isGood {
                    #expect(try directory.loadToken() == good)
                } else {
                    let error = #expect(throws: NodeError.self) { try directory.loadToken() }
                    #expect("\(try #require(error))".contains("at least 32 visible"))
                }
            }
        }
    }
}

@Suite("A value that is set once")
struct PromiseTests {
    @Test("all who wait get it, before and after, and it stays what it was")
    func keep() async {
        let promise = Promise<Int>()
        let early = (0..<3).map { _ in Task { await promise.value } }
        await Task.yield()
        promise.keep(4)
        promise.keep(5)
        for task in early { #expect(await task.value == 4) }
        #expect(await promise.value == 4)
    }
}
