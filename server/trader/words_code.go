package trader

import (
	"fmt"
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// sayerOf returns whose word a measure about a code is; nil of a content that was told
// before that was kept.
func sayerOf(c *spsv1.NoticeContent, measure string) *spsv1.NoticeCodeChange {
	at := slices.IndexFunc(c.GetCodeChanges(), func(x *spsv1.NoticeCodeChange) bool { return x.GetMeasure() == measure })
	if at < 0 {
		return nil
	}
	return c.GetCodeChanges()[at]
}

// codeStatus writes what happens to a code, and who says so, if that is known.
func (w *writer) codeStatus(c *spsv1.CodeStatusChange, by *spsv1.NoticeCodeChange) {
	w.add("Code status", joined(": ", c.GetCode().GetCode(), w.value(c.GetAction())), w.area(c.GetMarket()), w.sayer(c.GetAction(), by), w.between(c))
	w.texts("Conditions", c.GetConditions())
}

// sayer returns what an office does about a code.
func (w *writer) sayer(action spsv1.CodeAction, by *spsv1.NoticeCodeChange) string {
	office := w.area(&spsv1.Area{Code: by.GetOffice()})
	switch {
	case office == "":
		return ""
	case action == spsv1.CodeAction_CODE_ACTION_REINSTATED:
		return w.say(fmt.Sprintf("lifted by %s", office))
	case by.GetHalf() == spsv1.CodeHalf_CODE_HALF_REFUSED:
		return w.say(fmt.Sprintf("refused by %s", office))
	case by.GetHalf() == spsv1.CodeHalf_CODE_HALF_WITHHELD:
		return w.say(fmt.Sprintf("withheld by %s", office))
	}
	return ""
}

// between returns from when until when a change of a code's status holds.
func (w *writer) between(c *spsv1.CodeStatusChange) string {
	if c.GetStartTime() == nil && c.GetEndTime() == nil {
		return ""
	}
	return w.date(c.GetStartTime()) + " – " + w.date(c.GetEndTime())
}
