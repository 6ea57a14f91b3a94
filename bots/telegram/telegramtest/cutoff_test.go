package telegramtest_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"guahao/bots/telegram/telegramtest"
)

// A program that hangs up in the middle of a request, because it is told to stop, has broken no rule.
func TestARequestThatIsCutOff(t *testing.T) {
	t.Parallel()
	const token = "123456:cut"
	s := telegramtest.New(telegramtest.Options{Token: token})
	t.Cleanup(s.Close)
	served := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = fmt.Fprintf(c, "POST /bot%s/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"chat", token)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, c)
	<-served
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations: %v", v)
	}
}
