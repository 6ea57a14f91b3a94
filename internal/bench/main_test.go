package bench_test

import (
	"testing"

	"guahao/internal/mariadb/mariadbtest"
)

func TestMain(m *testing.M) {
	beSender()
	mariadbtest.Main(m)
}
