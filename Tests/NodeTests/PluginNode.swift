import Foundation
import Messages
import Primitives

@testable import Node

/// A founder's node with plug-ins, and what a test asks of it.
struct PluginNode {
    let path: String
    let genesis: String

    init(path: String, genesis: String) { (self.path, self.genesis) = (path, genesis) }

    /// Makes a data directory, and a network of which it is a founder.
    init(_ parent: String, _ name: String = "node") throws {
        (self.path, self.genesis) = ("\(parent)/\(name)", "\(parent)/genesis.json")
        let node = try DataDirectory(path: self.path).initialise()
        try NetworkDescription(founders: [.init(node: node, score: .one)]).write(to: self.genesis)
    }

    /// A program of the repository's examples.
    static func example(_ path: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("examples/\(path)").path
    }

    /// Writes a program in Python that is a plug-in of its own.
    static func script(_ parent: String, _ name: String, _ text: String) throws -> String {
        let path = "\(parent)/\(name).py"
        try "#!/usr/bin/env python3\n\(text)".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    /// Adds a plug-in; it has to be taken.
    func add(_ program: String, scope: String = "read", _ arguments: [String] = []) throws {
        let outcome = try NodeProgram.run(
            ["plugin", "add", "--json", "--data-dir", self.path, "--scope", scope, program]
                + (arguments.isEmpty ? [] : ["--"] + arguments)
        )
        guard outcome.status == 0 else {
            throw ProcessFailure(description: outcome.errors + outcome.output)
        }
    }

    func start(_ more: [String] = []) throws -> NodeProcess {
        try NodeProcess(self.path, ["--genesis", self.genesis] + more)
    }
}

extension NodeProcess {
    /// Calls an operation; it has to succeed.
    func operation(_ name: String, _ arguments: JSONValue = .emptyObject) throws -> JSONValue {
        let text = String(decoding: arguments.canonicalBytes(), as: UTF8.self)
        return try self.call(["call", name, "--arguments", text])
    }

    /// Calls an operation that is refused.
    func refusal(_ name: String, _ arguments: JSONValue = .emptyObject) throws -> String? {
        let text = String(decoding: arguments.canonicalBytes(), as: UTF8.self)
        let outcome = try NodeProgram.run(
            ["call", name, "--arguments", text, "--json", "--data-dir", self.dataDirectory]
        )
        return outcome.status == 0 ? nil : try outcome.json()["code"]?.string
    }

    /// What the node says of a plug-in.
    func plugin(_ name: String) throws -> JSONValue? {
        let plugins = try self.operation("plugins")["plugins"]?.elements ?? []
        return plugins.first { $0["name"]?.string == name }
    }

    /// Waits, for at most 20 s, until a plug-in is as it should be.
    ///
    /// - Returns: what the node said of it last.
    @discardableResult
    func wait(for name: String, until isSo: (JSONValue) -> Bool) throws -> JSONValue? {
        var last: JSONValue?
        for _ in 0..<200 {
            last = try self.plugin(name)
            if let last, isSo(last) { return last }
            usleep(100_000)
        }
        throw ProcessFailure(description: "\(name) is \(last?.prettyText ?? "nowhere")")
    }

    /// Waits until a plug-in runs.
    func waitUntilRunning(_ name: String) throws {
        try self.wait(for: name) { $0["state"]?.string == "runs" }
    }

    /// Proposes something, and returns its id.
    func propose(_ parent: String, title: String = "t") throws -> String {
        let file = "\(parent)/artefact-\(UUID().uuidString)"
        try "text".write(toFile: file, atomically: true, encoding: .utf8)
        let made = try self.call(["proposal", "new", "--title", title, "--file", file])
        guard let id = made["id"]?.string else { throw ProcessFailure(description: "no id") }
        return id
    }
}
