/// Messages of a small shop.
enum DemoMessages {
    private static let cities = ["Lisbon", "Oslo", "Kyoto", "Zürich", "Recife"]
    private static let goods = ["kettle", "notebook", "lamp", "teapot", "bicycle bell"]

    static func order(_ number: Int) -> OutgoingMessage {
        var message = text(
            """
            {"order":\(1000 + number),"city":"\(city(number))","items":[{"sku":"\(good(number))",\
            "count":\(1 + number % 3)}],"total_cents":\(990 + number * 37 % 9000)}
            """)
        message.attributes = ["channel": AttributeValue(type: "String", value: number % 4 == 0 ? "shop" : "web")]
        return message
    }

    /// One order in fifteen: no worker gets it done.
    static func isBroken(_ message: IncomingMessage) -> Bool {
        message.body.map { $0.contains(#""city":"Lisbon""#) && $0.contains(#""count":1}"#) } ?? false
    }

    static func mail(_ number: Int) -> OutgoingMessage {
        text(#"{"to":"customer\#(number % 90)@example.com","template":"order-received","order":\#(1000 + number)}"#)
    }

    static func thumbnail(_ number: Int) -> OutgoingMessage {
        text(#"{"image":"products/\#(number).jpg","width":\#(number % 2 == 0 ? 320 : 1280)}"#)
    }

    static func report(_ number: Int) -> OutgoingMessage {
        text(#"{"report":"stock","city":"\#(city(number))","page":\#(number)}"#)
    }

    static func shipment(_ number: Int) -> OutgoingMessage {
        var message = text(#"{"parcel":\#(number),"state":"\#(["packed", "on its way", "there"][number % 3])"}"#)
        message.group = city(number).lowercased()
        return message
    }

    private static func text(_ body: String) -> OutgoingMessage { OutgoingMessage(body: Array(body.utf8)) }
    private static func city(_ number: Int) -> String { cities[number % cities.count] }
    private static func good(_ number: Int) -> String { goods[number * 3 % goods.count] }
}
