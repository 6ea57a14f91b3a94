package app

import "guahao/internal/sandbox"

// Simulated configures the program to use simulated platforms. Where they are is all that differs from a deployment.
func (c *Config) Simulated(p *sandbox.Platforms) {
	c.Telegram = TelegramConfig{Token: p.TelegramToken, Secret: p.TelegramSecret, API: p.TelegramURL, Staff: c.Telegram.Staff}
	w := p.WeChatOptions
	c.WeChat = WeChatConfig{
		AppID: w.AppID, Secret: w.Secret, Token: w.Token, AESKey: w.AESKey, API: p.WeChatURL, Certified: !w.Uncertified,
		Templates: p.TemplatesFile, Staff: c.WeChat.Staff,
	}
	m := p.Merchant
	c.WeChatPay = WeChatPayConfig{
		MchID: m.MchID, Serial: m.Serial, KeyFile: m.KeyFile, APIv3Key: m.APIv3Key,
		PublicKeyID: m.PublicKeyID, PublicKeyFile: m.PublicKeyFile, API: p.PayURL,
	}
	if a := p.Application; p.Alipay != nil {
		c.Alipay = AlipayConfig{AppID: a.AppID, SellerID: a.SellerID, KeyFile: a.KeyFile, PublicKeyFile: a.PublicKeyFile, API: p.AlipayURL}
	}
}
