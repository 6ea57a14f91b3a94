package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mysql"
	"guahao/internal/vault"
)

// Follower is told of every change of an appointment, in the transaction of the change, after its rows were written: what it
// writes through tx becomes true together with the change. It runs while the schedule's and the slot's rows may be locked,
// so it must be quick, must not use another connection, and must make no network calls. Its error undoes the change.
type Follower interface {
	AppointmentChanged(ctx context.Context, tx *sqlx.Tx, c Change) error
}

// Store is the booking domain on its database. It is safe for concurrent use by any number of goroutines and replicas.
type Store struct {
	// Audit, if set before the store is used, is told what staff change besides appointments, of which the Follower hears.
	Audit audit.Recorder
	// Beacon, if set before the store is used, gives what is mixed into draws by lot, and Random what their seeds are made of; nil: only what the
	// applications say, and the machine's source.
	Beacon Beacon
	Random io.Reader

	db     *sqlx.DB
	keys   *vault.Keys
	now    func() time.Time
	follow Follower

	cached   atomic.Pointer[directory]
	slots    slotSchedules
	free     freePlaces
	combiner *combiner

	// scattered: the database was seen to number rows of one statement in steps (Galera does, one for each node).
	scattered atomic.Bool

	// What menus and cards read, asked for together by those who look at the same moment.
	clinics      gather[ScheduleID, openClinic]
	people       gather[UserID, []ownPatient]
	ofDoctor     gather[DoctorID, []Schedule]
	ofDepartment gather[DepartmentID, []Schedule]
	facts        gather[*hold, Facts]
	histories    gather[UserID, []Course]

	paces   paces                                         // how long consultations took until yesterday
	ratings remembered[DepartmentID, map[DoctorID]Rating] // what reviews came to a few minutes ago
	soldOut remembered[DoctorID, []time.Duration]         // how quickly places went until yesterday
	waited  remembered[DepartmentID, []pastWait]          // what became of who waited, as of today

	forUpdate string // how Hold locks schedules and slots, and calling a queue; a test may see what happens without
	stillCase string // the condition of caseTo; likewise
}

// New gives the booking domain on a database that has the migrations. keys encrypt the patients; now is the clock of all
// rules; follow may be nil.
func New(db *sqlx.DB, keys *vault.Keys, now func() time.Time, follow Follower) *Store {
	s := &Store{db: db, keys: keys, now: now, follow: follow, forUpdate: " FOR UPDATE", stillCase: " AND state = ?"}
	s.combiner = newCombiner(s.prepareWaiting, s.take)
	s.clinics.read, s.people.read, s.facts.read = s.readClinics, s.readPeople, s.readFacts
	s.ofDoctor.read, s.ofDepartment.read, s.histories.read = s.readOfDoctors, s.readOfDepartments, s.readHistories
	return s
}

// clock is the time now as the database keeps it: UTC, microseconds.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// inTx changes something: what was read before it in the same step no longer holds.
func (s *Store) inTx(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	defer glanceOf(ctx).forget()
	return mysql.InTx(ctx, s.db, fn)
}

// notFound turns the absence of a row into ErrNotFound, and says of other errors what was being done.
func notFound(err error, doing string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return fmt.Errorf("%s: %w", doing, err)
}
