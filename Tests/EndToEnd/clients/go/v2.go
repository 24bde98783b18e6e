package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	stack "github.com/aws/smithy-go/middleware"
	answer "github.com/aws/smithy-go/transport/http"
)

type v2 struct {
	*sqs.Client
	ctx    context.Context
	prefix string
}

// clientV2 takes the credentials from the environment, as the package config does, which Debian has apart.
func clientV2(endpoint string, called recorder, transport aws.HTTPClient) *sqs.Client {
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		}, nil
	})
	record := func(ctx context.Context, in stack.InitializeInput, next stack.InitializeHandler) (
		stack.InitializeOutput, stack.Metadata, error,
	) {
		called[middleware.GetOperationName(ctx)] = true
		return next.HandleInitialize(ctx, in)
	}
	return sqs.NewFromConfig(aws.Config{
		Region: os.Getenv("AWS_REGION"), Credentials: credentials, HTTPClient: transport,
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		APIOptions: []func(*stack.Stack) error{func(s *stack.Stack) error {
			return s.Initialize.Add(stack.InitializeMiddlewareFunc("record", record), stack.After)
		}},
	}, sqs.WithEndpointResolver(sqs.EndpointResolverFromURL(endpoint)))
}

func storyV2(endpoint, prefix string) summary {
	called := recorder{}
	story := v2{clientV2(endpoint, called, nil), context.Background(), prefix}
	story.queues()
	story.tagsAndPermissions()
	story.messages()
	story.waiting()
	story.batches()
	story.fifo()
	story.deadLetters()
	story.errors()
	story.verification(endpoint)
	var actions []string
	methods := reflect.TypeOf(story.Client)
	for index := 0; index < methods.NumMethod(); index++ {
		if action := methods.Method(index).Name; action != "Options" {
			actions = append(actions, action)
		}
	}
	return called.summary("aws-sdk-go-v2 "+aws.SDKVersion, actions)
}

func (s v2) create(name string, attributes map[string]string) *string {
	in := &sqs.CreateQueueInput{QueueName: aws.String(s.prefix + name), Attributes: attributes}
	return must(s.CreateQueue(s.ctx, in)).QueueUrl
}

func (s v2) attributes(url *string, names ...types.QueueAttributeName) map[string]string {
	in := &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: names}
	return must(s.GetQueueAttributes(s.ctx, in)).Attributes
}

func (s v2) arn(url *string) string { return s.attributes(url, "QueueArn")["QueueArn"] }

func (s v2) send(url *string, body string) *sqs.SendMessageOutput {
	return must(s.SendMessage(s.ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body}))
}

func (s v2) receive(url *string, wait int32) []types.Message {
	return must(s.ReceiveMessage(s.ctx, &sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: wait,
		AttributeNames: []types.QueueAttributeName{"All"}, MessageAttributeNames: []string{"All"},
	})).Messages
}

func bodiesV2(messages []types.Message) string {
	var bodies []string
	for _, message := range messages {
		bodies = append(bodies, *message.Body)
	}
	return strings.Join(bodies, " ")
}

// isV2 is for errors of every kind; where the SDK has a type for one, `wanted` is a pointer to a pointer to it.
func isV2(err error, wanted any, code string, status int) {
	var failure smithy.APIError
	var reply *answer.ResponseError
	if !errors.As(err, &failure) || !errors.As(err, &reply) {
		fail("found %v, expected %d %s", err, status, code)
	}
	if failure.ErrorCode() != code || reply.HTTPStatusCode() != status {
		fail("found %v, expected %d %s", err, status, code)
	}
	if wanted != nil && !errors.As(err, wanted) {
		fail("%v has not the type %T", err, wanted)
	}
}

func (s v2) queues() {
	url := s.create("-a", map[string]string{"VisibilityTimeout": "40"})
	second := s.create("-b", nil)
	third := s.create("-c", nil)
	found := must(s.GetQueueUrl(s.ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(s.prefix + "-a")}))
	equal(*found.QueueUrl, *url)
	var listed []string
	pages := sqs.NewListQueuesPaginator(s.Client, &sqs.ListQueuesInput{
		QueueNamePrefix: &s.prefix, MaxResults: aws.Int32(2),
	})
	for pages.HasMorePages() {
		listed = append(listed, must(pages.NextPage(s.ctx)).QueueUrls...)
	}
	equal(listed, []string{*url, *second, *third})
	given := map[string]string{"DelaySeconds": "2", "VisibilityTimeout": "7", "MaximumMessageSize": "2048"}
	must(s.SetQueueAttributes(s.ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: given}))
	equal(s.attributes(url, "DelaySeconds", "VisibilityTimeout", "MaximumMessageSize"), given)
	s.send(second, "x")
	must(s.PurgeQueue(s.ctx, &sqs.PurgeQueueInput{QueueUrl: second}))
	equal(len(s.receive(second, 0)), 0)
	_, err := s.PurgeQueue(s.ctx, &sqs.PurgeQueueInput{QueueUrl: second})
	isV2(err, new(*types.PurgeQueueInProgress), "AWS.SimpleQueueService.PurgeQueueInProgress", 403)
	must(s.DeleteQueue(s.ctx, &sqs.DeleteQueueInput{QueueUrl: third}))
	_, err = s.CreateQueue(s.ctx, &sqs.CreateQueueInput{QueueName: aws.String(s.prefix + "-c")})
	isV2(err, new(*types.QueueDeletedRecently), "AWS.SimpleQueueService.QueueDeletedRecently", 400)
}

