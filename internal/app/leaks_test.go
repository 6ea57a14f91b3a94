package app_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"guahao/internal/app"
)

// secretsOf are the values that a configuration keeps from everybody: what is named a secret, a token or a key, and each long line of the
// files that it names. A setting that is added later is among them by its name.
func secretsOf(cfg app.Config) (all []string) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			name, field := v.Type().Field(i).Name, v.Field(i)
			switch {
			case field.Kind() == reflect.Struct:
				walk(field)
			case field.Kind() != reflect.String || field.String() == "":
			case strings.HasSuffix(name, "File"):
				all = append(all, longLines(field.String())...)
			case strings.HasSuffix(name, "Secret"), strings.HasSuffix(name, "Token"), strings.HasSuffix(name, "Key"), name == "DSN":
				all = append(all, field.String())
			}
		}
	}
	walk(reflect.ValueOf(cfg))
	return all
}

// longLines are the lines of a file that are long enough to be a secret's.
func longLines(file string) (lines []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	for _, word := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune("\r\n\" ,:{}[]", r) }) {
		if len(word) >= 32 {
			lines = append(lines, word)
		}
	}
	return lines
}

// people are the ID numbers, phones, names and openids of those who go to the doctor in the tests, and how openids begin.
func people() []string {
	return []string{
		somebody.name, somebody.number, somebody.phone, "李梅", "E12345678", "13900139000", "oPatient", "oScanningPayer", "oSheetPayer", "208800000000",
		"PRIVATE KEY",
	}
}

// leaks are those of the secrets that a text has in it.
func leaks(text string, secrets []string) (found []string) {
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			found = append(found, secret)
		}
	}
	return found
}

// The control of the search that follows every test (see world.check): it knows all secrets, and finds one that is logged.
func TestTheSearchForSecretsFindsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	withAlipay(w)
	secrets := secretsOf(w.cfg)
	for _, secret := range []string{w.cfg.DSN, w.cfg.Telegram.Token, w.cfg.Telegram.Secret, w.cfg.WeChat.Secret, w.cfg.WeChat.Token, w.cfg.WeChatPay.APIv3Key} {
		if !slices.Contains(secrets, secret) {
			t.Errorf("the search does not know %.4s…", secret)
		}
	}
	for _, file := range []string{w.cfg.KeyFile, w.cfg.WeChatPay.KeyFile, w.cfg.Alipay.KeyFile} {
		lines := longLines(file)
		if len(lines) == 0 || len(leaks(strings.Join(lines, "\n"), secrets)) < len(lines) {
			t.Errorf("the search does not know what stands in %s", file)
		}
	}
	for _, secret := range append(secrets, people()...) {
		if !slices.Contains(leaks(`{"msg":"update","text":"`+secret+`"}`, append(secrets, people()...)), secret) {
			t.Errorf("the search does not find %.4s…", secret)
		}
	}
	if found := leaks(`{"msg":"update","account":7}`, append(secrets, people()...)); len(found) > 0 {
		t.Errorf("the search finds %q where nothing is", found)
	}
}
