package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing/fstest"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/internal/mariadb"
	"guahao/internal/money"
	"guahao/internal/mysql"
	"guahao/internal/sandbox"
	"guahao/internal/vault"
	"guahao/migrations"
)

// What the tormented hospital is like.
const (
	zoneName      = "Asia/Shanghai"
	doctors       = 6 // two departments of three
	slotsEach     = 2
	placesEach    = 3
	roundSeconds  = 5 // how long the same schedules are in demand
	maxRounds     = 25
	patientsEach  = 2
	departmentDay = 2 // limits of a person
	perDay        = 3
	openVisits    = 6
	databaseName  = "torture"
	payer         = "oTorture0000000000000000001"
	callTimeout   = 800 * time.Millisecond
	speed         = 30
	skewSpread    = 24 * time.Second // business time between the earliest and the latest replica's clock
)

// world is everything that the replicas live in: the database behind the proxy, the platforms, and the hospital.
type world struct {
	dir       string
	keys      *vault.Keys
	clock     *clock
	server    *mariadb.Server
	db        *sqlx.DB // around the proxy
	proxy     *proxy
	platforms *sandbox.Platforms
	public    *httptest.Server // the program's address for the platforms: passes on to the replicas
	notices   http.Handler     // set before the first replica starts
	store     *booking.Store   // with a clock that is right; for preparing and looking
	rounds    [][]place        // what is in demand, one after the other
	slots     map[booking.SlotID]booking.Slot
	schedules map[booking.ScheduleID]booking.Schedule
}

func newWorld(ctx context.Context, o Options) (w *world, err error) {
	w = &world{clock: &clock{base: time.Now(), speed: speed, mark: marks - 1}, slots: map[booking.SlotID]booking.Slot{}, schedules: map[booking.ScheduleID]booking.Schedule{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp("", "guahao-torture-"); err != nil {
		return w, err
	}
	if w.keys, err = vault.Generate(); err != nil {
		return w, err
	}
	if err := w.keys.Save(w.keyFile()); err != nil {
		return w, err
	}
	if err := w.startDatabase(ctx); err != nil {
		return w, err
	}
	w.public = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.notices.ServeHTTP(rw, r) }))
	platforms := sandbox.PlatformOptions{Dir: w.dir, Now: w.clock.now}
	platforms.Pay.Retries = retries()
	if w.platforms, err = sandbox.StartPlatforms(platforms); err != nil {
		return w, err
	}
	w.store = booking.New(w.db, w.keys, w.clock.now, nil)
	if err := w.store.Load(ctx, hospital()); err != nil {
		return w, fmt.Errorf("load the hospital: %w", err)
	}
	return w, w.openClinics(ctx, o)
}

func (w *world) keyFile() string { return filepath.Join(w.dir, "keys.json") }

// retries of a notice come quickly enough to matter.
func retries() []time.Duration {
	list := make([]time.Duration, 10)
	for i := range list {
		list[i] = 10 * time.Second
	}
	return list
}

func (w *world) startDatabase(ctx context.Context) (err error) {
	if w.server, err = mariadb.Start(ctx, mariadb.Options{Durable: true}); err != nil {
		return err
	}
	if err := w.server.CreateDatabase(ctx, databaseName); err != nil {
		return err
	}
	if err := w.startProxy(w.server.DSN(databaseName)); err != nil {
		return err
	}
	if w.db, err = mysql.Open(ctx, w.server.DSN(databaseName)); err != nil {
		return err
	}
	return migrations.Up(ctx, w.db)
}

func (w *world) startProxy(dsn string) error {
	direct, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return err
	}
	w.proxy, err = newProxy(func() (net.Conn, error) { return net.Dial(direct.Net, direct.Addr) })
	return err
}

// through is a DSN of the same database through the proxy.
func (w *world) through(dsn string) (string, error) {
	c, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return "", err
	}
	c.Net, c.Addr = "tcp", w.proxy.address()
	return c.FormatDSN(), nil
}

