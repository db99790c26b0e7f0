/// Who is plugged in and what the messages are called; made once, at the end of the boot.
@usableFromInline
final class Directory: Sendable {
    let slots: [Slot]
    let messageNames: [String]
    /// Who receives what is sent: first by ``Line/target``, then each slot alone, for replies.
    let targets: [[Slot]]
    private let firstSlotTarget: Int

    init(slots: [Slot], messageNames: [String], lineTargets: [[Slot]]) {
        self.slots = slots
        self.messageNames = messageNames
        self.targets = lineTargets + slots.map { [$0] }
        self.firstSlotTarget = lineTargets.count
    }

    /// The target that is this slot alone; nil for a seat of another kernel.
    func target(of id: SubsystemID) -> Int? {
        id.index < self.slots.count ? self.firstSlotTarget + id.index : nil
    }

    func header(of parcel: Parcel, receiver: Slot) -> EnvelopeHeader {
        EnvelopeHeader(
            id: parcel.id,
            cause: parcel.cause,
            sender: self.slots[parcel.sender.index].name,
            receiver: receiver.name,
            message: self.messageNames[parcel.topic],
            sentAt: parcel.sentAt
        )
    }

    /// The remembered headers from the envelope `id` back to the first cause, newest first.
    ///
    /// An event delivered to several subsystems is shown with the first of them.
    func causeChain(of id: EnvelopeID?) -> [EnvelopeHeader] {
        var chain: [EnvelopeHeader] = []
        var wanted = id
        while let id = wanted, chain.count < KernelLimits.causeChainLengthMax,
            let header = self.remembered(id)
        {
            chain.append(header)
            wanted = header.cause
        }
        return chain
    }

    private func remembered(_ id: EnvelopeID) -> EnvelopeHeader? {
        let senderIndex = Int(id.rawValue >> 48)
        guard self.slots.indices.contains(senderIndex) else { return nil }
        for slot in self.slots {
            guard let entry = slot.remembered(id) else { continue }
            return EnvelopeHeader(
                id: id,
                cause: entry.cause,
                sender: self.slots[senderIndex].name,
                receiver: slot.name,
                message: self.messageNames[entry.topic],
                sentAt: entry.sentAt
            )
        }
        return nil
    }
}
