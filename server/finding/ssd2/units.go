package ssd2

import (
	"sync"

	"github.com/spsalert/spsalert/client/plain"
	"github.com/spsalert/spsalert/server/sheet/form"
)

// traded returns the unit of UN/ECE Recommendation 20 that a writing stands for;
// empty if it is none, or several.
func traded(writing string) string { return tradeUnits()[plain.Joined(writing)] }

var tradeUnits = sync.OnceValue(func() map[string]string { return form.Named("unece-rec20") })
