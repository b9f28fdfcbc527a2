package main

import (
	"iter"

	"github.com/spf13/cobra"
)

// mostInPage is how many items a node sends in one page.
const mostInPage = 1000

// pages returns the items of a list that comes in pages, from the page that a
// token names on, at most so many; a limit of 0 is none. No more are asked for
// than are wanted, so that the token of the next page goes on after the last
// item. After an error there is no more.
func pages[T any](limit int, token string, fetch func(size int32, token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		shown := 0
		for {
			size := mostInPage
			if limit > 0 {
				size = min(size, limit-shown)
			}
			items, next, err := fetch(int32(size), token)
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
