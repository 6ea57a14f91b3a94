package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
)

// metrics are what /metrics shows. Counters count what this replica did; they may count a change twice when its
// transaction was run again after a deadlock.
type metrics struct {
	registry     *prometheus.Registry
	updates      *prometheus.CounterVec
	step         *prometheus.HistogramVec
	appointments *prometheus.CounterVec
	payments     *prometheus.CounterVec
	notices      *prometheus.CounterVec
	consults     *prometheus.CounterVec
}

func newMetrics(outbox func(context.Context) (int, time.Duration, error)) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		updates: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "guahao_updates_total", Help: "Updates from chat platforms by outcome.",
		}, []string{"platform", "kind", "outcome"}),
		step: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "guahao_step_seconds", Help: "Time from receiving an update to its committed reply.",
			Buckets: []float64{.0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"platform"}),
		appointments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "guahao_appointments_total", Help: "Changes of appointments by the status reached and its reason.",
		}, []string{"status", "reason"}),
		payments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "guahao_payments_total", Help: "Payments heard of: kept, returned because the place was gone, refunded; and refunds that are stuck and incidents, which need somebody; and alarms that reached nobody of the staff.",
		}, []string{"outcome"}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "guahao_notices_total", Help: "Notices by platform, kind and end state.",
		}, []string{"platform", "kind", "outcome"}),
	}
	m.consults = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "guahao_model_questions_total", Help: "Complaints that the model was asked about: answered, or failed; those were answered without it.",
	}, []string{"outcome"})
	m.registry.MustRegister(m.updates, m.step, m.appointments, m.payments, m.notices, m.consults, outboxCollector{outbox},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	return m
}

// begin makes the counters whose labels are known at 0, so that the first event is an increase that an alarm can see.
func (m *metrics) begin() {
	for _, p := range []bots.Platform{bots.WeChat, bots.Telegram} {
		for _, kind := range bots.Kinds() {
			for _, outcome := range []string{bots.OutcomeHandled, bots.OutcomeRepeated, bots.OutcomeFailed} {
				m.updates.WithLabelValues(string(p), string(kind), outcome)
			}
		}
		for _, outcome := range []string{bots.OutcomeUnauthorized, bots.OutcomeBad, bots.OutcomeIgnored} {
			m.updates.WithLabelValues(string(p), "", outcome)
		}
		for _, kind := range reminders.Kinds() {
			for _, end := range []reminders.Status{reminders.Sent, reminders.Blocked, reminders.Unreachable, reminders.Failed} {
				m.notices.WithLabelValues(string(p), string(kind), string(end))
			}
		}
	}
	for _, t := range booking.Transitions() {
		for _, by := range t.By {
			m.appointments.WithLabelValues(string(t.To), string(by))
		}
	}
	for _, outcome := range []string{"kept", "returned", "refunded", "stuck", "incident", "unrung"} {
		m.payments.WithLabelValues(outcome)
	}
}

func (m *metrics) update(p bots.Platform, outcome string, kind bots.Kind, took time.Duration) {
	m.updates.WithLabelValues(string(p), string(kind), outcome).Inc()
	if took > 0 {
		m.step.WithLabelValues(string(p)).Observe(took.Seconds())
	}
}

func (m *metrics) appointment(c booking.Change) {
	m.appointments.WithLabelValues(string(c.Appointment.Status), string(c.Reason)).Inc()
}

func (m *metrics) payment(outcome string) { m.payments.WithLabelValues(outcome).Inc() }

func (m *metrics) notice(p bots.Platform, kind reminders.Kind, end reminders.Status) {
	m.notices.WithLabelValues(string(p), string(kind), string(end)).Inc()
}

// outboxCollector asks the database for the outbox's depth when it is scraped.
type outboxCollector struct {
	depth func(context.Context) (int, time.Duration, error)
}

var (
	outboxDepth = prometheus.NewDesc("guahao_outbox_messages", "Notices that are due and not sent.", nil, nil)
	outboxAge   = prometheus.NewDesc("guahao_outbox_oldest_seconds", "How long the oldest of them has been due.", nil, nil)
)

func (c outboxCollector) Describe(ch chan<- *prometheus.Desc) { ch <- outboxDepth; ch <- outboxAge }

func (c outboxCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	count, oldest, err := c.depth(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(outboxDepth, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(outboxDepth, prometheus.GaugeValue, float64(count))
	ch <- prometheus.MustNewConstMetric(outboxAge, prometheus.GaugeValue, oldest.Seconds())
}
