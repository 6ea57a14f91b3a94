package app

import (
	"context"

	"guahao/dialog/triage"
	"guahao/internal/llm"
)

// consultation asks the configured model what a complaint speaks of; nil when there is none. What fails is counted, and answered without it; nothing
// of the complaint or of the answer is logged.
func (a *App) consultation() func(ctx context.Context, complaint string) string {
	if a.cfg.Model.URL == "" {
		return nil
	}
	knowledge, err := triage.New()
	if err != nil {
		return nil // the conversation, which needs it, says why
	}
	model := llm.New(a.cfg.Model.URL, a.cfg.Model.Key, a.cfg.Model.Name, knowledge.Vocabulary(), a.cfg.Client)
	return func(ctx context.Context, complaint string) string {
		ctx, cancel := context.WithTimeout(ctx, llm.Timeout)
		defer cancel()
		answer, err := model.Ask(ctx, complaint)
		if err != nil {
			a.metrics.consults.WithLabelValues("failed").Inc()
			a.cfg.Log.WarnContext(ctx, "the model gave no answer", "error", err)
			return ""
		}
		a.metrics.consults.WithLabelValues("answered").Inc()
		return answer
	}
}
