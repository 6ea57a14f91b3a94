// Package forecast says how many people will want to see a doctor, and how sure that is. It is numbers in, numbers out.
//
// # Methods for any series with a season of m values
//
// Holt–Winters, additive (C. C. Holt, 1957; P. R. Winters, 1960), starting after the first season with l = its mean,
// b = (mean of the second season − mean of the first)/m, s = first season − l:
//
//	l_t = α(y_t − s_{t−m}) + (1−α)(l_{t−1} + b_{t−1})
//	b_t = β(l_t − l_{t−1}) + (1−β)b_{t−1}
//	s_t = γ(y_t − l_t) + (1−γ)s_{t−m}
//	forecast for n+h: l_n + h·b_n + the latest s of that place in the season
//
// Multiplicative: the same with y_t/s_{t−m} and y_t/l_t for the differences, s = first season/l, and forecast (l_n + h·b_n)·s. Values must be greater than 0.
// What of α, β, γ is not given is what makes the sum of squared one-step errors (sse) least: a grid, then the simplex of J. A. Nelder and R. Mead (1965)
// from its best points.
//
// Seasonal naive: what was a season ago. It is the floor: another method is chosen only where it has been better.
//
// # Intervals
//
// With e the one-step errors and σ² = sse/(number of them − number of fitted parameters), the variance of the error h steps ahead is
//
//	additive   σ²·(1 + Σ c_j²), 1 ≤ j < h, c_j = α(1 + jβ) + γ(1−α)·[m divides j]      (R. J. Hyndman and others, 2005, for this form of the recursion)
//	naive      σ²·(1 + ⌊(h−1)/m⌋)
//
// and the interval is normal. For the multiplicative form 4000 futures are drawn from the relative errors that were, with a seed that is always the same.
//
// # Choosing
//
// A backtest with rolling origins ([Backtest]) forecasts from moments in the past what is known today: MAPE, MASE (R. J. Hyndman and A. B. Koehler, 2006;
// below 1 is better than the naive forecast was within the known data), and the measured coverage of the intervals of 80 % and 95 %. Method auto takes the least MASE.
//
// # Demand of a department
//
// [Foresee] forecasts days with a weekly season and China's holidays ([KindOf], holidays.csv). For the methods above special days are replaced by what
// an ordinary day of that weekday would have been, and their effect, learned as a ratio, is put back. [Learned] is a ridge regression (A. E. Hoerl and R. W. Kennard,
// 1970) on weekday, kind of day, places released, season of the year, and what the same weekday was one and two weeks before; each week ahead
// has an own regression, so no forecast is built on another. Its penalty is what makes the sum of squared leave-one-out errors (PRESS; D. M. Allen, 1974) least.
//
// # Reading order
//
//	series.go        reading a series; what is refused
//	holtwinters.go   the recursions; fit.go their parameters; interval.go how sure they are
//	forecast.go      a forecast for a series, by any method
//	backtest.go      how good the methods have been
//	calendar.go      China's holidays
//	demand.go        a department's days; ordinary.go special days out and in; ridge.go the learned method
//	advice.go        too few places, sold out too early
package forecast
