package allocation

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ErrInput says that something cannot be reckoned with; ErrWrong that a draw is not what it should be. The text says what, and where.
var (
	ErrInput = errors.New("this cannot be drawn")
	ErrWrong = errors.New("the draw is not right")
)

func badf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, args...))
}

// Digest is a SHA-256 in lower-case hexadecimal.
type Digest string

func digestOf(text string) Digest {
	sum := sha256.Sum256([]byte(text))
	return Digest(hex.EncodeToString(sum[:]))
}

// valid tells whether it is written as a digest is.
func (d Digest) valid() bool { return isHex(string(d), sha256.Size) }

func isHex(s string, bytes int) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == bytes && s == strings.ToLower(s)
}

// Seed is what a draw comes from: 32 random bytes in lower-case hexadecimal. It is secret until the window has closed.
type Seed string

const (
	seedBytes   = 32
	secretBytes = 16
)

// NewSeed draws a seed from a source of randomness, which must be a cryptographic one.
func NewSeed(random io.Reader) (Seed, error) {
	text, err := randomHex(random, seedBytes)
	return Seed(text), err
}

// NewSecret draws what an applicant keeps with a receipt.
func NewSecret(random io.Reader) (string, error) { return randomHex(random, secretBytes) }

func randomHex(random io.Reader, n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("draw random bytes: %w", err)
	}
	return hex.EncodeToString(raw), nil
}

// Commit is the commitment to a seed: SHA-256 of its bytes, not of their hexadecimal form.
func (s Seed) Commit() (Digest, error) {
	raw, err := hex.DecodeString(string(s))
	if err != nil || !isHex(string(s), seedBytes) {
		return "", badf("a seed is %d bytes in lower-case hexadecimal", seedBytes)
	}
	sum := sha256.Sum256(raw)
	return Digest(hex.EncodeToString(sum[:])), nil
}

// String hides a seed that gets into a log before its time.
func (Seed) String() string { return "(seed)" }

// Slip is what an applicant is given: whoever has it can show which application is theirs, and that it is in the list as it was made.
type Slip struct {
	Schedule string    `json:"schedule"`
	Number   int       `json:"number"`
	Lots     int       `json:"lots"`
	Time     time.Time `json:"time"`
	Secret   string    `json:"secret"`
}

// Receipt is the digest of a slip, which is published.
func (s Slip) Receipt() Digest {
	return digestOf(fmt.Sprintf("guahao receipt 1\n%s\n%d\n%d\n%s\n%s\n", s.Schedule, s.Number, s.Lots, s.Time.UTC().Format(time.RFC3339), s.Secret))
}

// NewSlip checks what a slip is made of.
func NewSlip(schedule string, number, lots int, at time.Time, secret string) (Slip, error) {
	s := Slip{Schedule: schedule, Number: number, Lots: lots, Time: at.UTC().Truncate(time.Second), Secret: secret}
	if err := oneLine("the schedule", schedule); err != nil {
		return Slip{}, err
	}
	if !isHex(secret, secretBytes) {
		return Slip{}, badf("a secret is %d bytes in lower-case hexadecimal", secretBytes)
	}
	return s, (Application{number, s.Receipt(), lots}).check()
}

// oneLine refuses a text that is empty or could be read as two.
func oneLine(name, text string) error {
	if text == "" || len(text) > 200 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return badf("%s is %q; it is a text on one line, of at most 200 bytes", name, text)
	}
	return nil
}
