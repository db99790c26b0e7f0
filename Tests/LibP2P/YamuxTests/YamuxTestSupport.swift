@testable import Yamux

func id(_ number: UInt32) -> YamuxStreamID { YamuxStreamID(rawValue: number) }

/// A frame written by hand, so that tests do not trust the writer under test.
func frame(
    type: UInt8,
    flags: UInt16 = 0,
    stream: UInt32 = 0,
    length: UInt32 = 0,
    payload: [UInt8] = []
) -> [UInt8] {
    var bytes: [UInt8] = [0, type, UInt8(flags >> 8), UInt8(flags & 0xff)]
    for number in [stream, length] {
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }
    return bytes + payload
}

func dataFrame(_ payload: [UInt8], flags: UInt16 = 0, stream: UInt32) -> [UInt8] {
    frame(
        type: 0,
        flags: flags,
        stream: stream,
        length: UInt32(payload.count),
        payload: payload
    )
}

func windowFrame(_ length: UInt32, flags: UInt16 = 0, stream: UInt32) -> [UInt8] {
    frame(type: 1, flags: flags, stream: stream, length: length)
}

let syn: UInt16 = 1
let ack: UInt16 = 2
let fin: UInt16 = 4
let rst: UInt16 = 8

/// Joins data events of one stream that follow each other, however the input was cut.
func joined(_ events: [YamuxEvent]) -> [YamuxEvent] {
    events.reduce(into: []) { result, event in
        if case .data(let stream, let more) = event,
            case .data(stream, let bytes)? = result.last
        {
            result[result.count - 1] = .data(stream, bytes + more)
        } else {
            result.append(event)
        }
    }
}

/// Two sessions back to back.
struct YamuxPair {
    var dialer: YamuxSession
    var listener: YamuxSession

    init(limits: YamuxLimits = .standard) {
        self.dialer = YamuxSession(role: .initiator, limits: limits)
        self.listener = YamuxSession(role: .responder, limits: limits)
    }

    mutating func toListener() throws -> [YamuxEvent] {
        try self.listener.receive(self.dialer.takeOutput()[...])
    }

    mutating func toDialer() throws -> [YamuxEvent] {
        try self.dialer.receive(self.listener.takeOutput()[...])
    }
}
