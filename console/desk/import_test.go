package desk_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"guahao/booking"
	"guahao/internal/staff"
)

const importHead = "操作,医生编号,日期,星期,时段,开始,结束,每段分钟,每段号数,门诊类型,挂号费,诊室,起始日期,截止日期\n"

// send sends a file to be imported into the first hospital.
func (b *browser) send(key, name string, content []byte) answer {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	b.must(form.WriteField("key", key))
	b.must(form.WriteField("hospital", "1"))
	file, err := form.CreateFormFile("file", name)
	b.must(err)
	_, err = file.Write(content)
	b.must(err)
	b.must(form.Close())
	request, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.base+"/console/schedule/import/read", &body)
	b.must(err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(request, nil)
}

func (b *browser) sendLines(key string, lines ...string) answer {
	b.Helper()
	return b.send(key, "schedules.csv", []byte(importHead+strings.Join(lines, "\n")))
}

// kept is how much a hospital's schedules and change sets are.
func (w *world) kept() (n struct{ Schedules, Places, Sets, Templates int }) {
	w.Helper()
	w.must(w.db.Get(&n, `SELECT (SELECT COUNT(1) FROM schedules) AS schedules, (SELECT SUM(capacity) FROM slots) AS places, (SELECT COUNT(1) FROM change_sets) AS sets,
		(SELECT COUNT(1) FROM schedule_templates) AS templates`))
	return n
}

