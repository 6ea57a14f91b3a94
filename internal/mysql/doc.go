// Package mysql opens the database and runs transactions on it. It knows nothing of the domain.
//
// [Open] fixes what the rest of the program relies on: UTC, strict mode, READ COMMITTED, matched rows as affected rows.
// [InTx] owns begin, commit and rollback: no other code of the project calls them, but for [Begin], whose transactions say them
// in the same breath as their statements. InTx retries the whole closure after a
// deadlock (1213), a lock wait timeout (1205, which rolls back only the statement) and a write conflict of TiDB (9007),
// so a closure must have no effect outside of its transaction.
package mysql
