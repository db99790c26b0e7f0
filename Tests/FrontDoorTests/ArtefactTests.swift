import Foundation
import Messages
import Primitives
import Testing

@testable import valence_node

@Suite("Artefacts and files that a user names")
struct ArtefactTests {
    private static func write(_ count: Int, to path: String) throws {
        try Data(repeating: 7, count: count).write(to: URL(fileURLWithPath: path))
    }

    @Test("D-72: up to 1 MiB travels inside the proposal, a byte more does not")
    func inline() async throws {
        try await withFolder { folder in
            let limit = WireLimits.inlineContentBytesMax
            #expect(limit == 1_048_576)
            for (count, isInline) in [(0, true), (limit, true), (limit + 1, false)] {
                let path = "\(folder)/file"
                try Self.write(count, to: path)
                let bytes = [UInt8](repeating: 7, count: count)
                let read = try Artefact(file: path, contentType: "text/plain")
                let given = Artefact(bytes: bytes, contentType: "text/plain")
                for artefact in [read, given] {
                    let members = JSONValue.object(artefact.members)
                    #expect(artefact.hash == ContentHash(SHA256Digest.hash(bytes)))
                    #expect(members["content_hash"]?.string == artefact.hash.hex)
                    #expect(members["content_size"]?.integer == Int64(count))
                    #expect(members["content_type"]?.string == "text/plain")
                    #expect((members["content_inline"] != nil) == isInline, "\(count)")
                }
            }
        }
    }

    @Test("what is no regular file is refused unread, with its name")
    func noFile() async throws {
        try await withFolder { folder in
            mkfifo("\(folder)/pipe", 0o600)
            for path in [folder, "\(folder)/none", "\(folder)/pipe", "/dev/zero"] {
                let failure = #expect(throws: CommandFailure.self) { try LocalFile.open(path) }
                #expect(failure?.code == .failed)
                #expect(failure?.detail.hasPrefix("cannot read \(path): ") == true)
            }
        }
    }

    @Test("R-06-018, D-63: more than 100 MB is refused before it is read")
    func tooLarge() async throws {
        try await withFolder { folder in
            let path = "\(folder)/large"
            try Self.write(0, to: path)
            for (size, isTaken) in [(100_000_000, true), (100_000_001, false)] as [(UInt64, Bool)] {
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try file.truncate(atOffset: size)
                try file.close()
                let opened = try? LocalFile.open(path)
                #expect((opened != nil) == isTaken)
            }
        }
    }

    @Test("T20: a file is there whole or not at all, and nothing else stays")
    func writing() async throws {
        try await withFolder { folder in
            let path = "\(folder)/out"
            try LocalFile.writing(to: path) { write in
                try write([1, 2])
                #expect(!FileManager.default.fileExists(atPath: path))
                try write([3])
            }
            #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [1, 2, 3])
            #expect(throws: Unexpected.self) {
                try LocalFile.writing(to: path) { write in
                    try write([9])
                    throw Unexpected(description: "half way")
                }
            }
            #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [1, 2, 3])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out"])
        }
    }

    @Test("a place that takes no file is named, with the way out")
    func noPlace() async throws {
        try await withFolder { folder in
            for path in ["\(folder)/none/out", folder] {
                let failure = #expect(throws: CommandFailure.self) {
                    try LocalFile.writing(to: path) { try $0([1]) }
                }
                #expect(failure?.detail.hasPrefix("cannot write \(path): ") == true)
                #expect(failure?.detail.hasSuffix("; choose another place") == true)
            }
        }
    }
}
