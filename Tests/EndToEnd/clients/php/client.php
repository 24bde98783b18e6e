<?php

// Calls every action of the SQS API that async-aws/sqs has. Endpoint and prefix of the names of queues are arguments,
// the credentials come from the environment. Ends with 1 at the first check that fails, and otherwise writes what was
// run, as JSON.

declare(strict_types=1);

use AsyncAws\Core\Exception\Http\HttpException;
use AsyncAws\Sqs\Exception\QueueDoesNotExistException;
use AsyncAws\Sqs\SqsClient;
use Symfony\Component\HttpClient\HttpClient;

require_once 'AsyncAws/Sqs/autoload.php';
require_once 'Symfony/Component/HttpClient/autoload.php';

const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
const SQS = 'AWS.SimpleQueueService.';

function check(bool $holds, string $what): void
{
    if (!$holds) {
        throw new LogicException("not so: $what");
    }
}

function equal(mixed $found, mixed $expected): void
{
    check($found === $expected, json_encode($found).' is '.json_encode($expected));
}

function isRefused(callable $call, string $code, int $status): HttpException
{
    try {
        // Calls are sent when their result is looked at.
        $call()->resolve();
    } catch (HttpException $error) {
        equal([$error->getAwsCode(), $error->getResponse()->getStatusCode()], [$code, $status]);

        return $error;
    }
    throw new LogicException("no $code");
}

/** Calls of the client, each recorded by its name and complete when it returns. */
final class Recorder
{
    public array $called = [];

    public function __construct(public readonly SqsClient $client)
    {
    }

    public function __call(string $name, array $arguments): mixed
    {
        $this->called[$name] = true;
        $result = $this->client->$name(...$arguments);
        $result->resolve();

        return $result;
    }

    /** @return string[] what the client has and was not called */
    public function missing(): array
    {
        $actions = [];
        foreach ((new ReflectionClass(SqsClient::class))->getMethods(ReflectionMethod::IS_PUBLIC) as $method) {
            if ($method->getDeclaringClass()->getName() === SqsClient::class) {
                $actions[] = $method->getName();
            }
        }

        return array_values(array_diff($actions, array_keys($this->called)));
    }
}

function create(Recorder $sqs, string $name, array $attributes = []): string
{
    return $sqs->createQueue(['QueueName' => $name, 'Attributes' => $attributes])->getQueueUrl();
}

/** @return AsyncAws\Sqs\ValueObject\Message[] */
function receive(Recorder $sqs, string $queue, int $wait = 0): array
{
    return $sqs->receiveMessage([
        'QueueUrl' => $queue, 'MaxNumberOfMessages' => 10, 'WaitTimeSeconds' => $wait, 'AttributeNames' => ['All'],
        'MessageAttributeNames' => ['All'],
    ])->getMessages();
}

function bodies(array $messages): array
{
    return array_map(fn ($message) => $message->getBody(), $messages);
}

function queues(Recorder $sqs, string $prefix): void
{
    $urls = [];
    foreach (['a', 'b', 'c'] as $name) {
        $urls[] = create($sqs, "$prefix-$name", ['VisibilityTimeout' => '40']);
    }
    equal($sqs->getQueueUrl(['QueueName' => "$prefix-b"])->getQueueUrl(), $urls[1]);
    $pages = $sqs->listQueues(['QueueNamePrefix' => $prefix, 'MaxResults' => 2]);
    check($pages->getNextToken() !== null, 'there is a second page');
    equal(iterator_to_array($pages->getQueueUrls(), false), $urls);
    check($sqs->queueExists(['QueueName' => "$prefix-a"])->isSuccess(), 'the queue exists');
    $shown = $sqs->getQueueAttributes(['QueueUrl' => $urls[0], 'AttributeNames' => ['All']])->getAttributes();
    equal([$shown['VisibilityTimeout'], str_ends_with($shown['QueueArn'], ":$prefix-a")], ['40', true]);
    $sqs->sendMessage(['QueueUrl' => $urls[1], 'MessageBody' => 'x']);
    $sqs->purgeQueue(['QueueUrl' => $urls[1]]);
    equal(receive($sqs, $urls[1]), []);
    isRefused(fn () => $sqs->client->purgeQueue(['QueueUrl' => $urls[1]]), SQS.'PurgeQueueInProgress', 403);
    $sqs->deleteQueue(['QueueUrl' => $urls[2]]);
    isRefused(fn () => $sqs->client->createQueue(['QueueName' => "$prefix-c"]), SQS.'QueueDeletedRecently', 400);
}

