import Glibc

struct SystemError: Error, CustomStringConvertible {
    let call: String
    let code: Int32

    init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    var description: String { "\(call): \(String(cString: strerror(code)))" }
}

struct Address {
    private var address = sockaddr_in()

    init(host: String, port: UInt16) throws {
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw UsageError(message: "--host \(host): expected an IPv4 address")
        }
    }

    /// A connected, non-blocking socket without Nagle's delay.
    func connect() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        let connected = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let code = errno
            close(descriptor)
            throw SystemError("connect", code: code)
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw SystemError("fcntl") }
        return descriptor
    }
}

/// One keep-alive connection: a request that is being written, a reply that is being read.
final class Connection {
    enum Event {
        case waiting
        case reply(Reply)
        case closed(String)
    }

    private static let bufferBytesMax = 16 << 20

    let descriptor: Int32
    var conversation: any Conversation
    private(set) var sentAt: UInt64 = 0
    private var request: [UInt8] = []
    private var requestBytesSent = 0
    /// No request waits for its reply.
    private(set) var isIdle = true
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 16)
    private var filled = 0

    init(descriptor: Int32, conversation: any Conversation) {
        self.descriptor = descriptor
        self.conversation = conversation
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    var wantsToWrite: Bool { requestBytesSent < request.count }

    /// Starts the next request; false when the conversation has ended.
    func startRequest(at now: UInt64) throws -> Bool {
        guard conversation.writeRequest(to: &request, at: now) else { return false }
        sentAt = now
        isIdle = false
        requestBytesSent = 0
        try write()
        return true
    }

    func write() throws {
        while wantsToWrite {
            let sent = request.withUnsafeBytes {
                send(descriptor, $0.baseAddress?.advanced(by: requestBytesSent), $0.count - requestBytesSent, 0)
            }
            if sent < 0 {
                if errno == EAGAIN { return }
                throw SystemError("send")
            }
            requestBytesSent += sent
        }
    }

    /// Reads what has come. A reply stays valid until `finishReply`.
    func read() -> Event {
        let received = recv(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, 0)
        if received == 0 { return .closed("connection closed by the server") }
        if received < 0 { return errno == EAGAIN ? .waiting : .closed(SystemError("recv").description) }
        filled += received
        switch Reply.parse(UnsafeRawBufferPointer(rebasing: buffer[..<filled])) {
        case .complete(let reply): return .reply(reply)
        case .malformed(let why): return .closed("reply not understood: \(why)")
        case .incomplete: return grow() ? .waiting : .closed("reply above \(Self.bufferBytesMax) bytes")
        }
    }

    func finishReply(_ reply: Reply) {
        isIdle = true
        filled -= reply.length
        if filled > 0, let start = buffer.baseAddress {
            memmove(start, start.advanced(by: reply.length), filled)
        }
    }

    private func grow() -> Bool {
        guard filled == buffer.count else { return true }
        guard buffer.count < Self.bufferBytesMax else { return false }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 4, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
        buffer.deallocate()
        buffer = larger
        return true
    }
}
