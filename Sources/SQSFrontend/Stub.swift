import Crypto
import NIOHTTP1
import NIOPosix
import Logging
