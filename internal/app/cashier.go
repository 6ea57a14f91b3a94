package app

import (
	"context"

	"guahao/booking"
	"guahao/payments"
)

// AtDesk lists what a hospital's cashier has to take and to hand out, oldest first; hospital 0 means all of them.
func (a *App) AtDesk(ctx context.Context, hospital booking.HospitalID, limit int) ([]payments.Charge, error) {
	payee := ""
	if hospital != 0 {
		payee = payeeOf(hospital)
	}
	return a.Payments.AtDesk(ctx, payee, limit)
}
