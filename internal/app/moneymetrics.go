package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"guahao/payments"
)

// moneyCollector asks the database how charges and refunds stand when it is scraped: the figures are the same on every replica.
type moneyCollector struct {
	store *payments.Store
	now   func() time.Time
}

var (
	moneyUnderWay = prometheus.NewDesc("guahao_payments_under_way", "Charges and refunds that are not at their end, by status.", []string{"kind", "status"}, nil)
	moneyAge      = prometheus.NewDesc("guahao_payments_oldest_seconds", "How long ago the oldest of them was made.", []string{"kind", "status"}, nil)
	moneyOpen     = prometheus.NewDesc("guahao_reconciliation_open_differences", "Differences from the providers' bills that wait for people, by class.", []string{"class"}, nil)
)

func (c moneyCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- moneyUnderWay
	ch <- moneyAge
	ch <- moneyOpen
}

func (c moneyCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	stats, err := c.store.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(moneyUnderWay, err)
		return
	}
	for _, s := range stats {
		ch <- prometheus.MustNewConstMetric(moneyUnderWay, prometheus.GaugeValue, float64(s.Count), s.Kind, s.Status)
		ch <- prometheus.MustNewConstMetric(moneyAge, prometheus.GaugeValue, c.now().Sub(s.Oldest).Seconds(), s.Kind, s.Status)
	}
	open, err := c.store.OpenDifferences(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(moneyOpen, err)
		return
	}
	counts := map[payments.DifferenceClass]int{payments.OnlyOurs: 0, payments.OnlyTheirs: 0, payments.AmountDiffers: 0, payments.StatusDiffers: 0}
	for _, o := range open {
		counts[o.Class] = o.Count
	}
	for class, count := range counts {
		ch <- prometheus.MustNewConstMetric(moneyOpen, prometheus.GaugeValue, float64(count), string(class))
	}
}
