# 二级分销商城 · the shop. `make` lists what it can do.
PYTHON ?= python3
IN = .venv/bin/python

.PHONY: help setup run test check messages clean

help: ## 显示本页 · this page
	@grep -E '^[a-z]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /  make \1	/'

setup: ## 准备 .venv · make the environment
	@$(PYTHON) shop/launch/bootstrap.py

run: setup ## 启动演示商城(PORT=8000)· run the demo shop
	@$(IN) -m shop.launch.run

test: setup ## 全部测试,含浏览器 · every test, browser included
	@$(IN) -m shop.launch.browser
	@$(IN) -m pytest -n auto --maxprocesses 4

check: setup ## 静态检查 · static checks
	@$(IN) -m shop.launch.check

messages: setup ## 收集并编译译文，需要 gettext · collect and compile what is to translate; needs gettext
	@$(IN) -m django makemessages -l en --no-obsolete --no-wrap --add-location file -i .venv -i var -i tests -i vendor
	@$(IN) -m django compilemessages -i .venv

clean: ## 删除环境和演示数据 · remove the environment and the demo's data
	@rm -rf .venv var .*_cache .hypothesis
