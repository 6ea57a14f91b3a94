package sms_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/reminders/sms"
	"guahao/reminders/sms/smstest"
)

// providers are the gateways, each of which does what the others do.
var providers = []struct {
	name   string
	make   func(sms.Config) (sms.Gateway, error)
	params []string // of the template
	want   smstest.SMS

	later, laterAll, blocked, unreachable, refused string // codes of the provider
}{
	{
		"aliyun", func(c sms.Config) (sms.Gateway, error) { return sms.NewAliyun(c) }, []string{"hospital", "when=starts", "note"},
		smstest.SMS{ID: "aliyun:1^0", Provider: "aliyun", To: "13800138000", Sign: smstest.Sign, Template: "T1", Params: []string{"hospital=仁和医院", "note=-", "when=2026年7月3日 08:30"}},
		"isv.BUSINESS_LIMIT_CONTROL", "Throttling.User", "isv.BLACK_LIST", "isv.MOBILE_NUMBER_ILLEGAL", "isv.AMOUNT_NOT_ENOUGH",
	},
	{
		"tencent", func(c sms.Config) (sms.Gateway, error) { return sms.NewTencent(c) }, []string{"hospital", "starts", "note"},
		smstest.SMS{ID: "tencent:1^0", Provider: "tencent", To: "+8613800138000", Sign: smstest.Sign, Template: "T1", Params: []string{"仁和医院", "2026年7月3日 08:30", "-"}},
		"LimitExceeded.PhoneNumberThirtySecondLimit", "RequestLimitExceeded", "FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber",
		"FailedOperation.InsufficientBalanceInSmsPackage",
	},
}

func message() sms.Message {
	return sms.Message{To: "13800138000", Kind: "stopped", Values: map[string]string{"hospital": "仁和医院", "starts": "2026年7月3日 08:30"}}
}

func TestGateways(t *testing.T) {
	t.Parallel()
	for _, p := range providers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			sim := smstest.New(time.Now)
			api := httptest.NewServer(sim)
			t.Cleanup(api.Close)
			config := sms.Config{
				KeyID: smstest.KeyID, KeySecret: smstest.KeySecret, Sign: smstest.Sign, AppID: smstest.AppID, API: api.URL,
				Templates: sms.Templates{"stopped": {ID: "T1", Params: p.params}},
			}
			gateway, err := p.make(config)
			if err != nil {
				t.Fatal(err)
			}
			send := func(m sms.Message) error {
				_, err := gateway.Send(t.Context(), m)
				return err
			}

			if id, err := gateway.Send(t.Context(), message()); err != nil || id != p.want.ID {
				t.Fatalf("sending: %q, %v; the simulator notes %v", id, err, sim.Wrong())
			}
			if diff := cmp.Diff([]smstest.SMS{p.want}, sim.Sent()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			unknown := message()
			unknown.Kind = "booked"
			if err := send(unknown); !errors.Is(err, bots.ErrUnreachable) || gateway.Knows("booked") || !gateway.Knows("stopped") {
				t.Errorf("a kind without a template: %v", err)
			}

			for _, tt := range []struct {
				fault smstest.Fault
				want  error
				wait  *bots.RetryError
			}{
				{smstest.Fault{Code: p.later}, nil, &bots.RetryError{}},
				{smstest.Fault{Code: p.laterAll}, nil, &bots.RetryError{All: true}},
				{smstest.Fault{Code: p.blocked}, bots.ErrBlocked, nil},
				{smstest.Fault{Code: p.unreachable}, bots.ErrUnreachable, nil},
				{smstest.Fault{Code: p.refused}, nil, nil},
				{smstest.Fault{Status: 502}, nil, nil},
				{smstest.Fault{Status: 502, Taken: true}, nil, nil}, // nobody can know; it is sent again
			} {
				sim.Fail(tt.fault)
				err := send(message())
				var wait *bots.RetryError
				switch {
				case err == nil:
					t.Errorf("%+v was taken", tt.fault)
				case tt.want != nil && !errors.Is(err, tt.want):
					t.Errorf("%+v: %v, want %v", tt.fault, err, tt.want)
				case tt.wait != nil && (!errors.As(err, &wait) || wait.All != tt.wait.All || wait.After <= 0):
					t.Errorf("%+v: %v, want to be asked to wait", tt.fault, err)
				case tt.want == nil && tt.wait == nil && (errors.Is(err, bots.ErrBlocked) || errors.Is(err, bots.ErrUnreachable) || errors.As(err, &wait)):
					t.Errorf("%+v: %v, want what may pass", tt.fault, err)
				}
				if err != nil && (strings.Contains(err.Error(), "13800138000") || strings.Contains(err.Error(), smstest.KeySecret) || strings.Contains(err.Error(), "仁和")) {
					t.Errorf("the error tells too much: %v", err)
				}
			}
			if wrong := sim.Wrong(); len(wrong) > 0 {
				t.Errorf("the simulator notes %v", wrong)
			}

			// Negative control: the simulator knows a signature by another key.
			config.KeySecret = "another"
			other, err := p.make(config)
			if err != nil {
				t.Fatal(err)
			}
			sent := len(sim.Sent())
			if _, err := other.Send(t.Context(), message()); err == nil || len(sim.Sent()) != sent || len(sim.Wrong()) != 1 {
				t.Errorf("signed by another key: %v; the simulator notes %v", err, sim.Wrong())
			}
			ended, end := context.WithCancel(t.Context())
			end()
			if _, err := gateway.Send(ended, message()); err == nil {
				t.Error("it was sent after its end")
			}
			config.API = "nowhere"
			if _, err := p.make(config); err == nil {
				t.Error("a base URL without a host was taken")
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	good, err := sms.ReadTemplates([]byte(`{"stopped": {"id": "SMS_1", "params": ["hospital", "time=starts"]}}`))
	if err != nil || !good.Knows("stopped") || good.Knows("booked") {
		t.Errorf("%+v, %v", good, err)
	}
	for _, bad := range []string{"", "[]", `{"stopped": {"params": ["hospital"]}}`, `{"stopped": {"id": "SMS_1", "params": [""]}}`} {
		if _, err := sms.ReadTemplates([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
