package alipay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	sdk "github.com/smartwalle/alipay/v3"

	"guahao/payments"
)

// Check asks Alipay about an order that cannot exist. That it is not known, said with a valid signature, proves the application's
// number and key, and Alipay's public key.
func (g *Gateway) Check(ctx context.Context) error {
	answer, err := g.client.TradeQuery(ctx, sdk.TradeQuery{OutTradeNo: "CHECK" + rand.Text()})
	var unsigned *sdk.Error
	switch {
	case errors.As(err, &unsigned):
		return fmt.Errorf("the provider Alipay refuses us (%w): are the app id and the private key of one application, and is its public key registered there?", reduce(opQuery, err))
	case err != nil || answer == nil:
		return fmt.Errorf("the provider Alipay gave no answer that can be believed (%w): is the public key Alipay's, not the application's?", reduce(opQuery, err))
	}
	if refusal := refused(opQuery, answer.Error); !errors.Is(refusal, payments.ErrOrderNotExist) {
		return fmt.Errorf("the provider Alipay refuses the question: %w", refusal)
	}
	return nil
}
