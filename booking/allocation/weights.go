package allocation

// Weights are a policy's lots. Everybody has Base; what else counts adds to it, so nobody is shut out. 0 does not count.
type Weights struct {
	Base      int `json:"base"`       // at least 1
	Credit    int `json:"credit"`     // for each credit level above the lowest
	Referral  int `json:"referral"`   // for a referral by another institution (转诊)
	Urgent    int `json:"urgent"`     // for an urgent need that a clinician has stated
	LostVisit int `json:"lost_visit"` // for each visit lost to a stopped clinic,
	MostLost  int `json:"most_lost"`  // of which so many count
}

// Merits are what a person's lots depend on.
type Merits struct {
	Credit     int // level, 0 is the lowest
	Referred   bool
	Urgent     bool
	LostVisits int
}

// Reason is why somebody has lots: one line of what an applicant is shown.
type Reason struct {
	For  Ground `json:"for"`
	Lots int    `json:"lots"`
}

// Ground is what lots are for.
type Ground string

// The grounds.
const (
	ForEverybody Ground = "everybody"
	ForCredit    Ground = "credit"
	ForReferral  Ground = "referral"
	ForUrgency   Ground = "urgent"
	ForLostVisit Ground = "lost_visit"
)

// mostCredit bounds credit levels.
const mostCredit = 10

// Check refuses weights that make no sense.
func (w Weights) Check() error {
	if w.Base < 1 {
		return badf("everybody has %d lots; it is at least 1, so that everybody has a chance", w.Base)
	}
	for _, n := range []int{w.Credit, w.Referral, w.Urgent, w.LostVisit, w.MostLost} {
		if n < 0 || n > mostLots {
			return badf("a weight of %d; weights are between 0 and %d", n, mostLots)
		}
	}
	if most := w.Base + w.Credit*mostCredit + w.Referral + w.Urgent + w.LostVisit*w.MostLost; most > mostLots {
		return badf("somebody could have %d lots; at most %d", most, mostLots)
	}
	return nil
}

// Lots is how many lots a person has, with the reasons, which add up to it.
func (w Weights) Lots(m Merits) (lots int, reasons []Reason, err error) {
	if err := w.Check(); err != nil {
		return 0, nil, err
	}
	if m.Credit < 0 || m.Credit > mostCredit || m.LostVisits < 0 {
		return 0, nil, badf("credit level %d and %d lost visits; levels are between 0 and %d", m.Credit, m.LostVisits, mostCredit)
	}
	for _, r := range []Reason{
		{ForEverybody, w.Base}, {ForCredit, w.Credit * m.Credit}, {ForReferral, count(m.Referred) * w.Referral},
		{ForUrgency, count(m.Urgent) * w.Urgent}, {ForLostVisit, w.LostVisit * min(m.LostVisits, w.MostLost)},
	} {
		if r.Lots > 0 {
			lots += r.Lots
			reasons = append(reasons, r)
		}
	}
	return lots, reasons, nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
