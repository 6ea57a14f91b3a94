package booking

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking/allocation"
)

// Allocation is how the places of a half-day are given (号源分配).
type Allocation string

// The ways of giving places.
const (
	FirstCome Allocation = "first_come"
	ByLottery Allocation = "lottery"  // everybody who applies has the same chance
	ByWeights Allocation = "weighted" // the same, with lots by the policy's weights
)

// ByLot tells that places are drawn: until the draw is settled, none can be booked.
func (a Allocation) ByLot() bool { return a == ByLottery || a == ByWeights }

func (a Allocation) known() bool { return a == FirstCome || a.ByLot() }

// LotteryRule says which clinics give their places by lot, and how. What it does not say is as in UsualLottery.
type LotteryRule struct {
	For           []LotteryClinics   `json:"for,omitempty"`            // the first that fits decides; none: nothing is drawn but what staff say
	WindowMinutes int                `json:"window_minutes,omitempty"` // for so long from the release on applications are taken
	PayMinutes    int                `json:"pay_minutes,omitempty"`    // by day, that who wins has to pay
	Weights       allocation.Weights `json:"weights,omitzero"`
}

// LotteryClinics are clinics whose places are given in a way of their own. An empty title or kind stands for any.
type LotteryClinics struct {
	Title Title      `json:"title,omitempty"`
	Kind  ClinicKind `json:"kind,omitempty"`
	By    Allocation `json:"by"`
}

// UsualLottery is what holds where a policy says nothing else.
func UsualLottery() LotteryRule {
	return LotteryRule{
		WindowMinutes: 60, PayMinutes: 120,
		Weights: allocation.Weights{Base: 10, Credit: 2, Referral: 5, Urgent: 20, LostVisit: 5, MostLost: 2},
	}
}

// orUsual fills in what is not said.
func (r LotteryRule) orUsual() LotteryRule {
	usual := UsualLottery()
	if r.WindowMinutes == 0 {
		r.WindowMinutes = usual.WindowMinutes
	}
	if r.PayMinutes == 0 {
		r.PayMinutes = usual.PayMinutes
	}
	if r.Weights == (allocation.Weights{}) {
		r.Weights = usual.Weights
	}
	return r
}

// PayMinutes is how long, by day, who wins a place in a draw has to pay.
func (p Policy) PayMinutes() int { return p.Lottery.orUsual().PayMinutes }

// AllocationOf is how a clinic's places are given, by the doctor's title and its kind.
func (p Policy) AllocationOf(title Title, kind ClinicKind) Allocation {
	for _, c := range p.Lottery.For {
		if (c.Title == "" || c.Title == title) && (c.Kind == "" || c.Kind == kind) {
			return c.By
		}
	}
	return FirstCome
}

func (p Policy) checkLottery(f *findings) {
	r := p.Lottery
	f.need(r.WindowMinutes >= 0 && r.WindowMinutes <= 7*24*60, "lottery.window_minutes 应为 1 到 10080", "lottery.window_minutes must be 1 to 10080")
	f.need(r.PayMinutes >= 0 && r.PayMinutes <= 24*60, "lottery.pay_minutes 应为 1 到 1440", "lottery.pay_minutes must be 1 to 1440")
	for _, c := range r.For {
		f.need(c.By.known(), "lottery.for 的 by 应为 first_come、lottery 或 weighted", "lottery.for needs by: first_come, lottery or weighted")
		f.need((c.Title == "" || c.Title.rank() >= 0) && (c.Kind == "" || c.Kind.known()), "lottery.for 里有不认识的职称或门诊类型", "lottery.for names a title or a kind of clinic that does not exist")
	}
	if err := r.orUsual().Weights.Check(); err != nil {
		f.need(false, "lottery.weights 不正确（base 至少为 1，其余不能为负数，一个人最多 1000 份）", "lottery.weights: "+err.Error())
	}
}

// LotteryID names a draw.
type LotteryID int64

// LotteryState is how far a draw has got.
type LotteryState string

// The states, in their order; a draw whose clinic is stopped becomes void from any but settled.
const (
	LotteryOpen    LotteryState = "open"    // applications are taken, from OpensAt to ClosesAt
	LotteryClosed  LotteryState = "closed"  // their list is fixed
	LotteryDrawn   LotteryState = "drawn"   // and their order
	LotterySettled LotteryState = "settled" // who has won has a place, the others wait
	LotteryVoid    LotteryState = "void"
)

