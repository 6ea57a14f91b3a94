package booking

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// Record is how a patient stands with one hospital.
type Record struct {
	Hospital    Hospital
	Standing    Standing
	Missed      []Appointment // the no-shows that are known, the latest first
	SlowedUntil time.Time     // until when the user waits because of returned places; zero for no wait
	Appeal      *Appeal       // the latest one, decided or not
}

// Verdict is what became of an appeal.
type Verdict string

// The verdicts.
const (
	AppealOpen     Verdict = "appeal" // nobody has decided yet
	AppealGranted  Verdict = "granted"
	AppealDeclined Verdict = "declined"
	recordLifted   Verdict = "lifted" // forgiven by staff without an appeal
)

// AppealID is the primary key of an appeal.
type AppealID int64

// Appeal is a patient's word about no-shows.
type Appeal struct {
	ID       AppealID
	Hospital HospitalID
	Patient  PatientID
	User     UserID
	Account  AccountID
	Text     string
	At       time.Time
	Verdict  Verdict
	Note     string // of the staff
}

// maxAppeal is the length of an appeal in characters.
const maxAppeal = 300

// Records tells how one of the user's patients stands with each hospital that has a rule about no-shows or returned places, or
// that knows of a no-show.
func (s *Store) Records(ctx context.Context, user UserID, patient PatientID) ([]Record, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	who, err := s.person(ctx, s.db, user, patient)
	if err != nil {
		return nil, err
	}
	var list []Record
	for _, h := range d.hospitals {
		r, err := s.recordAt(ctx, s.db, d, h, who)
		if err != nil {
			return nil, err
		}
		policy := d.current[h.ID]
		if policy.NoShows.Count > 0 || policy.Slowdown.on() || len(r.Missed) > 0 {
			list = append(list, r)
		}
	}
	return list, nil
}

// personRows are a person in all users' lists.
type personRows struct {
	user    UserID
	patient PatientID
	digest  []byte
	persons []PatientID
}

func (s *Store) person(ctx context.Context, q queryer, user UserID, patient PatientID) (personRows, error) {
	p := personRows{user: user, patient: patient}
	var row struct {
		User   UserID
		Active *int
		Digest []byte
	}
	if err := q.GetContext(ctx, &row, "SELECT user_id AS user, active, number_digest AS digest FROM patients WHERE id = ?", patient); err != nil {
		return p, notFound(err, "read the patient")
	}
	switch {
	case row.User != user:
		return p, ErrNotYours
	case row.Active == nil:
		return p, ErrNotFound
	}
	p.digest = row.Digest
	if err := q.SelectContext(ctx, &p.persons, "SELECT id FROM patients WHERE number_digest = ?", p.digest); err != nil {
		return p, fmt.Errorf("read the person's patients: %w", err)
	}
	return p, nil
}

func (s *Store) recordAt(ctx context.Context, q queryer, d *directory, h Hospital, who personRows) (Record, error) {
	now := s.clock()
	facts, err := loadFacts(ctx, q, d, now, []wanted{{hospital: h.ID, user: who.user, digest: who.digest, persons: who.persons}})
	if err != nil {
		return Record{}, err
	}
	policy := d.current[h.ID]
	r := Record{
		Hospital: h, Standing: StandingOf(policy.NoShows, facts[0].Strikes, facts[0].Pardons, now),
		SlowedUntil: policy.Slowdown.SlowedUntil(facts[0].Returns, now),
	}
	for _, a := range facts[0].Others {
		if a.Hospital == h.ID && a.Status == NoShow {
			r.Missed = append(r.Missed, a)
		}
	}
	slices.SortFunc(r.Missed, func(a, b Appointment) int { return b.StartsAt.Compare(a.StartsAt) })
	appeals, err := s.appeals(ctx, q, "e.number_digest = ? AND e.hospital_id = ? ORDER BY e.id DESC LIMIT 1", who.digest, h.ID)
	if err == nil && len(appeals) > 0 {
		r.Appeal = &appeals[0]
	}
	return r, err
}

// NewAppeal is what a user says about the no-shows of a patient.
type NewAppeal struct {
	User     UserID
	Account  AccountID
	Patient  PatientID
	Hospital HospitalID
	Text     string
	Key      string // names the request: the same key appeals once
}

