package bots_test

import (
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guahao/bots"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
	"guahao/migrations"
)

// BenchmarkHandle is what an update costs without its dialog, on a database with full durability: 64 people who write 200 updates a
// second together.
func BenchmarkHandle(b *testing.B) {
	server := mariadbtest.Server(b)
	if err := server.CreateDatabase(b.Context(), "chats"); err != nil {
		b.Fatal(err)
	}
	db := mariadbtest.Open(b, server.DSN("chats"))
	if err := migrations.Up(b.Context(), db); err != nil {
		b.Fatal(err)
	}
	in := bots.NewInbox(bots.InboxConfig{
		DB: db, Store: bots.NewStore(db, vaulttest.Keys(b), time.Now), Steps: &counter{}, Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	var mu sync.Mutex
	var took []time.Duration
	var number atomic.Int64
	var group sync.WaitGroup
	tick := time.NewTicker(time.Second / 200)
	defer tick.Stop()
	for b.Loop() {
		<-tick.C
		group.Go(func() {
			n := number.Add(1)
			start := time.Now()
			key := strconv.FormatInt(n, 10)
			if _, err := in.Handle(b.Context(), says(strconv.FormatInt(n%64, 10), key, "hello")); err != nil {
				b.Error(err)
			}
			if err := in.Answered(b.Context(), bots.Telegram, key); err != nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(start))
		})
	}
	group.Wait()
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}
