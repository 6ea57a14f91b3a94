package payments

import (
	"database/sql"
	"time"
)

const chargeColumns = `id, out_trade_no, round, token, ref, subject, payee, amount, reserved, refunded, provider, mch_id, app_id, status, version,
	scene, payer, code_url, prepay_id, prepared_at, prepared_until, transaction_id, expires_at, created_at, paid_at, tries, epoch`

// chargeRow is a row of charges.
type chargeRow struct {
	ID            ChargeID     `db:"id"`
	OutTradeNo    string       `db:"out_trade_no"`
	Round         int          `db:"round"`
	Token         string       `db:"token"`
	Ref           string       `db:"ref"`
	Subject       string       `db:"subject"`
	Payee         string       `db:"payee"`
	Amount        Fen          `db:"amount"`
	Reserved      Fen          `db:"reserved"`
	Refunded      Fen          `db:"refunded"`
	Provider      string       `db:"provider"`
	MchID         string       `db:"mch_id"`
	AppID         string       `db:"app_id"`
	Status        ChargeStatus `db:"status"`
	Version       int          `db:"version"`
	Scene         Scene        `db:"scene"`
	Payer         string       `db:"payer"`
	CodeURL       string       `db:"code_url"`
	PrepayID      string       `db:"prepay_id"`
	PreparedAt    sql.NullTime `db:"prepared_at"`
	PreparedUntil sql.NullTime `db:"prepared_until"`
	TransactionID string       `db:"transaction_id"`
	ExpiresAt     time.Time    `db:"expires_at"`
	CreatedAt     time.Time    `db:"created_at"`
	PaidAt        sql.NullTime `db:"paid_at"`
	Tries         int          `db:"tries"`
	Epoch         int64        `db:"epoch"`
}

func (r chargeRow) charge() Charge {
	return Charge{
		ID: r.ID, OutTradeNo: r.OutTradeNo, Token: r.Token, Ref: r.Ref, Subject: r.Subject, Payee: r.Payee, Amount: r.Amount, Reserved: r.Reserved,
		Refunded: r.Refunded, Provider: r.Provider, Merchant: Merchant{MchID: r.MchID, AppID: r.AppID}, Status: r.Status, Scene: r.Scene,
		CodeURL: r.CodeURL, PrepayID: r.PrepayID, Payer: r.Payer, TransactionID: r.TransactionID, ExpiresAt: r.ExpiresAt,
		CreatedAt: r.CreatedAt, PreparedAt: r.PreparedAt.Time, PreparedUntil: r.PreparedUntil.Time, PaidAt: r.PaidAt.Time,
		round: r.Round, version: r.Version, tries: r.Tries, epoch: r.Epoch,
	}
}

const refundColumns = `id, charge_id, out_refund_no, amount, reason, status, refund_id, created_at, done_at, attempts, last_error, epoch`

// refundRow is a row of refunds.
type refundRow struct {
	ID          RefundID     `db:"id"`
	Charge      ChargeID     `db:"charge_id"`
	OutRefundNo string       `db:"out_refund_no"`
	Amount      Fen          `db:"amount"`
	Reason      string       `db:"reason"`
	Status      RefundStatus `db:"status"`
	ProviderNo  string       `db:"refund_id"`
	CreatedAt   time.Time    `db:"created_at"`
	DoneAt      sql.NullTime `db:"done_at"`
	Attempts    int          `db:"attempts"`
	LastError   string       `db:"last_error"`
	Epoch       int64        `db:"epoch"`
}

func (r refundRow) refund() Refund {
	return Refund{
		ID: r.ID, Charge: r.Charge, OutRefundNo: r.OutRefundNo, Amount: r.Amount, Reason: r.Reason, Status: r.Status, ProviderNo: r.ProviderNo,
		CreatedAt: r.CreatedAt, DoneAt: r.DoneAt.Time, Attempts: r.Attempts, LastError: r.LastError, epoch: r.Epoch,
	}
}
