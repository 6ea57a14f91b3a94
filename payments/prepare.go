package payments

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// prepayValid is how long a code or session is handed out; providers keep it two hours.
	prepayValid = 2*time.Hour - 5*time.Minute
	// firstQuery is how soon the job first asks about an order.
	firstQuery = 10 * time.Second
	// maxRounds bounds how often one charge can be shown in yet another way.
	maxRounds = 50
	// prepareSteps bounds how often one request starts over because others changed the charge meanwhile.
	prepareSteps = 8
)

// way is how a charge is to be paid.
type way struct {
	provider string // "": the one that the charge is with
	scene    Scene
	payer    string
}

// CodeURL gives the content of the QR code that pays the charge, with the provider that it is with. It asks the provider once and
// remembers; after a failure it asks with the same number again. ErrPaid and ErrClosed say that there is nothing to pay any more.
func (s *Store) CodeURL(ctx context.Context, token string) (string, error) {
	return s.CodeURLBy(ctx, token, "")
}

// CodeURLBy is CodeURL with the provider that the payer chose; ErrOff where there is no such one.
func (s *Store) CodeURLBy(ctx context.Context, token, provider string) (string, error) {
	c, _, err := s.prepare(ctx, token, way{provider: provider, scene: SceneNative})
	return c.CodeURL, err
}

// Bridge gives the parameters of the payment sheet for the person with the openID, on a page inside the provider's app. Errors
// are CodeURL's.
func (s *Store) Bridge(ctx context.Context, token, openID string) (BridgeParams, error) {
	if openID == "" {
		return BridgeParams{}, errors.New("the payment sheet needs to know who pays")
	}
	sheet, err := s.sheet()
	if err != nil {
		return BridgeParams{}, err
	}
	c, _, err := s.prepare(ctx, token, way{sheet.Name(), SceneJSAPI, openID})
	if err != nil {
		return BridgeParams{}, err
	}
	return sheet.Bridge(c.PrepayID)
}

// PageURL gives the address of the provider's own page that pays the charge; from there the payer returns to back. Errors are
// CodeURLBy's.
func (s *Store) PageURL(ctx context.Context, token, provider, back string) (string, error) {
	c, gateway, err := s.prepare(ctx, token, way{provider: provider, scene: ScenePage})
	if err != nil {
		return "", err
	}
	page, ok := gateway.(PageGateway)
	if !ok {
		return "", ErrOff
	}
	return page.Page(c.order(), back)
}

// prepare takes one step after the other until the charge can be paid in the wanted way. Each step begins with the row as it is.
func (s *Store) prepare(ctx context.Context, token string, w way) (Charge, Gateway, error) {
	if s.gateway == nil {
		return Charge{}, nil, ErrOff
	}
	for range prepareSteps {
		c, err := s.ByToken(ctx, token)
		if err != nil {
			return Charge{}, nil, err
		}
		if err := s.payable(c); err != nil {
			return Charge{}, nil, err
		}
		if w.provider == "" {
			w.provider = c.Provider
		}
		gateway, err := s.of(w.provider)
		if err != nil {
			return Charge{}, nil, err
		}
		if err := possible(gateway, w.scene); err != nil {
			return Charge{}, nil, err
		}
		same := c.Provider == w.provider && c.Scene == w.scene && c.Payer == w.payer
		if same && c.PreparedUntil.After(s.now()) {
			return c, gateway, nil
		}
		switch {
		case c.Status == Created:
			err = s.begin(ctx, c, gateway, w)
		case !same:
			err = s.supersede(ctx, c, gateway, w)
		default:
			err = s.order(ctx, c, gateway)
		}
		if err != nil && !errors.Is(err, errSwapLost) {
			return Charge{}, nil, fmt.Errorf("prepare charge %s: %w", c.OutTradeNo, err)
		}
	}
	return Charge{}, nil, errors.New("the charge is being changed all the time")
}

// possible says whether a provider has a scene at all.
func possible(g Gateway, scene Scene) error {
	ok := true
	switch scene {
	case SceneJSAPI:
		_, ok = g.(SheetGateway)
	case ScenePage:
		_, ok = g.(PageGateway)
	}
	if !ok {
		return fmt.Errorf("%w: %s has no way to pay as %s", ErrOff, g.Name(), scene)
	}
	return nil
}

func (s *Store) payable(c Charge) error {
	switch {
	case c.Settled():
		return ErrPaid
	case c.Status != Created && c.Status != Pending, !c.ExpiresAt.After(s.now()), c.stray(), c.Provider == Desk:
		return ErrClosed
	}
	return nil
}

// begin says that the provider is about to know the charge, before it does: from here on the job asks about it.
func (s *Store) begin(ctx context.Context, c Charge, g Gateway, w way) error {
	now, m := s.now(), g.Merchant()
	return s.changeAlone(ctx, c, prepares, g.Name()+" "+string(w.scene), "provider = ?, mch_id = ?, app_id = ?, scene = ?, payer = ?, prepared_at = ?, due_at = ?, tries = 0",
		g.Name(), m.MchID, m.AppID, w.scene, w.payer, now, now.Add(firstQuery))
}

func (c Charge) order() Order {
	return Order{OutTradeNo: c.OutTradeNo, Subject: c.Subject, Amount: c.Amount, ExpiresAt: c.ExpiresAt}
}

// order asks the provider and remembers its answer. An answer that comes after the charge was closed or renumbered is dropped.
func (s *Store) order(ctx context.Context, c Charge, g Gateway) error {
	now := s.now()
	const announce = `UPDATE charges SET prepared_at = ? WHERE id = ? AND out_trade_no = ? AND status = 'pending'`
	if err := s.touch(ctx, announce, now, c.ID, c.OutTradeNo); err != nil {
		return err
	}
	codeURL, prepayID, err := prepay(ctx, c, g)
	switch {
	case errors.Is(err, ErrOrderPaid):
		return s.ask(ctx, c)
	case errors.Is(err, ErrOrderClosed):
		return s.renumberClosed(ctx, c, g, g, way{c.Provider, c.Scene, c.Payer})
	case err != nil:
		return err
	}
	const remember = `UPDATE charges SET code_url = ?, prepay_id = ?, prepared_until = ? WHERE id = ? AND out_trade_no = ? AND status = 'pending'`
	return s.touch(ctx, remember, codeURL, prepayID, now.Add(prepayValid), c.ID, c.OutTradeNo)
}

// prepay makes the order at the provider. A page needs none: it is the order.
func prepay(ctx context.Context, c Charge, g Gateway) (codeURL, prepayID string, err error) {
	switch c.Scene {
	case SceneNative:
		codeURL, err = g.Native(ctx, c.order())
	case SceneJSAPI:
		sheet, ok := g.(SheetGateway)
		if !ok {
			return "", "", ErrOff
		}
		var params BridgeParams
		params, err = sheet.JSAPI(ctx, c.order(), c.Payer)
		prepayID = params.PrepayID()
	}
	return codeURL, prepayID, err
}

// touch writes what is no change of status; errSwapLost says that its condition did not hold.
func (s *Store) touch(ctx context.Context, statement string, args ...any) error {
	result, err := s.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("write a charge: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errSwapLost, err)
	}
	return nil
}
