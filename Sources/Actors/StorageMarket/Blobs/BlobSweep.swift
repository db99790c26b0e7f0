package import Primitives

/// Removes what nothing refers to from a blob directory that nobody uses (ADR 0081).
package struct BlobSweep: Sendable {
    /// What was removed.
    package struct Result: Equatable, Sendable {
        /// Whole artefacts.
        package var artefacts = 0
        /// Files of uploads and downloads that did not come to their end.
        package var parts = 0
        /// Bytes of all of them.
        package var bytes = 0
    }

    /// Whoever uploaded something a moment ago may yet name it in a proposal.
    ///
    /// Source: own choice: a day of a person.
    private static let ageMilliseconds: Int64 = 86_400_000

    private let blobs: String
    private let adopted: String
    private let now: Timestamp

    /// - Parameters:
    ///   - path: the data directory, whose lock the caller holds.
    ///   - now: the time.
    package init(dataDirectory path: String, now: Timestamp) {
        self.blobs = "\(path)/blobs"
        self.adopted = "\(path)/adopted"
        self.now = now
    }

    /// Artefacts that may go unless something refers to them: they are a day old, and were not adopted.
    package func candidates() -> [ContentHash] {
        let names = (try? BlobFiles.names(in: self.blobs)) ?? []
        return names.compactMap { ContentHash(hex: $0) }.filter { hash in
            self.isOld("\(self.blobs)/\(hash.hex)")
                && BlobFiles.size("\(self.adopted)/\(hash.hex)") == nil
        }.sorted()
    }

    private func isOld(_ path: String) -> Bool {
        guard let written = BlobFiles.writtenAt(path) else { return false }
        return self.now.milliseconds(since: written) > Self.ageMilliseconds
    }

    /// Removes these artefacts, and uploads and downloads that nobody can go on with.
    ///
    /// What was found damaged stays, since it may be the last copy.
    package func remove(_ artefacts: [ContentHash]) -> Result {
        var result = Result()
        for hash in artefacts {
            result.bytes += BlobFiles.size("\(self.blobs)/\(hash.hex)") ?? 0
            result.artefacts += 1
            BlobFiles.remove("\(self.blobs)/\(hash.hex)")
        }
        let parts = "\(self.blobs)/parts"
        for name in (try? BlobFiles.names(in: parts)) ?? [] {
            self.remove("\(parts)/\(name)", &result)
        }
        self.removeSenselessPartials(&result)
        try? BlobFiles.syncDirectory(self.blobs)
        return result
    }

    private func removeSenselessPartials(_ result: inout Result) {
        let folder = "\(self.blobs)/partial"
        let before = (try? BlobFiles.names(in: folder)) ?? []
        let sizes = before.map { (name: $0, bytes: BlobFiles.size("\(folder)/\($0)") ?? 0) }
        // An inventory removes what makes no sense.
        guard (try? BlobPartials(folder).inventory()) != nil else { return }
        for file in sizes where BlobFiles.size("\(folder)/\(file.name)") == nil {
            result.parts += 1
            result.bytes += file.bytes
        }
    }

    private func remove(_ path: String, _ result: inout Result) {
        result.parts += 1
        result.bytes += BlobFiles.size(path) ?? 0
        BlobFiles.remove(path)
    }
}
