import Foundation

/// What libFuzzer calls with every input; `FUZZ_DECODER` names the decoder that gets it.
///
/// An input is bad when it traps, leaks, reads outside its memory or breaks a promise that a decoder
/// checks with `precondition`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    Chosen.decoder(input)
    return 0
}

private enum Chosen {
    static let decoder: @Sendable ([UInt8]) -> Void = {
        let name = ProcessInfo.processInfo.environment["FUZZ_DECODER"] ?? ""
        guard let decoder = Decoders.all[name] else {
            let known = Decoders.all.keys.sorted().joined(separator: ", ")
            fatalError("FUZZ_DECODER is '\(name)'; set it to one of: \(known)")
        }
        return decoder
    }()
}
