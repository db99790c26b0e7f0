import Checkpoints
import HeapModule
import Primitives

/// Which of many things was quiet for longest, found without looking at all of them.
///
/// Each waits with the time that it had when it was put in. Whether somebody spoke of it since, or it is
/// gone, is asked when its turn comes.
struct QuietestFirst<Element: Comparable & Sendable & Codable>: Sendable, Codable {
    private struct Entry: Comparable, Sendable, Codable {
        let at: Timestamp
        let element: Element

        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.element) < (right.at, right.element)
        }
    }

    @CodedHeap private var heap = Heap<Entry>()

    /// Puts something in.
    mutating func insert(_ element: Element, at time: Timestamp) {
        self.heap.insert(Entry(at: time, element: element))
    }

    /// Takes out what was quiet for longest.
    ///
    /// - Parameter time: when somebody last spoke of it; nil when it does not wait any more.
    /// - Returns: nil when nothing waits.
    mutating func popFirst(_ time: (Element) -> Timestamp?) -> Element? {
        while let entry = self.heap.popMin() {
            guard let newest = time(entry.element) else { continue }
            guard newest > entry.at else { return entry.element }
            self.insert(entry.element, at: newest)
        }
        return nil
    }
}
