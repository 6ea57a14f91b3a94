package bench

import (
	"context"
	"os"
	"slices"
	"strconv"
	"time"
)

// usage is what was used while it was measured: processor time, and work of the database.
type usage struct {
	program, database, rest time.Duration
	statements              map[string]int64 // the database's counters, by name
}

// counters of the database that tell what an update costs it.
var counters = []string{"Questions", "Com_select", "Com_insert", "Com_update", "Com_commit", "Innodb_data_fsyncs", "Innodb_os_log_fsyncs", "Innodb_os_log_written"}

// meter measures, from a while after now on and for so long, what each process uses; nothing where the program is not a process of its own.
func (s *stage) meter(ctx context.Context, after, span time.Duration) <-chan usage {
	told := make(chan usage, 1)
	if s.apart == nil {
		told <- usage{}
		return told
	}
	go func() {
		pause(ctx, after)
		before := s.used(ctx)
		pause(ctx, span)
		told <- s.used(ctx).since(before)
	}()
	return told
}

// used is what has been used so far.
func (s *stage) used(ctx context.Context) usage {
	u := usage{program: spent(s.apart.command.Process.Pid), rest: spent(os.Getpid()), statements: map[string]int64{}}
	if s.database.server != nil {
		u.database = spent(s.database.server.Pid())
	}
	var rows []struct {
		Name  string `db:"Variable_name"`
		Value string `db:"Value"`
	}
	if err := s.database.SelectContext(ctx, &rows, "SHOW GLOBAL STATUS"); err != nil {
		return u // another server, which need not have it
	}
	for _, row := range rows {
		if slices.Contains(counters, row.Name) {
			u.statements[row.Name], _ = strconv.ParseInt(row.Value, 10, 64)
		}
	}
	return u
}

func (u usage) since(before usage) usage {
	d := usage{program: u.program - before.program, database: u.database - before.database, rest: u.rest - before.rest, statements: map[string]int64{}}
	for name, n := range u.statements {
		d.statements[name] = n - before.statements[name]
	}
	return d
}

// describe says how the measurement was made, and what an update costs.
func (s *stage) describe(r *DialogResult, used usage, updates int) {
	r.Apart = s.apart != nil
	if s.cores != nil {
		r.Cores = s.cores.programs()
	}
	each := func(d time.Duration) float64 {
		return rounded(float64(d.Microseconds())/float64(max(updates, 1)), 10)
	}
	r.ProgramCPU, r.DatabaseCPU, r.RestCPU = each(used.program), each(used.database), each(used.rest)
	for _, name := range counters {
		if n := used.statements[name]; n > 0 {
			s.crowd.o.say("%-24s %8.2f an update", name, float64(n)/float64(max(updates, 1)))
		}
	}
}
