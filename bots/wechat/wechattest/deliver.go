package wechattest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	tries       = 3
	outOfOrder  = "该公众号提供的服务出现故障，请稍后再试"
	maxResponse = 1 << 20
)

// delivery is one message or event on its way to the webhook.
type delivery struct {
	msgID int64 // 0 for events
	fault bool  // the user waits for an answer and is told when there is none
	body  string
	again bool // the program has answered it already: its second reply is not shown

	timestamp, nonce string // of the first attempt
}

// Attempt is one POST to the webhook, for tests that look at what the platform saw.
type Attempt struct {
	OpenID string
	MsgID  int64 // 0 for events
	Number int   // 1, 2, 3
	Status int   // of the response; 0 if there was none
	Reply  string
	Lost   bool // the response was lost on the way
}

// Attempts lists all deliveries to the webhook so far.
func (s *Server) Attempts() []Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Attempt(nil), s.attempts...)
}

// queueLocked needs s.mu.
func (s *Server) queueLocked(u *User, d *delivery) {
	s.pending++
	if s.running && s.Faults.isParallel() {
		s.work.Go(func() {
			s.deliver(u, d)
			s.delivered()
		})
		return
	}
	u.queue = append(u.queue, d)
	s.deliverLocked(u)
}

// deliverLocked starts to work the user's queue off, unless somebody is at it; it needs s.mu.
func (s *Server) deliverLocked(u *User) {
	if !s.running || u.delivering || len(u.queue) == 0 {
		return
	}
	u.delivering = true
	s.work.Go(func() {
		for {
			s.mu.Lock()
			if len(u.queue) == 0 || !s.running {
				u.delivering = false
				s.mu.Unlock()
				return
			}
			d := u.queue[0]
			u.queue = u.queue[1:]
			s.mu.Unlock()
			s.deliver(u, d)
			s.delivered()
		}
	})
}

func (s *Server) delivered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending--
	if s.pending > 0 {
		return
	}
	for _, done := range s.waiting {
		close(done)
	}
	s.waiting = nil
}

// deliver tries up to three times, at once one after the other, as the platform does.
func (s *Server) deliver(u *User, d *delivery) {
	for number := 1; number <= tries; number++ {
		response, err := s.attempt(u, d, number)
		if s.ctx.Err() != nil {
			return
		}
		if err != nil {
			continue
		}
		s.answered(u, d, response)
		if !d.again && s.Faults.takeRepeat() {
			d.again = true
			number = 0
			continue
		}
		return
	}
	if d.fault && !d.again {
		u.show(Message{From: "system", Kind: "text", Text: outOfOrder, Raw: outOfOrder, Parts: []Part{{Text: outOfOrder}}, At: s.now()})
	}
}

func (s *Server) answered(u *User, d *delivery, response string) {
	reply, err := s.readReply(u, response)
	if err != nil {
		s.violate("the reply to %s: %v", d.name(), err)
		reply = nil
	}
	if reply != nil && reply.Kind == transferKind {
		if !d.again {
			s.mu.Lock()
			err = u.transferred(d.msgID)
			s.mu.Unlock()
			if err != nil {
				s.violate("the reply to %s: %v", d.name(), err)
			}
		}
		return
	}
	if reply != nil && !d.again && u.Following() {
		u.show(*reply)
	}
	if err != nil && d.fault && !d.again {
		u.show(Message{From: "system", Kind: "text", Text: outOfOrder, Raw: outOfOrder, Parts: []Part{{Text: outOfOrder}}, At: s.now()})
	}
}

func (d *delivery) name() string {
	if d.msgID != 0 {
		return fmt.Sprintf("message %d", d.msgID)
	}
	return "an event"
}

// attempt delivers once. The error says that there was no usable response.
func (s *Server) attempt(u *User, d *delivery, number int) (response string, err error) {
	record := Attempt{OpenID: u.OpenID, MsgID: d.msgID, Number: number}
	defer func() {
		s.mu.Lock()
		s.attempts = append(s.attempts, record)
		s.mu.Unlock()
	}()
	if d.nonce == "" || !s.Faults.isReuse() {
		d.timestamp = strconv.FormatInt(s.now().Unix(), 10)
		d.nonce = strconv.FormatUint(randomNumber()%10_000_000_000, 10)
	}
	timeout := s.options.Timeout
	if cut, ok := s.Faults.takeCutOff(); ok {
		timeout = cut
	}
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	request, err := s.Request(ctx, u.OpenID, d.body, d.timestamp, d.nonce)
	if err != nil {
		return "", err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxResponse))
	if err != nil {
		return "", err
	}
	record.Status, record.Reply = answer.StatusCode, string(body)
	if s.Faults.takeLoss() {
		record.Lost = true
		return "", errors.New("the response was lost")
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the response's status is %d", answer.StatusCode)
	}
	return record.Reply, nil
}

// Request is the signed POST that delivers a message's XML, in the account's mode. Tests forge with it.
func (s *Server) Request(ctx context.Context, openID, document, timestamp, nonce string) (*http.Request, error) {
	s.mu.Lock()
	address := s.webhook
	s.mu.Unlock()
	query := s.signed(timestamp, nonce)
	query.Set("openid", openID)
	if s.key != nil {
		encrypted := Encrypt(s.key, s.options.AppID, document)
		query.Set("encrypt_type", "aes")
		query.Set("msg_signature", Signature(s.options.Token, timestamp, nonce, encrypted))
		document = fmt.Sprintf("<xml>\n<ToUserName><![CDATA[%s]]></ToUserName>\n<Encrypt><![CDATA[%s]]></Encrypt>\n</xml>", s.options.OriginalID, encrypted)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, withQuery(address, query), strings.NewReader(document))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "text/xml")
	request.Header.Set("User-Agent", "Mozilla/4.0")
	return request, nil
}

// Verify asks the webhook as the platform does when its address is saved in the settings.
func (s *Server) Verify(ctx context.Context) error {
	s.mu.Lock()
	address := s.webhook
	s.mu.Unlock()
	query := s.signed(strconv.FormatInt(s.now().Unix(), 10), strconv.FormatUint(randomNumber()%10_000_000_000, 10))
	echo := strconv.FormatUint(randomNumber(), 10)
	query.Set("echostr", echo)
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, withQuery(address, query), nil)
	if err != nil {
		return err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("请求URL超时: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxResponse))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || string(body) != echo {
		return fmt.Errorf("token验证失败: status %d, the echo does not match", answer.StatusCode)
	}
	return nil
}

func (s *Server) signed(timestamp, nonce string) url.Values {
	return url.Values{"signature": {Signature(s.options.Token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce}}
}

func withQuery(address string, query url.Values) string {
	if strings.Contains(address, "?") {
		return address + "&" + query.Encode()
	}
	return address + "?" + query.Encode()
}

func randomNumber() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	n := uint64(0)
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return n >> 1
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
