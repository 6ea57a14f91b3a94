// Package vault encrypts personal data before it goes into the database, and finds it there again.
//
// [Keys] holds two key sets of tink: one seals (AES-256-GCM), the other makes digests (HMAC-SHA256) for looking things up. Both
// are in one file, as JSON in the clear: the file is the secret. [Keys.Save] gives it mode 0600; [Load] refuses a file that others may
// read. Keep it out of the database and of its backups, and keep a copy of it: without it the data cannot be read by anybody.
//
// # Sealing
//
//	sealed, err := keys.Seal([]byte(name), "patients.name:"+uid)
//	plain, err := keys.Open(sealed, "patients.name:"+uid)
//
// The second argument says where the value lives: table, column and row. It is authenticated, not stored: a sealed value that is
// copied to another row or column does not open. The row must be known before the INSERT: a random uid, not the auto-increment id.
// Sealed values are 33 bytes longer than plain ones: 5 name the key, 12 are the nonce, 16 the tag. Nonces are random, so one key
// should seal no more than 2³² values (NIST SP 800-38D §8.3): rotate long before.
//
// # Looking up
//
// [Keys.Digest] turns a value into 32 bytes that are the same each time, so that a unique key or a WHERE works on them and the
// database learns nothing but equality. The purpose separates the digests of one column from those of another. Normalise the
// value first (upper case, no spaces). The key behind digests does not rotate: all rows would have to be written anew.
//
// # Rotation
//
// [Keys.Rotate] adds a key and seals with it from then on; what older keys sealed still opens. Write it back with [Keys.Replace] and
// give the file to all replicas together: one with the old file cannot open what the others seal.
package vault