func TestImportSchedules(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	code := v.Doctor.Code
	free := func(date booking.Date) booking.HalfKey {
		return booking.HalfKey{Doctor: v.Doctor.ID, Date: date, Period: booking.Evening}
	}
	there := func(k booking.HalfKey) bool { _, err := w.app.Booking.HalfDay(w.ctx, k); return err == nil }
	slot := v.Slot.StartsAt.In(v.Hospital.Location()).Format("15:04")
	end := v.Slot.EndsAt.In(v.Hospital.Location()).Format("15:04")
	minutes := int(v.Slot.EndsAt.Sub(v.Slot.StartsAt).Minutes())
	period := map[booking.Period]string{booking.Morning: "上午", booking.Afternoon: "下午", booking.Evening: "晚上"}[v.Schedule.Period]
	places := func(n int) string {
		return fmt.Sprintf("改号,%s,%s,,%s,%s,%s,%d,%d", code, v.Schedule.Date, period, slot, end, minutes, n)
	}
	good := []string{
		"出诊," + code + ",2026-11-29,,晚上,18:00,19:00,20,2,普通,30,夜诊1,,",
		"",
		"#出诊,nobody",
		"," + code + ",2026/12/6,,evening,18：00,19:00,30,2,general,,,,",
		places(v.Slot.Capacity + 2),
		"," + code + ",,节假日,晚上,18:00,19:00,20,1,专家,50.00,,2026-12-01,2027-01-31",
	}

	t.Run("one change set", func(t *testing.T) {
		b.get("/console/schedule").says(t, "批量导入排班")
		b.get("/console/schedule/import").says(t, `enctype="multipart/form-data"`, "schedules.xlsx", "每段号数")
		before := w.kept()
		preview := b.sendLines("a", good...)
		preview.says(t, "确认应用", "18:00×2", "现在还没有生效")
		if again := b.sendLines("a", good...); again.path != preview.path || !strings.Contains(again.path, "/changes/") {
			t.Errorf("sent twice it makes %s and %s", preview.path, again.path)
		}
		if other := b.sendLines("a", good[0]); other.path == preview.path || !strings.Contains(other.path, "/changes/") {
			t.Errorf("another file from the same page makes %s", other.path)
		}
		if now := w.kept(); now.Schedules != before.Schedules || now.Places != before.Places || now.Templates != before.Templates {
			t.Errorf("a preview makes %+v of %+v", now, before)
		}
		b.post(preview.path+"/apply").says(t, "已经生效")
		if !there(free("2026-11-29")) || !there(free("2026-12-06")) || w.kept().Templates != before.Templates+1 {
			t.Error("not all of it was applied")
		}
		b.post(preview.path+"/undo", "sure", "1").says(t, "已撤销")
		if now := w.kept(); now.Schedules != before.Schedules || now.Places != before.Places {
			t.Errorf("undone it is %+v instead of %+v", now, before)
		}
	})

	t.Run("bad lines", func(t *testing.T) {
		before, first := w.kept(), strings.Replace(good[0], "11-29", "11-27", 1)
		line := func(rest string) string { return "出诊," + code + "," + rest }
		for name, c := range map[string]struct{ line, says string }{
			"end before start":    {line("2026-11-29,,晚上,19:00,18:00,20,2"), "结束时间 18:00 不晚于开始时间 19:00"},
			"ends before begins":  {line(",周三,晚上,18:00,19:00,20,2,普通,,,2026-12-10,2026-12-01"), "早于开始日期"},
			"below booked":        {places(0), "挤掉已约的患者"},
			"overlap":             {line(fmt.Sprintf("%s,,晚上,%s,%s,%d,2", v.Schedule.Date, slot, end, minutes)), "时间重叠"},
			"taken half-day":      {line(fmt.Sprintf("%s,,%s,%s,%s,%d,2", v.Schedule.Date, period, slot, end, minutes)), "已经有门诊"},
			"the same twice":      {first, "和第 3 行是同一个半天"},
			"opened and stopped":  {"停诊," + code + ",2026-11-27,,晚上", "和第 3 行是同一个半天"},
			"unknown doctor":      {"出诊,X999,2026-11-29,,晚上,18:00,19:00,20,2", "没有编号或姓名是“X999”的医生"},
			"another hospital's":  {"出诊,医生甲,2026-11-29,,晚上,18:00,19:00,20,2", "“医生甲”"},
			"no doctor":           {"出诊,,2026-11-29,,晚上,18:00,19:00,20,2", "没有填医生编号"},
			"unknown action":      {"删除," + code + ",2026-11-29,,晚上", "没有“删除”这种操作"},
			"no such day":         {line("2026-02-30,,晚上,18:00,19:00,20,2"), "日期“2026-02-30”不对"},
			"a day that is over":  {line("2026-01-05,,晚上,18:00,19:00,20,2"), "已经过去"},
			"too far away":        {line("2036-01-05,,晚上,18:00,19:00,20,2"), "太远"},
			"day and weekday":     {line("2026-11-29,周三,晚上,18:00,19:00,20,2"), "只填一个"},
			"bad weekday":         {line(",周八,晚上,18:00,19:00,20,2"), "星期“周八”不对"},
			"bad period":          {line("2026-11-29,,夜里,18:00,19:00,20,2"), "没有“夜里”这个时段"},
			"bad time":            {line("2026-11-29,,晚上,25:00,19:00,20,2"), "时间“25:00”不对"},
			"uneven":              {line("2026-11-29,,晚上,18:00,19:00,25,2"), "不能整分"},
			"bad minutes":         {line("2026-11-29,,晚上,18:00,19:00,-5,2"), "每段分钟“-5”不对"},
			"too many slots":      {line("2026-11-29,,晚上,18:00,20:00,1,2"), "最多 100 个时段"},
			"bad places":          {line("2026-11-29,,晚上,18:00,19:00,20,两个"), "每段号数“两个”不对"},
			"no places":           {line("2026-11-29,,晚上,18:00,19:00,20,0"), "1 个号"},
			"too many places":     {line("2026-11-29,,晚上,18:00,19:00,20,99999999"), "最多"},
			"bad kind":            {line("2026-11-29,,晚上,18:00,19:00,20,2,急诊"), "没有“急诊”这种门诊"},
			"bad fee":             {line("2026-11-29,,晚上,18:00,19:00,20,2,普通,-1"), "挂号费“-1”不对"},
			"stop of nothing":     {"停诊," + code + ",2026-11-29,,晚上", "没有"},
			"stop by weekday":     {"停诊," + code + ",,周三,晚上", "要写明日期"},
			"a comma too many":    {good[0] + ",1,2", "多了一个逗号"},
			"a long room":         {line("2026-11-29,,晚上,18:00,19:00,20,2,普通,," + strings.Repeat("长", 51)), "最多 50 个字"},
			"from without a week": {line("2026-11-29,,晚上,18:00,19:00,20,2,,,,2026-12-01"), "只用于按星期"},
		} {
			a := b.sendLines("bad "+name, "", first, c.line)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, c.says) || !strings.Contains(a.body, ">4<") {
				t.Errorf("%s: %d, %s", name, a.status, a.main())
			}
		}
		if now := w.kept(); now != before {
			t.Errorf("bad lines make %+v of %+v", now, before)
		}
	})

	t.Run("bad files", func(t *testing.T) {
		gb, err := simplifiedchinese.GB18030.NewEncoder().String(importHead + good[0])
		w.must(err)
		for name, c := range map[string]struct{ content, says string }{
			"empty":          {"", "没有可以导入的行"},
			"only a head":    {importHead, "没有可以导入的行"},
			"no such column": {"医生编号,时段,颜色\nD001,上午,红", "不认识的列“颜色”"},
			"column twice":   {"医生编号,时段,Doctor\nD001,上午,D002", "出现了两次"},
			"column missing": {"时段,日期\n上午,2026-12-01", "缺少列“医生编号”"},
			"quotes":         {importHead + "出诊,\"D001,2026-11-29\n", "引号不配对"},
			"not text":       {importHead + "\x00\x01", "读不懂这个文件"},
			"broken XLSX":    {"PK\x03\x04 and nothing else", "打不开这个 XLSX"},
			"too many lines": {importHead + strings.Repeat(good[0]+"\n", 10_001), "最多导入 10000 行"},
			"GB18030":        {gb, "确认应用"},
			"a mark":         {"\ufeff" + importHead + good[0], "确认应用"},
		} {
			if a := b.send("file "+name, "x.csv", []byte(c.content)); !strings.Contains(a.body, c.says) {
				t.Errorf("%s: %d, %s", name, a.status, a.main())
			}
		}
		b.post("/console/schedule/import/read", "hospital", "1").says(t, "请选择一个")
		if a := b.send("large", "x.csv", make([]byte, 5<<20)); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a file of 5 MB: %d", a.status)
		}
	})

	t.Run("a workbook", func(t *testing.T) {
		book := excelize.NewFile()
		w.must(book.SetSheetRow("Sheet1", "A1", &[]any{"Doctor", "Date", "Half-day", "Start", "End", "Minutes per slot", "Places per slot"}))
		w.must(book.SetSheetRow("Sheet1", "A3", &[]any{v.Doctor.Name.ZH, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), "evening", 0.75, 19.0 / 24, 20, 2}))
		file, err := book.WriteToBuffer()
		w.must(err)
		b.send("book", "x.xlsx", file.Bytes()).says(t, "2026-11-30 周一 晚上", "18:00×2", "确认应用")
		w.must(book.SetCellValue("Sheet1", "E3", 0.5))
		file, err = book.WriteToBuffer()
		w.must(err)
		b.send("book", "x.xlsx", file.Bytes()).says(t, ">3<", "结束时间 12:00 不晚于开始时间 18:00")
	})

	t.Run("the template", func(t *testing.T) {
		form := b.get("/console/schedule/import/schedules.csv")
		for _, name := range []string{"schedules.csv", "schedules.xlsx"} {
			file := b.get("/console/schedule/import/" + name)
			b.send("template", name, []byte(file.body)).says(t, "没有可以导入的行") // its examples are remarks
		}
		// Made real lines, the examples are understood; what booking says of them depends on the hospital.
		examples := strings.Split(strings.ReplaceAll(form.body, "\n#", "\n"), "\n")[:3]
		a := b.send("examples", "x.csv", []byte(strings.Join(examples, "\n")))
		if a.status != http.StatusOK && !strings.Contains(a.body, "已经有门诊") && !strings.Contains(a.body, "重叠") {
			t.Errorf("%s is not understood: %s", examples[1], a.main())
		}
	})

	t.Run("reach", func(t *testing.T) {
		one := w.as("one", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: v.Department.ID})
		one.sendLines("a", good[0]).says(t, "确认应用")
		var elsewhere string
		w.must(w.db.Get(&elsewhere, "SELECT code FROM doctors WHERE hospital_id = 1 AND department_id <> ? ORDER BY id LIMIT 1", v.Department.ID))
		one.sendLines("b", strings.Replace(good[0], code, elsewhere, 1)).says(t, "不在您管理的范围内")
		if a := w.as("nurse", staff.Grant{Role: staff.Nurse, Hospital: 1}).sendLines("a", good[0]); a.status != http.StatusForbidden {
			t.Errorf("a nurse imports: %d", a.status)
		}
	})
}

