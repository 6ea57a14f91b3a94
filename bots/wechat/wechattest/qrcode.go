package wechattest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// qrCodeBase begins the content of the account's QR codes.
const qrCodeBase = "http://weixin.qq.com/q/"

// createQRCode makes a permanent code with a scene of letters; the same scene gets the same code.
func (s *Server) createQRCode(_ *http.Request, body []byte) any {
	if s.options.Uncertified {
		return failure(48001)
	}
	var q struct {
		ActionName string `json:"action_name"`
		ActionInfo struct {
			Scene struct {
				SceneStr string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		s.violate("qrcode/create: %v", err)
		return failure(47001)
	}
	scene := q.ActionInfo.Scene.SceneStr
	switch {
	case q.ActionName != "QR_LIMIT_STR_SCENE":
		s.violate("qrcode/create: the action %q is not known here", q.ActionName)
		return failure(47001)
	case scene == "" || len(scene) > 64:
		s.violate("qrcode/create: a scene of %d characters", len(scene))
		return failure(40053)
	}
	return map[string]string{"ticket": "gQ_" + url.QueryEscape(scene), "url": qrCodeBase + "02" + url.PathEscape(scene)}
}

// ScanCode scans a QR code by its content, as [User.Scan] does by its scene.
func (u *User) ScanCode(content string) error {
	escaped, ours := strings.CutPrefix(content, qrCodeBase+"02")
	scene, err := url.PathUnescape(escaped)
	if !ours || err != nil {
		return fmt.Errorf("%q is no QR code of an account", content)
	}
	return u.Scan(scene)
}
