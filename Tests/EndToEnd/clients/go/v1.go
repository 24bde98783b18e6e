package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/request"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sqs"
)

type v1 struct {
	*sqs.SQS
	session *session.Session
	prefix  string
}

// The credentials come from the environment.
func storyV1(endpoint, prefix string) summary {
	called := recorder{}
	shared := must(session.NewSession(aws.NewConfig().WithEndpoint(endpoint).WithMaxRetries(0)))
	shared.Handlers.Send.PushBack(func(r *request.Request) { called[r.Operation.Name] = true })
	story := v1{sqs.New(shared), shared, prefix}
	story.queues()
	story.tagsAndPermissions()
	story.messages()
	story.waiting()
	story.batches()
	story.fifo()
	story.deadLetters()
	story.errors()
	story.verification()
	var actions []string
	methods := reflect.TypeOf(story.SQS)
	for index := 0; index < methods.NumMethod(); index++ {
		if action := strings.TrimSuffix(methods.Method(index).Name, "Request"); action != methods.Method(index).Name {
			if action != "New" && action != "" {
				actions = append(actions, action)
			}
		}
	}
	return called.summary("aws-sdk-go "+aws.SDKVersion, actions)
}

func (s v1) create(name string, attributes map[string]string) *string {
	in := &sqs.CreateQueueInput{QueueName: aws.String(s.prefix + name), Attributes: aws.StringMap(attributes)}
	return must(s.CreateQueue(in)).QueueUrl
}

func (s v1) attributes(url *string, names ...string) map[string]string {
	in := &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: aws.StringSlice(names)}
	return aws.StringValueMap(must(s.GetQueueAttributes(in)).Attributes)
}

func (s v1) arn(url *string) string { return s.attributes(url, "QueueArn")["QueueArn"] }

func (s v1) send(url *string, body string) *sqs.SendMessageOutput {
	return must(s.SendMessage(&sqs.SendMessageInput{QueueUrl: url, MessageBody: &body}))
}

func (s v1) receive(url *string, wait int64) []*sqs.Message {
	return must(s.ReceiveMessage(&sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: aws.Int64(10), WaitTimeSeconds: &wait,
		AttributeNames: aws.StringSlice([]string{"All"}), MessageAttributeNames: aws.StringSlice([]string{"All"}),
	})).Messages
}

func bodiesV1(messages []*sqs.Message) string {
	var bodies []string
	for _, message := range messages {
		bodies = append(bodies, *message.Body)
	}
	return strings.Join(bodies, " ")
}

func isV1(err error, code string, status int) {
	failure, is := err.(awserr.RequestFailure)
	if !is || failure.Code() != code || failure.StatusCode() != status {
		fail("found %v, expected %d %s", err, status, code)
	}
	check(failure.RequestID() != "", "an error has the id of its request")
}

func (s v1) queues() {
	url := s.create("-a", map[string]string{"VisibilityTimeout": "40"})
	second := s.create("-b", nil)
	third := s.create("-c", nil)
	found := must(s.GetQueueUrl(&sqs.GetQueueUrlInput{QueueName: aws.String(s.prefix + "-a")}))
	equal(*found.QueueUrl, *url)
	var listed []string
	in := &sqs.ListQueuesInput{QueueNamePrefix: &s.prefix, MaxResults: aws.Int64(2)}
	must(0, s.ListQueuesPages(in, func(page *sqs.ListQueuesOutput, last bool) bool {
		listed = append(listed, aws.StringValueSlice(page.QueueUrls)...)
		return true
	}))
	equal(listed, []string{*url, *second, *third})
	given := map[string]string{"DelaySeconds": "2", "VisibilityTimeout": "7", "MaximumMessageSize": "2048"}
	must(s.SetQueueAttributes(&sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: aws.StringMap(given)}))
	equal(s.attributes(url, "DelaySeconds", "VisibilityTimeout", "MaximumMessageSize"), given)
	s.send(second, "x")
	must(s.PurgeQueue(&sqs.PurgeQueueInput{QueueUrl: second}))
	equal(len(s.receive(second, 0)), 0)
	_, err := s.PurgeQueue(&sqs.PurgeQueueInput{QueueUrl: second})
	isV1(err, sqs.ErrCodePurgeQueueInProgress, 403)
	must(s.DeleteQueue(&sqs.DeleteQueueInput{QueueUrl: third}))
	_, err = s.CreateQueue(&sqs.CreateQueueInput{QueueName: aws.String(s.prefix + "-c")})
	isV1(err, sqs.ErrCodeQueueDeletedRecently, 400)
}

