import RoostCommand

@main
struct Main {
    static func main() async {
        await Roost.runAndExit()
    }
}
