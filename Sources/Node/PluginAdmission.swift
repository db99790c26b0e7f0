import ChildProcesses
package import Doors
package import Messages
import Primitives

// Adding and removing plug-ins; the node takes the list at its next start.
extension DataDirectory {
    /// Why a plug-in is not added, in words for the operator.
    package struct PluginRefusal: Error, CustomStringConvertible {
        package let description: String
    }

    /// Asks a program what it is, and adds it to the list; one of the same name is replaced.
    ///
    /// - Parameters:
    ///   - path: absolute path of the program.
    ///   - arguments: what follows its name.
    ///   - scope: what it may ask of the node.
    /// - Returns: what was added.
    /// - Throws: what is wrong with it.
    package func addPlugin(
        _ path: String,
        _ arguments: [String],
        scope: Doors.Operation.Scope
    ) throws(PluginRefusal) -> PluginRegistration {
        do {
            let manifest = try PluginIntroduction.manifest(of: path, arguments)
            let plugin = try PluginRegistration(
                manifest: manifest,
                path: path,
                arguments: arguments,
                scope: scope
            )
            let others = try self.loadPlugins().filter { $0.name != plugin.name }
            try self.savePlugins(others + [plugin])
            return plugin
        } catch let failure as PluginIntroduction.Failure {
            throw PluginRefusal(description: failure.detail)
        } catch let flaw as ArgumentFlaw {
            throw PluginRefusal(description: "\(path): \(flaw.detail)")
        } catch {
            throw PluginRefusal(description: "\(error)")
        }
    }

    /// Takes a plug-in off the list; what it kept stays.
    ///
    /// - Returns: whether it was there.
    package func removePlugin(_ name: String) throws(NodeError) -> Bool {
        let plugins = try self.loadPlugins()
        let others = plugins.filter { $0.name != name }
        guard others.count < plugins.count else { return false }
        try self.savePlugins(others)
        return true
    }

    /// The end of what a plug-in said on its standard error; nil when it said nothing yet.
    package func readPluginLog(_ name: String) throws(NodeError) -> [UInt8]? {
        let path = self.pluginLog(name)
        guard Files.exists(path) else { return nil }
        return try Files.read(path, upTo: DirectoryLimits.pluginLogBytesMax)
    }
}
