package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"guahao/internal/app"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/sandbox"
	"guahao/payments/wechatpay/wechatpaytest"
)

// An accountant's morning: the bill, its differences, the statement, the story of a payment, the books.
func TestTheCommandsAboutMoney(t *testing.T) {
	dir := t.TempDir()
	platforms, err := sandbox.StartPlatforms(sandbox.PlatformOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer platforms.Close()
	cfg := app.Config{DSN: mariadbtest.DSN(t), KeyFile: filepath.Join(dir, "keys.json"), Addr: freeAddress(t)}
	cfg.Simulated(platforms)
	environment(t, cfg)
	c := cli{t}
	c.must("Made", "keys", cfg.KeyFile)
	c.must("loaded", "seed")

	at := time.Now().AddDate(0, 0, -3)
	date := at.In(time.FixedZone("CST", 8*60*60)).Format(time.DateOnly)
	c.must("0 lines, 0 matched, 0 differences", "reconcile", "-date", date)
	platforms.Pay.EditBill(func(rows []wechatpaytest.BillRow) []wechatpaytest.BillRow {
		return append(rows, wechatpaytest.BillRow{
			At: at, AppID: cfg.WeChat.AppID, MchID: cfg.WeChatPay.MchID, TransactionID: "4200000000000000000000000001", OutTradeNo: "NOTOURS0001",
			OpenID: "oSomebody", TradeType: "NATIVE", State: "SUCCESS", Subject: "挂号费", Total: 2500, Fee: 15,
		})
	})
	c.must("only_theirs", "reconcile", "--date", date)
	c.must("owner operator", "reconcile", "list")
	c.must("Noted", "reconcile", "assign", "1", "会计李")
	c.must("owner 会计李", "payments", "show", "NOTOURS0001")
	c.must("Noted", "reconcile", "close", "1", "another", "shop", "of", "ours")
	c.must("No difference is open", "reconcile", "list")
	c.refused("no open difference", "reconcile", "close", "1", "again")
	c.refused("no number", "reconcile", "assign", "one", "me")
	c.refused("2006-01-02", "reconcile", "-date", "yesterday")
	c.refused("not over", "reconcile", "-date", time.Now().AddDate(0, 0, 2).Format(time.DateOnly))

	c.must("The books balance.", "payments", "check")
	c.refused("nothing is known", "payments", "show", "4200999")
	db := mariadbtest.Open(t, cfg.DSN)
	const charge = `INSERT INTO charges (out_trade_no, token, ref, subject, payee, amount, provider, mch_id, app_id, status, payer, code_url, expires_at, created_at, lease_until)
		VALUES ('20261120SECRETS', 'TOKENOFTHEPAYPAGE', 'appointment:7', '门诊挂号费', 'hospital:1', 2500, 'wechatpay', '1900000001', 'wx1', 'pending', 'oThePayer', 'weixin://code', ?, ?, ?)`
	if _, err := db.Exec(charge, at, at, at); err != nil {
		t.Fatal(err)
	}
	told := c.must("pending", "payments", "show", "appointment:7")
	for _, secret := range []string{"TOKENOFTHEPAYPAGE", "oThePayer", "weixin://code"} {
		if strings.Contains(told, secret) {
			t.Errorf("payments show prints %s", secret)
		}
	}
	atTheDesk(c, cfg.DSN)
	wantStatements(c, dir, date)
	c.must(`"bench":"reconcile","lines":200,`, "bench", "reconcile", "-lines", "200", "-dsn", mariadbtest.EmptyDSN(t))
}

// atTheDesk takes the fee of a visit that is paid at the hospital.
func atTheDesk(c cli, dsn string) {
	c.Helper()
	c.must("Nothing waits at the desk", "payments", "desk")
	c.refused("nothing is known", "payments", "settle", "appointment:9", "会计李")
	c.refused("paid online", "payments", "settle", "20261120SECRETS", "会计李")
	c.refused("no hospital", "payments", "desk", "nowhere")
	const charge = `INSERT INTO charges (out_trade_no, token, ref, subject, payee, amount, provider, mch_id, app_id, status, expires_at, created_at, lease_until)
		VALUES ('20261120ATDESK', 'TOKENATDESK', 'appointment:9', '门诊挂号费', 'hospital:1', 2500, 'desk', 'desk', '', ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`
	db := mariadbtest.Open(c.T, dsn)
	if _, err := db.Exec(strings.Replace(charge, "?", "'created'", 1)); err != nil {
		c.Fatal(err)
	}
	c.must("25.00 yuan  20261120ATDESK", "payments", "desk", "1")
	c.must("Nothing waits at the desk", "payments", "desk", "2")
	c.refused("settle NUMBER CASHIER", "payments", "settle", "appointment:9")
	c.refused("does not take place", "payments", "settle", "appointment:9", "会计李") // here there is no such visit
	if _, err := db.Exec("UPDATE charges SET status = 'closed' WHERE out_trade_no = '20261120ATDESK'"); err != nil {
		c.Fatal(err)
	}
	c.refused("does not take place", "payments", "settle", "20261120ATDESK", "会计李")
}

func wantStatements(c cli, dir, date string) {
	c.Helper()
	sheet := filepath.Join(dir, "statement.xlsx")
	c.must("0 payments of 0.00 yuan", "statement", "-hospital", "1", "-date", date, "-o", sheet)
	book, err := excelize.OpenFile(sheet)
	if err != nil {
		c.Fatal(err)
	}
	if title, err := book.GetCellValue("收支明细", "A1"); err != nil || title != "澜川大学附属第一医院" {
		c.Errorf("the statement is for %q, %v", title, err)
	}
	_ = book.Close()
	text := filepath.Join(dir, "statement.csv")
	c.must("net 0.00 yuan", "statement", "-hospital", "1", "-date", date, "-o", text)
	if content, err := os.ReadFile(text); err != nil || !strings.Contains(string(content), "净额") {
		c.Errorf("the CSV is %q, %v", content, err)
	}
	c.refused(".xlsx or .csv", "statement", "-hospital", "1", "-date", date, "-o", filepath.Join(dir, "statement.pdf"))
	c.refused("no hospital 99", "statement", "-hospital", "99", "-date", date, "-o", text)
	c.refused("-hospital ID", "statement", "-date", date, "-o", text)
}
