package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
)

// MaxConns is how many connections one process keeps to the database at most.
const MaxConns = 64

// Config reads a DSN of go-sql-driver's form and adds the settings that the program relies on.
func Config(dsn string) (*mysqldriver.Config, error) {
	c, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("the database DSN is not of the form user:password@tcp(host:3306)/database: %w", err)
	}
	c.ParseTime = true
	c.Loc = time.UTC
	c.ClientFoundRows = true
	c.InterpolateParams = true
	c.Logger = &mysqldriver.NopLogger{}
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	c.Params["time_zone"] = "'+00:00'"
	c.Params["sql_mode"] = "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	c.Params["innodb_lock_wait_timeout"] = "5"
	return c, nil
}

// Open connects to the database that the DSN names and checks that it answers.
func Open(ctx context.Context, dsn string) (*sqlx.DB, error) {
	c, err := Config(dsn)
	if err != nil {
		return nil, err
	}
	several := c.Clone()
	several.MultiStatements = true
	fused, err := open(several, fusedConns, nil)
	if err != nil {
		return nil, err
	}
	db, err := open(c, MaxConns, fused)
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("the database does not answer: %w", err)
	}
	return db, nil
}

// open makes a pool of connections, without using one.
func open(c *mysqldriver.Config, most int, fused *sqlx.DB) (*sqlx.DB, error) {
	connector, err := mysqldriver.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("the database DSN cannot be used: %w", err)
	}
	db := sqlx.NewDb(sql.OpenDB(readCommitted{connector, fused}), "mysql")
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

// readCommitted sets the isolation level of each new connection by statement: the variable's name differs between
// MySQL 8 and MariaDB 10.11, the statement does not.
type readCommitted struct {
	driver.Connector
	fused *sqlx.DB // the pool beside it; nil for that itself
}

// Driver implements driver.Connector.
func (r readCommitted) Driver() driver.Driver { return &pool{r.Connector.Driver(), r.fused} }

// Close ends the pool beside this one together with it. That one of its connections was broken already is nobody's trouble.
func (r readCommitted) Close() error {
	if r.fused != nil {
		_ = r.fused.Close()
	}
	return nil
}

func (r readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	const statement = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("set the isolation level: %w", err)
	}
	return conn, nil
}