function messages(Recorder $sqs, string $prefix): void
{
    $queue = create($sqs, "$prefix-messages");
    $body = "Grüße <&> \r\n\t+%41 😀";
    $sent = $sqs->sendMessage([
        'QueueUrl' => $queue, 'MessageBody' => $body, 'DelaySeconds' => 1,
        'MessageAttributes' => [
            'text' => ['DataType' => 'String.label', 'StringValue' => "a <b> & \"c\" é \r\n"],
            'binary' => ['DataType' => 'Binary', 'BinaryValue' => "\x00\x01\xfe\xff"],
        ],
        'MessageSystemAttributes' => ['AWSTraceHeader' => ['DataType' => 'String', 'StringValue' => TRACE]],
    ]);
    equal($sent->getMd5OfMessageBody(), md5($body));
    equal($sent->getMd5OfMessageSystemAttributes(), '5ae4d5d7636402d80f4eb6d213245a88');
    // The delay ends while it waits.
    [$message] = receive($sqs, $queue, 10);
    equal([$message->getBody(), $message->getMd5OfBody()], [$body, md5($body)]);
    equal($message->getMd5OfMessageAttributes(), $sent->getMd5OfMessageAttributes());
    equal($message->getMessageAttributes()['text']->getStringValue(), "a <b> & \"c\" é \r\n");
    equal(bin2hex($message->getMessageAttributes()['binary']->getBinaryValue()), '0001feff');
    equal([$message->getAttributes()['AWSTraceHeader'], $message->getAttributes()['ApproximateReceiveCount']],
        [TRACE, '1']);
    $handle = ['QueueUrl' => $queue, 'ReceiptHandle' => $message->getReceiptHandle()];
    $sqs->changeMessageVisibility($handle + ['VisibilityTimeout' => 0]);
    [$again] = receive($sqs, $queue);
    equal($again->getAttributes()['ApproximateReceiveCount'], '2');
    $sqs->deleteMessage(['QueueUrl' => $queue, 'ReceiptHandle' => $again->getReceiptHandle()]);
    equal(receive($sqs, $queue, 1), []);
}

function batches(Recorder $sqs, string $prefix): void
{
    $queue = create($sqs, "$prefix-batches");
    $entries = array_map(fn ($number) => ['Id' => "e$number", 'MessageBody' => "b$number"], range(0, 8));
    $entries[] = ['Id' => 'bad', 'MessageBody' => 'x', 'DelaySeconds' => 901];
    $sent = $sqs->sendMessageBatch(['QueueUrl' => $queue, 'Entries' => $entries]);
    equal(array_map(fn ($entry) => $entry->getMd5OfMessageBody(), $sent->getSuccessful()),
        array_map(fn ($number) => md5("b$number"), range(0, 8)));
    $failed = $sent->getFailed()[0];
    equal([$failed->getId(), $failed->getCode(), $failed->getSenderFault()], ['bad', 'InvalidParameterValue', true]);
    $messages = receive($sqs, $queue);
    equal(bodies($messages), array_map(fn ($number) => "b$number", range(0, 8)));
    $handles = array_map(fn ($message) => [
        'Id' => $message->getBody(), 'ReceiptHandle' => $message->getReceiptHandle(),
    ], $messages);
    $longer = array_map(fn ($handle) => $handle + ['VisibilityTimeout' => 600], $handles);
    $changed = $sqs->changeMessageVisibilityBatch(['QueueUrl' => $queue, 'Entries' => $longer]);
    equal([count($changed->getSuccessful()), $changed->getFailed()], [9, []]);
    $handles[] = ['Id' => 'bad', 'ReceiptHandle' => 'garbage'];
    $deleted = $sqs->deleteMessageBatch(['QueueUrl' => $queue, 'Entries' => $handles]);
    equal([count($deleted->getSuccessful()), $deleted->getFailed()[0]->getCode()], [9, 'ReceiptHandleIsInvalid']);
}

