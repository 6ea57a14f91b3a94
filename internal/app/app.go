package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"guahao/booking"
	"guahao/bots"
	"guahao/bots/telegram"
	"guahao/bots/wechat"
	"guahao/console"
	"guahao/console/board"
	"guahao/console/desk"
	"guahao/dialog"
	"guahao/internal/audit"
	"guahao/internal/drand"
	"guahao/internal/hisapi"
	"guahao/internal/mysql"
	"guahao/internal/staff"
	"guahao/internal/vault"
	"guahao/migrations"
	"guahao/payments"
	"guahao/payments/alipay"
	"guahao/payments/wechatpay"
	"guahao/reminders"
	"guahao/reminders/email"
	"guahao/reminders/sms"
)

const (
	clientTimeout   = 15 * time.Second
	readTimeout     = 15 * time.Second
	writeTimeout    = 30 * time.Second
	shutdownTimeout = 20 * time.Second

	firstListenWait = time.Second // after Telegram could not be reached; doubled each time
	longListenWait  = time.Minute
)

// App is the program, ready to run.
type App struct {
	Booking   *booking.Store
	Payments  *payments.Store
	Reminders *reminders.Store
	Staff     *staff.Store
	Accounts  *bots.Store
	Audit     *audit.Log

	cfg      Config
	db       *sqlx.DB
	inbox    *bots.Inbox
	telegram *telegram.Bot      // nil: off
	wechat   *wechat.Account    // nil: off
	gateway  *wechatpay.Gateway // nil: off
	alipay   *alipay.Gateway    // nil: off
	smtp     *email.SMTP        // nil: off
	texts    sms.Reporter       // nil: off
	senders  map[bots.Platform]bots.Sender
	jobs     *reminders.Jobs
	metrics  *metrics
	asked    asked
	filing   *filing
	pay      *console.Pay
	desk     *desk.Desk
	boards   *board.Boards
	api      *hisapi.API
	handler  http.Handler
	serving  sync.RWMutex  // read-locked by each request; locked when the program ends
	patience time.Duration // with requests when the program is told to stop
}

// New opens the database and puts the program together. It calls no platform. What is wrong with the configuration is
// said all at once.
func New(ctx context.Context, cfg Config) (*App, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	if cfg.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = mysql.MaxConns // a platform is one host, called by every update at a time
		cfg.Client = &http.Client{Timeout: clientTimeout, Transport: transport}
	}
	keys, err := vault.Load(cfg.KeyFile)
	if err != nil {
		return nil, err
	}
	db, err := mysql.Open(ctx, cfg.DSN)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, db: db, patience: shutdownTimeout}
	if err := a.assemble(keys); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

// assemble ties the packages together. The followers close the circle between booking, payments and reminders.
func (a *App) assemble(keys *vault.Keys) error {
	cfg := a.cfg
	a.metrics = newMetrics(func(ctx context.Context) (int, time.Duration, error) { return a.Reminders.Depth(ctx) })
	a.Accounts = bots.NewStore(a.db, keys, cfg.Now)

	a.filing = &filing{accounts: a.Accounts, keys: keys, publicURL: cfg.PublicURL, now: cfg.Now, makers: a.makers()}
	a.Staff, a.Audit = staff.New(a.db, keys, cfg.Now), audit.New(a.db, keys, cfg.Now)
	senders, err := a.platforms()
	if err != nil {
		return err
	}
	a.senders = senders
	follow := &bookingFollower{count: a.metrics.appointment, audit: a.Audit}
	a.Booking = booking.New(a.db, keys, cfg.Now, follow)
	a.Booking.Audit = a.Audit
	if cfg.Beacon != "" {
		a.Booking.Beacon = drand.New(cfg.Beacon, cfg.Client)
	}
	texts, mail, err := a.outside()
	if err != nil {
		return err
	}
	a.Reminders = reminders.New(reminders.Config{
		SMS: texts, Receipts: cfg.SMS.Receipts != "", Mail: mail, Calendar: a.visitCalendar,
		DB: a.db, Keys: keys, Bookings: a.Booking, Stops: a.Booking, Accounts: a.Accounts, Senders: senders,
		Now: cfg.Now, Log: cfg.Log, Observe: a.metrics.notice, Audit: a.Audit, Pace: a.pace(),
	})
	if err := a.openPayments(&paymentFollower{booking: a.Booking, reminders: a.Reminders, count: a.metrics.payment}); err != nil {
		return err
	}
	follow.booking, follow.payments, follow.reminders = a.Booking, a.Payments, a.Reminders
	steps, err := a.conversation()
	if err != nil {
		return err
	}
	a.inbox = bots.NewInbox(bots.InboxConfig{
		DB: a.db, Store: a.Accounts, Steps: steps, Finish: a.finish, Consult: a.consultation(), Senders: senders, Belongings: belongings{a.Booking, a.Reminders},
		Now: cfg.Now, Log: cfg.Log, Observe: a.metrics.update,
		Beside: booking.RevisionExpression, With: booking.Glance,
	})
	a.jobs = reminders.NewJobs(a.db, cfg.Now, cfg.Log)
	if err := a.addJobs(); err != nil {
		return err
	}
	a.pay = a.payPage(keys)
	a.api = hisapi.New(hisapi.Config{DB: a.db, Booking: a.Booking, Audit: a.Audit, Now: cfg.Now, Log: cfg.Log})
	a.desk = a.console()
	a.boards = board.New(board.Config{Queues: a.Booking, Now: cfg.Now, Log: cfg.Log})
	a.handler = a.routes()
	return nil
}