func (s v2) tagsAndPermissions() {
	url := s.create("-tags", nil)
	tags := map[string]string{"a": "1", "ü": "<&>", "empty": ""}
	must(s.TagQueue(s.ctx, &sqs.TagQueueInput{QueueUrl: url, Tags: tags}))
	equal(must(s.ListQueueTags(s.ctx, &sqs.ListQueueTagsInput{QueueUrl: url})).Tags, tags)
	must(s.UntagQueue(s.ctx, &sqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a", "empty", "ü"}}))
	equal(len(must(s.ListQueueTags(s.ctx, &sqs.ListQueueTagsInput{QueueUrl: url})).Tags), 0)
	must(s.AddPermission(s.ctx, &sqs.AddPermissionInput{
		QueueUrl: url, Label: aws.String("one"), AWSAccountIds: []string{"111111111111"},
		Actions: []string{"SendMessage", "ReceiveMessage"},
	}))
	check(strings.Contains(s.attributes(url, "Policy")["Policy"], "111111111111"), "the policy names the account")
	must(s.RemovePermission(s.ctx, &sqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("one")}))
	equal(len(s.attributes(url, "Policy")), 0)
}

// The SDK compares the MD5 sums of bodies; those of attributes it leaves alone.
func (s v2) messages() {
	url := s.create("-messages", nil)
	attributes := map[string]types.MessageAttributeValue{
		"text":   {DataType: aws.String("String.label"), StringValue: aws.String("a <b> & \"c\" é \r\n")},
		"number": {DataType: aws.String("Number"), StringValue: aws.String("-1.5e3")},
		"binary": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 254, 255}},
	}
	sent := must(s.SendMessage(s.ctx, &sqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("Grüße <&> \r\n\t+%41 😀"), MessageAttributes: attributes,
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)},
		},
	}))
	equal(*sent.MD5OfMessageSystemAttributes, "5ae4d5d7636402d80f4eb6d213245a88")
	message := s.receive(url, 5)[0]
	equal(*message.Body, "Grüße <&> \r\n\t+%41 😀")
	equal(*message.MessageId, *sent.MessageId)
	equal(message.MessageAttributes, attributes)
	equal(*message.MD5OfMessageAttributes, *sent.MD5OfMessageAttributes)
	equal(message.Attributes["AWSTraceHeader"], trace)
	equal(message.Attributes["ApproximateReceiveCount"], "1")
	must(s.ChangeMessageVisibility(s.ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0,
	}))
	again := s.receive(url, 0)[0]
	equal(again.Attributes["ApproximateReceiveCount"], "2")
	must(s.DeleteMessage(s.ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: again.ReceiptHandle}))
	equal(len(s.receive(url, 1)), 0)
}

// A poll gets what is sent while it waits.
func (s v2) waiting() {
	url := s.create("-waiting", nil)
	received := make(chan string)
	go func() { received <- bodiesV2(s.receive(url, 20)) }()
	time.Sleep(200 * time.Millisecond)
	s.send(url, "late")
	equal(<-received, "late")
}

func (s v2) batches() {
	url := s.create("-batches", nil)
	var entries []types.SendMessageBatchRequestEntry
	for number := 0; number < 9; number++ {
		entries = append(entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint("e", number)), MessageBody: aws.String(fmt.Sprint("b", number)),
		})
	}
	bad := types.SendMessageBatchRequestEntry{Id: aws.String("bad"), MessageBody: aws.String("x"), DelaySeconds: 901}
	in := &sqs.SendMessageBatchInput{QueueUrl: url, Entries: append(entries, bad)}
	sent := must(s.SendMessageBatch(s.ctx, in))
	equal(len(sent.Successful), 9)
	equal([]any{len(sent.Failed), *sent.Failed[0].Id, *sent.Failed[0].Code, sent.Failed[0].SenderFault},
		[]any{1, "bad", "InvalidParameterValue", true})
	messages := s.receive(url, 0)
	equal(bodiesV2(messages), "b0 b1 b2 b3 b4 b5 b6 b7 b8")
	var changes []types.ChangeMessageVisibilityBatchRequestEntry
	var deletes []types.DeleteMessageBatchRequestEntry
	for number, message := range messages {
		id, handle := aws.String(fmt.Sprint(number)), message.ReceiptHandle
		changes = append(changes, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: id, ReceiptHandle: handle, VisibilityTimeout: 600,
		})
		deletes = append(deletes, types.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: handle})
	}
	changed := must(s.ChangeMessageVisibilityBatch(s.ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: url, Entries: changes,
	}))
	equal(len(changed.Successful), 9)
	deletes = append(deletes, types.DeleteMessageBatchRequestEntry{
		Id: aws.String("bad"), ReceiptHandle: aws.String("garbage"),
	})
	deleted := must(s.DeleteMessageBatch(s.ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: deletes}))
	equal(len(deleted.Successful), 9)
	equal(*deleted.Failed[0].Code, "ReceiptHandleIsInvalid")
}

