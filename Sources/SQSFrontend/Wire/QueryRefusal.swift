import NIOCore

/// The answer to requests of the Query protocol, which older clients speak: an error in the form they can read.
enum QueryRefusal {
    private static let text: StaticString = """
        <?xml version="1.0"?>
        <ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type>\
        <Code>AWS.SimpleQueueService.UnsupportedOperation</Code><Message>This server speaks AWS JSON 1.0; the older \
        Query protocol (Action=...) is not supported yet. These versions and later ones speak JSON: boto3 1.28.81, \
        botocore 1.31.81, AWS CLI 1.29.81 or 2.13.33, AWS SDK for Java 2.21.19.</Message><Detail/></Error>\
        </ErrorResponse>

        """

    static func write(into buffer: inout ByteBuffer) { buffer.writeStaticString(text) }
}
