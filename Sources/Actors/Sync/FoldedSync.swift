/// What Sync has made of the log, as a checkpoint keeps it.
package struct FoldedSync: Codable, Sendable {
    let log: HeldLog
    let bans: BanList
    let partition: PartitionWatch
    let size: NetworkSize
}