function fifo(Recorder $sqs, string $prefix): void
{
    $queue = create($sqs, "$prefix.fifo", ['FifoQueue' => 'true', 'ContentBasedDeduplication' => 'true']);
    $numbers = [];
    foreach (['a1', 'b1', 'a2', 'a1'] as $body) {
        $sent = $sqs->sendMessage(['QueueUrl' => $queue, 'MessageBody' => $body, 'MessageGroupId' => $body[0]]);
        $numbers[] = $sent->getSequenceNumber();
    }
    check($numbers[0] < $numbers[1] && $numbers[1] < $numbers[2], 'the sequence numbers rise');
    equal($numbers[3], $numbers[0]);
    $messages = receive($sqs, $queue);
    equal(bodies($messages), ['a1', 'a2', 'b1']);
    equal($messages[0]->getAttributes()['MessageGroupId'], 'a');
    isRefused(fn () => $sqs->client->sendMessage(['QueueUrl' => $queue, 'MessageBody' => 'x']),
        'MissingParameter', 400);
}

function deadLetters(Recorder $sqs, string $prefix): void
{
    $dead = create($sqs, "$prefix-dead");
    $arn = $sqs->getQueueAttributes(['QueueUrl' => $dead, 'AttributeNames' => ['QueueArn']])->getAttributes();
    $policy = json_encode(['deadLetterTargetArn' => $arn['QueueArn'], 'maxReceiveCount' => 1]);
    $source = create($sqs, "$prefix-source", ['RedrivePolicy' => $policy, 'VisibilityTimeout' => '0']);
    $sqs->sendMessage(['QueueUrl' => $source, 'MessageBody' => 'x']);
    equal([bodies(receive($sqs, $source)), bodies(receive($sqs, $source))], [['x'], []]);
    [$message] = receive($sqs, $dead);
    check(str_ends_with($message->getAttributes()['DeadLetterQueueSourceArn'], ":$prefix-source"), 'it has its source');
}

function errors(Recorder $sqs, string $prefix): void
{
    $queue = create($sqs, "$prefix-errors", ['VisibilityTimeout' => '40']);
    $missing = isRefused(fn () => $sqs->client->getQueueUrl(['QueueName' => "$prefix-none"]),
        SQS.'NonExistentQueue', 400);
    check($missing instanceof QueueDoesNotExistException, 'it has its type');
    check(!$sqs->queueExists(['QueueName' => "$prefix-none"])->isSuccess(), 'there is no such queue');
    isRefused(fn () => $sqs->client->createQueue([
        'QueueName' => "$prefix-errors", 'Attributes' => ['VisibilityTimeout' => '41'],
    ]), 'QueueAlreadyExists', 400);
    isRefused(fn () => $sqs->client->sendMessage(['QueueUrl' => $queue, 'MessageBody' => "\x01"]),
        'InvalidMessageContents', 400);
    isRefused(fn () => $sqs->client->deleteMessage(['QueueUrl' => $queue, 'ReceiptHandle' => 'garbage']),
        'ReceiptHandleIsInvalid', 400);
    isRefused(fn () => $sqs->client->receiveMessage(['QueueUrl' => $queue, 'MaxNumberOfMessages' => 11]),
        'InvalidParameterValue', 400);
    $entry = ['Id' => 'a', 'MessageBody' => 'x'];
    isRefused(fn () => $sqs->client->sendMessageBatch(['QueueUrl' => $queue, 'Entries' => []]),
        SQS.'EmptyBatchRequest', 400);
    isRefused(fn () => $sqs->client->sendMessageBatch(['QueueUrl' => $queue, 'Entries' => [$entry, $entry]]),
        SQS.'BatchEntryIdsNotDistinct', 400);
}

[, $endpoint, $prefix] = $argv;
try {
    // A client without retries, which would hide what the server did.
    $sqs = new Recorder(new SqsClient(['endpoint' => $endpoint], null, HttpClient::create()));
    queues($sqs, $prefix);
    messages($sqs, $prefix);
    batches($sqs, $prefix);
    fifo($sqs, $prefix);
    deadLetters($sqs, $prefix);
    errors($sqs, $prefix);
    echo json_encode(['called' => array_keys($sqs->called), 'missing' => $sqs->missing()]), "\n";
} catch (Throwable $error) {
    fwrite(STDERR, "$error\n");
    exit(1);
}
