import ArgumentParser
import AsyncHTTPClient
@main struct R: ParsableCommand {}
