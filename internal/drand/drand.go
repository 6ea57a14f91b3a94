// Package drand reads the public random numbers of drand, which a network of independent institutions makes together every few seconds
// (https://docs.drand.love). Nobody, not even one of them, knows a number before its time, and anybody can read it afterwards from several places. That makes it a beacon
// for draws by lot.
//
// It is the network "quicknet": a number every three seconds since a first one, each with a signature of which it is the SHA-256. That the number belongs to the signature is checked
// here; that the signature is the network's can be checked by whoever does not trust the server that was asked, with drand's own programs.
package drand

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
)

// The network, as its public description says.
const (
	chain   = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	genesis = 1692803367 // of round 1, in seconds since 1970
	period  = 3          // seconds
)

const (
	// afterwards is how long after the instant that is asked for the number appears: the machine's clock may be wrong by as much.
	afterwards = time.Minute
	patience   = 10 * time.Second
	largest    = 1 << 16 // bytes of an answer
)

const prefix = "drand " + chain + " round "

// Beacon reads from a server; it is a [booking.Beacon].
type Beacon struct {
	server string
	client *http.Client
}

// New makes one: server is the base URL of a server of drand's HTTP interface, as https://api.drand.sh.
func New(server string, client *http.Client) *Beacon {
	if client == nil {
		client = &http.Client{Timeout: patience}
	}
	return &Beacon{server: strings.TrimSuffix(server, "/"), client: client}
}

// Source names the first number after an instant and a little.
func (b *Beacon) Source(at time.Time) string {
	since := at.Add(afterwards).Unix() - genesis
	return prefix + strconv.FormatInt(max(0, since+period-1)/period+1, 10)
}

// Value reads the number that a source names; [booking.ErrBeaconEarly] when it is still to come.
func (b *Beacon) Value(ctx context.Context, source string) (string, error) {
	text, ours := strings.CutPrefix(source, prefix)
	round, err := strconv.ParseInt(text, 10, 64)
	if !ours || err != nil || round < 1 {
		return "", fmt.Errorf("%q names no number of this network", source)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/%s/public/%d", b.server, chain, round), nil)
	if err != nil {
		return "", err
	}
	response, err := b.client.Do(request)
	if err != nil {
		return "", fmt.Errorf("ask %s: %w", b.server, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusTooEarly:
		return "", booking.ErrBeaconEarly
	default:
		return "", fmt.Errorf("%s answers %s", b.server, response.Status)
	}
	return readNumber(io.LimitReader(response.Body, largest), round)
}

// readNumber checks an answer: that it is the round that was asked for, and that the number is that of the signature.
func readNumber(in io.Reader, round int64) (string, error) {
	var answer struct {
		Round      int64  `json:"round"`
		Randomness string `json:"randomness"`
		Signature  string `json:"signature"`
	}
	if err := json.NewDecoder(in).Decode(&answer); err != nil {
		return "", fmt.Errorf("an answer that cannot be read: %w", err)
	}
	signature, err := hex.DecodeString(answer.Signature)
	if err != nil || len(signature) == 0 {
		return "", errors.New("an answer without a signature")
	}
	sum := sha256.Sum256(signature)
	if number := hex.EncodeToString(sum[:]); answer.Round != round || answer.Randomness != number {
		return "", fmt.Errorf("an answer that is not that of round %d", round)
	}
	return answer.Randomness, nil
}
