package import Hummingbird
import RoostStorage

/// `/api/v1/overview`: how the node is, what happened in the last hour, and what needs attention.
package struct OverviewRoute: Sendable {
    package let node: NodeDescription
    package let survey: QueueSurvey
    package let rates: RateHistory

    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("api/v1/overview") { request, _ in
            _ = try Query(request, allowed: [])
            let picture = try await survey.picture()
            let attention = Attention.all(picture, node.metrics)
            return Response.json(
                .object(
                    [JSON.Member(name: "as_of_ms", value: .time(picture.takenAt))] + node.stats + [
                        JSON.Member(name: "rates", value: rates.json),
                        JSON.Member(name: "attention", value: .array(attention.map(\.json))),
                    ]))
        }
    }
}
