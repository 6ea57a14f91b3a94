package bookingtest

import (
	"context"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/vault"
)

// City gives a database of this test's own with the seeded city and all that can be booked in it at a moment. It is made once for a
// moment in a test process, and copied for each test.
func City(t testing.TB, moment time.Time) (dsn string) {
	t.Helper()
	return mariadbtest.Copy(t, "city at "+moment.String(), func(dsn string) error {
		ctx := context.Background()
		db, err := mysql.Open(ctx, dsn)
		if err != nil {
			return err
		}
		defer db.Close()
		keys, err := vault.Generate() // a city has no secrets
		if err != nil {
			return err
		}
		s := booking.New(db, keys, func() time.Time { return moment }, nil)
		if err := s.Seed(ctx); err != nil {
			return err
		}
		return s.Roll(ctx)
	})
}
