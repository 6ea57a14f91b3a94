package wechat

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
)

const createQRCodePath = "/cgi-bin/qrcode/create"

// sceneForm is what a scene of a permanent QR code may be (scene_str).
var sceneForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// CreateQRCode makes a permanent QR code and gives its content. Whoever scans it follows the account, or comes to its chat, and the
// scene arrives with the follow (qrscene_…) or the scan. The platform makes the same code for the same scene again; an account may have
// 100,000 of them, and must be certified.
func (a *Account) CreateQRCode(ctx context.Context, scene string) (string, error) {
	if !sceneForm.MatchString(scene) {
		return "", fmt.Errorf("%q is no scene: want 1 to 64 of A–Z, a–z, 0–9, _ and -", scene)
	}
	var made struct {
		URL string `json:"url"`
	}
	err := a.call(ctx, http.MethodPost, createQRCodePath, map[string]any{
		"action_name": "QR_LIMIT_STR_SCENE",
		"action_info": map[string]any{"scene": map[string]any{"scene_str": scene}},
	}, &made)
	if err == nil && made.URL == "" {
		err = fmt.Errorf("WeChat made a QR code without content")
	}
	return made.URL, err
}
