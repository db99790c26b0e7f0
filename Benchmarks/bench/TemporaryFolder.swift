import Foundation

/// A folder that is removed again.
enum TemporaryFolder {
    /// Lends a path under `parent` at which nothing is yet, and removes what is there afterwards.
    static func with<R>(parent: String, _ body: (String) async throws -> R) async throws -> R {
        let path = Self.path(parent)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }

    private static func path(_ parent: String) -> String { "\(parent)/bench-\(UUID().uuidString)" }
}
