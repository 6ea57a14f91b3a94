package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

const demoAddr = "127.0.0.1:8000"

// demo runs everything that a first look needs in one process tree: a private database, the program as it is deployed,
// and simulated platforms behind one page.
func demo(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("guahao demo", flag.ContinueOnError)
	addr := set.String("addr", demoAddr, "where the page is")
	dir := set.String("dir", "", "where the demo keeps its data (default: the user's data directory)")
	fresh := set.Bool("fresh", false, "forget what an earlier demo left")
	verbose := set.Bool("v", false, "log what the program does")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		home, err := dataHome()
		if err != nil {
			return err
		}
		*dir = filepath.Join(home, "guahao", "demo")
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	fmt.Fprintln(os.Stderr, "Starting the database, the program and the simulated platforms …")
	city, err := openCity(ctx, cityOptions{dir: *dir, fresh: *fresh, log: log})
	if err != nil {
		return err
	}
	err = city.serve(ctx, *addr, func(url string) {
		fmt.Printf("\n  Guahao is ready: open %s\n  (Ctrl-C ends it; what you did is kept in %s, -fresh forgets it)\n\n", url, *dir)
	})
	return errors.Join(err, city.close())
}

// serve runs the program and the page until ctx ends.
func (c *city) serve(ctx context.Context, addr string, ready func(url string)) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("the page cannot be served: %w (choose another address with -addr)", err)
	}
	group, working := errgroup.WithContext(ctx)
	// The page's live streams never end by themselves: they end with this context.
	server := &http.Server{Handler: c.page, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return working }}
	group.Go(func() error { return c.app.Run(working, c.listener) })
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-working.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(stop) == nil {
			return nil
		}
		return server.Close() // browsers open connections that they never use, and Shutdown waits for these
	})
	group.Go(func() error {
		select {
		case <-working.Done():
			return nil
		case <-c.database.Done():
			return errors.New("the demo's database ended by itself")
		}
	})
	if err := c.app.CreateMenu(ctx); err != nil {
		c.log.Error("the custom menu was not created", slog.String("error", err.Error()))
	}
	ready("http://" + listener.Addr().String())
	return group.Wait()
}

// dataHome is where programs keep a user's data (XDG Base Directory; Application Support on a Mac).
func dataHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no home directory to keep the demo's data in: name one with -dir: %w", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support"), nil
	}
	return filepath.Join(home, ".local", "share"), nil
}
