package desk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

const (
	maxUpload  = 4 << 20  // bytes of a file
	maxUnzip   = 32 << 20 // bytes of a workbook when it is unpacked
	maxLines   = 10_000   // of a file, without its head
	maxRead    = 20_000   // lines, empty ones and remarks included
	maxColumns = 40
)

// fileLine is a line of a table that has something in it.
type fileLine struct {
	number int // as the program shows it that the file was written with, from 1
	cells  []string
}

// readTable reads a CSV file (UTF-8 with or without a mark, or GB18030 as Excel writes it in China) or the first sheet of an XLSX file. Empty lines are left
// out, and remarks: those whose first cell begins with #.
func readTable(content []byte) ([]fileLine, error) {
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return readWorkbook(content)
	}
	return readCSV(content)
}

func readCSV(content []byte) ([]fileLine, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return nil, refuse("import.not_text")
		}
		content = decoded
	}
	if bytes.IndexByte(content, 0) >= 0 {
		return nil, refuse("import.not_text")
	}
	in := csv.NewReader(bytes.NewReader(content))
	in.FieldsPerRecord = -1
	var table tableReader
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return table.lines, nil
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, refuse("import.bad_quotes", broken.Line)
		}
		if err != nil {
			return nil, err
		}
		number, _ := in.FieldPos(0)
		if err := table.add(number, cells); err != nil {
			return nil, err
		}
	}
}

func readWorkbook(content []byte) (lines []fileLine, err error) {
	book, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip, RawCellValue: true})
	if err != nil {
		return nil, refuse("import.bad_workbook")
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	rows, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return nil, refuse("import.bad_workbook")
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var table tableReader
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, refuse("import.bad_workbook")
		}
		if err := table.add(number, cells); err != nil {
			return nil, err
		}
	}
	if rows.Error() != nil {
		return nil, refuse("import.bad_workbook")
	}
	return table.lines, nil
}

// tableReader collects lines, and refuses too many of them.
type tableReader struct {
	lines []fileLine
	read  int
}

func (t *tableReader) add(number int, cells []string) error {
	t.read++
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
	}
	switch {
	case t.read > maxRead:
		return refuse("import.too_many", maxLines)
	case len(cells) == 0 || strings.HasPrefix(cells[0], "#"):
		return nil
	case len(t.lines) > maxLines: // the head is one of them
		return refuse("import.too_many", maxLines)
	case len(cells) > maxColumns:
		return refuse("import.too_wide", number, maxColumns)
	}
	t.lines = append(t.lines, fileLine{number, cells})
	return nil
}
