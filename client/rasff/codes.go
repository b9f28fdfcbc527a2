package rasff

import (
	"maps"
	"slices"
	"strings"
	"sync"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// classifications are the values of the column classification, folded.
var classifications = map[string]spsv1.Classification{
	"alert notification":                     spsv1.Classification_CLASSIFICATION_ALERT,
	"border rejection notification":          spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
	"information notification for attention": spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION,
	"information notification for follow-up": spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_FOLLOW_UP,
	"news notification":                      spsv1.Classification_CLASSIFICATION_NEWS,
	"news":                                   spsv1.Classification_CLASSIFICATION_NEWS,
	"non-compliance notification":            spsv1.Classification_CLASSIFICATION_NON_COMPLIANCE,
	"fraud notification":                     spsv1.Classification_CLASSIFICATION_FRAUD,
}

// types are the values of the column type, folded.
var types = map[string]spsv1.NotificationType{
	"food":                  spsv1.NotificationType_NOTIFICATION_TYPE_FOOD,
	"feed":                  spsv1.NotificationType_NOTIFICATION_TYPE_FEED,
	"food contact material": spsv1.NotificationType_NOTIFICATION_TYPE_FOOD_CONTACT_MATERIAL,
	"animals":               spsv1.NotificationType_NOTIFICATION_TYPE_ANIMAL,
	"plants, plant products and other objects": spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
	"other": spsv1.NotificationType_NOTIFICATION_TYPE_OTHER,
}

// fieldOf is the branch of work to which each type belongs.
var fieldOf = map[spsv1.NotificationType]spsv1.Field{
	spsv1.NotificationType_NOTIFICATION_TYPE_FOOD:                  spsv1.Field_FIELD_FOOD,
	spsv1.NotificationType_NOTIFICATION_TYPE_FEED:                  spsv1.Field_FIELD_FOOD,
	spsv1.NotificationType_NOTIFICATION_TYPE_FOOD_CONTACT_MATERIAL: spsv1.Field_FIELD_FOOD,
	spsv1.NotificationType_NOTIFICATION_TYPE_ANIMAL:                spsv1.Field_FIELD_ANIMAL,
	spsv1.NotificationType_NOTIFICATION_TYPE_PLANT:                 spsv1.Field_FIELD_PLANT,
}

// riskDecisions are the values of the column risk_decision, folded.
var riskDecisions = map[string]spsv1.RiskDecision{
	"serious":             spsv1.RiskDecision_RISK_DECISION_SERIOUS,
	"potentially serious": spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS,
	"potential risk":      spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK,
	"not serious":         spsv1.RiskDecision_RISK_DECISION_NOT_SERIOUS,
	"no risk":             spsv1.RiskDecision_RISK_DECISION_NO_RISK,
	"undecided":           spsv1.RiskDecision_RISK_DECISION_UNDECIDED,
}

// productCategories are the values of the column category, folded. A category
// that is not here is taken as written.
var productCategories = sync.OnceValue(func() map[string]bool {
	all := make(map[string]bool)
	for e := range entries(productCategoryList) {
		all[fold(e.Code)] = true
	}
	return all
})

// articleKind returns what kind of thing a product of a category is.
func articleKind(category string) spsv1.ArticleKind {
	if fold(category) == "live animals" {
		return spsv1.ArticleKind_ARTICLE_KIND_LIVE_ANIMAL
	}
	return spsv1.ArticleKind_ARTICLE_KIND_COMMODITY
}

// coded returns the value of a column that must be one of a list.
func coded[T any](p *parser, column, value string, list map[string]T) T {
	v, ok := list[fold(value)]
	if !ok {
		p.add(column, "give one of %s, not %.60q", strings.Join(slices.Sorted(maps.Keys(list)), "; "), value)
	}
	return v
}
