import Foundation
import FoundationNetworking
import Messages
import Node
import Primitives

/// Talks to the running node of a data directory.
struct APIClient {
    private let base: String
    private let token: String
    private let timeout: TimeInterval

    /// Finds the node through its data directory.
    init(_ directory: DataDirectory, timeout: TimeInterval = 130) throws {
        guard let port = directory.loadPort() else {
            throw CommandFailure(
                .notRunning,
                "no node has run in \(directory.path); start one with "
                    + "`valence-node run --data-dir \(directory.path)`"
            )
        }
        do {
            self.token = try directory.loadToken()
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        self.base = "http://127.0.0.1:\(port)"
        self.timeout = timeout
    }

    /// Talks to a node whose address is known.
    init(base: String, token: String, timeout: TimeInterval = 130) {
        self.base = base
        self.token = token
        self.timeout = timeout
    }

    func get(_ path: String) async throws -> JSONValue {
        try await self.send("GET", path, body: nil, contentType: nil)
    }

    func post(_ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        try await self.send(
            "POST",
            path,
            body: (body ?? .emptyObject).canonicalBytes(),
            contentType: "application/json"
        )
    }

    /// An answer that is no JSON object, such as an artefact.
    func bytes(_ path: String) async throws -> [UInt8] {
        try await self.exchange("GET", path, body: nil, contentType: nil)
    }

    func upload(_ path: String, _ bytes: [UInt8], contentType: String) async throws -> JSONValue {
        try await self.send("POST", path, body: bytes, contentType: contentType)
    }

    private func send(_ method: String, _ path: String, body: [UInt8]?, contentType: String?)
        async throws -> JSONValue
    {
        try Self.parse(
            try await self.exchange(method, path, body: body, contentType: contentType)
        )
    }

    /// The body of an answer of success.
    private func exchange(_ method: String, _ path: String, body: [UInt8]?, contentType: String?)
        async throws -> [UInt8]
    {
        guard let url = URL(string: self.base + path) else {
            throw CommandFailure(.failed, "`\(path)` cannot be part of a URL")
        }
        var request = URLRequest(url: url, timeoutInterval: self.timeout)
        request.httpMethod = method
        request.setValue("Bearer \(self.token)", forHTTPHeaderField: "Authorization")
        if let contentType { request.setValue(contentType, forHTTPHeaderField: "Content-Type") }
        if let body { request.httpBody = Data(body) }
        let (data, response) = try await Self.perform(request, base: self.base)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard status < 400 else { throw Self.failure(status, try Self.parse(Array(data))) }
        return Array(data)
    }

    private static func perform(_ request: URLRequest, base: String) async throws -> (
        Data, URLResponse
    ) {
        do {
            return try await URLSession.shared.data(for: request)
        } catch let error as URLError where error.code == .timedOut {
            throw CommandFailure(.timedOut, "the node at \(base) did not answer in time")
        } catch {
            throw CommandFailure(
                .notRunning,
                "no node answers at \(base): \(error.localizedDescription); "
                    + "start it with `valence-node run`"
            )
        }
    }

    private static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        do {
            return try JSONDocument(scanning: bytes).root.value
        } catch {
            throw CommandFailure(.failed, "the node's answer is not JSON: \(error)")
        }
    }

    private static func failure(_ status: Int, _ answer: JSONValue) -> CommandFailure {
        let code = answer["code"]?.string ?? "http_\(status)"
        let detail = answer["detail"]?.string ?? "no detail"
        let exit: ExitStatus =
            switch status {
            case 409, 422: .refused
            case 504: .timedOut
            default: .failed
            }
        return CommandFailure(exit, "\(detail) (\(code))")
    }
}
