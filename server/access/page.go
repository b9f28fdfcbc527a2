package access

const (
	defaultPage = 50
	// MaxPage is the most items of one page of any list.
	MaxPage = 1000
)

// PageSize returns how many items a page of a list has, for who asks for so many;
// 0 asks for as many as is usual, 50. The field rules refuse what is below.
func PageSize(asked int32) int {
	if asked == 0 {
		return defaultPage
	}
	return min(int(asked), MaxPage)
}
