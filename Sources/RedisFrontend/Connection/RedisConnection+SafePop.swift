import NIOCore
import RoostModel
import RoostStorage

// Safe pop: what is popped of a queue that wants it is leased, and the next command of the connection deletes it. A
// command confirms a pop whose first byte came after the reply of the pop was with the socket: its client may have seen
// it. The connection keeps the leases alive as long as it lives itself, and gives back what it holds when it ends.
extension RedisConnection {
    /// A third of the time for which messages are leased.
    private static var renewalTicks: UInt32 { UInt32(Limits.popLeaseTimeout.count / 1000 / 3) }

    // MARK: Holding

    /// The reply that brings these is to be written next.
    func hold(_ lease: PopLease) {
        // Nothing that comes from here on could confirm it.
        guard phase == .open else { return release(lease) }
        if unconfirmed == nil { unconfirmed = UnconfirmedPops(tick: loop.tick) }
        unconfirmed?.add(lease)
    }

    /// Once a second.
    func renewPops() {
        guard let pops = unconfirmed, loop.tick &- pops.renewalTick >= Self.renewalTicks else { return }
        unconfirmed?.renewalTick = loop.tick
        for lease in pops.leases {
            for handle in lease.handles { loop.tell(.renew(lease.queue, handle, timeout: Limits.popLeaseTimeout)) }
        }
    }

    // MARK: Flushing

    /// Writes replies of which some bring leases, and notes when the socket has them.
    func flushPops(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let number = unconfirmed?.nextNumber else { return }
        // A client that has the reply at once may be quicker than a look afterwards.
        let arrived = arrivedBytes(context)
        let isAtOnce = FlushState()
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess {
            let place = isAtOnce.value ? arrived : self.arrivedBytes(context)
            self.unconfirmed?.noteFlush(below: number, confirmedFrom: place)
        }
        context.writeAndFlush(Self.wrapOutboundOut(bytes), promise: promise)
        isAtOnce.value = false
    }

    private final class FlushState {
        var value = true
    }

    /// How many bytes have come, with those that nobody has read yet: they are of requests from before.
    private func arrivedBytes(_ context: ChannelHandlerContext) -> Int {
        let arrived = (context.channel as? any SocketOptionProvider).map {
            $0.unsafeGetSocketOption(level: .tcp, name: .tcpInfo) as EventLoopFuture<TCPInfo>
        }
        var count = 0
        arrived?.assumeIsolated().whenSuccess { count = Int(clamping: $0.bytesReceived) }
        return max(received, count)
    }

    // MARK: The end of leases

    /// The request that is carried out says that its client has what it popped before.
    func confirmPops() {
        guard let confirmed = unconfirmed?.takeConfirmed(at: requestPlace) else { return }
        if unconfirmed?.isEmpty ?? false { unconfirmed = nil }
        let deletes = confirmed.flatMap { lease in lease.handles.map { StorageRequest.delete(lease.queue, $0) } }
        for delete in deletes.dropLast() { loop.tell(delete) }
        // Replies from here on wait until this is done and on disk.
        if let last = deletes.last { ask(last) { _, _ in } }
    }

    /// Nobody will confirm what is left.
    func releasePops() {
        guard let pops = unconfirmed else { return }
        unconfirmed = nil
        for lease in pops.leases { release(lease) }
    }

    /// To its old place, at once. It counts as received.
    func release(_ lease: PopLease) {
        for handle in lease.handles { loop.tell(.giveBack(lease.queue, handle)) }
    }
}

/// The beginning of `struct tcp_info` of Linux.
private struct TCPInfo: Sendable {
    typealias FourWords = (UInt64, UInt64, UInt64, UInt64)

    /// States, and 24 figures of 32 bits; three of 64 bits: two of pacing, and the bytes that were acknowledged.
    let before: (FourWords, FourWords, FourWords, FourWords)
    /// As the socket counts them in, read or not. Since Linux 4.1; zero where nothing tells.
    let bytesReceived: UInt64
}

extension NIOBSDSocket.Option {
    // From Linux' netinet/tcp.h.
    fileprivate static let tcpInfo = Self(rawValue: 11)
}
