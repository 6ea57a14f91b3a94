// Package migrations holds the database's tables as numbered SQL files and brings a database up to date with them.
//
// A capability package owns a file and the tables in it; files do not depend on each other. Each statement can be repeated
// (CREATE TABLE IF NOT EXISTS …), because DDL commits at once on the MySQL family: a file that was cut short by a crash is run
// again from its top.
//
// [Up] may be called by any number of replicas at once: goose (v3.29) has session locks for PostgreSQL only, so Up holds GET_LOCK
// on a connection of its own for as long as it works, and the others find nothing left to do. On Galera GET_LOCK is known to one
// node only: let the replicas migrate through the same node. [Pending] takes no lock and changes nothing: it is for /readyz.
package migrations
