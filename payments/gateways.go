package payments

import (
	"context"
	"fmt"
	"time"
)

// SheetGateway is a Gateway whose app opens a payment sheet over a page in it: WeChat Pay in WeChat.
type SheetGateway interface {
	Gateway

	// JSAPI orders a payment by the person with the openID on a page inside the provider's app.
	JSAPI(ctx context.Context, o Order, openID string) (BridgeParams, error)
	// Bridge signs the parameters for an earlier JSAPI order once more; no network.
	Bridge(prepayID string) (BridgeParams, error)
}

// PageGateway is a Gateway with a web page of its own on which a phone's browser pays, usually by opening the provider's app.
type PageGateway interface {
	Gateway

	// Page gives the page's address for an order, made anew for each visit, and back is where the payer returns to; no network.
	// The provider learns of the order when the payer opens it.
	Page(o Order, back string) (string, error)
}

// BillGateway is a Gateway whose bills can be had, so that each day can be reconciled.
type BillGateway interface {
	Gateway

	// Bill fetches what the provider says to have moved on a day (the date of the time in the provider's zone, see BillDay), checked
	// against damage on the way before the first line is read. ErrBillNotReady and ErrNoBill are no failures. The caller closes it.
	Bill(ctx context.Context, day time.Time) (Bill, error)
}

// AddGateway adds a provider that payers may choose instead of the store's own. It is called before the store is used.
func (s *Store) AddGateway(g Gateway) { s.others = append(s.others, g) }

// Gateways lists the providers that payers may choose from, the one that charges begin with first.
func (s *Store) Gateways() []Gateway {
	if s.gateway == nil {
		return nil
	}
	return append([]Gateway{s.gateway}, s.others...)
}

// Providers are the names of Gateways.
func (s *Store) Providers() []string {
	names := []string{}
	for _, g := range s.Gateways() {
		names = append(names, g.Name())
	}
	return names
}

// of finds a provider by its name, or gives ErrOff.
func (s *Store) of(provider string) (Gateway, error) {
	if provider == Desk {
		return cashier{}, nil
	}
	for _, g := range s.Gateways() {
		if g.Name() == provider {
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrOff, provider)
}

// sheet is the provider with a payment sheet, or ErrOff.
func (s *Store) sheet() (SheetGateway, error) {
	for _, g := range s.Gateways() {
		if sheet, ok := g.(SheetGateway); ok {
			return sheet, nil
		}
	}
	return nil, fmt.Errorf("%w: none with a payment sheet", ErrOff)
}
