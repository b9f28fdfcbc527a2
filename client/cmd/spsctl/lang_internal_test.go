package main

import "testing"

func TestLanguage(t *testing.T) {
	for _, tc := range []struct {
		name, flag string
		env        map[string]string
		want       string
	}{
		{"nothing", "", nil, ""},
		{"flag", "th", map[string]string{"LANG": "vi_VN.UTF-8"}, "th"},
		{"LANG", "", map[string]string{"LANG": "vi_VN.UTF-8"}, "vi-VN"},
		{"LC_ALL above LANG", "", map[string]string{"LANG": "vi_VN.UTF-8", "LC_ALL": "zh_CN"}, "zh-CN"},
		{"LC_MESSAGES above LANG", "", map[string]string{"LANG": "vi_VN.UTF-8", "LC_MESSAGES": "th_TH@latn"}, "th-TH"},
		{"C", "", map[string]string{"LANG": "C.UTF-8"}, ""},
		{"POSIX", "", map[string]string{"LANG": "POSIX"}, ""},
	} {
		a := &app{lang: tc.flag, streams: streams{env: func(name string) string { return tc.env[name] }}}
		if got := a.language(); got != tc.want {
			t.Errorf("%s: language = %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestLanguagesThatThereAre(t *testing.T) {
	for tag, want := range map[string]bool{
		"": true, "en": true, "vi": true, "th": true, "zh": true, "zh-Hans": true, "zh-CN": true, "VI": true, "vi_VN": true, "km": true,
		"xx": false, "english": false, "-": false, "tiếng Việt": false,
	} {
		if err := checkLanguage(tag); (err == nil) != want {
			t.Errorf("checkLanguage(%q) = %v, want that it is one: %t", tag, err, want)
		} else if err != nil && exitCode(t.Context(), err) != exitUsage {
			t.Errorf("%q ends with exit code %d, want %d", tag, exitCode(t.Context(), err), exitUsage)
		}
	}
}
