<?php
// A story with php-redis: handshake, persistent connections, pipelines, transactions, blocking pops, channels, scans.
//
//     story.php PORT PASSWORD PREFIX
//
// Ends with 1 at the first check that fails, and otherwise writes as JSON which client it was and what it did.

declare(strict_types=1);
set_error_handler(function (int $kind, string $text, string $file, int $line) {
    throw new ErrorException($text, 0, $kind, $file, $line);
});

[, $port, $password, $prefix] = $argv;

function check(mixed $value, mixed $wanted): void
{
    if ($value !== $wanted) {
        throw new Exception(var_export($value, true) . ' instead of ' . var_export($wanted, true));
    }
}

function refused(callable $call, string $text): void
{
    try {
        $value = $call();
    } catch (RedisException $error) {
        check(str_contains($error->getMessage(), $text) ? $text : $error->getMessage(), $text);
        return;
    }
    throw new Exception(var_export($value, true) . " instead of an error with $text");
}

function key_(string $name): string
{
    global $prefix;
    return "$prefix:$name";
}

function connect(bool $persistent = false): Redis
{
    global $port, $password;
    $redis = new Redis();
    $persistent
        ? $redis->pconnect('127.0.0.1', (int) $port, 20, 'story')
        : $redis->connect('127.0.0.1', (int) $port, 20);
    check($redis->auth($password), true);
    return $redis;
}

$steps = [
    'handshake' => function (Redis $redis) {
        global $port;
        $other = new Redis();
        $other->connect('127.0.0.1', (int) $port, 20);
        refused(fn() => $other->auth('wrong'), 'WRONGPASS');
        refused(fn() => $other->get('k'), 'NOAUTH');
        $other = connect();
        check($other->select(3), true);
        check($other->client('setname', 'story'), true);
        check($other->client('getname'), 'story');
        check($other->ping('hello'), 'hello');
        check($other->info('server')['redis_mode'], 'standalone');
    },

    // It is kept for the next one who asks for it.
    'persistent connections' => function (Redis $redis) {
        $first = connect(true)->rawCommand('CLIENT', 'ID');
        check(connect(true)->rawCommand('CLIENT', 'ID'), $first);
    },

    'values' => function (Redis $redis) {
        check($redis->set(key_('s'), 'wert'), true);
        check($redis->get(key_('none')), false);
        check($redis->set(key_('s'), 'x', ['nx']), false);
        check($redis->set(key_('e'), 'x', ['nx', 'ex' => 100]), true);
        check($redis->hMSet(key_('h'), ['a' => 1, 'b' => 'zwei']), true);
        $all = $redis->hGetAll(key_('h'));
        ksort($all);
        check($all, ['a' => '1', 'b' => 'zwei']);
        check($redis->hMGet(key_('h'), ['a', 'none']), ['a' => '1', 'none' => false]);
        check($redis->sAdd(key_('t'), 'a', 'b', 'a'), 2);
        check($redis->zAdd(key_('z'), 1, 'a', 2.5, 'b'), 2);
        check($redis->zRange(key_('z'), 0, -1, true), ['a' => 1.0, 'b' => 2.5]);
        $data = random_bytes(100_000);
        $redis->set(key_('bytes'), $data);
        check($redis->get(key_('bytes')), $data);
        check($redis->lPush(key_('s'), 'x'), false);
        check(str_starts_with($redis->getLastError(), 'WRONGTYPE'), true);
        $redis->clearLastError();
    },

    'pipelines' => function (Redis $redis) {
        $pipe = $redis->multi(Redis::PIPELINE);
        for ($number = 0; $number < 1000; $number++) {
            $pipe->rPush(key_('l'), (string) $number);
        }
        $pipe->lRange(key_('l'), 0, 2);
        $replies = $pipe->exec();
        check($replies[999], 1000);
        check($replies[1000], ['0', '1', '2']);
    },

    'transactions' => function (Redis $redis) {
        check($redis->multi()->set(key_('a'), '1')->incrBy(key_('a'), 41)->get(key_('a'))->exec(), [true, 42, '42']);
        $redis->watch(key_('a'));
        connect()->set(key_('a'), '10');
        check($redis->multi()->set(key_('a'), '2')->exec(), false);
        check($redis->get(key_('a')), '10');
        check($redis->multi()->set(key_('a'), '3')->discard(), true);
        check($redis->get(key_('a')), '10');
    },

    // What pushes is a process of its own: PHP has no threads.
    'blocking pops' => function (Redis $redis) {
        global $argv;
        $program = 'list(, $port, $password, $list) = $argv; $r = new Redis(); $r->connect("127.0.0.1", (int) $port);'
            . '$r->auth($password); while ($r->info("clients")["blocked_clients"] != 1) { usleep(10000); }'
            . '$r->lPush($list, json_encode(["name" => "Zoë"]));';
        $pusher = proc_open(['php', '-r', $program, '--', $argv[1], $argv[2], key_('jobs')], [], $pipes);
        check($redis->brPop([key_('no'), key_('jobs')], 20), [key_('jobs'), json_encode(['name' => 'Zoë'])]);
        check(proc_close($pusher), 0);
        check($redis->blPop([key_('jobs')], 1), []);
        $redis->rPush(key_('jobs'), 'a');
        check($redis->brpoplpush(key_('jobs'), key_('taken'), 5), 'a');
    },

    'channels' => function (Redis $redis) {
        $news = key_('news');
        $subscriber = connect();
        $told = [];
        $program = 'list(, $port, $password, $news) = $argv; $r = new Redis(); $r->connect("127.0.0.1", (int) $port);'
            . '$r->auth($password); while ($r->publish($news, "hello") != 1) { usleep(10000); }';
        global $argv;
        $publisher = proc_open(['php', '-r', $program, '--', $argv[1], $argv[2], $news], [], $pipes);
        // In this version subscribe() returns only when the connection is closed.
        try {
            $subscriber->subscribe([$news], function (Redis $r, string $channel, string $message) use (&$told) {
                $told[] = [$channel, $message];
                $r->close();
            });
        } catch (RedisException $error) {
            check(count($told), 1);
        }
        check(proc_close($publisher), 0);
        check($told, [[$news, 'hello']]);
        while ($redis->pubsub('numsub', [$news])[$news] !== 0) {
            usleep(10000);
        }
        check($redis->publish($news, 'nobody'), 0);
    },

    'scans' => function (Redis $redis) {
        $pipe = $redis->multi(Redis::PIPELINE);
        for ($number = 0; $number < 300; $number++) {
            $pipe->set(key_("scan:$number"), 'x')->hSet(key_('fields'), "f$number", (string) $number);
        }
        $pipe->exec();
        $redis->setOption(Redis::OPT_SCAN, (string) Redis::SCAN_RETRY);
        $names = [];
        $cursor = null;
        while ($some = $redis->scan($cursor, key_('scan:*'), 20)) {
            $names = array_merge($names, $some);
        }
        check(count(array_unique($names)), 300);
        $fields = [];
        $cursor = null;
        while ($some = $redis->hScan(key_('fields'), $cursor)) {
            $fields += $some;
        }
        check(count($fields), 300);
    },
];

$redis = connect();
foreach ($steps as $step) {
    $step($redis);
}
$client = 'php-redis ' . phpversion('redis') . ' (PHP ' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION . ')';
echo json_encode(['client' => $client, 'protocol' => 2, 'steps' => array_keys($steps)]), "\n";
