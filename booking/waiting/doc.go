// Package waiting says how long people wait: by formula, by simulation, and for one person by what is known of a doctor's pace.
//
// It is numbers in, numbers out: no database, no clock, no randomness of its own (a simulation is given its seed).
//
// # Formulas
//
// λ is the number of arrivals and μ the number that one server finishes in a unit of time (an hour, say); every time that comes out
// is in that unit. a = λ/μ is the offered load, c the number of servers, ρ = a/c how busy they are. All is about the steady state, which
// exists only for ρ < 1: otherwise the queue grows without end, and [ErrUnstable] says so.
//
// M/M/c ([NewMMC]; A. K. Erlang, 1917), arrivals and services without memory, one line:
//
//	Erlang B   B(0) = 1,  B(n) = a·B(n−1) / (n + a·B(n−1))
//	P0         = 1 / (S·((1−B) + B/(1−ρ))),  S = Σ aᵏ/k! for k ≤ c,  ln S = Σ ln(1 + a·B(n−1)/n) for 1 ≤ n ≤ c
//	Erlang C   P(wait) = B / (1 − ρ·(1−B)),  B = B(c)
//	Lq         = P(wait)·ρ/(1−ρ),   Wq = P(wait)/(cμ−λ),   L = Lq + a,   W = Wq + 1/μ     (J. D. C. Little, 1961: L = λW)
//	P(wait>t)  = P(wait)·e^(−(cμ−λ)t)
//
// Neither factorials nor powers appear, so 10,000 servers are as exact as one. P0 itself may be too small for a float64
// (for 10,000 busy servers it is about e^−9900) and is then 0; [MMC.LogP0] has it.
//
// M/G/1 ([MG1]; F. Pollaczek, 1930, A. Khinchine, 1932), services of any distribution with mean m and standard deviation s:
//
//	Wq = λ·(m² + s²) / (2(1−ρ)),   Lq = λ·Wq,   P(wait) = ρ,   P0 = 1−ρ
//
// # Simulation
//
// Patients with appointments do not arrive as the formulas want: they come early, late or not at all, in the order of a plan, and the
// day begins empty. [Clinic.Day] plays one such day event by event; [Clinic.Days] plays many, [Clinic.Staff] asks how many
// doctors are enough. The same machine with arrivals of a Poisson process must agree with the formula for M/M/c, and a test holds it to that.
//
// # A person's own wait
//
// [Pace] is what is known of how long a doctor takes: the doctor's own consultations, shrunk towards the department's by how much they
// prove (H. Bühlmann, 1967), and today's pace. [Pace.Promise] turns it into a median and an interval that should hold in
// 80 of 100 cases. Whether it does is measured: [Calibrate] compares what was promised with what came, for simulated days
// ([Clinic.Rehearse]) and for real ones.
//
// # Reading order
//
//	rates.go                what numbers make sense
//	mmc.go, mg1.go          the formulas
//	staff.go                how many servers, by formula
//	clinic.go               a clinic day in numbers; arrivals.go who comes when; day.go the events; summary.go what many days come to
//	pace.go, line.go        the estimate for one person
//	calibration.go          promised against real; rehearsal.go on simulated days, outcomes.go from a file
package waiting
