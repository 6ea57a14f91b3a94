package app

import (
	"guahao/bots"
	"guahao/bots/telegram"
)

// pace is how many messages a second the platforms take, by which it is reckoned how long a broadcast takes.
func (a *App) pace() map[bots.Platform]float64 {
	perSecond := a.cfg.Telegram.PerSecond
	if perSecond == 0 {
		perSecond = telegram.PerSecond
	}
	return map[bots.Platform]float64{bots.Telegram: perSecond}
}
