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
