package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
)

// What the browsers inside the phones call themselves. MicroMessenger is how a page knows WeChat.
var userAgents = map[string]string{
	"wechat": "Mozilla/5.0 (Linux; Android 15; Demo) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0 Mobile Safari/537.36 " +
		"MicroMessenger/8.0.56 NetType/WIFI Language/zh_CN",
	"telegram": "Mozilla/5.0 (Linux; Android 15; Demo) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
}

// maxPage bounds a page of the program, in bytes.
const maxPage = 1 << 20

// browser is the browser inside a phone: the program's own page, fetched as that browser would fetch it. The page is left
// as it is but for what makes it work inside the demo's frame: who may frame it, where its redirects and cookies point,
// and, in WeChat, the WeixinJSBridge that the app puts into every page.
func (s *Sandbox) browser(phone string) http.Handler {
	prefix := "/" + phone + "-browser"
	agent := userAgents[phone]
	if agent == "" {
		agent = userAgents["telegram"]
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(s.app)
			r.Out.Header.Set("User-Agent", agent)
			for _, name := range []string{"Origin", "Referer", "Accept-Encoding", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
				r.Out.Header.Del(name)
			}
		},
		ModifyResponse: func(r *http.Response) error { return s.adapt(r, phone, prefix) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "The program does not answer. 服务暂时没有响应。", http.StatusBadGateway)
		},
	}
	pages := http.NewServeMux()
	pages.Handle(prefix+"/pay/", http.StripPrefix(prefix, proxy))
	pages.Handle(prefix+"/files/", http.StripPrefix(prefix, proxy))
	if s.cfg.Alipay != "" && phone != "wechat" {
		pages.Handle(prefix+alipayPath+"/", http.StripPrefix(prefix+alipayPath, s.cashier(phone, prefix)))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Del("Content-Security-Policy") // the page brings its own
		pages.ServeHTTP(w, r)
	})
}

// alipayPath is where Alipay's page is inside a phone's browser.
const alipayPath = "/alipay"

// cashier is Alipay's page on which a phone pays: another site, which the frame could not show under its own address.
func (s *Sandbox) cashier(phone, prefix string) http.Handler {
	gateway, err := url.Parse(s.cfg.Alipay)
	if err != nil {
		panic("sandbox: Alipay must be the address of a gateway")
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: gateway.Scheme, Host: gateway.Host})
			for _, name := range []string{"Origin", "Referer", "Accept-Encoding"} {
				r.Out.Header.Del(name)
			}
		},
		ModifyResponse: func(r *http.Response) error { return s.adapt(r, phone, prefix) },
	}
}

// adapt fits an answer of the program into the frame.
func (s *Sandbox) adapt(r *http.Response, phone, prefix string) error {
	h := r.Header
	h.Del("X-Frame-Options")
	h.Set("Content-Security-Policy", strings.ReplaceAll(h.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors 'self'"))
	for i, cookie := range h["Set-Cookie"] {
		h["Set-Cookie"][i] = strings.Replace(cookie, "Path=/", "Path="+prefix+"/", 1)
	}
	if to := h.Get("Location"); to != "" {
		inside, err := s.redirect(r.Request, to, prefix)
		if err != nil {
			return err
		}
		h.Set("Location", inside)
	}
	if phone != "wechat" || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPage))
	if err != nil {
		return err
	}
	_ = r.Body.Close()
	body = bytes.Replace(body, []byte("<head>"), []byte(`<head><script src="/assets/bridge.js"></script>`), 1)
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// redirect says where a redirect of the program leads inside the frame. One to WeChat's OAuth is followed on the spot:
// with scope snsapi_base WeChat shows no page, it only comes back with a code.
func (s *Sandbox) redirect(r *http.Request, to, prefix string) (string, error) {
	target, err := r.URL.Parse(to)
	if err != nil {
		return "", fmt.Errorf("the program redirects to %q: %w", to, err)
	}
	if strings.HasSuffix(target.Path, "/connect/oauth2/authorize") {
		if target, err = s.authorize(r, target); err != nil {
			return "", err
		}
	}
	if s.cfg.Alipay != "" && strings.HasPrefix(target.String(), s.cfg.Alipay+"?") {
		return prefix + alipayPath + target.RequestURI(), nil
	}
	if !strings.HasPrefix(target.Path, "/pay/") {
		return "", fmt.Errorf("the program redirects to %s, which the phone does not open", target.Path)
	}
	return prefix + target.RequestURI(), nil
}

// authorize opens the simulated OAuth page as the demo's patient and gives the address that it sends them back to.
func (s *Sandbox) authorize(r *http.Request, page *url.URL) (*url.URL, error) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, page.RequestURI(), nil)
	if err != nil {
		return nil, err
	}
	request.AddCookie(&http.Cookie{Name: "openid", Value: PatientOpenID})
	answer := &headerOnly{header: http.Header{}}
	s.cfg.WeChat.ServeHTTP(answer, request)
	back := answer.header.Get("Location")
	if back == "" {
		return nil, fmt.Errorf("WeChat's OAuth refused with status %d", answer.status)
	}
	return url.Parse(back)
}

// headerOnly takes an answer of which only the status and the header matter.
type headerOnly struct {
	header http.Header
	status int
}

func (w *headerOnly) Header() http.Header         { return w.header }
func (w *headerOnly) WriteHeader(status int)      { w.status = status }
func (w *headerOnly) Write(b []byte) (int, error) { return len(b), nil }
