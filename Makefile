# `make` lists the targets. A fresh machine needs Go, make and git: gen/ is committed, so only `make gen` and
# `make check` want buf (built from tools/go.mod) and, once, npm (tools/protos.sh).

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1 /p' $(MAKEFILE_LIST) | while read -r name what; do printf '  %-10s %s\n' "$$name" "$$what"; done

.PHONY: gen
gen: ## write gen/ anew from proto/
	tools/gen.sh
