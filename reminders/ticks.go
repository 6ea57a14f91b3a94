package reminders

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/robfig/cron/v3"

	"guahao/internal/mysql"
)

const (
	// ticksKept is how long the ticks before a job's latest are kept: a replica whose clock is behind must find them taken.
	ticksKept = time.Hour
	// maxTries is how often one tick is tried.
	maxTries   = 6
	firstPause = 15 * time.Second
)

var parser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// parse reads a spec, in UTC if it names no zone. A zone without anything after it makes cron's parser panic.
func parse(spec string) (cron.Schedule, error) {
	fields := strings.Fields(spec)
	if !strings.HasPrefix(spec, "TZ=") && !strings.HasPrefix(spec, "CRON_TZ=") {
		fields = append([]string{"CRON_TZ=UTC"}, fields...)
	}
	if len(fields) < 2 {
		return nil, fmt.Errorf("the schedule %q names no times", spec)
	}
	spec = strings.Join(fields, " ")
	schedule, err := parser.Parse(spec)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q: %w", spec, err)
	}
	return schedule, nil
}

// latest is the last time not after now at which the schedule ticked; zero if it did not within the last five years. It looks back
// twice as far each time until it finds a tick, and then walks to the last one.
func latest(schedule cron.Schedule, now time.Time) time.Time {
	now = now.UTC()
	if every, ok := schedule.(cron.ConstantDelaySchedule); ok {
		return now.Truncate(every.Delay) // cron would count from whenever it was started
	}
	for back := time.Second; back < 5*366*24*time.Hour; back *= 2 {
		at := schedule.Next(now.Add(-back))
		if at.IsZero() || at.After(now) {
			continue
		}
		for next := schedule.Next(at); !next.IsZero() && !next.After(now); next = schedule.Next(next) {
			at = next
		}
		return at.UTC()
	}
	return time.Time{}
}

// claim makes a tick ours if nobody has taken it, or if whoever has died or failed. The attempt tells our claim from later ones.
func (j *Jobs) claim(ctx context.Context, name string, at time.Time) (ok bool, attempt int, err error) {
	now := j.now()
	until := now.Add(jobPatience)
	const take = "INSERT INTO job_ticks (job, scheduled_at, state, attempts, free_at) VALUES (?, ?, 'running', 1, ?)"
	_, err = j.db.ExecContext(ctx, take, name, at, until)
	if err == nil {
		return true, 1, nil
	}
	if !mysql.IsDuplicate(err, "") {
		return false, 0, fmt.Errorf("claim a tick of job %s: %w", name, err)
	}
	var old struct {
		State    string    `db:"state"`
		Attempts int       `db:"attempts"`
		FreeAt   time.Time `db:"free_at"`
	}
	const read = "SELECT state, attempts, free_at FROM job_ticks WHERE job = ? AND scheduled_at = ?"
	if err := j.db.GetContext(ctx, &old, read, name, at); err != nil {
		return false, 0, fmt.Errorf("read a tick of job %s: %w", name, err)
	}
	if old.State == "done" || old.FreeAt.After(now) || old.Attempts >= maxTries {
		return false, 0, nil
	}
	const retake = `UPDATE job_ticks SET state = 'running', attempts = attempts + 1, free_at = ?
		WHERE job = ? AND scheduled_at = ? AND state <> 'done' AND attempts = ?`
	ok, err = affected(j.db.ExecContext(ctx, retake, until, name, at, old.Attempts))
	if err != nil {
		return false, 0, fmt.Errorf("claim a tick of job %s again: %w", name, err)
	}
	return ok, old.Attempts + 1, nil
}

// settle notes how a tick ended, unless another replica has taken it meanwhile. One that was stopped with the program is free for
// another replica at once.
func (j *Jobs) settle(ctx context.Context, name string, at time.Time, attempt int, failed, stopped bool) error {
	state, free := "done", j.now()
	if failed {
		state = "failed"
		if !stopped {
			free = free.Add(firstPause << (attempt - 1))
		}
	}
	const note = "UPDATE job_ticks SET state = ?, free_at = ? WHERE job = ? AND scheduled_at = ? AND attempts = ? AND state = 'running'"
	if _, err := j.db.ExecContext(ctx, note, state, free, name, at, attempt); err != nil {
		return fmt.Errorf("note the end of a tick of job %s: %w", name, err)
	}
	return nil
}

// prune deletes old ticks, but never a job's latest.
func (j *Jobs) prune(ctx context.Context) error {
	for _, job := range j.list {
		before := latest(job.schedule, j.now()).Add(-ticksKept)
		err := mysql.InTx(ctx, j.db, func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(ctx, "DELETE FROM job_ticks WHERE job = ? AND scheduled_at < ?", job.name, before)
			return err
		})
		if err != nil {
			return fmt.Errorf("delete old ticks of job %s: %w", job.name, err)
		}
	}
	return nil
}
