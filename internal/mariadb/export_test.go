package mariadb

// For the tests.
var (
	FindBinaryIn   = func(dirs []string) error { _, err := findBinaryIn(dirs); return err }
	Advice         = advice
	VersionOf      = versionOf
	OrphanPid      = orphanPid
	SweepAbandoned = sweepAbandoned
	TryLock        = tryLock
)