func (s v1) tagsAndPermissions() {
	url := s.create("-tags", nil)
	tags := map[string]string{"a": "1", "ü": "<&>", "empty": ""}
	must(s.TagQueue(&sqs.TagQueueInput{QueueUrl: url, Tags: aws.StringMap(tags)}))
	equal(aws.StringValueMap(must(s.ListQueueTags(&sqs.ListQueueTagsInput{QueueUrl: url})).Tags), tags)
	must(s.UntagQueue(&sqs.UntagQueueInput{QueueUrl: url, TagKeys: aws.StringSlice([]string{"a", "empty", "ü"})}))
	equal(len(must(s.ListQueueTags(&sqs.ListQueueTagsInput{QueueUrl: url})).Tags), 0)
	must(s.AddPermission(&sqs.AddPermissionInput{
		QueueUrl: url, Label: aws.String("one"), AWSAccountIds: aws.StringSlice([]string{"111111111111"}),
		Actions: aws.StringSlice([]string{"SendMessage", "ReceiveMessage"}),
	}))
	check(strings.Contains(s.attributes(url, "Policy")["Policy"], "111111111111"), "the policy names the account")
	must(s.RemovePermission(&sqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("one")}))
	equal(len(s.attributes(url, "Policy")), 0)
}

// The SDK compares the MD5 sums of bodies; those of attributes it leaves alone.
func (s v1) messages() {
	url := s.create("-messages", nil)
	attributes := map[string]*sqs.MessageAttributeValue{
		"text":   {DataType: aws.String("String.label"), StringValue: aws.String("a <b> & \"c\" é \r\n")},
		"number": {DataType: aws.String("Number"), StringValue: aws.String("-1.5e3")},
		"binary": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 254, 255}},
	}
	sent := must(s.SendMessage(&sqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("Grüße <&> \r\n\t+%41 😀"), MessageAttributes: attributes,
		MessageSystemAttributes: map[string]*sqs.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)},
		},
	}))
	equal(*sent.MD5OfMessageSystemAttributes, "5ae4d5d7636402d80f4eb6d213245a88")
	message := s.receive(url, 5)[0]
	equal(*message.Body, "Grüße <&> \r\n\t+%41 😀")
	equal(*message.MessageId, *sent.MessageId)
	equal(message.MessageAttributes, attributes)
	equal(*message.MD5OfMessageAttributes, *sent.MD5OfMessageAttributes)
	equal(*message.Attributes["AWSTraceHeader"], trace)
	equal(*message.Attributes["ApproximateReceiveCount"], "1")
	must(s.ChangeMessageVisibility(&sqs.ChangeMessageVisibilityInput{
		QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: aws.Int64(0),
	}))
	again := s.receive(url, 0)[0]
	equal(*again.Attributes["ApproximateReceiveCount"], "2")
	must(s.DeleteMessage(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: again.ReceiptHandle}))
	equal(len(s.receive(url, 1)), 0)
}

// A poll gets what is sent while it waits.
func (s v1) waiting() {
	url := s.create("-waiting", nil)
	received := make(chan string)
	go func() { received <- bodiesV1(s.receive(url, 20)) }()
	time.Sleep(200 * time.Millisecond)
	s.send(url, "late")
	equal(<-received, "late")
}

func (s v1) batches() {
	url := s.create("-batches", nil)
	var entries []*sqs.SendMessageBatchRequestEntry
	for number := 0; number < 9; number++ {
		entries = append(entries, &sqs.SendMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint("e", number)), MessageBody: aws.String(fmt.Sprint("b", number)),
		})
	}
	bad := &sqs.SendMessageBatchRequestEntry{
		Id: aws.String("bad"), MessageBody: aws.String("x"), DelaySeconds: aws.Int64(901),
	}
	sent := must(s.SendMessageBatch(&sqs.SendMessageBatchInput{QueueUrl: url, Entries: append(entries, bad)}))
	equal(len(sent.Successful), 9)
	equal([]any{len(sent.Failed), *sent.Failed[0].Id, *sent.Failed[0].Code, *sent.Failed[0].SenderFault},
		[]any{1, "bad", "InvalidParameterValue", true})
	messages := s.receive(url, 0)
	equal(bodiesV1(messages), "b0 b1 b2 b3 b4 b5 b6 b7 b8")
	var changes []*sqs.ChangeMessageVisibilityBatchRequestEntry
	var deletes []*sqs.DeleteMessageBatchRequestEntry
	for number, message := range messages {
		id, handle := aws.String(fmt.Sprint(number)), message.ReceiptHandle
		changes = append(changes, &sqs.ChangeMessageVisibilityBatchRequestEntry{
			Id: id, ReceiptHandle: handle, VisibilityTimeout: aws.Int64(600),
		})
		deletes = append(deletes, &sqs.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: handle})
	}
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: changes}
	equal(len(must(s.ChangeMessageVisibilityBatch(in)).Successful), 9)
	deletes = append(deletes, &sqs.DeleteMessageBatchRequestEntry{
		Id: aws.String("bad"), ReceiptHandle: aws.String("garbage"),
	})
	deleted := must(s.DeleteMessageBatch(&sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: deletes}))
	equal(len(deleted.Successful), 9)
	equal(*deleted.Failed[0].Code, sqs.ErrCodeReceiptHandleIsInvalid)
}

