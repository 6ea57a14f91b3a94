package desk_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"guahao/internal/staff"
)

// An administrator lets a program in with a token that is shown once, sees whether it is in use, and shuts it out again. Other hospitals' tokens do not exist.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("boss", staff.Grant{Role: staff.Admin, Hospital: 1})
	b.get("/console/tokens").says(t, "还没有令牌", "新建令牌")
	first := []string{"name", "检验系统", "hospital", "1", "writes", "1"}
	b.post("/console/tokens/make", first...).says(t, `name="confirm_password"`, "检验系统") // not before the password is entered again
	b.post("/console/tokens/make", append(first, "confirm_password", "wrong password")...).says(t, "不对")
	made := b.post("/console/tokens/make", append(first, "confirm_password", password)...)
	made.says(t, "离开这个页面后就看不到了", "可以修改", "患者信息打码")
	secret := regexp.MustCompile(`ghs_1_[0-9a-f]{64}`).FindString(made.body)
	for _, bad := range [][]string{{"hospital", "2", "name", "HIS"}, {"hospital", "99", "name", "HIS"}, {"hospital", "1", "name", " "}, {"hospital", "1", "name", strings.Repeat("长", 101)}} {
		if a := b.post("/console/tokens/make", bad...); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, a.status)
		}
	}
	if row := w.written("api_token:1"); row.Action != "api_token.make" || row.Actor.Staff == 0 || strings.Contains(string(row.After), secret) {
		t.Errorf("written is %+v", row)
	}

	use := func() int {
		request, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.url+"/api/v1/directory", nil)
		w.must(err)
		request.Header.Set("Authorization", "Bearer "+secret)
		response, err := http.DefaultClient.Do(request)
		w.must(err)
		w.must(response.Body.Close())
		return response.StatusCode
	}
	b.get("/console/tokens").says(t, "从未使用")
	if got := use(); got != http.StatusOK {
		t.Errorf("the token is answered with %d", got)
	}
	used := w.clock.Now().In(morning.Location()).Format("2006-01-02 15:04")
	w.clock.Advance(10 * time.Minute)
	a := b.get("/console/tokens?sort=-used")
	a.says(t, "检验系统", used, "有效")
	if strings.Contains(a.body, secret) || strings.Contains(a.body, secret[6:]) {
		t.Error("the secret is shown again")
	}

	elsewhere := w.as("elsewhere", staff.Grant{Role: staff.Admin, Hospital: 2})
	if a := elsewhere.get("/console/tokens"); strings.Contains(a.body, "检验系统") {
		t.Error("another hospital's token is seen")
	}
	if a := elsewhere.post("/console/tokens/revoke", "id", "1", "confirm_password", password); a.status != http.StatusUnprocessableEntity || use() != http.StatusOK {
		t.Errorf("another hospital's token is revoked: %d", a.status)
	}
	reader := w.as("auditor", staff.Grant{Role: staff.Auditor, Hospital: 1})
	if a := reader.get("/console/tokens"); strings.Contains(a.body, "新建令牌") || strings.Contains(a.body, fmt.Sprintf(`action="%s"`, "/console/tokens/revoke")) {
		t.Error("an auditor is offered to change tokens")
	}
	b.post("/console/tokens/revoke", "id", "1").says(t, "检验系统 的令牌已作废", "已作废")
	b.post("/console/tokens/revoke", "id", "1").says(t, "已经作废")
	if got := use(); got != http.StatusUnauthorized {
		t.Errorf("a token that is revoked is answered with %d", got)
	}
}
