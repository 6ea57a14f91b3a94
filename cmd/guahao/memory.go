package main

import (
	"os"
	"runtime/debug"
)

// collectSeldom lets the heap grow to five times of what lives in it before it is cleaned up, unless GOGC says otherwise: little
// lives (some tens of megabytes), and a busy replica makes garbage fast. GOMEMLIMIT bounds it as ever.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
