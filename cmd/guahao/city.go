package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/app"
	"guahao/internal/mariadb"
	"guahao/internal/mysql"
	"guahao/internal/sandbox"
	"guahao/internal/staff"
	"guahao/internal/vault"
	"guahao/migrations"
	"guahao/payments/alipay/alipaytest"
	"guahao/payments/wechatpay/wechatpaytest"
)

const (
	cityMark  = "guahao-demo" // a file that says that the directory is ours, to be forgotten with -fresh
	cityState = "state.json"
	cityDB    = "guahao"
)

type cityOptions struct {
	dir   string
	fresh bool
	log   *slog.Logger
}

// city is the demo put together: simulators, program and page. What outlives a run is in its directory.
type city struct {
	dir       string
	log       *slog.Logger
	clock     *sandbox.Clock
	database  *mariadb.Server
	platforms *sandbox.Platforms
	app       *app.App
	listener  net.Listener // of the program
	page      *sandbox.Sandbox
	db        *sqlx.DB // for the guide on the page
}

// savedState is what the simulated world remembers between runs.
type savedState struct {
	Clock  time.Time // the demo's time when it ended: it never goes back
	Pay    []byte    // the orders at the simulated WeChat Pay
	Alipay []byte    // and at the simulated Alipay
}

// openCity starts what the demo needs. On an error nothing is left running.
func openCity(ctx context.Context, o cityOptions) (*city, error) {
	c := &city{dir: o.dir, log: o.log}
	if err := c.open(ctx, o.fresh); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *city) open(ctx context.Context, fresh bool) error {
	if err := prepareDir(c.dir, fresh); err != nil {
		return err
	}
	state, err := c.load()
	if err != nil {
		return err
	}
	c.clock = sandbox.NewClock(laterOf(state.Clock, time.Now()))
	if c.database, err = mariadb.Start(ctx, mariadb.Options{Dir: filepath.Join(c.dir, "database"), Durable: true, Logger: c.log}); err != nil {
		return err
	}
	cfg := app.Config{
		KeyFile: filepath.Join(c.dir, "keys.json"), DSN: c.database.DSN(cityDB), Phone: "010-12320",
		Now: c.clock.Now, Log: c.log,
	}
	if err := c.prepareData(ctx, cfg); err != nil {
		return err
	}
	options := sandbox.PlatformOptions{Dir: c.dir, Now: c.clock.Now, Pay: wechatpaytest.Options{State: state.Pay},
		Alipay: &alipaytest.Options{State: state.Alipay}}
	if c.platforms, err = sandbox.StartPlatforms(options); err != nil {
		return err
	}
	return c.start(ctx, cfg)
}

// prepareData makes the keys and the schema.
func (c *city) prepareData(ctx context.Context, cfg app.Config) error {
	if _, err := os.Stat(cfg.KeyFile); errors.Is(err, fs.ErrNotExist) {
		keys, err := vault.Generate()
		if err != nil {
			return err
		}
		if err := keys.Save(cfg.KeyFile); err != nil {
			return err
		}
	}
	if err := c.database.CreateDatabase(ctx, cityDB); err != nil {
		return err
	}
	db, err := mysql.Open(ctx, cfg.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	return migrations.Up(ctx, db)
}

func (c *city) start(ctx context.Context, cfg app.Config) error {
	var err error
	if c.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	cfg.Addr = c.listener.Addr().String()
	cfg.Simulated(c.platforms)
	if c.app, err = app.New(ctx, cfg); err != nil {
		return err
	}
	url := "http://" + cfg.Addr
	c.platforms.WeChat.SetWebhook(url + "/wechat/webhook")
	if err := errors.Join(c.app.Booking.Seed(ctx), c.app.Booking.Roll(ctx)); err != nil {
		return fmt.Errorf("load the demo city: %w", err)
	}
	if c.db, err = mysql.Open(ctx, cfg.DSN); err != nil {
		return err
	}
	if err := c.consoleAccount(ctx); err != nil {
		return err
	}
	c.page = sandbox.New(sandbox.Config{
		Telegram: c.platforms.Telegram, WeChat: c.platforms.WeChat, Pay: c.platforms.Pay, Alipay: c.platforms.AlipayURL, Clock: c.clock,
		Tick: c.app.Tick, StaffCode: c.staffCode, AppURL: url, Log: c.log,
		Progress: progress{db: c.db, app: c.app, now: c.clock.Now}.look,
	})
	return nil
}

// staffCode takes a new person in and gives the code for their phone.
func (c *city) staffCode(ctx context.Context) (string, error) {
	_, code, _, err := c.app.Staff.Add(ctx, staff.NewMember{Name: "前台", Grants: []staff.Grant{{Role: staff.Scheduler}, {Role: staff.Cashier}}})
	return code, err
}

// consoleAccount makes the demo's account, with every role that needs no second factor.
func (c *city) consoleAccount(ctx context.Context) error {
	if _, there, err := c.app.Staff.ByLogin(ctx, sandbox.ConsoleLogin); err != nil || there {
		return err
	}
	_, _, link, err := c.app.Staff.Add(ctx, staff.NewMember{Name: "门诊办公室", Login: sandbox.ConsoleLogin, Grants: []staff.Grant{
		{Role: staff.Scheduler}, {Role: staff.Cashier}, {Role: staff.Nurse}, {Role: staff.Auditor},
	}})
	if err == nil {
		_, err = c.app.Staff.UseLink(ctx, link, sandbox.ConsolePassword)
	}
	return err
}

// close ends everything and keeps what the next run needs.
func (c *city) close() error {
	var problems []error
	if c.page != nil {
		c.page.Close()
	}
	if c.db != nil {
		problems = append(problems, c.db.Close())
	}
	if c.platforms != nil {
		problems = append(problems, c.save(), c.platforms.Close())
	}
	if c.app != nil {
		problems = append(problems, c.app.Close())
	}
	if c.listener != nil {
		_ = c.listener.Close() // closed already where the program ran
	}
	if c.database != nil {
		problems = append(problems, c.database.Close())
	}
	return errors.Join(problems...)
}

func (c *city) load() (savedState, error) {
	var state savedState
	text, err := os.ReadFile(filepath.Join(c.dir, cityState))
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil {
		return state, fmt.Errorf("what the last demo left in %s cannot be read (start with -fresh): %w", c.dir, err)
	}
	return state, nil
}

func (c *city) save() error {
	pay, err := c.platforms.Pay.State()
	if err != nil {
		return err
	}
	alipay, err := c.platforms.Alipay.State()
	if err != nil {
		return err
	}
	text, err := json.Marshal(savedState{Clock: c.clock.Now(), Pay: pay, Alipay: alipay})
	if err != nil {
		return err
	}
	file := filepath.Join(c.dir, cityState)
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// prepareDir makes the directory. It empties it only where an earlier demo made it.
func prepareDir(dir string, fresh bool) error {
	mark := filepath.Join(dir, cityMark)
	if fresh {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if _, err := os.Stat(mark); err != nil && len(entries) > 0 {
			return fmt.Errorf("%s holds something that is not a demo's: it is left as it is, name another directory with -dir", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(mark, []byte("guahao demo -fresh empties this directory\n"), 0o600)
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