// Appeal hands it to the hospital's staff. It is refused when nothing counts against the person, or while another one is open.
func (s *Store) Appeal(ctx context.Context, n NewAppeal) (Appeal, error) {
	text := strings.TrimSpace(n.Text)
	if size := utf8.RuneCountInString(text); size == 0 || size > maxAppeal {
		return Appeal{}, refusef(CodeBadText, "请用 1 到 %d 个字说明原因。", "Please say why in 1 to %d characters.", maxAppeal)
	}
	d, err := s.directory(ctx)
	if err != nil {
		return Appeal{}, err
	}
	h, err := found(d.hospital, n.Hospital)
	if err != nil {
		return Appeal{}, err
	}
	var id AppealID
	appeal := func(tx *sqlx.Tx) error {
		id, err = s.appeal(ctx, tx, d, h, n, text)
		return err
	}
	err = s.inTx(ctx, appeal)
	if mysql.IsDuplicate(err, "uk_record_events_request") { // the same request was faster elsewhere: now its row can be seen
		err = s.inTx(ctx, appeal)
	}
	if err != nil {
		return Appeal{}, err
	}
	return s.appealBy(ctx, id)
}

func (s *Store) appeal(ctx context.Context, tx *sqlx.Tx, d *directory, h Hospital, n NewAppeal, text string) (AppealID, error) {
	var made []AppealID
	if err := tx.SelectContext(ctx, &made, "SELECT id FROM record_events WHERE user_id = ? AND request_key = ?", n.User, n.Key); err != nil || len(made) > 0 {
		return append(made, 0)[0], err
	}
	who, err := s.person(ctx, tx, n.User, n.Patient)
	if err != nil {
		return 0, err
	}
	var locked []PatientID // one appeal of a person at a time
	if err := tx.SelectContext(ctx, &locked, "SELECT id FROM patients WHERE number_digest = ? ORDER BY id FOR UPDATE", who.digest); err != nil {
		return 0, fmt.Errorf("lock the patient: %w", err)
	}
	r, err := s.recordAt(ctx, tx, d, h, who)
	switch {
	case err != nil:
		return 0, err
	case r.Appeal != nil && r.Appeal.Verdict == AppealOpen:
		return 0, refuse(CodeConflict, "已经有一份申诉在处理中，请等医院答复。", "An appeal is already being looked at. Please wait for the hospital's answer.")
	case r.Standing.Count == 0 && !r.Standing.Suspended(s.clock()):
		return 0, refuse(CodeWrongStatus, "目前没有计入的爽约记录，不需要申诉。", "Nothing counts against this patient now; there is no need to appeal.")
	}
	return s.insertRecordEvent(ctx, tx, recordEvent{
		hospital: n.Hospital, digest: who.digest, patient: n.Patient, kind: AppealOpen, user: n.User, account: n.Account, note: text, key: n.Key,
	})
}

// Appeals lists what a hospital's staff has to decide, the oldest first.
func (s *Store) Appeals(ctx context.Context, hospital HospitalID) ([]Appeal, error) {
	list, err := s.appeals(ctx, s.db, "e.hospital_id = ? AND a.id IS NULL ORDER BY e.id LIMIT 200", hospital)
	return list, err
}

// DecideAppeal is the staff's answer. Granting forgives all no-shows up to now and ends a suspension. An appeal is decided once: a
// second, other answer is wrong_status.
func (s *Store) DecideAppeal(ctx context.Context, by StaffID, id AppealID, grant bool, note string) (Appeal, error) {
	verdict := AppealDeclined
	if grant {
		verdict = AppealGranted
	}
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		var of struct {
			Hospital HospitalID
			Digest   []byte
			Patient  PatientID
		}
		err := tx.GetContext(ctx, &of, "SELECT hospital_id AS hospital, number_digest AS digest, patient_id AS patient FROM record_events WHERE id = ? AND kind = ?", id, AppealOpen)
		if err != nil {
			return notFound(err, "read the appeal")
		}
		_, err = s.insertRecordEvent(ctx, tx, recordEvent{
			hospital: of.Hospital, digest: of.Digest, patient: of.Patient, kind: verdict, answers: id, staff: by, note: cut(strings.TrimSpace(note), maxAppeal),
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "record." + string(verdict), Subject: fmt.Sprintf("appeal:%d", id), Hospital: int64(of.Hospital),
			Before: map[string]any{"verdict": AppealOpen}, After: map[string]any{"verdict": verdict, "patient": of.Patient}, Note: note,
		})
	})
	if err != nil && !mysql.IsDuplicate(err, "uk_record_events_answers") {
		return Appeal{}, err
	}
	a, err := s.appealBy(ctx, id)
	if err == nil && a.Verdict != verdict {
		return Appeal{}, ErrWrongStatus
	}
	return a, err
}

