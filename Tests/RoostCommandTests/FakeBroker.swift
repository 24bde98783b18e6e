import Foundation
import NIOHTTP1
import RoostCommand
import Synchronization

/// Just enough of a queue to run a bench against, with faults to be found.
final class FakeBroker: Sendable {
    struct Faults: Sendable {
        /// Messages, by the order of their sends, that are accepted and then forgotten.
        var lost: Set<Int> = []
        /// Messages that are delivered twice.
        var duplicated: Set<Int> = []
        /// Sends (requests, from 0) that store their messages, but whose answer is an error.
        var unanswered: Set<Int> = []
    }

    private struct State {
        var faults: Faults
        var ready: [String] = []
        var leased: [String: String] = [:]
        var messages = 0
        var sends = 0
        var handles = 0
        var isDeleted = false
    }

    private let state: Mutex<State>

    init(_ faults: Faults = Faults(), ready: [String] = []) {
        var state = State(faults: faults)
        state.ready = ready
        self.state = Mutex(state)
    }

    var isDeleted: Bool { state.withLock { $0.isDeleted } }
    var bodies: [String] { state.withLock { $0.ready } }

    func reply(_ request: FakeRequest) -> FakeReply {
        state.withLock { state in
            switch (request.method, request.uri.split(separator: "/").last) {
            case (.POST, "messages"): Self.send(request, &state)
            case (.POST, "receive"): Self.receive(request, &state)
            case (.POST, "delete"): Self.delete(request, &state)
            case (.DELETE, _): Self.remove(&state)
            default: .json(Self.description(state))
            }
        }
    }

    private static func send(_ request: FakeRequest, _ state: inout State) -> FakeReply {
        let messages = request.json?["messages"]?.items ?? []
        for message in messages {
            guard case .text(let body)? = message["body"] else { return .problem(.badRequest, "invalid_json") }
            if !state.faults.lost.contains(state.messages) { state.ready.append(body) }
            if state.faults.duplicated.contains(state.messages) { state.ready.append(body) }
            state.messages += 1
        }
        defer { state.sends += 1 }
        if state.faults.unanswered.contains(state.sends) { return .problem(.serviceUnavailable, "busy") }
        let results = messages.map { _ in #"{"id":"x","sent_at_ms":1}"# }.joined(separator: ",")
        return .json(#"{"results":[\#(results)],"failed":0}"#)
    }

    private static func receive(_ request: FakeRequest, _ state: inout State) -> FakeReply {
        guard case .integer(let max)? = request.json?["max"] else { return .problem(.badRequest, "invalid_json") }
        let taken = state.ready.prefix(Int(max))
        state.ready.removeFirst(taken.count)
        let messages = taken.map { body -> String in
            state.handles += 1
            state.leased["h\(state.handles)"] = body
            return #"{"id":"x","handle":"h\#(state.handles)","body":"\#(body)","sent_at_ms":1,"receive_count":1}"#
        }
        return .json(#"{"messages":[\#(messages.joined(separator: ","))]}"#)
    }

    private static func delete(_ request: FakeRequest, _ state: inout State) -> FakeReply {
        let handles = request.json?["handles"]?.items ?? []
        for case .text(let handle) in handles { state.leased[handle] = nil }
        return .json(#"{"results":[\#(handles.map { _ in "{}" }.joined(separator: ","))],"failed":0}"#)
    }

    private static func remove(_ state: inout State) -> FakeReply {
        state.isDeleted = true
        return .json("{}")
    }

    private static func description(_ state: State) -> String {
        queueJSON.replacing("1234567", with: "\(state.ready.count)")
            .replacing(#""in_flight":1"#, with: #""in_flight":\#(state.leased.count)"#)
    }
}
