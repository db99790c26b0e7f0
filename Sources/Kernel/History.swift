/// The headers of the envelopes delivered last to one subsystem; the oldest are overwritten.
struct History {
    /// What is kept of an envelope.
    struct Entry {
        let id: EnvelopeID
        let cause: EnvelopeID?
        let sentAt: Moment
        let topic: Int
    }

    var capacity = 0
    private var entries: [Entry] = []
    private var next = 0

    mutating func append(_ parcels: some Collection<Parcel>) {
        guard self.capacity > 0 else { return }
        for index in parcels.indices { self.append(parcels[index]) }
    }

    private mutating func append(_ parcel: Parcel) {
        let entry = Entry(
            id: parcel.id,
            cause: parcel.cause,
            sentAt: parcel.sentAt,
            topic: parcel.topic
        )
        if self.entries.count < self.capacity {
            self.entries.append(entry)
        } else {
            self.entries[self.next] = entry
            self.next = self.next + 1 == self.capacity ? 0 : self.next + 1
        }
    }

    func entry(_ id: EnvelopeID) -> Entry? { self.entries.first { $0.id == id } }
}
