package payments

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// statementColumns head a statement's lines.
func statementColumns() []string {
	return []string{"时间", "类别", "商户单号", "渠道单号", "渠道", "业务单号", "项目", "金额（元）"}
}

func movementWord(k MovementKind) string {
	switch k {
	case MovedPay:
		return "收款"
	case MovedRefund:
		return "退款"
	case MovedFees:
		return "手续费"
	}
	return string(k)
}

func accountWord(a Account) string {
	switch a {
	case ProviderClearing:
		return "支付渠道待结算"
	case DeskCash:
		return "窗口现金"
	case PatientLiability:
		return "应付患者"
	case HospitalRevenue:
		return "医院收入"
	case RefundsInFlight:
		return "在途退款"
	case Fees:
		return "渠道手续费"
	}
	return string(a)
}

// safe keeps a text from being taken for a formula by a program that opens the file: a text that begins like one gets an apostrophe.
func safe(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(text[0])) {
		return "'" + text
	}
	return text
}

// cells are a line's texts, all but its amount.
func (l StatementLine) cells(zone *time.Location) []string {
	return []string{
		l.At.In(zone).Format(time.DateTime), movementWord(l.Kind), safe(l.Number), safe(l.TransactionID), safe(l.Provider), safe(l.Ref), safe(l.Subject),
	}
}

// WriteCSV writes the statement's lines and totals in UTF-8 with a byte order mark, which spreadsheets need.
func (s Statement) WriteCSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write a statement: %w", err)
	}
	out := csv.NewWriter(w)
	_ = out.Write(statementColumns()) // the writer remembers its first error
	for _, line := range s.Lines {
		_ = out.Write(append(line.cells(s.From.Location()), line.Amount.String()))
	}
	for _, total := range s.totalRows() {
		_ = out.Write([]string{total.word, fmt.Sprint(total.count), "", "", "", "", "", total.amount.String()})
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write a statement: %w", err)
	}
	return nil
}

type totalRow struct {
	word   string
	count  int
	amount Fen
}

func (s Statement) totalRows() []totalRow {
	t := s.Totals()
	return []totalRow{
		{"收款合计", t.Payments, t.Paid}, {"退款合计", t.Refunds, -t.GaveBack}, {"手续费合计", 0, -t.Fees}, {"净额", len(s.Lines), t.Net()},
	}
}

const (
	linesSheet    = "收支明细"
	accountsSheet = "科目余额"
)

// WriteXLSX writes the statement as a workbook: the lines with their totals, and the accounts. Amounts are numbers with two decimals,
// numbers of orders are texts, and nothing is a formula.
func (s Statement) WriteXLSX(w io.Writer) (err error) {
	book := excelize.NewFile()
	defer func() {
		if e := book.Close(); err == nil && e != nil {
			err = fmt.Errorf("write a statement: %w", e)
		}
	}()
	style, err := book.NewStyle(&excelize.Style{NumFmt: 4}) // #,##0.00
	if err != nil {
		return fmt.Errorf("write a statement: %w", err)
	}
	if err := book.SetSheetName("Sheet1", linesSheet); err != nil {
		return fmt.Errorf("write a statement: %w", err)
	}
	if _, err := book.NewSheet(accountsSheet); err != nil {
		return fmt.Errorf("write a statement: %w", err)
	}
	title := []any{safe(s.Title), s.From.Format(time.DateOnly)}
	rows := [][]any{title, texts(statementColumns())}
	for _, line := range s.Lines {
		rows = append(rows, append(texts(line.cells(s.From.Location())), number(style, line.Amount)))
	}
	for _, total := range s.totalRows() {
		rows = append(rows, []any{total.word, total.count, nil, nil, nil, nil, nil, number(style, total.amount)})
	}
	if err := fill(book, linesSheet, []float64{20, 10, 34, 34, 12, 22, 26, 14}, rows); err != nil {
		return err
	}
	rows = [][]any{title, {"科目", "期初余额", "借方", "贷方", "期末余额"}}
	for _, a := range s.Accounts {
		rows = append(rows, []any{accountWord(a.Account), number(style, a.Opening), number(style, a.Debit), number(style, a.Credit), number(style, a.Closing())})
	}
	if err := fill(book, accountsSheet, []float64{20, 14, 14, 14, 14}, rows); err != nil {
		return err
	}
	if err := book.Write(w); err != nil {
		return fmt.Errorf("write a statement: %w", err)
	}
	return nil
}

func texts(words []string) []any {
	row := make([]any, len(words))
	for i, word := range words {
		row[i] = word
	}
	return row
}

// number is an amount as a spreadsheet counts: in yuan. It is the last step; nothing is calculated with it here.
func number(style int, amount Fen) excelize.Cell {
	return excelize.Cell{StyleID: style, Value: float64(amount) / 100}
}

// fill writes rows one after the other, without holding them twice.
func fill(book *excelize.File, sheet string, widths []float64, rows [][]any) error {
	out, err := book.NewStreamWriter(sheet)
	if err != nil {
		return fmt.Errorf("write the sheet %s: %w", sheet, err)
	}
	for i, width := range widths {
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("write the sheet %s: %w", sheet, err)
		}
	}
	for i, row := range rows {
		if err := out.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			return fmt.Errorf("write the sheet %s: %w", sheet, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the sheet %s: %w", sheet, err)
	}
	return nil
}
