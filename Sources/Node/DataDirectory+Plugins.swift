import ChildProcesses
import Cryptography
import Doors
import HTTPServer
import Logging
public import Messages
import Primitives

// Plug-ins that are processes of their own (ADR 0058): `plugins.json` lists them, `plugins/<name>/` is what
// each keeps, and `plugins/<name>.log` what it says on its standard error.
extension DataDirectory {
    private var pluginsPath: String { "\(self.path)/plugins.json" }

    private var pluginsFolder: String { "\(self.path)/plugins" }

    /// What a plug-in keeps, and where it runs.
    package func pluginFolder(_ name: String) -> String { "\(self.pluginsFolder)/\(name)" }

    /// What a plug-in says on its standard error, with what the node says of it.
    package func pluginLog(_ name: String) -> String { "\(self.pluginsFolder)/\(name).log" }

    /// The plug-ins that were added, in the order of their names.
    ///
    /// - Throws: what is wrong with the list; a node that left one out would refuse messages that it took
    ///   before.
    public func loadPlugins() throws(NodeError) -> [PluginRegistration] {
        try self.checkVersion()
        guard Files.exists(self.pluginsPath) else { return [] }
        let bytes = try Files.read(self.pluginsPath, upTo: DirectoryLimits.pluginsBytesMax)
        guard let root = try? JSONDocument(scanning: bytes).root.value,
            let entries = root["plugins"]?.elements
        else { throw .file(path: self.pluginsPath, cause: "it is no list of plug-ins") }
        var plugins: [PluginRegistration] = []
        for entry in entries {
            do throws(ArgumentFlaw) {
                plugins.append(try Self.registration(entry))
            } catch {
                throw .file(path: self.pluginsPath, cause: error.detail)
            }
        }
        try self.check(plugins)
        return plugins
    }

    /// Lists plug-ins; the node takes the list at its next start.
    package func savePlugins(_ plugins: [PluginRegistration]) throws(NodeError) {
        let sorted = plugins.sorted { $0.name < $1.name }
        try self.check(sorted)
        for plugin in sorted { try Files.makeDirectory(self.pluginFolder(plugin.name)) }
        let list = JSONValue.object([("plugins", .array(sorted.map(Self.entry)))])
        let bytes = list.canonicalBytes() + [0x0a]
        guard bytes.count <= DirectoryLimits.pluginsBytesMax else {
            let cause =
                "the manifests have \(bytes.count) bytes together; at most \(DirectoryLimits.pluginsBytesMax) are kept"
            throw .file(path: self.pluginsPath, cause: cause)
        }
        try Files.write(bytes, to: self.pluginsPath, mode: 0o600)
    }

    private func check(_ plugins: [PluginRegistration]) throws(NodeError) {
        let flaw =
            plugins.count > PluginBounds.pluginsMax
            ? "a node has at most \(PluginBounds.pluginsMax) plug-ins"
            : Topology.flaw(of: plugins)
        if let flaw { throw .file(path: self.pluginsPath, cause: flaw) }
    }

    private static func registration(_ entry: JSONValue) throws(ArgumentFlaw) -> PluginRegistration
    {
        try PluginRegistration(
            manifest: entry["manifest"] ?? .null,
            path: entry["path"]?.string ?? "",
            arguments: (entry["arguments"]?.elements ?? []).compactMap(\.string),
            scope: entry["scope"]?.string == Doors.Operation.Scope.act.rawValue ? .act : .read
        )
    }

    private static func entry(_ plugin: PluginRegistration) -> JSONValue {
        .object([
            ("path", .string(plugin.path)),
            ("arguments", .array(plugin.arguments.map { .string($0) })),
            ("scope", .string(plugin.scope.rawValue)), ("manifest", plugin.manifestJSON),
        ])
    }

    /// The device that runs the plug-ins of a node; nil when it has none.
    func children(
        _ settings: NodeSettings,
        _ api: HTTPServer,
        _ logger: Logger
    ) throws(NodeError) -> ChildProcesses? {
        guard !settings.plugins.isEmpty else { return nil }
        var places: [ChildProcesses.Place] = []
        for plugin in settings.plugins {
            let folder = self.pluginFolder(plugin.name)
            try Files.makeDirectory(folder)
            places.append(
                .init(registration: plugin, folder: folder, log: self.pluginLog(plugin.name))
            )
        }
        let setting = PluginLine.Setting(
            node: NodeID(settings.key.publicKey),
            network: settings.description.hash?.hex ?? "",
            version: NodeVersion.text
        )
        return ChildProcesses(places, setting: setting, logger: logger) {
            operation,
            arguments,
            scope in
            let answer = await api.call(operation, arguments, scope: scope)
            guard answer.status >= 400 else { return .success(answer.body) }
            return .failure(
                .init(
                    code: answer.body["code"]?.string ?? "failed",
                    detail: answer.body["detail"]?.string ?? ""
                )
            )
        }
    }
}
