package mariadbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb"
	"guahao/internal/mysql"
	"guahao/migrations"
)

// cluster is the server that a test process uses, and the statements that make a migrated database on it.
type cluster struct {
	server   *mariadb.Server     // nil when it is someone else's
	config   *mysqldriver.Config // of someone else's
	admin    *sqlx.DB            // for CREATE and DROP DATABASE; its connections' current database is any
	template script

	mu     sync.Mutex
	filled map[string]func() (script, error) // databases that tests copy, each made when the first asks
}

// script makes the tables and rows of a database in the current one. The database has to stay.
type script struct{ from, statements string }

func startCluster(ctx context.Context, dsn string) (c *cluster, err error) {
	c = &cluster{filled: map[string]func() (script, error){}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if dsn != "" {
		if c.config, err = mysql.Config(dsn); err != nil {
			return c, fmt.Errorf("%s: %w", envDSN, err)
		}
	} else if c.server, err = mariadb.Start(ctx, mariadb.Options{}); err != nil {
		return c, err
	}
	if err = c.openAdmin(); err != nil {
		return c, err
	}
	return c, c.makeTemplate(ctx)
}

func (c *cluster) openAdmin() error {
	config, err := mysql.Config(c.dsn(""))
	if err != nil {
		return err
	}
	config.MultiStatements = true
	config.Params["lock_wait_timeout"] = "20" // seconds to wait for a transaction that a test left open
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		return err
	}
	c.admin = sqlx.NewDb(sql.OpenDB(connector), "mysql")
	c.admin.SetMaxOpenConns(8)
	c.admin.SetMaxIdleConns(8)
	return nil
}

func suffix() string { return strings.ToLower(rand.Text()[:12]) }

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (c *cluster) dsn(database string) string {
	if c.server != nil {
		return c.server.DSN(database)
	}
	config := c.config.Clone()
	config.DBName = database
	return config.FormatDSN()
}

func (c *cluster) makeTemplate(ctx context.Context) error {
	template, err := c.create(ctx, script{})
	if err != nil {
		return err
	}
	db, err := mysql.Open(ctx, c.dsn(template))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := migrations.Up(ctx, db); err != nil {
		return err
	}
	c.template, err = dump(ctx, db, template)
	return err
}

// fill gives the script of a migrated database that fill has filled, once.
func (c *cluster) fill(ctx context.Context, name string, fill func(dsn string) error) (script, error) {
	c.mu.Lock()
	once, ok := c.filled[name]
	if !ok {
		once = sync.OnceValues(func() (script, error) {
			database, err := c.create(ctx, c.template)
			if err != nil {
				return script{}, err
			}
			if err := fill(c.dsn(database)); err != nil {
				return script{}, err
			}
			return dump(ctx, c.admin, database)
		})
		c.filled[name] = once
	}
	c.mu.Unlock()
	return once()
}

// dump writes the statements that make the same tables, with the same rows, in another database of the server.
func dump(ctx context.Context, db *sqlx.DB, from string) (script, error) {
	var tables []struct {
		Name string `db:"name"`
		Kind string `db:"kind"`
	}
	const list = `SELECT table_name AS name, table_type AS kind FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name`
	if err := db.SelectContext(ctx, &tables, list, from); err != nil {
		return script{}, fmt.Errorf("list the tables of %s: %w", from, err)
	}
	var statements strings.Builder
	for _, table := range tables {
		if table.Kind != "BASE TABLE" {
			return script{}, fmt.Errorf("%s is a %s: only tables can be copied", table.Name, table.Kind)
		}
		var name, statement string
		if err := db.QueryRowContext(ctx, "SHOW CREATE TABLE "+quote(from)+"."+quote(table.Name)).Scan(&name, &statement); err != nil {
			return script{}, fmt.Errorf("how is %s made: %w", table.Name, err)
		}
		statements.WriteString(statement + ";\n")
		var rows int
		if err := db.GetContext(ctx, &rows, "SELECT COUNT(1) FROM "+quote(from)+"."+quote(table.Name)); err != nil {
			return script{}, fmt.Errorf("count the rows of %s: %w", table.Name, err)
		}
		if rows > 0 {
			fmt.Fprintf(&statements, "INSERT INTO %[1]s SELECT * FROM %[2]s.%[1]s;\n", quote(table.Name), quote(from))
		}
	}
	return script{from, statements.String()}, nil
}

func createDatabase(name string) string {
	return "CREATE DATABASE " + quote(name) + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
}

// create makes a database like the one that a script was made of (an empty one of none), and returns its name. The statements go to the
// server in one packet.
func (c *cluster) create(ctx context.Context, like script) (string, error) {
	name := "guahao_test_" + suffix()
	statements := createDatabase(name)
	if like.statements != "" {
		statements += "; USE " + quote(name) + "; SET FOREIGN_KEY_CHECKS = 0;\n" + like.statements + "SET FOREIGN_KEY_CHECKS = 1"
	}
	_, err := c.admin.ExecContext(ctx, statements)
	return name, err
}

func (c *cluster) drop(ctx context.Context, name string) error {
	_, err := c.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+quote(name))
	return err
}

// dropSources drops what tests' databases were copied from.
func (c *cluster) dropSources(ctx context.Context) error {
	errs := []error{c.drop(ctx, c.template.from)}
	for _, once := range c.filled {
		if filled, err := once(); err == nil {
			errs = append(errs, c.drop(ctx, filled.from))
		}
	}
	return errors.Join(errs...)
}

func (c *cluster) close() error {
	var errs []error
	if c.admin != nil {
		if c.config != nil { // our own server goes with all it has
			errs = append(errs, c.dropSources(context.Background()))
		}
		errs = append(errs, c.admin.Close())
	}
	if c.server != nil {
		errs = append(errs, c.server.Close())
	}
	return errors.Join(errs...)
}
