package sms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	tencentsms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sms/v20210111"

	"guahao/bots"
)

const (
	tencentHost   = "sms.tencentcloudapi.com"
	tencentRegion = "ap-guangzhou"
)

// Tencent is the short message service of Tencent Cloud (腾讯云短信), by its SDK.
type Tencent struct {
	Templates
	config Config
	client *tencentsms.Client
}

var _ Gateway = (*Tencent)(nil)

// NewTencent checks the configuration and calls nobody.
func NewTencent(c Config) (*Tencent, error) {
	scheme, host, err := c.base(tencentHost)
	if err != nil {
		return nil, err
	}
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint, p.HttpProfile.Scheme, p.HttpProfile.ReqMethod = host, strings.ToUpper(scheme), "POST"
	p.HttpProfile.ReqTimeout = int(clientTimeout / time.Second)
	region := c.Region
	if region == "" {
		region = tencentRegion
	}
	client, err := tencentsms.NewClient(common.NewCredential(c.KeyID, c.KeySecret), region, p)
	if err != nil {
		return nil, errors.New("tencent: the client cannot be made of the keys")
	}
	if c.Client != nil && c.Client.Transport != nil {
		client.WithHttpTransport(c.Client.Transport)
	}
	return &Tencent{Templates: c.Templates, config: c, client: client}, nil
}

// Send implements [Gateway].
func (g *Tencent) Send(ctx context.Context, m Message) (id string, err error) {
	t, err := g.of(m)
	if err != nil {
		return "", err
	}
	request := tencentsms.NewSendSmsRequest()
	to := international(m.To)
	request.PhoneNumberSet = []*string{&to}
	request.SmsSdkAppId, request.SignName, request.TemplateId = &g.config.AppID, &g.config.Sign, &t.ID
	for _, p := range t.fill(m) {
		request.TemplateParamSet = append(request.TemplateParamSet, &p.value)
	}
	answer, err := g.client.SendSmsWithContext(ctx, request)
	if err != nil {
		var refused *sdkerrors.TencentCloudSDKError
		if errors.As(err, &refused) && !strings.HasPrefix(refused.Code, "ClientError") {
			return "", tencentOutcome(ctx, refused.Code)
		}
		return "", tencentOutcome(ctx, "")
	}
	if answer.Response == nil || len(answer.Response.SendStatusSet) != 1 || answer.Response.SendStatusSet[0] == nil || answer.Response.SendStatusSet[0].Code == nil {
		return "", errors.New("tencent: an answer without a status")
	}
	status := answer.Response.SendStatusSet[0]
	if status.SerialNo != nil && goodID(*status.SerialNo) {
		id = *status.SerialNo
	}
	return id, tencentOutcome(ctx, *status.Code)
}

// tencentOutcome says what a code means (短信 API 错误码).
func tencentOutcome(ctx context.Context, code string) error {
	switch {
	case code == "Ok":
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case code == "":
		return errors.New("tencent cannot be reached")
	case code == "LimitExceeded.PhoneNumberThirtySecondLimit":
		return &bots.RetryError{After: 30 * time.Second}
	case strings.HasPrefix(code, "LimitExceeded.PhoneNumber"): // an hour, a day, the same text again
		return &bots.RetryError{After: time.Hour}
	case strings.HasPrefix(code, "RequestLimitExceeded"), code == "LimitExceeded.DeliveryFrequencyLimit":
		return &bots.RetryError{After: 10 * time.Second, All: true}
	case strings.HasPrefix(code, "LimitExceeded"):
		return &bots.RetryError{After: 10 * time.Minute, All: true}
	case code == "FailedOperation.PhoneNumberInBlacklist":
		return bots.ErrBlocked
	case code == "InvalidParameterValue.IncorrectPhoneNumber", strings.HasPrefix(code, "UnsupportedOperation"):
		return bots.ErrUnreachable
	}
	return fmt.Errorf("tencent refused a short message: %s", short(code))
}
