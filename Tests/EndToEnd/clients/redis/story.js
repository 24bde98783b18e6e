// A story with node-redis: the handshake, a pool, pipelines, transactions, blocking pops, channels, scans.
//
//     story.js PORT PASSWORD PREFIX
//
// Ends with 1 at the first check that fails, and otherwise writes as JSON which client it was and what it did.

const assert = require("assert/strict");
const redis = require("redis");
const { commandOptions } = redis;

const [port, password, prefix] = process.argv.slice(2);
const key = (name) => `${prefix}:${name}`;
const plain = (value) => JSON.parse(JSON.stringify(value));

const connect = async (options = {}) => {
    const client = redis.createClient({
        socket: { port: Number(port), reconnectStrategy: () => new Error("gone") }, password, ...options });
    client.on("error", () => {});
    await client.connect();
    return client;
};

const steps = {
    async handshake() {
        const named = await connect({ name: "story", database: 3 });
        assert.equal(await named.clientGetName(), "story");
        const shown = await named.sendCommand(["CLIENT", "INFO"]);
        assert.match(shown, / db=3 /);
        await named.quit();
        await assert.rejects(connect({ password: "wrong" }));
        const anonymous = await connect({ password: undefined });
        await assert.rejects(anonymous.get("k"), /NOAUTH/);
        await assert.rejects(anonymous.auth({ password: "wrong" }), /WRONGPASS/);
        await anonymous.disconnect();
    },

    // node-redis writes commands that are sent in one turn of its loop together, and matches replies by their order.
    async pipelines(client) {
        const calls = [...Array(1000).keys()].map((number) => client.rPush(key("l"), String(number)));
        assert.deepEqual(await Promise.all(calls), [...Array(1000).keys()].map((number) => number + 1));
        const [first, error, length] = await Promise.allSettled([
            client.lPop(key("l")), client.get(key("l")), client.lLen(key("l"))]);
        assert.equal(first.value, "0");
        assert.match(error.reason.message, /WRONGTYPE/);
        assert.equal(length.value, 999);
    },

    async values(client) {
        assert.equal(await client.set(key("s"), "wert"), "OK");
        assert.equal(await client.get(key("none")), null);
        assert.equal(await client.set(key("s"), "x", { NX: true }), null);
        assert.equal(await client.set(key("s"), "new", { GET: true }), "wert");
        assert.equal(await client.hSet(key("h"), { a: 1, b: "zwei" }), 2);
        assert.deepEqual(plain(await client.hGetAll(key("h"))), { a: "1", b: "zwei" });
        assert.deepEqual(await client.hmGet(key("h"), ["a", "none"]), ["1", null]);
        assert.equal(await client.zAdd(key("z"), [{ score: 1, value: "a" }, { score: 2.5, value: "b" }]), 2);
        assert.deepEqual(await client.zRangeWithScores(key("z"), 0, -1), [
            { value: "a", score: 1 }, { value: "b", score: 2.5 }]);
        const data = Buffer.from([...Array(256).keys()]);
        await client.set(key("bytes"), data);
        assert.deepEqual(await client.get(commandOptions({ returnBuffers: true }), key("bytes")), data);
    },

    async transactions(client) {
        assert.deepEqual(
            await client.multi().set(key("a"), "1").incrBy(key("a"), 41).get(key("a")).exec(), ["OK", 42, "42"]);
        await client.executeIsolated(async (isolated) => {
            await isolated.watch(key("a"));
            await client.set(key("a"), "10");
            await assert.rejects(isolated.multi().set(key("a"), "2").exec(), redis.WatchError);
        });
        assert.equal(await client.get(key("a")), "10");
    },

    // Each isolated command takes a connection out of the client's pool.
    async pool_and_blocking_pops(client) {
        const waiting = [...Array(4).keys()].map((number) =>
            client.executeIsolated((isolated) => isolated.brPop([key("no"), key(`jobs${number}`)], 20)));
        while (!/^blocked_clients:4\r?$/m.test(await client.info("clients"))) {
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
        for (let number = 0; number < 4; number++) {
            await client.lPush(key(`jobs${number}`), JSON.stringify({ name: "Zoë", number }));
        }
        assert.deepEqual((await Promise.all(waiting)).map((reply) => JSON.parse(reply.element)),
            [...Array(4).keys()].map((number) => ({ name: "Zoë", number })));
        assert.equal(await client.executeIsolated((isolated) => isolated.blPop(key("no"), 0.1)), null);
    },

    async channels(client) {
        const subscriber = client.duplicate();
        await subscriber.connect();
        const told = [];
        let all;
        const done = new Promise((resolve) => { all = resolve; });
        const listener = (message, channel) => {
            if (told.push([message, channel]) === 2) { all(); }
        };
        await subscriber.subscribe(key("news"), listener);
        await subscriber.pSubscribe(key("n*"), listener);
        assert.equal(await client.publish(key("news"), "hello"), 2);
        await done;
        assert.deepEqual(told, [["hello", key("news")], ["hello", key("news")]]);
        await subscriber.unsubscribe();
        await subscriber.pUnsubscribe();
        // No longer a subscriber: it may send other commands.
        assert.equal(await subscriber.get(key("none")), null);
        await subscriber.quit();
    },

    async scans(client) {
        for (let number = 0; number < 300; number++) {
            client.set(key(`scan:${number}`), "x");
            client.hSet(key("fields"), `f${number}`, number);
        }
        const names = new Set();
        for await (const name of client.scanIterator({ MATCH: key("scan:*"), COUNT: 20 })) { names.add(name); }
        assert.equal(names.size, 300);
        const fields = new Set();
        for await (const { field } of client.hScanIterator(key("fields"))) { fields.add(field); }
        assert.equal(fields.size, 300);
    },
};

(async () => {
    const client = await connect({ isolationPoolOptions: { min: 1, max: 4 } });
    for (const step of Object.values(steps)) { await step(client); }
    await client.quit();
    const { version } = require("redis/package.json");
    console.log(JSON.stringify({ client: `node-redis ${version}`, protocol: 2, steps: Object.keys(steps) }));
})().catch((error) => { console.error(error); process.exit(1); });
