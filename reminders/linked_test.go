package reminders_test

import (
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mysql"
)

// Who showed a code for linking hears of it in their own language, with the way to undo it; the words name no person.
func TestLinkedIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for _, c := range []struct {
		to   bots.AccountID
		with bots.Platform
		want string
	}{
		{w.account(bots.WeChat, "zh"), bots.Telegram, "您的Telegram账号刚刚用关联码和这里关联了"},
		{w.account(bots.Telegram, "en"), bots.WeChat, "A WeChat account has just been linked"},
	} {
		err := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error { return w.store.LinkedTx(t.Context(), tx, c.to, c.with) })
		if err != nil {
			t.Fatal(err)
		}
		w.send()
		if got := w.phone.last(c.to); !strings.Contains(got, c.want) {
			t.Errorf("told was %q", got)
		}
		if kinds := w.phone.kinds(c.to); len(kinds) != 1 || kinds[0] != "linked" {
			t.Errorf("the notices are %v", kinds)
		}
	}
}
