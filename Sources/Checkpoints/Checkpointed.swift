public import Kernel
package import Messages

/// A subsystem whose folded state is kept in checkpoints, so that a start need not fold a long log again (ADR 0079).
///
/// A subsystem that folds the log and is none keeps a node from having checkpoints at all, so nothing is ever
/// missing from its state.
package protocol Checkpointed: Subsystem {
    /// What a replay makes of the log, and nothing that comes from elsewhere.
    associatedtype Kept: Codable & Sendable

    /// The state at the end of a replay, and while one goes on.
    var kept: Kept { get }

    /// How it is handed in.
    var checkpointPart: Emitter<CheckpointPart> { get }

    /// Takes the state over as it was; nothing was folded before.
    func restore(_ kept: Kept)
}

extension Wiring where S: Checkpointed {
    /// Declares that the state is handed in and taken over.
    package func checkpoints() {
        self.receives(CheckpointFound.self) { subsystem, envelope, _ in
            guard let bytes = envelope.body.bytes(of: S.name) else {
                throw MissingCheckpointPart(subsystem: S.name)
            }
            subsystem.restore(try CheckpointDecoder().decode(S.Kept.self, from: bytes))
        }
        self.receives(CheckpointDue.self) { subsystem, _, outbox in
            let bytes = try CheckpointEncoder().encode(subsystem.kept)
            outbox.send(
                subsystem.checkpointPart,
                CheckpointPart(subsystem: S.name, bytes: bytes)
            )
        }
    }
}

extension Wiring {
    /// Declares that what the subsystem hears of the log at a replay changes nothing in it, so that it need not be
    /// kept in checkpoints.
    public func foldsNothing() {
        self.receives(CheckpointFound.self) { _, _, _ in }
    }
}

/// A checkpoint lacks a subsystem: it is of another topology.
struct MissingCheckpointPart: Error, CustomStringConvertible {
    let subsystem: SubsystemName

    var description: String { "the checkpoint has no state of \(self.subsystem.rawValue)" }
}