// TestImportTenThousandLines: with errors nothing happens and each is counted; without, they are one change set.
func TestImportTenThousandLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	var codes []string
	w.must(w.db.Select(&codes, "SELECT code FROM doctors WHERE hospital_id = 1 ORDER BY id LIMIT 25"))
	var lines []string
	for day := range 400 {
		date := booking.Date("2026-11-24").Add(day)
		for _, code := range codes {
			lines = append(lines, fmt.Sprintf("出诊,%s,%s,,晚上,21:00,21:30,30,1,普通,20,夜诊,,", code, date))
		}
	}
	bad := append([]string(nil), lines...)
	for i := 0; i < len(bad); i += 4 {
		bad[i] = strings.Replace(bad[i], "21:30", "20:30", 1)
	}
	before := w.kept()
	start := time.Now()
	b.sendLines("bad", bad...).says(t, fmt.Sprintf("%d 行有问题（共 %d 行）", len(bad)/4, len(bad)), "显示 500 条", ">2<", ">6<")
	t.Logf("%d lines with errors: %v", len(bad), time.Since(start))
	if now := w.kept(); now != before {
		t.Errorf("bad lines make %+v of %+v", now, before)
	}
	start = time.Now()
	preview := b.sendLines("good", lines...)
	preview.says(t, "确认应用")
	t.Logf("preview: %v", time.Since(start))
	start = time.Now()
	b.post(preview.path+"/apply").says(t, "已经生效")
	t.Logf("applied: %v", time.Since(start))
	if now := w.kept(); now.Schedules != before.Schedules+len(lines) {
		t.Errorf("%d half-days instead of %d more", now.Schedules-before.Schedules, len(lines))
	}
}