// platforms makes the adapters of the platforms that are configured.
func (a *App) platforms() (map[bots.Platform]bots.Sender, error) {
	senders := map[bots.Platform]bots.Sender{}
	if t := a.cfg.Telegram; t.Token != "" {
		staffChat, err := t.staffChat()
		if err != nil {
			return nil, err
		}
		a.telegram, err = telegram.New(telegram.Config{
			Token: t.Token, Secret: t.Secret, API: t.API, Client: a.cfg.Client, Now: a.cfg.Now, Log: a.cfg.Log, PerSecond: t.PerSecond, Staff: staffChat,
		}, a.Accounts)
		if err != nil {
			return nil, fmt.Errorf("the Telegram bot: %w", err)
		}
		senders[bots.Telegram] = filingSender{a.telegram, a}
	}
	if w := a.cfg.WeChat; w.AppID != "" {
		templates, err := readTemplates(w.Templates)
		if err != nil {
			return nil, err
		}
		a.wechat, err = wechat.New(wechat.Config{
			AppID: w.AppID, Secret: w.Secret, Token: w.Token, AESKey: w.AESKey, API: w.API, Certified: w.Certified,
			Templates: templates, Client: a.cfg.Client, DB: a.db, Now: a.cfg.Now, Log: a.cfg.Log,
		}, a.Accounts)
		if err != nil {
			return nil, fmt.Errorf("the WeChat account: %w", err)
		}
		senders[bots.WeChat] = filingTemplates{filingSender{a.wechat, a}, a.wechat}
	}
	return senders, nil
}

// openPayments makes the store with the providers that are configured. Charges begin with the first of them.
func (a *App) openPayments(follow payments.Follower) error {
	var gateways []payments.Gateway
	if p := a.cfg.WeChatPay; p.MchID != "" {
		made, err := newGateway(p, a.cfg)
		if err != nil {
			return fmt.Errorf("the WeChat Pay merchant: %w", err)
		}
		a.gateway, gateways = made, append(gateways, made)
	}
	if p := a.cfg.Alipay; p.AppID != "" {
		made, err := newAlipay(p, a.cfg)
		if err != nil {
			return fmt.Errorf("the Alipay application: %w", err)
		}
		a.alipay, gateways = made, append(gateways, made)
	}
	if len(gateways) == 0 {
		gateways = append(gateways, nil)
	}
	a.Payments = payments.New(a.db, gateways[0], a.cfg.Now, follow, a.cfg.Log)
	a.Payments.Audit = a.Audit
	for _, further := range gateways[1:] {
		a.Payments.AddGateway(further)
	}
	a.Payments.Noticed = a.moneyIncident
	a.Payments.Stuck, a.Payments.Reconciled = a.refundStuck, a.reconciled
	if a.cfg.refundAlarm > 0 {
		a.Payments.StuckAfter = a.cfg.refundAlarm
	}
	a.metrics.registry.MustRegister(moneyCollector{store: a.Payments, now: a.cfg.Now})
	return nil
}

func newGateway(p WeChatPayConfig, cfg Config) (*wechatpay.Gateway, error) {
	private, err := os.ReadFile(p.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("GUAHAO_WECHATPAY_KEY_FILE: %w", err)
	}
	public, err := os.ReadFile(p.PublicKeyFile)
	if err != nil {
		return nil, fmt.Errorf("GUAHAO_WECHATPAY_PUBLIC_KEY_FILE: %w", err)
	}
	return wechatpay.New(wechatpay.Config{
		MchID: p.MchID, Serial: p.Serial, PrivateKeyPEM: string(private), APIv3Key: p.APIv3Key,
		PublicKeyID: p.PublicKeyID, PublicKeyPEM: string(public), AppID: cfg.WeChat.AppID,
		NotifyURL: cfg.PublicURL + "/payments/wechatpay/notify", API: p.API, Client: cfg.Client, Log: cfg.Log,
	})
}

func newAlipay(p AlipayConfig, cfg Config) (*alipay.Gateway, error) {
	private, err := os.ReadFile(p.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("GUAHAO_ALIPAY_KEY_FILE: %w", err)
	}
	public, err := os.ReadFile(p.PublicKeyFile)
	if err != nil {
		return nil, fmt.Errorf("GUAHAO_ALIPAY_PUBLIC_KEY_FILE: %w", err)
	}
	return alipay.New(alipay.Config{
		AppID: p.AppID, SellerID: p.SellerID, PrivateKeyPEM: string(private), PublicKeyPEM: string(public),
		NotifyURL: cfg.PublicURL + "/payments/alipay/notify", API: p.API, Client: cfg.Client, Log: cfg.Log,
	})
}

