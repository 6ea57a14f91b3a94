package app

import "time"

// StopWithin sets how long Run waits for requests before it cuts them off.
func (a *App) StopWithin(d time.Duration) { a.patience = d }
