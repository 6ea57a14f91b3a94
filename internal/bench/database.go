package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb"
	"guahao/internal/mysql"
	"guahao/migrations"
)

// mark is a table that says that a database is a bench's, to be emptied by the next one.
const mark = "guahao_bench"

// ErrForeign says that a database has tables and no bench made them.
var ErrForeign = errors.New("the database holds something that no bench made: it is left as it is; name an empty one")

// database is where a bench runs.
type database struct {
	*sqlx.DB
	dsn    string
	server *mariadb.Server // nil: somebody else's
}

// openDatabase starts a private server, or claims the database that the DSN names. Either way it has the program's schema
// and nothing in it.
func openDatabase(ctx context.Context, o Options) (d *database, err error) {
	d = &database{dsn: o.DSN}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.dsn == "" {
		if err := d.start(ctx, o); err != nil {
			return d, err
		}
	}
	if d.DB, err = mysql.Open(ctx, d.dsn); err != nil {
		return d, err
	}
	if err := claim(ctx, d.DB); err != nil {
		return d, err
	}
	return d, migrations.Up(ctx, d.DB)
}

func (d *database) start(ctx context.Context, o Options) (err error) {
	if d.server, err = mariadb.Start(ctx, mariadb.Options{Durable: true}); err != nil {
		return err
	}
	o.say("A private %s, durable.", d.server.Version())
	d.dsn = d.server.DSN("bench")
	return d.server.CreateDatabase(ctx, "bench")
}

func (d *database) close() error {
	var errs []error
	if d.DB != nil {
		errs = append(errs, d.DB.Close())
	}
	if d.server != nil {
		errs = append(errs, d.server.Close())
	}
	return errors.Join(errs...)
}

// claim makes a database the bench's: an empty one is marked, one that is marked is emptied. It touches no other.
func claim(ctx context.Context, db *sqlx.DB) error {
	var tables []string
	const list = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	if err := db.SelectContext(ctx, &tables, list); err != nil {
		return fmt.Errorf("list the database's tables: %w", err)
	}
	if len(tables) > 0 && !slices.Contains(tables, mark) {
		return ErrForeign
	}
	// The mark goes last and comes first, so that whatever is interrupted can be taken up again.
	for _, table := range tables {
		if table == mark {
			continue
		}
		if _, err := db.ExecContext(ctx, "DROP TABLE `"+strings.ReplaceAll(table, "`", "``")+"`"); err != nil {
			return fmt.Errorf("empty the bench's database: %w", err)
		}
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+mark+" (id INT NOT NULL, PRIMARY KEY (id))"); err != nil {
		return fmt.Errorf("mark the database as the bench's: %w", err)
	}
	return nil
}
