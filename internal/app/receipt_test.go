package app_test

import (
	"bytes"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/bots/wechat/wechattest"
)

// After the payment the receipt comes into the chat as a picture: on Telegram itself, in WeChat by a link that shows it.
func TestTheReceiptInTheChat(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		pay(w, p)
		w.settle()
		p.say("我的预约")
		p.say("1")
		p.tap("收据")
		expect(w, p, "收据在这里")
		wantPicture(w, w.file(p, "收据"))
		var numbers []int64
		w.query(&numbers, "SELECT number FROM receipts")
		if len(numbers) != 1 || numbers[0] != 1 {
			w.Errorf("the receipts' numbers are %v", numbers)
		}
		status, header, body := w.fetch(w.cfg.PublicURL+"/pay/"+newestToken(w)+"/receipt.png", "Mozilla/5.0 Safari")
		if status != http.StatusOK || header.Get("Content-Type") != "image/png" {
			w.Errorf("the page's picture is answered with %d %s", status, header.Get("Content-Type"))
		}
		wantPicture(w, body)
	})
}

// Before it is paid there is no receipt to be asked for.
func TestNoReceiptForWhatIsNotPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.telegram(1)
	toPay(w, p)
	if status, _, _ := w.fetch(w.cfg.PublicURL+"/pay/"+newestToken(w)+"/receipt.png", "Mozilla/5.0 Safari"); status != http.StatusNotFound {
		t.Errorf("a receipt for an unpaid charge: %d", status)
	}
	p.say("我的预约")
	p.say("1")
	if strings.Contains(p.last(), "收据") {
		t.Errorf("a receipt is offered:\n%s", p.last())
	}
}

func wantPicture(w *world, data []byte) {
	w.Helper()
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil || picture.Bounds().Dx() < 400 || picture.Bounds().Dy() < 600 {
		w.Errorf("no picture of a receipt: %v", err)
	}
}

// Staff whose last word in WeChat is days ago are rung by a message template.
func TestStaffInWeChatAreRungAfterTheirWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.cfg.RefundAlarm = "2h"
	w.restart()
	staff := w.person("wechat", 9).(wechatPerson)
	bindStaff(w, staff)
	w.advance(72 * time.Hour)
	p := w.telegram(1)
	toPay(w, p)
	pay(w, p)
	w.settle()
	w.platforms.Pay.Faults.RefundAbnormal(1)
	cancel(w, p)
	for range 3 {
		w.advance(time.Minute)
	}
	var alarm wechattest.Message
	for _, m := range staff.Messages() {
		if m.Kind == "template" && m.Title == "退款异常提醒" {
			alarm = m
		}
	}
	if !strings.Contains(alarm.Text, "-R1") || !strings.Contains(alarm.Text, "20.00元") {
		t.Errorf("the alarm is %+v", alarm)
	}
}
