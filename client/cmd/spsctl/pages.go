package main

import (
	"iter"

	"github.com/spf13/cobra"
)

// pages returns the items of a list that comes in pages, at most so many; a
// limit of 0 is none. After an error there is no more.
func pages[T any](limit int, fetch func(size int32, token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		shown, token := 0, ""
		for {
			items, next, err := fetch(int32(min(max(limit, 0), 1000)), token)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
				if shown++; shown == limit {
					return
				}
			}
			if token = next; token == "" {
				return
			}
		}
	}
}

func limitFlag(cmd *cobra.Command, limit *int) {
	cmd.Flags().Var(number{limit, 0}, "limit", "at most so many; 0: all")
}