func (w *world) close() error {
	var errs []error
	if w.platforms != nil {
		errs = append(errs, w.platforms.Close())
	}
	if w.public != nil {
		w.public.Close()
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	if w.proxy != nil {
		w.proxy.close()
	}
	if w.server != nil {
		errs = append(errs, w.server.Close())
	}
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}

// replica is the configuration of one of several. The clocks' skews are spread evenly about what is right.
func (w *world) replica(number, of int) (replicaConfig, error) {
	dsn, err := w.through(w.server.DSN(databaseName))
	var platforms app.Config
	platforms.Simulated(w.platforms)
	return replicaConfig{
		DSN: dsn, KeyFile: w.keyFile(), PublicURL: w.public.URL, WeChat: platforms.WeChat, Pay: platforms.WeChatPay, Mark: number,
		Base: w.clock.base, Speed: w.clock.speed, Skew: skewOf(number, of), Jump: time.Duration(w.clock.jump.Load()), CallTimeout: callTimeout,
	}, err
}

func skewOf(number, of int) time.Duration {
	if of == 1 {
		return 0
	}
	return skewSpread*time.Duration(number)/time.Duration(of-1) - skewSpread/2
}

// openClinics makes, for each round, a day on which every doctor has an evening clinic. Some are dearer, and some are free.
func (w *world) openClinics(ctx context.Context, o Options) error {
	fees := []money.Fen{0, 1000, 1000, 1500}
	var ids []booking.DoctorID
	if err := w.db.SelectContext(ctx, &ids, "SELECT id FROM doctors ORDER BY code"); err != nil {
		return err
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return err
	}
	today := booking.DateOf(w.clock.now(), zone)
	w.rounds = make([][]place, min(maxRounds, 1+o.Seconds/roundSeconds))
	for round := range w.rounds {
		for i, doctor := range ids {
			if err := w.openClinic(ctx, round, doctor, today.Add(2+round), fees[i%len(fees)]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) openClinic(ctx context.Context, round int, doctor booking.DoctorID, date booking.Date, fee money.Fen) error {
	c, err := w.store.AddSchedule(ctx, doctor, date, booking.Session{
		Period: booking.Evening, Kind: booking.General, Fee: fee, Room: "1", StartMinute: 18 * 60, SlotMinutes: 15, Slots: slotsEach, PerSlot: placesEach,
	})
	if err != nil {
		return fmt.Errorf("open a clinic: %w", err)
	}
	w.schedules[c.ID] = c
	slots, err := w.store.Slots(ctx, c.ID)
	for _, s := range slots {
		w.slots[s.ID] = s
		w.rounds[round] = append(w.rounds[round], place{c.ID, s.ID})
	}
	return err
}

// demanded chooses one of the places that are in demand when so much of the time has passed.
func (w *world) demanded(random *rand.Rand, progress float64) place {
	round := w.rounds[min(int(progress*float64(len(w.rounds))), len(w.rounds)-1)]
	return round[random.IntN(len(round))]
}

// scan pays a code, if it can still be paid.
func (w *world) scan(codeURL string) { _ = w.platforms.Pay.ScanPay(codeURL, payer) }

// hospital is what booking.Store.Load reads.
func hospital() fs.FS {
	type named map[string]any
	text := func(s string) named { return named{"zh": s, "en": s} }
	department := func(code string, below ...named) named {
		return named{"code": code, "name": text(code), "floor": text("1"), "aliases": []string{}, "departments": below}
	}
	list, err := json.Marshal([]named{{
		"code": "T", "name": text("Torture"), "short": text("T"), "level": text(""), "address": text(""), "phone": "", "zone": zoneName, "lat": 0, "lng": 0,
		"aliases": []string{},
		"policy": named{
			"days_ahead": 60, "release_at": "00:00", "close": named{}, "hold_minutes": 1, "cancel": named{"minutes_before": 60},
			"limits":            named{"per_department_day": departmentDay, "per_day": perDay, "open": openVisits},
			"patients_per_user": patientsEach,
		},
		"departments": []named{department("A", department("A1"), department("A2"))},
	}})
	if err != nil {
		panic(err) // of constants
	}
	table := "hospital,department,code,name_zh,name_en,title,speciality_zh,speciality_en\n"
	for n := range doctors {
		table += fmt.Sprintf("T,A%d,D%d,医生%d,Doctor %d,chief,x,x\n", 1+n*2/doctors, n, n, n)
	}
	return fstest.MapFS{
		"hospitals.json": {Data: list},
		"doctors.csv":    {Data: []byte(table)},
		"sessions.csv":   {Data: []byte("hospital,doctor,weekdays,period,kind,fee_yuan,room,start,slot_minutes,slots,per_slot\n")},
	}
}
