package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"guahao/bots/telegram/telegramtest"
	"guahao/internal/app"
	"guahao/internal/sandbox"
	"guahao/payments/wechatpay/wechatpaytest"
)

const (
	// readyPatience is how long the program may take until it says where updates go.
	readyPatience = 10 * time.Second
	unlimited     = 1e6 // notices a second
)

// stage is where the dialog bench plays: the program behind HTTP, with the crowd listening on its wires.
type stage struct {
	*program
	crowd    *crowd
	wire     *wire
	listener net.Listener // the program's
	api      *http.Server // Telegram, watched
	cfg      app.Config   // the program's
	cores    *cores       // nil: shared by all
	apart    *apart       // nil: the program runs in this process
}

func openStage(ctx context.Context, c *crowd) (s *stage, err error) {
	s = &stage{crowd: c}
	if c.o.Command != nil {
		s.cores, _ = splitCores()
	}
	s.wire = newWire(c)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	platforms := sandbox.PlatformOptions{
		Telegram: telegramtest.Options{Client: s.wire.client(), Shown: s.wire.shown, Limits: telegramtest.Limits{Off: true}},
		Pay:      wechatpaytest.Options{Client: c.till.client()},
	}
	if s.program, err = newProgram(ctx, c.o, platforms, c.city, s.configure); err != nil {
		return s, err
	}
	if !c.o.Newcomers {
		err = s.regulars(ctx)
	}
	return s, err
}

// configure puts the watched roads between the program and its platforms.
func (s *stage) configure(cfg *app.Config, p *program) (err error) {
	s.crowd.log, s.wire.log = p.log, p.log
	s.crowd.telegram, s.crowd.till.wechat = p.platforms.Telegram, p.platforms.Pay
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("the program needs a loopback port: %w", err)
	}
	cfg.Addr = s.listener.Addr().String()
	watched, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("the simulator needs a loopback port: %w", err)
	}
	cfg.Telegram.PerSecond = unlimited // the simulator's limits are off, too
	cfg.Telegram.API = "http://" + watched.Addr().String()
	s.api = &http.Server{Handler: s.wire.watch(p.platforms.Telegram), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.api.Serve(watched) }() // ends with Shutdown in close
	s.cfg = *cfg
	return nil
}

// whileRunning runs the program, waits until it has told Telegram where updates go, and does do.
func (s *stage) whileRunning(ctx context.Context, do func(context.Context) error) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	group, working := errgroup.WithContext(running)
	run := func() error { return s.App.Run(working, s.listener) }
	if s.crowd.o.Command != nil {
		_ = s.listener.Close() // its port is the other process's
		var err error
		if s.apart, err = startApart(s.crowd.o.Command, s.cfg, s.dir, s.cores); err != nil {
			return err
		}
		run = func() error { return s.apart.run(working) }
	}
	group.Go(run)
	group.Go(func() error {
		defer stop()
		timer := time.NewTimer(readyPatience)
		defer timer.Stop()
		select {
		case <-s.wire.ready:
		case <-working.Done():
			return working.Err()
		case <-timer.C:
			return fmt.Errorf("the program did not set its webhook within %v", readyPatience)
		}
		err := do(working)
		s.wire.road.CloseIdleConnections() // a server that stops waits for connections that were never used
		s.crowd.till.road.CloseIdleConnections()
		return err
	})
	return group.Wait()
}

// inspect complains about what the simulators and the database know to be wrong.
func (s *stage) inspect(ctx context.Context, seen record) error {
	if s.apart != nil {
		if err := s.apart.complain(s.log); err != nil {
			return err
		}
	}
	for _, violation := range append(s.platforms.Telegram.Violations(), s.platforms.Pay.Violations()...) {
		s.log.add("a breach of a platform's rules: %s", violation)
	}
	oversold, err := s.audit(ctx)
	if err != nil {
		return err
	}
	if oversold > 0 {
		s.log.add("%d places are oversold", oversold)
	}
	var booked int
	if err := s.database.GetContext(ctx, &booked, "SELECT COUNT(id) FROM appointments WHERE status = 'booked'"); err != nil {
		return fmt.Errorf("count the bookings: %w", err)
	}
	if booked < seen.all {
		s.log.add("people were told of %d bookings, the database has %d", seen.all, booked)
	}
	return nil
}

func (s *stage) close() error {
	var errs []error
	if s.program != nil {
		errs = append(errs, s.program.close())
	}
	if s.api != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		errs = append(errs, s.api.Shutdown(ctx))
	}
	if s.listener != nil {
		_ = s.listener.Close() // closed already where the program ran
	}
	if s.cores != nil {
		s.cores.join()
	}
	return errors.Join(errs...)
}
