import NIOCore
import RESP
import Synchronization

// Requests out of bytes.
extension RedisConnection {
    /// What is left over from a read up to this size is moved to the buffer of the next one.
    private static var smallInputBytesMax: Int { 16 * 1024 }

    // MARK: Bytes

    func take(_ bytes: ByteBuffer) {
        guard phase == .open, bytes.readableBytes > 0 else { return }
        lastTick = loop.tick
        received &+= bytes.readableBytes
        turnsWithoutRead = 0
        var bytes = bytes
        if input.readableBytes <= Self.smallInputBytesMax {
            // The read buffer belongs to the channel too, and requests are read in place: they need one of their own.
            var buffer = loop.takeInput()
            if input.readableBytes > 0 { buffer.writeBuffer(&input) }
            input = buffer
        }
        input.writeBuffer(&bytes)
        process()
        touch()
    }

    /// Whether the next request may be carried out.
    private var canGoOn: Bool {
        if hold == .replies, isAnswered { hold = .none }
        guard phase == .open, hold == .none, blocked == nil else { return false }
        guard ring.count < limits.requestsMax else { return false }
        return isWritable && held.inFlight <= limits.requestBytesInFlightMax
    }

    /// Carries out the requests that are there, as far as it may.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while postponed != nil, canGoOn, let next = takePostponed() {
            isSilent = next.isSilent
            perform(next.request, mayEnter: next.hold == .pause)
        }
        guard input.readableBytes > 0, postponed == nil, canGoOn else { return keepInput() }
        var buffer = ByteBuffer()
        swap(&buffer, &input)
        let fault = readRequests(&buffer)
        swap(&buffer, &input)
        if let fault {
            reply { $0.writeError(fault.text) }
            end()
        }
        keepInput()
    }

    private func readRequests(_ buffer: inout ByteBuffer) -> ProtocolError? {
        reader.limits.bulkBytesMax = loop.services.settings.bulkBytesMax.load(ordering: .relaxed)
        var fault: ProtocolError?
        // What was carried out before may have been read long ago.
        isDoneAtOnce = false
        defer { goesOn = false }
        buffer.withUnsafeMutableReadableBytes { bytes in
            do throws(ProtocolError) {
                var start = reader.consumed
                while canGoOn, try reader.next(in: bytes) {
                    requestPlace = received &- bytes.count &+ start
                    start = reader.consumed
                    reader.arguments.withUnsafeBufferPointer { ranges in
                        var arguments = Arguments(UnsafeRawBufferPointer(bytes), ranges)
                        execute(&arguments)
                    }
                    (goesOn, isDoneAtOnce) = (isDoneAtOnce, false)
                }
            } catch {
                fault = error
            }
        }
        buffer.moveReaderIndex(forwardBy: min(reader.dropConsumed(), buffer.readableBytes))
        return fault
    }

    /// Gives the shared buffer back, and keeps what is left of the bytes.
    private func keepInput() {
        guard phase == .open else { return }
        let count = input.readableBytes
        if count == 0 {
            if input.capacity > 0 { loop.keepInput(input) }
            input = ByteBuffer()
        } else if input.readerIndex > input.capacity / 2
            || count <= Self.smallInputBytesMax && input.capacity > 2 * count
        {
            var rest = ByteBufferAllocator().buffer(capacity: count)
            rest.writeImmutableBuffer(input.slice())
            loop.keepInput(input)
            input = rest
        }
        let bytes = input.capacity
        guard held.setInput(bytes, load) else { return refuseForRoom() }
        isInputPaused = held.isLarge && reader.isMidRequest && load.isRequestRoomShort
    }

    // MARK: Reading on

    /// What is not carried out is not followed by more.
    var isInputHeld: Bool {
        isInputPaused || phase == .open && !canGoOn && (input.readableBytes > 0 || postponed != nil || blocked == nil)
    }

    func resumeReading() {
        guard isReadHeld, !isInputHeld else { return }
        isReadHeld = false
        context?.read()
    }

    func resumeInput() {
        guard isInputPaused, !load.isRequestRoomShort else { return }
        isInputPaused = false
        pausedTicks = 0
        resumeReading()
    }

    /// Once a second.
    func checkRoom() {
        guard isInputPaused else { return pausedTicks = 0 }
        resumeInput()
        guard isInputPaused else { return }
        pausedTicks += 1
        if pausedTicks > limits.roomWaitSeconds { refuseForRoom() }
    }

    func refuseForRoom() {
        isInputPaused = false
        reply { $0.writeError("OOM too many large requests are being read or wait for the disk. Please try again.") }
        end()
    }
}
