package staff

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// What argon2id costs: the first choice of OWASP's password storage cheat sheet.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
	maxMemory    = 1 << 20 // KiB: what a hash in the database may ask for at most
)

// Length of a password in characters.
const (
	MinPassword = 10
	maxPassword = 128
)

// ErrPassword is returned for a password that is too short, too long, or too easy.
var ErrPassword = fmt.Errorf("a password has %d to %d characters, not the login name, and not one character again and again", MinPassword, maxPassword)

var errHash = errors.New("the stored password is not of argon2id's form")

// checkPassword keeps to NIST SP 800-63B: long, any characters, no rules about kinds of them.
func checkPassword(password, login string) error {
	n := utf8.RuneCountInString(password)
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	if n < MinPassword || n > maxPassword || len(different) < 5 || !utf8.ValidString(password) || (login != "" && strings.Contains(fold(password), login)) {
		return ErrPassword
	}
	return nil
}

// hashPassword gives the PHC string: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// passwordFits tells whether a password is that of a PHC string, in a time that does not tell how far it fits.
func passwordFits(hash, password string) (bool, error) {
	var version int
	var memory, time uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[2]+"$"+parts[3], "v=%d$m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil {
		return false, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(err1, err2) != nil || version != argon2.Version || time == 0 || threads == 0 || memory > maxMemory || len(key) < 16 {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
