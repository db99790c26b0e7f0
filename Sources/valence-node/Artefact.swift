import Foundation
import Glibc
import Messages
import Node
import Primitives

/// An artefact as PROPOSE describes it.
struct Artefact {
    let hash: ContentHash
    let contentType: String
    private let body: LocalConnection.Body
    /// The bytes, when they may travel inside the proposal (D-72).
    private let inline: [UInt8]?

    init(bytes: [UInt8], contentType: String) {
        self.hash = ContentHash(SHA256Digest.hash(bytes))
        self.contentType = contentType
        self.body = .bytes(bytes)
        self.inline = bytes.count <= WireLimits.inlineContentBytesMax ? bytes : nil
    }

    /// Reads a file once, whatever its size, a piece at a time.
    init(file path: String, contentType: String) throws {
        let file = try LocalFile.open(path)
        var hasher = SHA256Hasher()
        var inline: [UInt8] = []
        let fitsInline = file.size <= WireLimits.inlineContentBytesMax
        while let piece = try LocalFile.reading({ () throws(NodeError) in try file.next() }) {
            hasher.update(piece)
            if fitsInline { inline += piece }
        }
        self.hash = ContentHash(hasher.finalize())
        self.contentType = contentType
        self.body = .file(file)
        self.inline = fitsInline ? inline : nil
    }

    /// Whether it travels inside the proposal.
    var isInline: Bool { self.inline != nil }

    /// What does not travel inside the proposal is kept by the node, and fetched from it.
    func shareUnlessInline(by client: APIClient) async throws {
        guard !self.isInline else { return }
        let answer = try await client.beside("artefact").upload(
            "share_content",
            [],
            self.body,
            contentType: self.contentType
        )
        guard answer["content_hash"]?.string == self.hash.hex else {
            throw CommandFailure(.failed, "the file changed while it was read; try again")
        }
    }

    /// The content members of a PROPOSE payload.
    var members: [(String, JSONValue)] {
        let members: [(String, JSONValue)] = [
            ("content_hash", .string(self.hash.hex)),
            ("content_type", .string(self.contentType)),
            ("content_size", .integer(Int64(self.body.count))),
        ]
        return members
            + (self.inline.map { [("content_inline", .string(Base64.encode($0)))] } ?? [])
    }
}

/// Files that the user names.
enum LocalFile {
    /// Opens a file that is to become an artefact; a device, a pipe and what no node would keep are
    /// refused unread.
    static func open(_ path: String) throws -> RegularFile {
        try Self.reading { () throws(NodeError) in
            try RegularFile(
                CommonOptions.absolute(path),
                upTo: Int(WireLimits.replicatedContentBytesMax)
            )
        }
    }

    /// Writes a file that is there whole or not at all.
    static func writing(to path: String, _ body: ((_ piece: [UInt8]) throws -> Void) throws -> Void)
        throws
    {
        let part = "\(path).\(ProcessInfo.processInfo.processIdentifier).part"
        func failure(_ cause: String) -> CommandFailure {
            CommandFailure(.failed, "cannot write \(path): \(cause); choose another place")
        }
        guard FileManager.default.createFile(atPath: part, contents: nil),
            let handle = FileHandle(forWritingAtPath: part)
        else { throw failure("the folder is missing, or may not be written to") }
        defer { try? FileManager.default.removeItem(atPath: part) }
        try body { piece in
            do {
                try handle.write(contentsOf: piece)
            } catch {
                throw failure(error.localizedDescription)
            }
        }
        try? handle.close()
        guard rename(part, path) == 0 else { throw failure(String(cString: strerror(errno))) }
    }

    static func reading<T>(_ body: () throws(NodeError) -> T) throws -> T {
        do {
            return try body()
        } catch {
            throw CommandFailure(.failed, "cannot read \(error)")
        }
    }
}