// Lift forgives a person's no-shows at a hospital up to now, and ends a suspension, without an appeal.
func (s *Store) Lift(ctx context.Context, by StaffID, hospital HospitalID, patient PatientID, note string) error {
	if _, err := s.Hospital(ctx, hospital); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var digest []byte
		if err := tx.GetContext(ctx, &digest, "SELECT number_digest FROM patients WHERE id = ?", patient); err != nil {
			return notFound(err, "read the patient")
		}
		_, err := s.insertRecordEvent(ctx, tx, recordEvent{
			hospital: hospital, digest: digest, patient: patient, kind: recordLifted, staff: by, note: cut(strings.TrimSpace(note), maxAppeal),
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "record." + string(recordLifted), Subject: fmt.Sprintf("patient:%d", patient), Hospital: int64(hospital), Note: note,
		})
	})
}

// recordEvent is a row of record_events.
type recordEvent struct {
	hospital HospitalID
	digest   []byte
	patient  PatientID
	kind     Verdict
	answers  AppealID
	user     UserID
	account  AccountID
	staff    StaffID
	note     string
	key      string
}

func (s *Store) insertRecordEvent(ctx context.Context, tx *sqlx.Tx, e recordEvent) (AppealID, error) {
	uid := make([]byte, 16)
	if _, err := rand.Read(uid); err != nil {
		return 0, fmt.Errorf("make the event's uid: %w", err)
	}
	note, err := s.keys.Seal([]byte(e.note), noteOf(uid))
	if err != nil {
		return 0, fmt.Errorf("encrypt the note: %w", err)
	}
	var answers *AppealID
	if e.answers != 0 {
		answers = &e.answers
	}
	var key *string
	if e.key != "" {
		key = &e.key
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO record_events (uid, hospital_id, number_digest, patient_id, kind, answers, user_id, account_id, staff_id, note, request_key, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		uid, e.hospital, e.digest, e.patient, e.kind, answers, e.user, e.account, e.staff, note, key, s.clock())
	if err != nil {
		return 0, fmt.Errorf("write the event: %w", err)
	}
	id, err := result.LastInsertId()
	return AppealID(id), err
}

func noteOf(uid []byte) string { return "record_events.note:" + hex.EncodeToString(uid) }

func (s *Store) appealBy(ctx context.Context, id AppealID) (Appeal, error) {
	list, err := s.appeals(ctx, s.db, "e.id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Appeal{}, err
	}
	return list[0], nil
}

// appeals reads some (e), each with its answer (a) when there is one.
func (s *Store) appeals(ctx context.Context, q queryer, where string, args ...any) ([]Appeal, error) {
	var rows []struct {
		Appeal
		UID, Words        []byte
		AnswerUID, Words2 []byte
	}
	err := q.SelectContext(ctx, &rows, `SELECT e.id, e.hospital_id AS hospital, e.patient_id AS patient, e.user_id AS user, e.account_id AS account, e.at,
		COALESCE(a.kind, e.kind) AS verdict, e.uid, e.note AS words, a.uid AS answeruid, a.note AS words2
		FROM record_events e LEFT JOIN record_events a ON a.answers = e.id WHERE e.kind = 'appeal' AND `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the appeals: %w", err)
	}
	list := make([]Appeal, len(rows))
	for i, row := range rows {
		list[i] = row.Appeal
		text, err := s.keys.Open(row.Words, noteOf(row.UID))
		if err == nil && row.AnswerUID != nil {
			var note []byte
			note, err = s.keys.Open(row.Words2, noteOf(row.AnswerUID))
			list[i].Note = string(note)
		}
		if err != nil {
			return nil, errors.New("decrypt an appeal")
		}
		list[i].Text = string(text)
	}
	return list, nil
}
