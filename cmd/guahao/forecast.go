package main

import (
	"context"
	"errors"
	"flag"

	"guahao/booking/forecast"
)

const forecastUse = `name the file: guahao forecast --csv FILE --season 12 --horizon 12 [--method hw-add|hw-mul|naive|auto] [--alpha A --beta B --gamma G]
FILE has one value a line; - is the standard input`

// forecastCommand forecasts a series from a file. It needs no database.
func forecastCommand(_ context.Context, args []string) error {
	set := flag.NewFlagSet("guahao forecast", flag.ContinueOnError)
	file := set.String("csv", "", "file with one value a line; - is the standard input")
	var o forecast.Options
	set.IntVar(&o.Season, "season", 7, "how many values a season has: 7 for days, 12 for months")
	set.IntVar(&o.Horizon, "horizon", 14, "how many values are forecast")
	method := set.String("method", string(forecast.Auto), "hw-add, hw-mul (Holt–Winters), naive (a season ago) or auto: the best of them on the past")
	compare := set.Bool("compare", false, "print how good each method has been on the past, instead of a forecast")
	alpha, beta, gamma := set.Float64("alpha", 0, "how much the level follows what is new, 0 to 1; fitted when not given"),
		set.Float64("beta", 0, "the same for the trend"), set.Float64("gamma", 0, "the same for the season")
	if err := parseNumbers(set, args); err != nil {
		return err
	}
	if *file == "" {
		return errors.New(forecastUse)
	}
	o.Method = forecast.Method(*method)
	given := givenFlags(set)
	for name, p := range map[string]struct{ to, from **float64 }{"alpha": {&o.Alpha, &alpha}, "beta": {&o.Beta, &beta}, "gamma": {&o.Gamma, &gamma}} {
		if given[name] {
			*p.to = *p.from
		}
	}
	y, err := readFile(*file, forecast.Read)
	if err != nil {
		return err
	}
	if *compare {
		return printed(forecast.Compare(y, o))
	}
	return printed(forecast.Make(y, o))
}
