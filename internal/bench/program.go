package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"guahao/internal/app"
	"guahao/internal/sandbox"
	"guahao/internal/vault"
)

const callTimeout = 15 * time.Second // of the program's calls to platforms

// program is what is measured, put together but not running, with its database and its simulated platforms.
type program struct {
	*app.App
	dir       string // keys, and what the platforms need
	database  *database
	platforms *sandbox.Platforms
	road      *http.Transport // to the platforms: as the program's own, but ours to close
	log       *complaints
}

// newProgram puts a program together on an empty database and loads the city. configure may be nil.
func newProgram(ctx context.Context, o Options, platforms sandbox.PlatformOptions, city city, configure func(*app.Config, *program) error) (p *program, err error) {
	p = &program{log: &complaints{options: o}}
	context.AfterFunc(ctx, p.log.hush)
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
			p = nil
		}
	}()
	if p.dir, err = os.MkdirTemp("", "guahao-bench-"); err != nil {
		return p, err
	}
	keyFile := filepath.Join(p.dir, "keys.json")
	keys, err := vault.Generate()
	if err != nil {
		return p, err
	}
	if err := keys.Save(keyFile); err != nil {
		return p, err
	}
	if p.database, err = openDatabase(ctx, o); err != nil {
		return p, err
	}
	platforms.Dir = p.dir
	if p.platforms, err = sandbox.StartPlatforms(platforms); err != nil {
		return p, err
	}
	p.road = http.DefaultTransport.(*http.Transport).Clone()
	client := &http.Client{Timeout: callTimeout, Transport: p.road}
	cfg := app.Config{DSN: p.database.dsn, KeyFile: keyFile, Phone: "010-12320", Log: newLog(p.log), Client: client}
	cfg.Simulated(p.platforms)
	if configure != nil {
		if err := configure(&cfg, p); err != nil {
			return p, err
		}
	}
	if p.App, err = app.New(ctx, cfg); err != nil {
		return p, err
	}
	if err := city.write(p.dir); err != nil {
		return p, err
	}
	if err := p.Booking.Load(ctx, os.DirFS(p.dir)); err != nil {
		return p, fmt.Errorf("load the bench's city: %w", err)
	}
	return p, nil
}

func (p *program) close() error {
	var errs []error
	if p.App != nil {
		errs = append(errs, p.App.Close())
	}
	if p.road != nil {
		p.road.CloseIdleConnections()
	}
	if p.platforms != nil {
		errs = append(errs, p.platforms.Close())
	}
	if p.database != nil {
		errs = append(errs, p.database.close())
	}
	if p.dir != "" {
		errs = append(errs, os.RemoveAll(p.dir))
	}
	return errors.Join(errs...)
}