func (a *App) conversation() (*dialog.Dialog, error) {
	return dialog.New(dialog.Config{
		Booking: a.Booking, Payments: a.Payments, Staff: staffDesk{a.Staff}, Broadcasts: broadcastDesk{a.Reminders},
		Clinics: clinicDesk{a.Booking}, Calls: callDesk{a.Booking}, Links: a.Accounts, Notices: reminders.Choices{Store: a.Reminders}, Desk: a.Accounts,
		Staffed:    map[bots.Platform]bool{bots.WeChat: a.cfg.WeChat.Staff, bots.Telegram: a.cfg.Telegram.Staff != ""},
		HumanPhone: a.cfg.Phone, DrawPage: a.drawPage, Today: todayDesk{a}, Forecasts: todayDesk{a},
		Consults: a.cfg.Model.URL != "",
	})
}

// Handler serves the paths of the public contract.
func (a *App) Handler() http.Handler { return a.handler }

// Run serves until ctx ends: HTTP on the configured address (or on listener, if that is not nil), the jobs, and long
// polling where that is chosen. Then it takes no new updates, finishes those that it holds, and returns.
func (a *App) Run(ctx context.Context, listener net.Listener) error {
	if pending, err := migrations.Pending(ctx, a.db); err != nil || pending > 0 {
		return errors.Join(err, fmt.Errorf("the database lacks %d migrations: run 'guahao migrate'", pending))
	}
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", a.cfg.Addr); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	a.sayWhatIsOn(listener.Addr().String())
	if err := a.checkPaymentsUnderWay(ctx); err != nil {
		a.cfg.Log.Error(err.Error())
	}
	group, working := errgroup.WithContext(ctx)
	server := &http.Server{Handler: a.counted(), ReadTimeout: readTimeout, WriteTimeout: writeTimeout, ErrorLog: slog.NewLogLogger(a.cfg.Log.Handler(), slog.LevelWarn)}
	server.RegisterOnShutdown(a.desk.StopStreams)
	server.RegisterOnShutdown(a.boards.Close)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-working.Done()
		return a.stop(context.WithoutCancel(ctx), server)
	})
	group.Go(func() error { return a.jobs.Run(working) })
	group.Go(func() error { return a.sweep(working) })
	group.Go(func() error { return a.listen(working) })
	err := group.Wait()
	a.cfg.Log.Info("stopped")
	return err
}

// stop lets the server finish the requests that it has. Those that take too long are cut off, but waited for all the same: what
// they hold of the database must not be taken from them. They end, because each of their calls has a timeout.
func (a *App) stop(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	err := server.Shutdown(ctx)
	if err != nil {
		a.cfg.Log.Error("requests take too long and are cut off", slog.String("error", err.Error()))
		err = errors.Join(err, server.Close())
	}
	a.serving.Lock() // for good
	return err
}

// counted is the handler whose requests stop waits for. What comes after that is refused.
func (a *App) counted() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.serving.TryRLock() {
			http.Error(w, "the program ends", http.StatusServiceUnavailable)
			return
		}
		defer a.serving.RUnlock()
		a.handler.ServeHTTP(w, r)
	})
}

// listen asks Telegram for updates, or tells it where to deliver them, again and again until that works: a platform that is
// away does not stop the others. Only a token that Telegram does not know ends a program that polls: it is a developer's.
func (a *App) listen(ctx context.Context) error {
	for wait := firstListenWait; ; wait = min(2*wait, longListenWait) {
		err := a.reachTelegram(ctx)
		switch {
		case err == nil, ctx.Err() != nil:
			return nil
		case a.cfg.Telegram.Poll && errors.Is(err, telegram.ErrUnknownToken):
			return err
		}
		a.cfg.Log.Error("Telegram does not deliver; trying again", slog.String("error", err.Error()), slog.Duration("after", wait))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

func (a *App) reachTelegram(ctx context.Context) error {
	if a.telegram == nil || !a.cfg.Telegram.Poll {
		return a.Announce(ctx)
	}
	if err := a.telegram.SetCommands(ctx); err != nil {
		return err
	}
	return a.telegram.Poll(ctx, a.inbox)
}

// Announce tells Telegram the webhook's address and the bot's commands. WeChat's is entered on its own site by hand.
func (a *App) Announce(ctx context.Context) error {
	if a.telegram == nil {
		return nil
	}
	return a.telegram.Setup(ctx, a.cfg.PublicURL)
}

func (a *App) sayWhatIsOn(addr string) {
	a.cfg.Log.Info("serving", slog.String("addr", addr), slog.String("public_url", a.cfg.PublicURL),
		slog.Bool("telegram", a.telegram != nil), slog.Bool("wechat", a.wechat != nil), slog.Bool("wechatpay", a.gateway != nil), slog.Bool("alipay", a.alipay != nil),
		slog.Bool("sms", a.cfg.SMS.Provider != ""), slog.Bool("email", a.smtp != nil))
}

// Close waits for the bookings that are being made, and lets go of the database and of idle connections. Call it after Run
// has returned.
func (a *App) Close() error {
	a.boards.Close()
	a.Booking.Close()
	a.cfg.Client.CloseIdleConnections()
	return a.db.Close()
}