func (s v2) fifo() {
	url := s.create(".fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	var numbers []string
	for _, body := range []string{"a1", "b1", "a2", "a1"} {
		sent := must(s.SendMessage(s.ctx, &sqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String(body), MessageGroupId: aws.String(body[:1]),
		}))
		numbers = append(numbers, *sent.SequenceNumber)
	}
	check(numbers[0] < numbers[1] && numbers[1] < numbers[2], "the sequence numbers rise")
	equal(numbers[3], numbers[0])
	messages := s.receive(url, 0)
	equal(bodiesV2(messages), "a1 a2 b1")
	equal(messages[0].Attributes["MessageGroupId"], "a")
	equal(messages[0].Attributes["SequenceNumber"], numbers[0])
	_, err := s.SendMessage(s.ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	isV2(err, nil, "MissingParameter", 400)
}

func (s v2) deadLetters() {
	dead := s.create("-dead", nil)
	policy := must(json.Marshal(map[string]any{"deadLetterTargetArn": s.arn(dead), "maxReceiveCount": 1}))
	source := s.create("-dead-source", map[string]string{"RedrivePolicy": string(policy), "VisibilityTimeout": "0"})
	listed := must(s.ListDeadLetterSourceQueues(s.ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead}))
	equal(listed.QueueUrls, []string{*source})
	s.send(source, "x")
	equal(bodiesV2(s.receive(source, 0)), "x")
	equal(bodiesV2(s.receive(source, 0)), "")
	message := s.receive(dead, 0)[0]
	equal(message.Attributes["DeadLetterQueueSourceArn"], s.arn(source))
	equal(message.Attributes["ApproximateReceiveCount"], "2")
}

func (s v2) errors() {
	url := s.create("-errors", map[string]string{"VisibilityTimeout": "40"})
	gone := "AWS.SimpleQueueService.NonExistentQueue"
	_, err := s.SendMessage(s.ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(*url + "-none"), MessageBody: aws.String("x"),
	})
	isV2(err, nil, gone, 400)
	_, err = s.GetQueueUrl(s.ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(s.prefix + "-none")})
	isV2(err, new(*types.QueueDoesNotExist), gone, 400)
	_, err = s.CreateQueue(s.ctx, &sqs.CreateQueueInput{
		QueueName: aws.String(s.prefix + "-errors"), Attributes: map[string]string{"VisibilityTimeout": "41"},
	})
	isV2(err, new(*types.QueueNameExists), "QueueAlreadyExists", 400)
	_, err = s.SendMessage(s.ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("\x01")})
	isV2(err, new(*types.InvalidMessageContents), "InvalidMessageContents", 400)
	_, err = s.DeleteMessage(s.ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("garbage")})
	isV2(err, new(*types.ReceiptHandleIsInvalid), "ReceiptHandleIsInvalid", 400)
	_, err = s.GetQueueAttributes(s.ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Foobar"},
	})
	isV2(err, new(*types.InvalidAttributeName), "InvalidAttributeName", 400)
	_, err = s.ReceiveMessage(s.ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
	isV2(err, nil, "InvalidParameterValue", 400)
	batch := func(ids ...string) error {
		entries := []types.SendMessageBatchRequestEntry{}
		for index := range ids {
			entries = append(entries, types.SendMessageBatchRequestEntry{Id: &ids[index], MessageBody: aws.String("x")})
		}
		_, err := s.SendMessageBatch(s.ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
		return err
	}
	sqs := "AWS.SimpleQueueService."
	isV2(batch(), new(*types.EmptyBatchRequest), sqs+"EmptyBatchRequest", 400)
	isV2(batch("a", "a"), new(*types.BatchEntryIdsNotDistinct), sqs+"BatchEntryIdsNotDistinct", 400)
	isV2(batch("a b"), new(*types.InvalidBatchEntryId), sqs+"InvalidBatchEntryId", 400)
	many := strings.Split("a b c d e f g h i j k", " ")
	isV2(batch(many...), new(*types.TooManyEntriesInBatchRequest), sqs+"TooManyEntriesInBatchRequest", 400)
}

// A sum that is wrong is noticed, so the others were right.
func (s v2) verification(endpoint string) {
	url := s.create("-verification", nil)
	wrong := clientV2(endpoint, recorder{}, &http.Client{Transport: falsifier{http.DefaultTransport}})
	_, err := wrong.SendMessage(s.ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	check(err != nil && strings.Contains(err.Error(), "checksum"), "the sum of a sent message is verified")
	_, err = wrong.ReceiveMessage(s.ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
	check(err != nil && strings.Contains(err.Error(), "checksum"), "the sum of a received message is verified")
}
