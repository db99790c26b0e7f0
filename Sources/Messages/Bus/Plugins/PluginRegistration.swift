package import Doors
package import Primitives

/// A plug-in that the operator added, with what it may do.
public struct PluginRegistration: Sendable, Equatable {
    /// What it said of itself when it was added.
    package let manifest: PluginManifest
    /// The same as JSON, as it is kept.
    package let manifestJSON: JSONValue
    /// Absolute path of its program.
    package let path: String
    /// What follows the path.
    package let arguments: [String]
    /// What it may ask of the node: `read` or `act`.
    package let scope: Operation.Scope

    /// Puts a registration together.
    ///
    /// - Throws: what is wrong with the manifest, or that it asks for more than it gets.
    package init(
        manifest: JSONValue,
        path: String,
        arguments: [String],
        scope: Operation.Scope
    ) throws(ArgumentFlaw) {
        self.manifest = try PluginManifest(manifest)
        self.manifestJSON = manifest
        self.path = path
        self.arguments = arguments
        self.scope = scope
        if self.manifest.scope == .act, scope != .act {
            throw ArgumentFlaw(
                "`\(self.manifest.name)` sends messages in the name of this node; look at what it does, "
                    + "and add it with --scope act"
            )
        }
    }

    /// Its name.
    public var name: String { self.manifest.name }
}
