package mariadbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

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
	template string
	script   string // makes the template's tables and rows in the current database
}

func startCluster(ctx context.Context, dsn string) (c *cluster, err error) {
	c = &cluster{template: "guahao_template_" + suffix()}
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
	if _, err := c.admin.ExecContext(ctx, createDatabase(c.template)); err != nil {
		return err
	}
	db, err := mysql.Open(ctx, c.dsn(c.template))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := migrations.Up(ctx, db); err != nil {
		return err
	}
	c.script, err = dump(ctx, db, c.template)
	return err
}

// dump writes the statements that make the same tables, with the same rows, in another database of the server.
func dump(ctx context.Context, db *sqlx.DB, from string) (string, error) {
	var tables []struct {
		Name string `db:"name"`
		Kind string `db:"kind"`
	}
	const list = `SELECT table_name AS name, table_type AS kind FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name`
	if err := db.SelectContext(ctx, &tables, list, from); err != nil {
		return "", fmt.Errorf("list the template's tables: %w", err)
	}
	var script strings.Builder
	for _, table := range tables {
		if table.Kind != "BASE TABLE" {
			return "", fmt.Errorf("the template's %s is a %s: only tables can be copied", table.Name, table.Kind)
		}
		var name, statement string
		if err := db.QueryRowContext(ctx, "SHOW CREATE TABLE "+quote(table.Name)).Scan(&name, &statement); err != nil {
			return "", fmt.Errorf("how is the template's %s made: %w", table.Name, err)
		}
		script.WriteString(statement + ";\n")
		var rows int
		if err := db.GetContext(ctx, &rows, "SELECT COUNT(1) FROM "+quote(table.Name)); err != nil {
			return "", fmt.Errorf("count the template's %s: %w", table.Name, err)
		}
		if rows > 0 {
			fmt.Fprintf(&script, "INSERT INTO %[1]s SELECT * FROM %[2]s.%[1]s;\n", quote(table.Name), quote(from))
		}
	}
	return script.String(), nil
}

func createDatabase(name string) string {
	return "CREATE DATABASE " + quote(name) + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
}

// create makes a database and returns its name. The statements go to the server in one packet.
func (c *cluster) create(ctx context.Context, migrated bool) (string, error) {
	name := "guahao_test_" + suffix()
	script := createDatabase(name)
	if migrated && c.script != "" {
		script += "; USE " + quote(name) + "; SET FOREIGN_KEY_CHECKS = 0;\n" + c.script + "SET FOREIGN_KEY_CHECKS = 1"
	}
	_, err := c.admin.ExecContext(ctx, script)
	return name, err
}

func (c *cluster) drop(ctx context.Context, name string) error {
	_, err := c.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+quote(name))
	return err
}

func (c *cluster) close() error {
	var errs []error
	if c.admin != nil {
		if c.config != nil {
			errs = append(errs, c.drop(context.Background(), c.template))
		}
		errs = append(errs, c.admin.Close())
	}
	if c.server != nil {
		errs = append(errs, c.server.Close())
	}
	return errors.Join(errs...)
}
