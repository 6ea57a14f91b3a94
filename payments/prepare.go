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

// CodeURL gives the content of the QR code that pays the charge. It asks the provider once and remembers; after a failure it asks
// with the same number again. ErrPaid and ErrClosed say that there is nothing to pay any more.
func (s *Store) CodeURL(ctx context.Context, token string) (string, error) {
	c, err := s.prepare(ctx, token, SceneNative, "")
	return c.CodeURL, err
}

// Bridge gives the parameters of the payment sheet for the person with the openID, on a page inside the provider's app. Errors
// are CodeURL's.
func (s *Store) Bridge(ctx context.Context, token, openID string) (BridgeParams, error) {
	if openID == "" {
		return BridgeParams{}, errors.New("the payment sheet needs to know who pays")
	}
	c, err := s.prepare(ctx, token, SceneJSAPI, openID)
	if err != nil {
		return BridgeParams{}, err
	}
	return s.gateway.Bridge(c.PrepayID)
}

// prepare takes one step after the other until the charge can be paid in the wanted way. Each step begins with the row as it is.
func (s *Store) prepare(ctx context.Context, token string, scene Scene, payer string) (Charge, error) {
	if s.gateway == nil {
		return Charge{}, ErrOff
	}
	for range prepareSteps {
		c, err := s.ByToken(ctx, token)
		if err != nil {
			return Charge{}, err
		}
		if err := s.payable(c); err != nil {
			return Charge{}, err
		}
		same := c.Scene == scene && c.Payer == payer
		if same && c.PreparedUntil.After(s.now()) {
			return c, nil
		}
		switch {
		case c.Status == Created:
			err = s.begin(ctx, c, scene, payer)
		case !same:
			err = s.supersede(ctx, c, scene, payer)
		default:
			err = s.order(ctx, c)
		}
		if err != nil && !errors.Is(err, errSwapLost) {
			return Charge{}, fmt.Errorf("prepare charge %s: %w", c.OutTradeNo, err)
		}
	}
	return Charge{}, errors.New("the charge is being changed all the time")
}

func (s *Store) payable(c Charge) error {
	switch {
	case c.Settled():
		return ErrPaid
	case c.Status != Created && c.Status != Pending, !c.ExpiresAt.After(s.now()):
		return ErrClosed
	case c.Provider != s.gateway.Name():
		return ErrOff
	}
	return nil
}

// begin says that the provider is about to know the charge, before it does: from here on the job asks about it.
func (s *Store) begin(ctx context.Context, c Charge, scene Scene, payer string) error {
	now := s.now()
	return s.changeAlone(ctx, c, prepares, string(scene), "scene = ?, payer = ?, prepared_at = ?, due_at = ?, tries = 0", scene, payer, now, now.Add(firstQuery))
}

// order asks the provider and remembers its answer. An answer that comes after the charge was closed or renumbered is dropped.
func (s *Store) order(ctx context.Context, c Charge) error {
	now := s.now()
	const announce = `UPDATE charges SET prepared_at = ? WHERE id = ? AND out_trade_no = ? AND status = 'pending'`
	if err := s.touch(ctx, announce, now, c.ID, c.OutTradeNo); err != nil {
		return err
	}
	o := Order{OutTradeNo: c.OutTradeNo, Subject: c.Subject, Amount: c.Amount, ExpiresAt: c.ExpiresAt}
	var codeURL, prepayID string
	var err error
	if c.Scene == SceneNative {
		codeURL, err = s.gateway.Native(ctx, o)
	} else {
		var params BridgeParams
		params, err = s.gateway.JSAPI(ctx, o, c.Payer)
		prepayID = params.PrepayID()
	}
	switch {
	case errors.Is(err, ErrOrderPaid):
		return s.ask(ctx, c)
	case errors.Is(err, ErrOrderClosed):
		return s.renumberClosed(ctx, c, c.Scene, c.Payer)
	case err != nil:
		return err
	}
	const remember = `UPDATE charges SET code_url = ?, prepay_id = ?, prepared_until = ? WHERE id = ? AND out_trade_no = ? AND status = 'pending'`
	return s.touch(ctx, remember, codeURL, prepayID, now.Add(prepayValid), c.ID, c.OutTradeNo)
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

// supersede closes the open order at the provider, so that another can take its place.
func (s *Store) supersede(ctx context.Context, c Charge, scene Scene, payer string) error {
	err := s.gateway.Close(ctx, c.OutTradeNo)
	switch {
	case err == nil:
		return s.renumber(ctx, c, scene, payer)
	case errors.Is(err, ErrOrderPaid):
		return s.ask(ctx, c)
	case errors.Is(err, ErrOrderClosed):
		return s.renumberClosed(ctx, c, scene, payer)
	case errors.Is(err, ErrOrderNotExist):
		// Nobody signed that. If the order does exist after all, the provider refuses the same number with other parameters.
		return s.reshape(ctx, c, c.OutTradeNo, c.round, scene, payer)
	}
	return err
}

// renumberClosed replaces the number if a signed answer says that the order is closed.
func (s *Store) renumberClosed(ctx context.Context, c Charge, scene Scene, payer string) error {
	trade, err := s.gateway.Query(ctx, c.OutTradeNo)
	if err != nil {
		return err
	}
	if trade.State != TradeClosed {
		return s.Settle(ctx, trade)
	}
	return s.renumber(ctx, c, scene, payer)
}

func (s *Store) renumber(ctx context.Context, c Charge, scene Scene, payer string) error {
	if c.round >= maxRounds {
		return fmt.Errorf("%w: it was shown in too many ways", ErrClosed)
	}
	return s.reshape(ctx, c, fmt.Sprintf("%s-%d", baseNumber(c.OutTradeNo), c.round+1), c.round+1, scene, payer)
}

func (s *Store) reshape(ctx context.Context, c Charge, number string, round int, scene Scene, payer string) error {
	now := s.now()
	return s.changeAlone(ctx, c, renumbers, c.OutTradeNo+" to "+number,
		"out_trade_no = ?, round = ?, scene = ?, payer = ?, code_url = '', prepay_id = '', prepared_at = ?, prepared_until = NULL, due_at = ?, tries = 0",
		number, round, scene, payer, now, now.Add(firstQuery))
}
