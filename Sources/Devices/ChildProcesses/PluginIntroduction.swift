import Foundation
import Glibc
import PluginHost
package import Primitives

/// Asks a program what it is, before it is added to a node.
package enum PluginIntroduction {
    /// Why a program does not say what it is, in words for the operator.
    package struct Failure: Error {
        package let detail: String
    }

    /// Runs a program until it says what it is.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - arguments: what follows its name.
    ///   - milliseconds: how long it may take.
    /// - Returns: its manifest, as it says it.
    /// - Throws: what it does instead.
    package static func manifest(
        of path: String,
        _ arguments: [String],
        within milliseconds: Int64 = 10_000
    ) throws(Failure) -> JSONValue {
        let spawned: SpawnedProcess
        do throws(SpawnedProcess.Failure) {
            spawned = try SpawnedProcess(path, arguments, in: "/")
        } catch {
            throw Failure(detail: "\(path) cannot be started: \(error.cause)")
        }
        var child = RunningChild(run: 1, spawned)
        defer {
            spawned.kill()
            child.closePipes()
            while spawned.reap() == nil { usleep(1_000) }
        }
        child.say(PluginLine.text(PluginLine.request(1, "manifest", .emptyObject)), report: nil)
        // A wall clock may be set meanwhile.
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        var said: [UInt8] = []
        while ContinuousClock.now < deadline, !child.isOutputOver {
            _ = child.write()
            var watched = [
                pollfd(fd: spawned.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: spawned.errors, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&watched, 1 + (child.areErrorsOver ? 0 : 1), 50) > 0 else { continue }
            said = Array((said + child.readErrors()).suffix(ChildLimits.strayBytesMax))
            child.readOutput()
            switch child.takeLines().first {
            case .result(1, let manifest)?: return manifest
            case .failure(_, let detail)?: throw Failure(detail: "\(path) says no: \(detail)")
            case .stray(let line)?:
                throw Failure(
                    detail:
                        "\(path) says `\(line)` on its standard output, where answers alone belong"
                )
            case nil: continue
            default: throw Failure(detail: "\(path) answers something else than it was asked")
            }
        }
        let words = PluginLine.shown(said)
        throw Failure(
            detail: "\(path) does not say what it is"
                + (words.isEmpty ? "" : "; its standard error ends with `\(words)`")
        )
    }
}