// Lottery is the draw for the places of a half-day.
type Lottery struct {
	ID           LotteryID
	Schedule     ScheduleID
	Hospital     HospitalID
	Name         string // of the half-day, as slips and the published record have it
	Mode         Allocation
	State        LotteryState
	Policy       int // the version whose weights and minutes hold
	OpensAt      time.Time
	ClosesAt     time.Time
	Commitment   allocation.Digest
	BeaconSource string
	Places       int // while it is open: that would be drawn now
	List         allocation.Digest
	Beacon       string
	Seed         allocation.Seed // "" until it is revealed

	// Of those who have applied so far, how many have so many lots.
	Lots map[int]int
}

// Takes tells whether applications are taken at an instant.
func (l Lottery) Takes(now time.Time) bool {
	return l.State == LotteryOpen && !now.Before(l.OpensAt) && now.Before(l.ClosesAt)
}

// Applied is how many have applied so far.
func (l Lottery) Applied() int {
	n := 0
	for _, people := range l.Lots {
		n += people
	}
	return n
}

// ApplicationID names an application.
type ApplicationID int64

// ApplicationStatus is what became of an application.
type ApplicationStatus string

// The statuses; all but the first are final.
const (
	InDraw    ApplicationStatus = "applied"
	Withdrawn ApplicationStatus = "withdrawn"
	Won       ApplicationStatus = "won"    // has a place, held until it is paid
	Lost      ApplicationStatus = "lost"   // waits in the order drawn
	Barred    ApplicationStatus = "barred" // drawn, but the hospital's rules stand against it by now
	Void      ApplicationStatus = "void"   // the clinic was stopped, or the person is gone
)

// Application is one person's in a draw.
type Application struct {
	ID          ApplicationID
	Lottery     LotteryID
	Schedule    ScheduleID
	Number      int
	Patient     PatientID
	User        UserID
	Account     AccountID
	Lots        int
	Reasons     Reasons
	Secret      string
	Receipt     allocation.Digest
	Status      ApplicationStatus
	Position    int           // in the order drawn, from 1; 0 before
	Appointment AppointmentID // the place that was won; 0: none
	Wait        WaitID        // the place in the waitlist; 0: none
	CreatedAt   time.Time
	Name        string // of the half-day, as Lottery's
}

// Slip is what the applicant keeps.
func (a Application) Slip() allocation.Slip {
	return allocation.Slip{Schedule: a.Name, Number: a.Number, Lots: a.Lots, Time: a.CreatedAt.Truncate(time.Second), Secret: a.Secret}
}

// Reasons are what lots are for. They add up to their number.
type Reasons []allocation.Reason

// Scan reads the column.
func (r *Reasons) Scan(src any) error {
	text, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("reasons cannot be read from %T", src)
	}
	return json.Unmarshal(text, (*[]allocation.Reason)(r))
}

// LotteryFollower is a Follower that is also told, in its transaction, what became of an application that won no place: the
// place that is won is told of as a change of its appointment. place is the position in the waitlist; 0: none.
type LotteryFollower interface {
	ApplicationEnded(ctx context.Context, tx *sqlx.Tx, a Application, place int) error
}

// The codes and sentinels of the draws.
const (
	CodeByLot     Code = "by_lot"
	CodeNotByLot  Code = "not_by_lot"
	CodeNotYet    Code = "not_yet"
	CodeClosed    Code = "closed"
	CodeApplied   Code = "applied"
	CodeDrawBegun Code = "draw_begun"
)

var (
	ErrByLot     = refuse(CodeByLot, "这半天的号由抽签分配，抽签结束之前不能直接预约；请在报名时间内报名。", "The places of this clinic are drawn by lot and cannot be booked before the draw is over. Please apply while applications are taken.")
	ErrNotByLot  = refuse(CodeNotByLot, "这半天的号不是抽签分配的，可以直接预约。", "The places of this clinic are not drawn by lot: you can book one.")
	ErrClosed    = refuse(CodeClosed, "报名已经截止，没有为您报名。抽签之后如果还有空号，可以直接预约；没有的话可以候补。", "Applications have closed; nothing was changed. If places are left after the draw you can book one, else you can join the waitlist.")
	ErrApplied   = refuse(CodeApplied, "这位就诊人已经报过名了，每人只能报一次；原来的报名不变。", "This patient has applied already. Everybody can apply once; the first application stands.")
	ErrDrawBegun = refuse(CodeDrawBegun, "这半天已经放号，分配方式不能再改。", "The places of this clinic have been released; how they are given can no longer be changed.")
)
