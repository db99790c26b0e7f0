import Logging
import Persistence

extension DataDirectory {
    /// Where the checkpoint of the folded log lies; whoever removes it makes the next start slower.
    var checkpointPath: String { "\(self.path)/checkpoint" }

    /// The checkpoint of a node with these settings.
    func checkpoints(_ settings: NodeSettings, logger: Logger) -> CheckpointFile {
        let program = CheckpointProgram.name(settings)
        return CheckpointFile(at: self.checkpointPath, of: program, logger: logger)
    }
}
