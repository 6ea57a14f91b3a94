package reminders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	_ "time/tzdata" // specs name zones, and the machine may have none

	"github.com/jmoiron/sqlx"
	"github.com/robfig/cron/v3"
)

const (
	// jobPatience ends a run that hangs. It is also how long a tick is kept from others after its replica died.
	jobPatience = 10 * time.Minute
	// catchUp is how often ticks that were missed, or failed, are looked for.
	catchUp = 30 * time.Second
)

// Jobs runs functions at times. Cron only ticks: which tick is due is computed from the clock that was passed in, and who runs
// it is decided by a row.
type Jobs struct {
	db   *sqlx.DB
	now  func() time.Time
	log  *slog.Logger
	list []*job
}

type job struct {
	name     string
	schedule cron.Schedule
	run      func(context.Context) error
	mu       sync.Mutex // one run at a time in this process, whichever tick it is for
}

// NewJobs makes an empty list of jobs.
func NewJobs(db *sqlx.DB, now func() time.Time, log *slog.Logger) *Jobs {
	return &Jobs{db: db, now: func() time.Time { return instant(now()) }, log: log}
}

// Add adds a job before Run is called. The spec is cron's five fields, or six with seconds first, in UTC unless it begins with
// CRON_TZ=Asia/Shanghai or the like; or @every 5s, which is counted from the epoch so that all replicas count alike. The job may
// run again for a tick that it did not finish, so it must be idempotent. It must return when its context is done.
func (j *Jobs) Add(name, spec string, run func(context.Context) error) error {
	for _, other := range j.list {
		if other.name == name {
			return fmt.Errorf("there are two jobs named %s", name)
		}
	}
	schedule, err := parse(spec)
	if err != nil {
		return fmt.Errorf("job %s: %w", name, err)
	}
	j.list = append(j.list, &job{name: name, schedule: schedule, run: run})
	return nil
}

// Run runs the jobs at their times until ctx is done, and returns when the runs that had begun have returned.
func (j *Jobs) Run(ctx context.Context) error {
	logger := cronLog{j.log}
	c := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(logger),
		// In this order: the other way round, a panic would keep SkipIfStillRunning's token for ever.
		cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	for _, job := range j.list {
		c.Schedule(job.schedule, cron.FuncJob(func() { j.logged(ctx, j.tick(ctx, job)) }))
	}
	c.Schedule(cron.Every(catchUp), cron.FuncJob(func() { j.logged(ctx, errors.Join(j.Tick(ctx), j.prune(ctx))) }))
	c.Start()
	j.logged(ctx, j.Tick(ctx)) // what was missed while the program was down
	<-ctx.Done()
	<-c.Stop().Done()
	return nil
}

// Tick runs what is due by now, each job's latest tick, in the order in which the jobs were added. What another replica runs or has
// run is left out. It returns the errors of the jobs.
func (j *Jobs) Tick(ctx context.Context) error {
	var errs []error
	for _, job := range j.list {
		if ctx.Err() != nil {
			break
		}
		errs = append(errs, j.tick(ctx, job))
	}
	return errors.Join(errs...)
}

// tick runs a job's latest tick, unless that was done.
func (j *Jobs) tick(ctx context.Context, job *job) error {
	job.mu.Lock()
	defer job.mu.Unlock()
	at := latest(job.schedule, j.now())
	if at.IsZero() || ctx.Err() != nil {
		return nil
	}
	claimed, attempt, err := j.claim(ctx, job.name, at)
	if err != nil || !claimed {
		return err
	}
	running, cancel := context.WithTimeout(ctx, jobPatience)
	defer cancel()
	err = job.protected(running)
	stopped := ctx.Err() != nil
	if err != nil {
		err = fmt.Errorf("job %s: %w", job.name, err)
	}
	return errors.Join(err, j.settle(context.WithoutCancel(ctx), job.name, at, attempt, err != nil, stopped))
}

// protected turns a panic into an error. What was thrown is told only when the runtime threw it: anything else might hold what is
// a person's.
func (b *job) protected(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			what := fmt.Sprintf("with a %T", r)
			if thrown, ok := r.(runtime.Error); ok {
				what = thrown.Error()
			}
			err = fmt.Errorf("panic: %s\n%s", what, debug.Stack())
		}
	}()
	return b.run(ctx)
}

func (j *Jobs) logged(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		j.log.LogAttrs(ctx, slog.LevelError, "a job failed and will be tried again", slog.String("error", err.Error()))
	}
}

// cronLog leaves out cron's chatter about each tick.
type cronLog struct{ log *slog.Logger }

func (cronLog) Info(string, ...any) {}

func (l cronLog) Error(err error, message string, details ...any) {
	l.log.Error("cron: "+message, append(details, "error", err)...)
}
