extension YamuxSession {
    /// Takes bytes of the connection, cut anywhere.
    ///
    /// Payload is passed on as it arrives, so no more than a header is ever kept.
    ///
    /// - Returns: what happened, in order.
    /// - Throws: ``YamuxError`` when the peer breaks the protocol. The session is dead then: all
    ///   streams are forgotten, the output ends in a go-away with code 1, and every further call
    ///   throws the same error.
    public mutating func receive(_ bytes: ArraySlice<UInt8>) throws(YamuxError) -> [YamuxEvent] {
        if let failure = self.failure { throw failure }
        do {
            return try self.readFrames(bytes)
        } catch {
            self.failure = error
            self.streams = [:]
            self.pendingBytes = 0
            self.header = []
            self.payload = nil
            self.queue(YamuxHeader(.goAway, [], length: 1))
            throw error
        }
    }

    private mutating func readFrames(_ bytes: ArraySlice<UInt8>) throws(YamuxError)
        -> [YamuxEvent]
    {
        var rest = bytes
        var events: [YamuxEvent] = []
        while !rest.isEmpty {
            guard self.payload == nil else {
                self.readPayload(&rest, &events)
                continue
            }
            let part = rest.prefix(YamuxHeader.size - self.header.count)
            self.header += part
            rest = rest.dropFirst(part.count)
            guard self.header.count == YamuxHeader.size else { break }
            let header = try YamuxHeader(self.header)
            self.header.removeAll(keepingCapacity: true)
            try self.handle(header, &events)
        }
        return events
    }

    private mutating func handle(
        _ header: YamuxHeader,
        _ events: inout [YamuxEvent]
    ) throws(YamuxError) {
        switch header.type {
        case .data, .windowUpdate:
            if header.flags.contains(.syn) { try self.accept(header.stream, &events) }
            if header.flags.contains(.ack) { self.acknowledge(header.stream) }
            if header.type == .data {
                try self.startPayload(header, &events)
            } else {
                try self.addCredit(header, &events)
            }
        case .ping:
            guard !header.flags.contains(.syn) else {
                return try self.answer(YamuxHeader(.ping, .ack, length: header.length))
            }
            // An answer without a question is ignored: it says nothing about the peer.
            guard self.awaitedPing == header.length else { return }
            self.awaitedPing = nil
            events.append(.pong(header.length))
        case .goAway:
            self.hasReceivedGoAway = true
            events.append(.goAway(header.length))
        }
    }

    // MARK: Opening

    private mutating func accept(
        _ id: YamuxStreamID,
        _ events: inout [YamuxEvent]
    ) throws(YamuxError) {
        guard !self.role.owns(id) else { throw .streamParity(id) }
        guard self.streams[id] == nil else { throw .streamInUse(id) }
        self.highestRemoteID = max(self.highestRemoteID, id.rawValue)
        guard self.inboundCount < self.limits.inboundStreams, !self.hasSentGoAway else {
            self.lateWindow &+= UInt64(YamuxLimits.initialWindow)
            return try self.answer(YamuxHeader(.data, .rst, stream: id))
        }
        self.inboundCount += 1
        self.streams[id] = YamuxStream(id: id, isAcknowledged: true)
        events.append(.opened(id))
        try self.answer(YamuxHeader(.windowUpdate, .ack, stream: id))
    }

    private mutating func acknowledge(_ id: YamuxStreamID) {
        guard self.streams[id]?.isAcknowledged == false else { return }
        self.streams[id]?.isAcknowledged = true
        self.unacknowledgedCount -= 1
    }

    /// Queues what the remote side provoked, up to a bound: it might not read.
    private mutating func answer(_ header: YamuxHeader) throws(YamuxError) {
        guard self.answerCount < self.limits.pendingAnswers else { throw .tooManyAnswers }
        self.answerCount += 1
        self.queue(header)
    }

    // MARK: Data

    private mutating func startPayload(
        _ header: YamuxHeader,
        _ events: inout [YamuxEvent]
    ) throws(YamuxError) {
        if self.streams[header.stream] != nil {
            try self.streams[header.stream]?.charge(header.length)
        } else {
            try self.chargeLate(header)
        }
        guard header.length > 0 else { return self.finish(header.stream, header.flags, &events) }
        self.payload = PartialPayload(
            stream: header.stream,
            flags: header.flags,
            missing: header.length
        )
    }

    private mutating func readPayload(
        _ rest: inout ArraySlice<UInt8>,
        _ events: inout [YamuxEvent]
    ) {
        guard var payload = self.payload else { return }
        let part = rest.prefix(Int(payload.missing))
        rest = rest.dropFirst(part.count)
        payload.missing -= UInt32(part.count)
        if self.streams[payload.stream] != nil, !payload.flags.contains(.rst) {
            self.streams[payload.stream]?.deliver(UInt32(part.count))
            events.append(.data(payload.stream, Array(part)))
        }
        self.payload = payload.missing > 0 ? payload : nil
        if payload.missing == 0 { self.finish(payload.stream, payload.flags, &events) }
    }

    /// Accepts a frame for a forgotten stream, as far as its sender could not know better.
    private mutating func chargeLate(_ header: YamuxHeader) throws(YamuxError) {
        let id = header.stream
        guard self.wasOpened(id) else { throw .unknownStream(id) }
        guard UInt64(header.length) <= self.lateWindow else { throw .windowExceeded(id) }
        self.lateWindow -= UInt64(header.length)
    }

    private func wasOpened(_ id: YamuxStreamID) -> Bool {
        guard self.role.owns(id) else { return id.rawValue <= self.highestRemoteID }
        return self.nextID.map { id.rawValue < $0 } ?? true
    }

    // MARK: Window and end

    private mutating func addCredit(
        _ header: YamuxHeader,
        _ events: inout [YamuxEvent]
    ) throws(YamuxError) {
        let id = header.stream
        guard let hadPending = self.streams[id].map({ $0.pending.count > 0 }) else {
            guard self.wasOpened(id) else { throw .unknownStream(id) }
            return
        }
        guard self.streams[id]?.addCredit(header.length) == true else {
            throw .windowOverflow(id)
        }
        self.pendingBytes += self.streams[id]?.flush(to: &self.output) ?? 0
        if hadPending, self.pendingBytes(on: id) == 0 { events.append(.writable(id)) }
        if self.forgetIfFinished(id) { return events.append(.closed(id)) }
        self.finish(id, header.flags, &events)
    }

    private mutating func finish(
        _ id: YamuxStreamID,
        _ flags: YamuxFlags,
        _ events: inout [YamuxEvent]
    ) {
        guard self.streams[id] != nil else { return }
        if flags.contains(.rst) {
            self.markReset(id)
            events.append(.reset(id))
        } else if flags.contains(.fin), self.streams[id]?.closeRemote() == true {
            events.append(.remoteClosed(id))
            if self.forgetIfFinished(id) { events.append(.closed(id)) }
        }
    }

    /// Forgets a stream whose sender has stopped.
    private mutating func markReset(_ id: YamuxStreamID) {
        _ = self.streams[id]?.closeRemote()
        self.forget(id)
    }
}
