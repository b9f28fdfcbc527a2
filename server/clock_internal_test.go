package server

import (
	"math"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		ahead []time.Duration
		want  time.Duration
	}{
		"one":                         {[]time.Duration{-day}, -day},
		"two that agree":              {[]time.Duration{2 * day, 3 * day}, 2 * day},
		"two that agree behind":       {[]time.Duration{-3 * day, -2 * day}, -2 * day},
		"two on different sides":      {[]time.Duration{-9 * day, 9 * day}, 0},
		"one of two is far":           {[]time.Duration{time.Second, 3000 * day}, time.Second},
		"one of three is far":         {[]time.Duration{3000 * day, -time.Second, time.Second}, time.Second},
		"two of three":                {[]time.Duration{3000 * day, 0, 2000 * day}, 2000 * day},
		"half of four":                {[]time.Duration{day, day, 0, -time.Second}, 0},
		"half of four, the other way": {[]time.Duration{-day, 0, -day, time.Second}, 0},
		"three of four":               {[]time.Duration{-day, time.Second, -2 * day, -3 * day}, -day},
		"the ends of time":            {[]time.Duration{math.MinInt64, math.MinInt64, math.MaxInt64}, math.MinInt64},
	} {
		if got := median(c.ahead); got != c.want {
			t.Errorf("%s: median(%v) = %s, want %s", name, c.ahead, got, c.want)
		}
	}
}