func (s v1) fifo() {
	url := s.create(".fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	var numbers []string
	for _, body := range []string{"a1", "b1", "a2", "a1"} {
		sent := must(s.SendMessage(&sqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String(body), MessageGroupId: aws.String(body[:1]),
		}))
		numbers = append(numbers, *sent.SequenceNumber)
	}
	check(numbers[0] < numbers[1] && numbers[1] < numbers[2], "the sequence numbers rise")
	equal(numbers[3], numbers[0])
	messages := s.receive(url, 0)
	equal(bodiesV1(messages), "a1 a2 b1")
	equal(*messages[0].Attributes["MessageGroupId"], "a")
	equal(*messages[0].Attributes["SequenceNumber"], numbers[0])
	_, err := s.SendMessage(&sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	isV1(err, "MissingParameter", 400)
}

func (s v1) deadLetters() {
	dead := s.create("-dead", nil)
	policy := must(json.Marshal(map[string]any{"deadLetterTargetArn": s.arn(dead), "maxReceiveCount": 1}))
	source := s.create("-dead-source", map[string]string{"RedrivePolicy": string(policy), "VisibilityTimeout": "0"})
	listed := must(s.ListDeadLetterSourceQueues(&sqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead}))
	equal(aws.StringValueSlice(listed.QueueUrls), []string{*source})
	s.send(source, "x")
	equal(bodiesV1(s.receive(source, 0)), "x")
	equal(bodiesV1(s.receive(source, 0)), "")
	message := s.receive(dead, 0)[0]
	equal(*message.Attributes["DeadLetterQueueSourceArn"], s.arn(source))
	equal(*message.Attributes["ApproximateReceiveCount"], "2")
}

func (s v1) errors() {
	url := s.create("-errors", map[string]string{"VisibilityTimeout": "40"})
	missing := aws.String(*url + "-none")
	_, err := s.SendMessage(&sqs.SendMessageInput{QueueUrl: missing, MessageBody: aws.String("x")})
	isV1(err, sqs.ErrCodeQueueDoesNotExist, 400)
	_, err = s.GetQueueUrl(&sqs.GetQueueUrlInput{QueueName: aws.String(s.prefix + "-none")})
	isV1(err, sqs.ErrCodeQueueDoesNotExist, 400)
	_, err = s.CreateQueue(&sqs.CreateQueueInput{
		QueueName:  aws.String(s.prefix + "-errors"),
		Attributes: aws.StringMap(map[string]string{"VisibilityTimeout": "41"}),
	})
	isV1(err, sqs.ErrCodeQueueNameExists, 400)
	_, err = s.SendMessage(&sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("\x01")})
	isV1(err, sqs.ErrCodeInvalidMessageContents, 400)
	_, err = s.DeleteMessage(&sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("garbage")})
	isV1(err, sqs.ErrCodeReceiptHandleIsInvalid, 400)
	_, err = s.GetQueueAttributes(&sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: aws.StringSlice([]string{"Foobar"}),
	})
	isV1(err, sqs.ErrCodeInvalidAttributeName, 400)
	_, err = s.ReceiveMessage(&sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: aws.Int64(11)})
	isV1(err, "InvalidParameterValue", 400)
	batch := func(ids ...string) error {
		entries := []*sqs.SendMessageBatchRequestEntry{}
		for index := range ids {
			entries = append(entries, &sqs.SendMessageBatchRequestEntry{Id: &ids[index], MessageBody: aws.String("x")})
		}
		_, err := s.SendMessageBatch(&sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
		return err
	}
	isV1(batch(), sqs.ErrCodeEmptyBatchRequest, 400)
	isV1(batch("a", "a"), sqs.ErrCodeBatchEntryIdsNotDistinct, 400)
	isV1(batch("a b"), sqs.ErrCodeInvalidBatchEntryId, 400)
	isV1(batch(strings.Split("a b c d e f g h i j k", " ")...), sqs.ErrCodeTooManyEntriesInBatchRequest, 400)
}

// A sum that is wrong is noticed, so the others were right.
func (s v1) verification() {
	url := s.create("-verification", nil)
	wrong := sqs.New(s.session, aws.NewConfig().WithHTTPClient(&http.Client{
		Transport: falsifier{http.DefaultTransport},
	}))
	_, err := wrong.SendMessage(&sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	failure, is := err.(awserr.Error)
	check(is && failure.Code() == "InvalidChecksum", "the sum of a sent message is verified")
	_, err = wrong.ReceiveMessage(&sqs.ReceiveMessageInput{QueueUrl: url})
	failure, is = err.(awserr.Error)
	check(is && failure.Code() == "InvalidChecksum", "the sum of a received message is verified")
}
