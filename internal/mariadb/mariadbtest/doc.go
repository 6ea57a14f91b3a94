// Package mariadbtest gives tests a real database: each test its own, migrated, within some tens of milliseconds.
//
//	func TestMain(m *testing.M) { mariadbtest.Main(m) }
//
//	func TestHold(t *testing.T) {
//		t.Parallel()
//		db := mariadbtest.DB(t)
//		…
//	}
//
// The first test that asks starts one server for the whole test process, with durability off; [Main] stops it at the end. The
// migrations run once, into a template database; every test's database is made from the template's SHOW CREATE TABLE and rows, in
// one round trip. [Copy] does the same with a database that was filled once. [DSN] is for tests that start several replicas on one
// database; [Server] gives a server of the test's own, to be killed.
//
// GUAHAO_TEST_DSN runs the tests on another server instead (MySQL, TiDB), as a user who may create databases:
//
//	GUAHAO_TEST_DSN='root@tcp(127.0.0.1:4000)/' go test ./...
package mariadbtest
