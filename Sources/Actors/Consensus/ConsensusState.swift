/// What Consensus has made of the log, as a checkpoint keeps it.
package struct ConsensusState: Codable, Sendable {
    /// All of it: what is live only is as it was before anything was live.
    let machine: ConsensusStateMachine
}

extension ConsensusStateMachine {
    /// What a checkpoint keeps.
    var kept: ConsensusState { ConsensusState(machine: self) }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: ConsensusState) { self = kept.machine }
}
